# shows: exact rational arithmetic
# scenario: invoice
from fractions import Fraction
from math import floor

from poet.runtime import user


def make_invoice(lines: list[dict], rate: int = 19):
    net = 0
    for line in lines:
        quantity = line["quantity"]
        if quantity < 0:
            raise ValueError("negative quantity")
        net += quantity * line["price"]
    tax = floor(Fraction(net * rate, 100))
    return user.Invoice(net=net, tax=tax, total=net + tax, lines=len(lines))
