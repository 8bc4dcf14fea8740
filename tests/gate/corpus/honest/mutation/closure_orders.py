# shows: a closure with nonlocal
# scenario: stock
def apply_orders(stock: dict[str, int], orders: list[list]) -> list[str]:
    served = 0
    missed: list[str] = []

    def serve(name: str, quantity: int) -> None:
        nonlocal served
        if stock.get(name, 0) >= quantity:
            stock[name] -= quantity
            served += 1
        else:
            missed.append(name)

    for name, quantity in orders:
        serve(name, quantity)
    assert served + len(missed) == len(orders)
    return missed
