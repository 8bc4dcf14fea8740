# shows: setdefault and a comprehension
# scenario: money
from decimal import ROUND_HALF_EVEN, Decimal


def settle(payments: list[dict]) -> dict[str, Decimal]:
    balance: dict[str, list[Decimal]] = {}
    for payment in payments:
        amount = Decimal(payment["amount"])
        share = (amount / len(payment["for"])).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
        balance.setdefault(payment["by"], [Decimal("0.00")]).append(amount)
        for person in payment["for"]:
            balance.setdefault(person, [Decimal("0.00")]).append(-share)
    return {name: sum(amounts[1:], amounts[0]) for name, amounts in sorted(balance.items())}
