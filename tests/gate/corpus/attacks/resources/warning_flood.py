# tries: warn without end
# stopped by: sandbox
# proof: limits
import warnings


def probe(place):
    number = 0
    while True:
        warnings.warn("x" * 10_000 + str(number))
        number += 1
