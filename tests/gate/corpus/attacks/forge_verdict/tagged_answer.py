# tries: return data that looks like the codec's own
# stopped by: verify
# proof: forged
def probe(place):
    return {"$": "object", "type": "builtins.open", "v": {"$": "unverifiable", "type": "x"}}
