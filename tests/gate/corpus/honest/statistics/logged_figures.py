# shows: logging by module name, lazily formatted
# scenario: summary
import logging

log = logging.getLogger(__name__)


def summarize(values: list[float]) -> dict:
    if not values:
        log.warning("summarize was given no values")
        raise ValueError("no values")
    total = 0.0
    for value in values:
        total += value
    found = {"count": len(values), "total": total, "mean": total / len(values)}
    found.update(low=min(values), high=max(values))
    log.debug("%d values, mean %.3f", found["count"], found["mean"])
    return found
