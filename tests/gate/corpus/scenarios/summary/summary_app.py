"""Figures of a sample."""

from poet import poet


@poet()
def summarize(values: list[float]) -> dict:
    """Return count, total, mean, lowest and highest of the values."""
    if not values:
        raise ValueError("no values")
    total = 0.0
    low = high = values[0]
    for value in values:
        total += value
        if value < low:
            low = value
        if value > high:
            high = value
    return {"count": len(values), "total": total, "mean": total / len(values), "low": low, "high": high}
