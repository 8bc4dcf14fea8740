# shows: a view of the stock that writes through
# scenario: stock
class _Stock:
    def __init__(self, goods: dict[str, int]) -> None:
        self._goods = goods

    def take(self, name: str, quantity: int) -> bool:
        if self._goods.get(name, 0) < quantity:
            return False
        self._goods[name] -= quantity
        return True


def apply_orders(stock: dict[str, int], orders: list[list]) -> list[str]:
    goods = _Stock(stock)
    missed = []
    for name, quantity in orders:
        if not goods.take(name, quantity):
            missed.append(name)
    return missed
