# tries: return a list that holds itself
# stopped by: verify
# proof: limits
def probe(place):
    endless = []
    endless.append(endless)
    return endless
