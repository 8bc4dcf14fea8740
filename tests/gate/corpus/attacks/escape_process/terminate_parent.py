# tries: end its parent
# stopped by: audit
# proof: victim
import os
import signal


def probe(place):
    os.kill(os.getppid(), signal.SIGTERM)
    return "sent"
