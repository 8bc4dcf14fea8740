# tries: signal every process of the machine
# stopped by: audit
# proof: victim
import os
import signal


def probe(place):
    os.kill(-1, signal.SIGURG)
    return "ESCAPED: signalled every process"
