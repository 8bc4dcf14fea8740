# tries: never return
# stopped by: sandbox
# proof: limits
def probe(place):
    while True:
        pass
