# shows: medians and deviations from them
# scenario: drift
from math import isfinite
from statistics import fmean, median

from poet_domain_ml_monitoring import warn_unknown


def _usable(values: list[float]) -> list[float]:
    return [value for value in values if value is not None and isfinite(value)]


def _spread(values: list[float]) -> float:
    middle = median(values)
    return fmean(abs(value - middle) for value in values) or 1.0


def drifted(current: list[float], reference: list[float]) -> dict:
    now, then = _usable(current), _usable(reference)
    if min(len(now), len(then)) < 20:
        warn_unknown("drifted", f"{len(now)} and {len(then)} usable values, 20 needed of each")
        return {"drift": False, "test": "median"}
    step = abs(median(now) - median(then)) / _spread(then)
    ratio = _spread(now) / _spread(then)
    moved = step > 1.0 or not 0.5 < ratio < 2.0
    return {"drift": moved, "test": "median"}
