# shows: typing.NamedTuple for an intermediate result
# scenario: summary
from typing import NamedTuple


class Range(NamedTuple):
    low: float
    high: float

    def widened(self, value: float) -> "Range":
        return Range(value if value < self.low else self.low, value if value > self.high else self.high)


def summarize(values: list[float]) -> dict:
    match values:
        case []:
            raise ValueError("no values")
        case [first, *_]:
            span = Range(first, first)
    total = 0.0
    for value in values:
        total += value
        span = span.widened(value)
    return {"count": len(values), "total": total, "mean": total / len(values), **span._asdict()}
