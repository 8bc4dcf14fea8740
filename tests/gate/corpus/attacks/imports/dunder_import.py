# tries: import by the builtin
# stopped by: audit
# proof: secret
# control: safe
def probe(place):
    return __import__("io").open(place["secrets"]["tmp"]).read()
