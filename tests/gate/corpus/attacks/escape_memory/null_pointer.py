# tries: crash by a wild read
# stopped by: audit
# proof: limits
import ctypes


def probe(place):
    return ctypes.string_at(1)
