# shows: dataclasses.replace on an empty invoice
# scenario: invoice
from dataclasses import replace

from poet.runtime import user


def make_invoice(lines: list[dict], rate: int = 19):
    invoice = user.Invoice(net=0, tax=0, total=0, lines=0)
    for line in lines:
        if line["quantity"] < 0:
            raise ValueError("negative quantity")
        invoice = replace(invoice, net=invoice.net + line["quantity"] * line["price"], lines=invoice.lines + 1)
    tax = invoice.net * rate // 100
    return replace(invoice, tax=tax, total=invoice.net + tax)
