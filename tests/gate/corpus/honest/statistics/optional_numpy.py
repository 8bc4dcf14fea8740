# shows: a guard around an optional import
# scenario: summary
try:
    import numpy as np
except ImportError:
    np = None


def _total(values: list[float]) -> float:
    if np is not None and len(values) > 64:
        return float(np.cumsum(np.asarray(values, dtype=float))[-1])
    total = 0.0
    for value in values:
        total += value
    return total


def summarize(values: list[float]) -> dict:
    if not values:
        raise ValueError("no values")
    total = _total(values)
    return {"count": len(values), "total": total, "mean": total / len(values), "low": min(values), "high": max(values)}
