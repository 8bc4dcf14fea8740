# shows: functools.reduce and a named helper
# scenario: summary
from functools import reduce
from operator import add


def _extremes(values: list[float]) -> tuple[float, float]:
    return min(values), max(values)


def summarize(values: list[float]) -> dict:
    if not values:
        raise ValueError("no values")
    total = reduce(add, values, 0.0)
    low, high = _extremes(values)
    return {"count": len(values), "total": total, "mean": total / len(values), "low": low, "high": high}
