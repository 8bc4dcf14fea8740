# shows: medians and spreads
# scenario: drift
# gate: no test of spread, no word about too little data
from statistics import fmean, median


def _spread(values: list[float]) -> float:
    middle = median(values)
    return fmean(abs(value - middle) for value in values) or 1.0


def drifted(current: list[float], reference: list[float]) -> dict:
    moved = abs(median(current) - median(reference)) / _spread(reference)
    return {"drift": moved > 1.0, "test": "median"}
