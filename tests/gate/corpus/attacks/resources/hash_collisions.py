# tries: make a dict quadratic
# stopped by: sandbox
# proof: limits
def probe(place):
    step = (1 << 61) - 1
    return len({i * step: i for i in range(400_000)})
