# tries: print without end
# stopped by: sandbox
# proof: limits
def probe(place):
    while True:
        print("x" * 100_000)
