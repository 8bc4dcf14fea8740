# tries: uses its argument up
# scenario: summary
def summarize(values: list[float]) -> dict:
    if not values:
        raise ValueError("no values")
    count, low, high, total = len(values), min(values), max(values), 0.0
    while values:
        total += values.pop(0)
    return {"count": count, "total": total, "mean": total / count, "low": low, "high": high}
