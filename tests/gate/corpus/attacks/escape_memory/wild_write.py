# tries: crash by a wild write
# stopped by: audit
# proof: limits
import ctypes


def probe(place):
    ctypes.memset(id(None), 255, 4096)
    return None
