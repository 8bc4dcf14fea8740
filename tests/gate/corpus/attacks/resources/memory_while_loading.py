# tries: take memory before any call
# stopped by: sandbox
# proof: limits
HUGE = bytearray(1 << 35)


def probe(place):
    return len(HUGE)
