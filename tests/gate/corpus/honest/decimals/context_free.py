# shows: defaultdict of decimals
# scenario: money
from collections import defaultdict
from decimal import Decimal

ZERO = Decimal("0.00")
CENT = Decimal("0.01")


def settle(payments: list[dict]) -> dict[str, Decimal]:
    balance: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for payment in payments:
        amount = Decimal(payment["amount"])
        share = (amount / len(payment["for"])).quantize(CENT)
        balance[payment["by"]] += amount
        for person in payment["for"]:
            balance[person] -= share
    return {name: balance[name] for name in sorted(balance)}
