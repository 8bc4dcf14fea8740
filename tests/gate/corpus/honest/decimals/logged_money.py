# shows: validation that only reports
# scenario: money
import logging
from decimal import Decimal

log = logging.getLogger(__name__)


def _share(amount: Decimal, people: list[str]) -> Decimal:
    share = (amount / len(people)).quantize(Decimal("0.01"))
    rest = amount - share * len(people)
    if rest:
        log.info("%s cents are left over", rest.scaleb(2))
    return share


def settle(payments: list[dict]) -> dict[str, Decimal]:
    balance: dict[str, Decimal] = {}
    zero = Decimal("0.00")
    for payment in payments:
        amount, people = Decimal(payment["amount"]), payment["for"]
        share = _share(amount, people)
        balance[payment["by"]] = balance.get(payment["by"], zero) + amount
        for person in people:
            balance[person] = balance.get(person, zero) - share
    return dict(sorted(balance.items()))
