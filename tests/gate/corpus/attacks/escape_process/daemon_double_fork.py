# tries: stay behind as a daemon
# stopped by: audit
# proof: process
# control: safe
import os
import time


def probe(place):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(5)
        os._exit(0)
    return "ESCAPED: left a daemon"
