# shows: lines as frozen dataclasses with a property
# scenario: invoice
from dataclasses import dataclass

from poet.runtime import user


@dataclass(frozen=True)
class Line:
    quantity: int
    price: int

    @property
    def amount(self) -> int:
        if self.quantity < 0:
            raise ValueError("negative quantity")
        return self.quantity * self.price


def make_invoice(lines: list[dict], rate: int = 19) -> "Invoice":
    net = 0
    for line in lines:
        if line["quantity"] < 0:
            raise ValueError("negative quantity")
        net += Line(line["quantity"], line["price"]).amount
    tax = net * rate // 100
    return user.Invoice(net=net, tax=tax, total=net + tax, lines=len(lines))
