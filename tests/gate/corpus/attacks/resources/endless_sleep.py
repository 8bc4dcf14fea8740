# tries: wait for ever
# stopped by: sandbox
# proof: limits
import time


def probe(place):
    time.sleep(10_000)
