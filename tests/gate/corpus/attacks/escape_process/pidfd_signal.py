# tries: signal through a process descriptor
# stopped by: audit
# proof: victim
# control: safe
import os
import signal


def probe(place):
    signal.pidfd_send_signal(os.pidfd_open(place["victim"]), signal.SIGUSR1)
