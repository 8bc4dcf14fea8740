# shows: NumPy where it is exact: a sequential cumulative sum
# scenario: summary
import numpy as np


def summarize(values: list[float]) -> dict:
    if not values:
        raise ValueError("no values")
    numbers = np.asarray(values, dtype=np.float64)
    total = 0.0 + float(np.cumsum(numbers)[-1])
    return {
        "count": len(values),
        "total": total,
        "mean": total / len(values),
        "low": min(values),
        "high": max(values),
    }
