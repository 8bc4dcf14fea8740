# tries: read the environment of its parent
# stopped by: audit
# proof: secret
import os


def probe(place):
    return open(f"/proc/{os.getppid()}/environ", "rb").read()
