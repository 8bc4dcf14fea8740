# tries: another zero, another type of number
# scenario: summary
def summarize(values: list[float]) -> dict:
    if not values:
        raise ValueError("no values")
    total = 0.0
    for value in values:
        total += value
    mean = total / len(values)
    return {"count": float(len(values)), "total": total, "mean": mean, "low": min(values), "high": max(values)}
