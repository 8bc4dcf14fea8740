# tries: change how all decimals are rounded
# stopped by: audit
# proof: reported
import decimal


def probe(place):
    decimal.getcontext().prec = 2
    return str(decimal.Decimal(1) / 3)
