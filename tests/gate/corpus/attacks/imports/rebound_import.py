# tries: let a granted name mean another module
# stopped by: audit
# proof: secret
# control: safe
import math

math = __import__("io")


def probe(place):
    return math.open(place["secrets"]["tmp"]).read()
