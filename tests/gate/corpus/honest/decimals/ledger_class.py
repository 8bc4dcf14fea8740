# shows: a ledger with two operations
# scenario: money
from decimal import Decimal


class _Ledger:
    START = Decimal("0.00")

    def __init__(self) -> None:
        self._balance: dict[str, Decimal] = {}

    def credit(self, person: str, amount: Decimal) -> None:
        self._balance[person] = self._balance.get(person, self.START) + amount

    def debit(self, person: str, amount: Decimal) -> None:
        self._balance[person] = self._balance.get(person, self.START) - amount

    def result(self) -> dict[str, Decimal]:
        return dict(sorted(self._balance.items()))


def settle(payments: list[dict]) -> dict[str, Decimal]:
    ledger = _Ledger()
    for payment in payments:
        amount = Decimal(payment["amount"])
        people = payment["for"]
        share = (amount / len(people)).quantize(Decimal("0.01"))
        ledger.credit(payment["by"], amount)
        for person in people:
            ledger.debit(person, share)
    return ledger.result()
