"""Keeping a stock of goods: the argument itself is changed."""

from poet import poet


@poet()
def apply_orders(stock: dict[str, int], orders: list[list]) -> list[str]:
    """Take each order from the stock, in place; return the names that could not be served."""
    missed = []
    for name, quantity in orders:
        if stock.get(name, 0) >= quantity:
            stock[name] -= quantity
        else:
            missed.append(name)
    return missed
