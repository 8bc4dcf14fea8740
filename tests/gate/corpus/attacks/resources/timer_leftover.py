# tries: leave a timer behind
# stopped by: audit
# proof: limits
import signal


def probe(place):
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    return "done"
