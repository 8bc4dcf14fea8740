# shows: standardised differences of mean and spread
# scenario: drift
from math import isfinite
from statistics import fmean, pstdev

from poet_domain_ml_monitoring import warn_unknown


def _usable(values: list[float]) -> list[float]:
    return [value for value in values if value is not None and isfinite(value)]


def drifted(current: list[float], reference: list[float]) -> dict:
    now, then = _usable(current), _usable(reference)
    if min(len(now), len(then)) < 20:
        warn_unknown("drifted", f"{len(now)} and {len(then)} usable values, 20 needed of each")
        return {"drift": False, "test": "effect size"}
    spread, before = pstdev(now), pstdev(then) or 1.0
    effect = abs(fmean(now) - fmean(then)) / before
    moved = effect > 0.5 or not 0.5 < spread / before < 2.0
    return {"drift": moved, "test": "effect size"}
