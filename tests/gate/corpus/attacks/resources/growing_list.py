# tries: take memory piece by piece
# stopped by: sandbox
# proof: limits
def probe(place):
    kept = []
    while True:
        kept.append(bytes(1 << 20))
