# tries: compute a number of a billion digits
# stopped by: sandbox
# proof: limits
def probe(place):
    return len(str(9 ** (9**9)))
