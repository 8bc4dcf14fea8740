# tries: evaluate text
# stopped by: audit
# proof: secret
# control: safe
def probe(place):
    return eval("open(place['secrets']['tmp']).read()", {"place": place})
