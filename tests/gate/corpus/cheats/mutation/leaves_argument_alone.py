# tries: does not change what the baseline changes
# scenario: stock
def apply_orders(stock: dict[str, int], orders: list[list]) -> list[str]:
    left, missed = dict(stock), []
    for name, quantity in orders:
        if left.get(name, 0) >= quantity:
            left[name] -= quantity
        else:
            missed.append(name)
    return missed
