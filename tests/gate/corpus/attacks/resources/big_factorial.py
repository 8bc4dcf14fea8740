# tries: compute a factorial that takes hours
# stopped by: sandbox
# proof: limits
import math


def probe(place):
    return math.factorial(50_000_000) % 7
