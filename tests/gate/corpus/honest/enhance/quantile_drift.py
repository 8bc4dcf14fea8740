# shows: quantiles side by side
# scenario: drift
from math import isfinite
from statistics import quantiles

from poet_domain_ml_monitoring import warn_unknown


def _usable(values: list[float]) -> list[float]:
    return [value for value in values if value is not None and isfinite(value)]


def drifted(current: list[float], reference: list[float]) -> dict:
    now, then = _usable(current), _usable(reference)
    if min(len(now), len(then)) < 20:
        warn_unknown("drifted", f"{len(now)} and {len(then)} usable values, 20 needed of each")
        return {"drift": False, "test": "quantiles"}
    ours, theirs = quantiles(now, n=10), quantiles(then, n=10)
    width = (theirs[-1] - theirs[0]) or 1.0
    moved = max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) / width > 0.3
    return {"drift": moved, "test": "quantiles"}
