# tries: recurse without end
# stopped by: sandbox
# proof: limits
def probe(place):
    return probe(place)
