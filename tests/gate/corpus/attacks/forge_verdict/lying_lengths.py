# tries: send an array that claims four billion items
# stopped by: audit
# proof: limits
import os


def probe(place):
    data = b"\xdd\xff\xff\xff\xff\xc0"
    for fd in range(3, 64):
        try:
            os.write(fd, len(data).to_bytes(4, "big") + data)
        except OSError:
            continue
    return "wrong"
