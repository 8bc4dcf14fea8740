"""Has a share's price moved away from where it was? Two lines, as one would write them in a hurry."""

from poet import poet


@poet(domain="ml_monitoring", capabilities=["drift"], learning="on_feedback")
def detect_drift(current: list[float], reference: list[float]) -> bool:
    """Say whether the current values have drifted away from the reference."""
    shift = sum(current) / len(current) - sum(reference) / len(reference)
    return abs(shift) > 5
