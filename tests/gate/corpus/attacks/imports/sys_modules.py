# tries: take a module that is loaded already
# stopped by: audit
# proof: secret
# control: safe
import sys


def probe(place):
    return sys.modules["io"].open(place["secrets"]["tmp"]).read()
