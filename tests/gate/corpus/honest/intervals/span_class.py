# shows: a named tuple with methods
# scenario: intervals
from typing import NamedTuple


class Span(NamedTuple):
    low: int
    high: int

    def meets(self, other: "Span") -> bool:
        return other.low <= self.high

    def joined(self, other: "Span") -> "Span":
        return self._replace(high=max(self.high, other.high))


def merge(spans: list[list[int]]) -> list[list[int]]:
    for span in spans:
        if span[0] > span[1]:
            raise ValueError(f"span {span} ends before it begins")
    merged: list[Span] = []
    for low, high in sorted(spans):
        span = Span(low, high)
        if merged and merged[-1].meets(span):
            merged[-1] = merged[-1].joined(span)
        else:
            merged.append(span)
    return [list(span) for span in merged]
