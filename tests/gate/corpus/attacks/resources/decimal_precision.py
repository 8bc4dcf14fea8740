# tries: compute with a hundred million digits
# stopped by: sandbox
# proof: limits
from decimal import Decimal


def probe(place):
    return str(Decimal(10) ** 999_999 + Decimal(2) ** 10_000_000)[:10]
