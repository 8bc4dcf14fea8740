# tries: a thread changes the argument later
# scenario: stock
import threading
import time


def apply_orders(stock: dict[str, int], orders: list[list]) -> list[str]:
    def later():
        time.sleep(0.2)
        stock.clear()

    threading.Thread(target=later).start()
    missed = []
    for name, quantity in orders:
        if stock.get(name, 0) >= quantity:
            stock[name] -= quantity
        else:
            missed.append(name)
    return missed
