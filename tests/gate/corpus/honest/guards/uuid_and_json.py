# shows: a trace id and JSON in the log
# scenario: stock
import json
import logging
from uuid import uuid4

log = logging.getLogger(__name__)


def apply_orders(stock: dict[str, int], orders: list[list]) -> list[str]:
    trace = uuid4().hex
    missed = []
    for name, quantity in orders:
        if stock.get(name, 0) >= quantity:
            stock[name] -= quantity
        else:
            missed.append(name)
    log.info("%s", json.dumps({"trace": trace, "orders": len(orders), "missed": len(missed)}))
    return missed
