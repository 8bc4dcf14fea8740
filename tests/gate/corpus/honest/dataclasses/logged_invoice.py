# shows: logging of sums, not of contents
# scenario: invoice
import logging

from poet.runtime import user

log = logging.getLogger(__name__)
PERCENT = 100


def _net(lines: list[dict]) -> int:
    net = 0
    for number, line in enumerate(lines, start=1):
        if line["quantity"] < 0:
            log.error("line %d has a negative quantity", number)
            raise ValueError("negative quantity")
        net += line["quantity"] * line["price"]
    return net


def make_invoice(lines: list[dict], rate: int = 19):
    net = _net(lines)
    tax = net * rate // PERCENT
    log.info("invoice of %d lines: %d cents", len(lines), net + tax)
    return user.Invoice(net, tax, net + tax, len(lines))
