# tries: return more than an answer may hold
# stopped by: verify
# proof: limits
def probe(place):
    return "x" * 70_000_000
