# shows: a comparable class by functools.total_ordering
# scenario: intervals
from functools import total_ordering


@total_ordering
class _Span:
    __slots__ = ("high", "low")

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Span) and (self.low, self.high) == (other.low, other.high)

    def __lt__(self, other: "_Span") -> bool:
        return (self.low, self.high) < (other.low, other.high)

    def __hash__(self) -> int:
        return hash((self.low, self.high))


def merge(spans: list[list[int]]) -> list[list[int]]:
    for span in spans:
        if span[0] > span[1]:
            raise ValueError(f"span {span} ends before it begins")
    merged: list[_Span] = []
    for span in sorted(_Span(low, high) for low, high in spans):
        if merged and span.low <= merged[-1].high:
            merged[-1].high = max(merged[-1].high, span.high)
        else:
            merged.append(span)
    return [[span.low, span.high] for span in merged]
