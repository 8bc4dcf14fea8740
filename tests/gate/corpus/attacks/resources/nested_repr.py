# tries: overflow the C stack by nested containers
# stopped by: sandbox
# proof: limits
def probe(place):
    nested = []
    for _ in range(1_000_000):
        nested = [nested]
    return nested
