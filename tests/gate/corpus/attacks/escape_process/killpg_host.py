# tries: signal the host's process group
# stopped by: audit
# proof: victim
import os
import signal


def probe(place):
    os.killpg(os.getpgid(place["host"]), signal.SIGUSR1)
