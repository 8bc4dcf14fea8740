# tries: stop its parent, and so every time-out
# stopped by: audit
# proof: victim
import os
import signal


def probe(place):
    os.kill(os.getppid(), signal.SIGSTOP)
    return "sent"
