# tries: rebind an imported name in an expression
# stopped by: audit
# proof: reported
import math


def probe(place):
    return (math := place)
