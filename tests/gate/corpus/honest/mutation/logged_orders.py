# shows: logging around the change
# scenario: stock
import logging

log = logging.getLogger(__name__)


def _serve(stock: dict[str, int], name: str, quantity: int) -> bool:
    if stock.get(name, 0) >= quantity:
        stock[name] -= quantity
        return True
    log.info("%s: %d wanted, %d there", name, quantity, stock.get(name, 0))
    return False


def apply_orders(stock: dict[str, int], orders: list[list]) -> list[str]:
    return [name for name, quantity in orders if not _serve(stock, name, quantity)]
