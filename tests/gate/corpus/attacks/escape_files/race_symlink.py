# tries: swap a link while it is opened
# stopped by: audit
# proof: secret
# control: safe
import os
import threading


def probe(place):
    name = place["canary"] + "/swap"

    def swap():
        for _ in range(200):
            for target in ("/dev/null", place["secrets"]["project"]):
                try:
                    os.symlink(target, name + "x")
                    os.replace(name + "x", name)
                except OSError:
                    return

    worker = threading.Thread(target=swap)
    worker.start()
    seen = []
    for _ in range(300):
        try:
            seen.append(open(name).read())
        except OSError:
            pass
    worker.join()
    return sorted(set(seen))
