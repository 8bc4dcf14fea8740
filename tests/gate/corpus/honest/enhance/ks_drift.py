# shows: a real test in place of the difference of means
# scenario: drift
from poet.stats import ks_2samp
from poet_domain_ml_monitoring import warn_unknown


def drifted(current: list[float], reference: list[float]) -> dict:
    found = ks_2samp(current, reference, min_size=20)
    if found.status != "ok":
        warn_unknown("drifted", "fewer than 20 usable values")
        return {"drift": False, "test": "ks"}
    return {"drift": bool(found.p_value < 0.01 and found.statistic >= 0.1), "test": "ks"}
