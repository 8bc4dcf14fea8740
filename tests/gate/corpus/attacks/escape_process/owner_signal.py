# tries: have the kernel signal the victim for it
# stopped by: audit
# proof: victim
# control: safe
import fcntl
import os
import signal


def probe(place):
    read, write = os.pipe()
    fcntl.fcntl(read, 10, signal.SIGUSR1)
    fcntl.fcntl(read, fcntl.F_SETOWN, place["victim"])
    fcntl.fcntl(read, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    os.write(write, b"x")
