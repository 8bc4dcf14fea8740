# shows: itertools.accumulate keeps the order of summation
# scenario: summary
from itertools import accumulate


def summarize(values: list[float]) -> dict:
    if not values:
        raise ValueError("no values")
    *_, total = accumulate(values, initial=0.0)
    return {
        "count": len(values),
        "total": total,
        "mean": total / len(values),
        "low": min(values),
        "high": max(values),
    }
