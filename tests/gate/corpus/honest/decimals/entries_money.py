# shows: a list of entries, summed at the end
# scenario: money
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from operator import itemgetter


def _entries(payments: list[dict]) -> Iterator[tuple[str, Decimal]]:
    for payment in payments:
        amount = Decimal(payment["amount"])
        share = (amount / len(payment["for"])).quantize(Decimal("0.01"))
        yield payment["by"], amount
        for person in payment["for"]:
            yield person, -share


def settle(payments: list[dict]) -> dict[str, Decimal]:
    ordered = sorted(_entries(payments), key=itemgetter(0))
    return {
        name: sum((amount for _, amount in entries), Decimal("0.00"))
        for name, entries in groupby(ordered, key=itemgetter(0))
    }
