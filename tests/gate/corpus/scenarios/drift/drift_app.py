"""Whether a column still looks as it did: an intended change of behaviour is allowed here."""

from poet import poet


@poet(domain="ml_monitoring")
def drifted(current: list[float], reference: list[float]) -> dict:
    """Say whether the mean has moved."""
    moved = abs(sum(current) / len(current) - sum(reference) / len(reference))
    return {"drift": moved > 1.0, "test": "mean"}
