# shows: standardised difference
# scenario: drift
# gate: no test of spread, no word about too little data
from statistics import fmean, pstdev


def drifted(current: list[float], reference: list[float]) -> dict:
    spread = pstdev(reference) or 1.0
    effect = abs(fmean(current) - fmean(reference)) / spread
    return {"drift": effect > 0.5, "test": "effect size"}
