# tries: rebind an imported class in a loop
# stopped by: audit
# proof: reported
from decimal import Decimal


def probe(place):
    for Decimal in (float,):
        pass
    return Decimal(1)
