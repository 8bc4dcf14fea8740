# tries: right for small samples only
# scenario: summary
def summarize(values: list[float]) -> dict:
    if not values:
        raise ValueError("no values")
    total = 0.0
    for value in values[:3]:
        total += value
    return {"count": len(values), "total": total, "mean": total / len(values), "low": min(values), "high": max(values)}
