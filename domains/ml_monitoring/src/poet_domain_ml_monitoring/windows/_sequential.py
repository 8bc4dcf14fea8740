"""Thresholds of statistics that are looked at after every value of a stream.

A window of n values that slides by one is nearly the same window, yet a long stream passes many
different ones, and the largest statistic of all of them is far larger than that of one. Near its
maximum the squared statistic of a sliding window behaves like that of a Gaussian field whose
correlation falls off linearly, to 0 after n values. Excursions above a level come in clumps; of an
upper tail p at height b (in standard deviations; b² = 4λ² for Kolmogorov-Smirnov with D = λ/√N) there
are, per window length,

    p · b² · s · nu(b · √(2 s / n)),

where s = m / (n + m) is the share of the variance that moves (the reference stays), and nu corrects for
looking at n moments only (Siegmund, 1985, "Sequential analysis", chapter X; Aldous, 1989,
"Probability approximations via the Poisson clumping heuristic").
"""

from __future__ import annotations

import math
from collections.abc import Callable

from poet.stats import ks_p_value

__all__ = ["chi_square_tail", "clumps", "js_clumps", "js_threshold", "ks_clumps", "ks_threshold"]


def overshoot(x: float) -> float:
    """Return Siegmund's nu(x), the share of maxima that looking at single moments keeps.

    The approximation of Siegmund and Yakir (2007), "The statistics of gene mapping": within 1 %.
    """
    if x <= 0:
        return 1.0
    half = x / 2
    above = 0.5 * math.erf(half / math.sqrt(2))
    density = math.exp(-half * half / 2) / math.sqrt(2 * math.pi)
    return (2 / x) * above / (half * (above + 0.5) + density)


def clumps(p_value: float, squared: float, n: float, m: float) -> float:
    """Return how often a sliding statistic rises to a level per window length, without any change.

    Args:
        p_value: Probability that a single window is at the level or above.
        squared: The level's square in variances.
        n: Values of the window.
        m: Values of the reference.
    """
    moving = m / (n + m)
    factor = squared * moving * overshoot(math.sqrt(squared * 2 * moving / n))
    return p_value * max(factor, 1.0)


def ks_threshold(rate: float, n: int, m: int) -> float:
    """Return the statistic that a sliding window reaches `rate` times per window length by chance.

    Args:
        rate: Expected false alarms per window length, where nothing changes.
        n: Values of the window.
        m: Values of the reference.

    Returns:
        A Kolmogorov-Smirnov statistic, from 0 to 1; more than 1 where no window of that size can be
        that improbable.
    """
    return _smallest(lambda d: ks_clumps(d, n, m), 1.0, rate)


def chi_square_tail(value: float, dof: int) -> float:
    """Return the probability that a chi-square of so many degrees of freedom is at least a value."""
    if value <= 0:
        return 1.0
    half = value / 2
    # Q(x; k + 2) = Q(x; k) + (x/2)^(k/2) exp(-x/2) / Γ(k/2 + 1)
    total, k = (math.erfc(math.sqrt(half)), 1) if dof % 2 else (math.exp(-half), 2)
    while k < dof:
        total += math.exp(k / 2 * math.log(half) - half - math.lgamma(k / 2 + 1))
        k += 2
    return min(total, 1.0)


def js_threshold(rate: float, n: int, m: int, dof: int) -> float:
    """Return the Jensen-Shannon divergence that is reached `rate` times per window length by chance.

    For two samples of one distribution 8 N JS, with N = n m / (n + m), is about a chi-square of as
    many degrees of freedom as there are categories but one (Lin, 1991).

    Args:
        rate: As for `ks_threshold`.
        n: Values of the window.
        m: Values of the reference.
        dof: Categories but one.

    Returns:
        A divergence in nats, more than ln 2 where no window can be that improbable.
    """
    return _smallest(lambda js: js_clumps(js, n, m, dof), math.log(2), rate)


def ks_clumps(statistic: float, n: int, m: int) -> float:
    """Return how often a sliding window reaches a KS statistic per window length by chance."""
    whole = n * m / (n + m)
    return clumps(ks_p_value(statistic, n, m), 4 * whole * statistic**2, n, m)


def js_clumps(statistic: float, n: int, m: int, dof: int) -> float:
    """Return how often a sliding window reaches a divergence per window length by chance."""
    x = 8 * n * m / (n + m) * statistic
    return clumps(chi_square_tail(x, dof), x, n, m)


def _smallest(expected: Callable[[float], float], most: float, rate: float) -> float:
    if expected(most) > rate:
        return 2 * most
    low, high = 0.0, most
    for _ in range(50):
        middle = (low + high) / 2
        if expected(middle) > rate:
            low = middle
        else:
            high = middle
    return high
