# tries: close every descriptor
# stopped by: audit
# proof: limits
import os


def probe(place):
    os.closerange(0, 4096)
    return "wrong"
