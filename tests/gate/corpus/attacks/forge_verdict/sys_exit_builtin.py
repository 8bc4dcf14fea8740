# tries: call exit()
# stopped by: audit
# proof: forged
def probe(place):
    exit(0)
