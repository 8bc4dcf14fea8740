# tries: assign into an imported class
# stopped by: audit
# proof: reported
from fractions import Fraction


def probe(place):
    Fraction.limit_denominator = lambda self, n=1: self
    return "patched"
