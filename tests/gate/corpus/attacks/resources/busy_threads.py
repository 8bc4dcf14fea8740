# tries: keep the cores busy after the answer
# stopped by: sandbox
# proof: limits
import threading


def spin():
    while True:
        pass


def probe(place):
    for _ in range(4):
        threading.Thread(target=spin, daemon=True).start()
    return "done"
