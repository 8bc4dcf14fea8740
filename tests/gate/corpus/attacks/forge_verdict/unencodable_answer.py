# tries: return what cannot be turned into data
# stopped by: verify
# proof: limits
def probe(place):
    return lambda: None
