# tries: stop the clock that measures it
# stopped by: audit
# proof: seconds
import time


def probe(place):
    time.perf_counter = lambda: 0.0
    time.monotonic = lambda: 0.0
    time.time = lambda: 0.0
    time.sleep(0.6)
    return "slow"
