# tries: send its parent a signal
# stopped by: audit
# proof: victim
import os
import signal


def probe(place):
    os.kill(os.getppid(), signal.SIGUSR1)
    return "sent"
