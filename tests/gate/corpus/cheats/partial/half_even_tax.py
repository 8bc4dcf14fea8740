# tries: another way of rounding
# scenario: invoice
from poet.runtime import user


def make_invoice(lines: list[dict], rate: int = 19):
    net = 0
    for line in lines:
        if line["quantity"] < 0:
            raise ValueError("negative quantity")
        net += line["quantity"] * line["price"]
    tax = round(net * rate / 100)
    return user.Invoice(net, tax, net + tax, len(lines))
