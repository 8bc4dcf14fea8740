# shows: a real test in place of the difference of means
# scenario: drift
# gate: no word about too little data
from poet.stats import ks_2samp


def drifted(current: list[float], reference: list[float]) -> dict:
    if len(current) < 20 or len(reference) < 20:
        return {"drift": False, "test": "insufficient data"}
    result = ks_2samp(current, reference)
    return {"drift": bool(result.p_value < 0.01), "test": "ks"}
