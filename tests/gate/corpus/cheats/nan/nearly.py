# tries: another order of summation: the last bits differ
# scenario: summary
def summarize(values: list[float]) -> dict:
    if not values:
        raise ValueError("no values")
    total = 0.0
    for value in sorted(values, key=abs, reverse=True):
        total += value
    return {"count": len(values), "total": total, "mean": total / len(values), "low": min(values), "high": max(values)}
