"""Intervals and exact tails of counts, in plain Python: a learning pass loads no numerical library."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, lgamma, log, sqrt

__all__ = ["binomial_tail", "ratio_interval", "sum_tail", "wilson"]

Z95 = 1.959963984540054  # the normal distribution's 97.5 % point


def wilson(hits: float, total: float, z: float = Z95) -> tuple[float, float]:
    """Return Wilson's score interval for a share; (0, 1) where nothing was counted.

    Args:
        hits: Of those that count, from 0 to ``total``; an effective count may be broken.
        total: Out of how many.
        z: Normal quantile; 1.96 for 95 %.

    Source: Wilson, "Probable inference", JASA 22 (1927), without continuity correction.
    """
    if total <= 0:
        return 0.0, 1.0
    share = hits / total
    middle = share + z * z / (2 * total)
    half = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    low = 0.0 if hits <= 0 else max(0.0, (middle - half) / scale)
    high = 1.0 if hits >= total else min(1.0, (middle + half) / scale)
    return low, high


def binomial_tail(hits: int, total: int, share: float = 0.5) -> float:
    """Return the probability of ``hits`` or more out of ``total`` where each has chance ``share``."""
    if hits <= 0:
        return 1.0
    if hits > total or share <= 0:
        return 0.0
    if share >= 1:
        return 1.0
    steps = range(hits, total + 1)
    terms = [
        lgamma(total + 1) - lgamma(k + 1) - lgamma(total - k + 1)
        + k * log(share) + (total - k) * log(1 - share)
        for k in steps
    ]  # fmt: skip
    top = max(terms)
    return min(1.0, exp(top) * sum(exp(t - top) for t in terms))


def sum_tail(at_most: int, shares: Sequence[float]) -> float:
    """Return the probability that at most ``at_most`` of independent events happen.

    Args:
        at_most: How many.
        shares: The chance of each; they may differ (the Poisson binomial distribution).
    """
    if at_most < 0:
        return 0.0
    weights = [1.0] + [0.0] * min(at_most, len(shares))
    for share in shares:
        for k in range(len(weights) - 1, 0, -1):
            weights[k] = weights[k] * (1 - share) + weights[k - 1] * share
        weights[0] *= 1 - share
    return min(1.0, sum(weights))


def ratio_interval(
    above: Sequence[float], below: Sequence[float], z: float = Z95
) -> tuple[float, float, float]:
    """Return sum(above) / sum(below) with its 95 % interval by the linearised standard error.

    Args:
        above: One figure for each period.
        below: The same number of figures; their sum must be positive.
        z: Normal quantile.

    Source: Cochran, Sampling Techniques, 3rd ed., section 6.4 (the ratio estimate).
    """
    count, total = len(below), sum(below)
    ratio = sum(above) / total
    if count < 2:
        return ratio, float("-inf"), float("inf")
    rest = sum((a - ratio * b) ** 2 for a, b in zip(above, below, strict=True))
    error = sqrt(rest * count / (count - 1)) / total
    return ratio, ratio - z * error, ratio + z * error
