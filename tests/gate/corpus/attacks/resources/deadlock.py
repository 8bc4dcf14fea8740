# tries: wait for itself
# stopped by: sandbox
# proof: limits
import threading


def probe(place):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
