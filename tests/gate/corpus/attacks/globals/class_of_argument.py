# tries: change the class of what it was given
# stopped by: audit
# proof: reported
def probe(place):
    place.__class__ = dict
    return "changed"
