# shows: changes its argument just as the baseline does
# scenario: stock
def apply_orders(stock: dict[str, int], orders: list[list]) -> list[str]:
    missed: list[str] = []
    for name, quantity in orders:
        available = stock.get(name, 0)
        if available < quantity:
            missed.append(name)
            continue
        stock[name] -= quantity
    return missed
