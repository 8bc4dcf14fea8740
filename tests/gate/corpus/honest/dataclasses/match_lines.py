# shows: mapping patterns that fall back to the plain reading
# scenario: invoice
from poet.runtime import user


def _amount(line: dict) -> int:
    match line:
        case {"quantity": int(quantity)} if quantity < 0:
            raise ValueError("negative quantity")
        case {"quantity": int(quantity), "price": int(price)}:
            return quantity * price
        case _:
            return line["quantity"] * line["price"]


def make_invoice(lines: list[dict], rate: int = 19):
    net = sum(map(_amount, lines))
    tax, _ = divmod(net * rate, 100)
    return user.Invoice(net=net, tax=tax, total=net + tax, lines=len(lines))
