# tries: set the machine's clock
# stopped by: audit
# proof: reported
import time


def probe(place):
    time.clock_settime(time.CLOCK_REALTIME, time.time())
    return "ESCAPED: may set the clock"
