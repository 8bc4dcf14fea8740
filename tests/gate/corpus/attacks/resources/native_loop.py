# tries: loop inside C, where no signal handler runs
# stopped by: sandbox
# proof: limits
def probe(place):
    return sum(range(1 << 50))
