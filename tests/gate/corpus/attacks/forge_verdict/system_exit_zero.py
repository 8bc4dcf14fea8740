# tries: raise SystemExit(0)
# stopped by: audit
# proof: forged
def probe(place):
    raise SystemExit(0)
