# tries: answer the next question from a thread left behind
# stopped by: audit
# proof: forged
import os
import threading
import time


def probe(place):
    data = b"\x82\xa4kind\xa8returned\xa5value\xa6FORGED"

    def later():
        for _ in range(50):
            time.sleep(0.02)
            for fd in range(3, 64):
                try:
                    os.write(fd, len(data).to_bytes(4, "big") + data)
                except OSError:
                    continue

    threading.Thread(target=later, daemon=True).start()
    return "wrong"
