# tries: keep the process alive by a thread
# stopped by: sandbox
# proof: limits
import threading
import time


def probe(place):
    threading.Thread(target=time.sleep, args=(600,)).start()
    return "done"
