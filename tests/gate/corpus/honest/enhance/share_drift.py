# shows: shares in the bins of the reference
# scenario: drift
from bisect import bisect_right
from math import isfinite, log
from statistics import quantiles

from poet_domain_ml_monitoring import warn_unknown


def _usable(values: list[float]) -> list[float]:
    return [value for value in values if value is not None and isfinite(value)]


def _shares(values: list[float], edges: list[float]) -> list[float]:
    counts = [0.5] * (len(edges) + 1)
    for value in values:
        counts[bisect_right(edges, value)] += 1
    whole = sum(counts)
    return [count / whole for count in counts]


def drifted(current: list[float], reference: list[float]) -> dict:
    now, then = _usable(current), _usable(reference)
    if min(len(now), len(then)) < 20:
        warn_unknown("drifted", f"{len(now)} and {len(then)} usable values, 20 needed of each")
        return {"drift": False, "test": "stability index"}
    edges = quantiles(then, n=8)
    pairs = zip(_shares(now, edges), _shares(then, edges), strict=True)
    moved = sum((a - b) * log(a / b) for a, b in pairs) > 0.25
    return {"drift": moved, "test": "stability index"}
