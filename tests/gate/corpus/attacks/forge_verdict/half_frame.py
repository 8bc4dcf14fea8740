# tries: begin a frame and stop
# stopped by: audit
# proof: limits
import os
import time


def probe(place):
    for fd in range(3, 64):
        try:
            os.write(fd, (1000).to_bytes(4, "big") + b"\x81")
        except OSError:
            continue
    time.sleep(60)
