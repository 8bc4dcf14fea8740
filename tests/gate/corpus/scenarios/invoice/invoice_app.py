"""Adding up an invoice."""

from dataclasses import dataclass

from poet import poet


@dataclass
class Invoice:
    """What a customer owes, in cents."""

    net: int
    tax: int
    total: int
    lines: int


@poet()
def make_invoice(lines: list[dict[str, int]], rate: int = 19) -> Invoice:
    """Add up lines of quantity and price in cents; the tax is rounded down."""
    net = 0
    for line in lines:
        if line["quantity"] < 0:
            raise ValueError("negative quantity")
        net += line["quantity"] * line["price"]
    tax = net * rate // 100
    return Invoice(net=net, tax=tax, total=net + tax, lines=len(lines))
