# tries: signal the process that runs the gate
# stopped by: audit
# proof: victim
import os
import signal


def probe(place):
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP):
        os.kill(place["host"], number)
    return "sent"
