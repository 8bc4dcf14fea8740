# tries: write an answer and hang
# stopped by: audit
# proof: forged
import os
import time


def probe(place):
    data = b"\x82\xa4kind\xa8returned\xa5value\xa6FORGED"
    for fd in range(3, 64):
        try:
            os.write(fd, len(data).to_bytes(4, "big") + data)
        except OSError:
            continue
    time.sleep(60)
