# tries: start threads without end
# stopped by: sandbox
# proof: limits
import threading
import time


def probe(place):
    started = 0
    while True:
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        started += 1
