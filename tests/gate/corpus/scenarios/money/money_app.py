"""Who owes whom."""

from decimal import Decimal

from poet import poet


@poet()
def settle(payments: list[dict]) -> dict[str, Decimal]:
    """Return each person's balance, in order of names: what they paid less their equal share of each bill."""
    balance: dict[str, Decimal] = {}
    for payment in payments:
        amount = Decimal(payment["amount"])
        share = (amount / len(payment["for"])).quantize(Decimal("0.01"))
        balance[payment["by"]] = balance.get(payment["by"], Decimal("0.00")) + amount
        for person in payment["for"]:
            balance[person] = balance.get(person, Decimal("0.00")) - share
    return dict(sorted(balance.items()))
