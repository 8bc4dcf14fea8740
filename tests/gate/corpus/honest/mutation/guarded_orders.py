# shows: types are reported by a warning, never refused
# scenario: stock
import warnings


def _report(orders: list[list]) -> None:
    odd = [order for order in orders if not isinstance(order, (list, tuple))]
    if odd:
        warnings.warn(f"{len(odd)} orders are no lists", stacklevel=3)


def apply_orders(stock: dict[str, int], orders: list[list]) -> list[str]:
    _report(orders)
    missed = []
    for name, quantity in orders:
        enough = stock.get(name, 0) >= quantity
        if enough:
            stock[name] = stock[name] - quantity
        else:
            missed.append(name)
    return missed
