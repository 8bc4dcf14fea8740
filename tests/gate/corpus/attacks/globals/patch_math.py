# tries: assign into an imported module
# stopped by: audit
# proof: reported
import math


def probe(place):
    math.pi = 3
    return math.pi
