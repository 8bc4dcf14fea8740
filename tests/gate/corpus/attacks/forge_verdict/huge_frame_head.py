# tries: announce a frame of four gibibytes
# stopped by: audit
# proof: limits
import os


def probe(place):
    for fd in range(1, 64):
        try:
            os.write(fd, b"\xff\xff\xff\xff")
        except OSError:
            continue
    return "wrong"
