# tries: raise KeyboardInterrupt
# stopped by: audit
# proof: forged
def probe(place):
    raise KeyboardInterrupt
