# tries: take all memory by a list
# stopped by: sandbox
# proof: limits
def probe(place):
    return len([0] * (1 << 36))
