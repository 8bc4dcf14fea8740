# tries: outlive polite signals
# stopped by: audit
# proof: limits
import signal


def probe(place):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    while True:
        pass
