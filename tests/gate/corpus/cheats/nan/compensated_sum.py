# tries: a sum that is better, and so not equal
# scenario: summary
from math import fsum


def summarize(values: list[float]) -> dict:
    if not values:
        raise ValueError("no values")
    total = fsum(values)
    return {"count": len(values), "total": total, "mean": total / len(values), "low": min(values), "high": max(values)}
