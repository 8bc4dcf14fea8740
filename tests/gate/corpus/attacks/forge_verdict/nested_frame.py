# tries: send a frame nested a million deep
# stopped by: audit
# proof: limits
import os


def probe(place):
    data = b"\x91" * 1_000_000
    for fd in range(3, 64):
        try:
            os.set_blocking(fd, False)
            os.write(fd, len(data).to_bytes(4, "big") + data)
        except OSError:
            continue
    return "wrong"
