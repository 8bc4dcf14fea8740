# tries: signal the whole process group
# stopped by: audit
# proof: victim
import os
import signal


def probe(place):
    os.kill(0, signal.SIGUSR2)
    return "sent"
