# tries: stop another process
# stopped by: audit
# proof: victim
# control: safe
import os
import signal


def probe(place):
    os.kill(place["victim"], signal.SIGSTOP)
