"""How many different categories a window has, against what its size makes of the reference."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Cardinality", "cardinality_change"]


class Cardinality(NamedTuple):
    """Whether a window has more or fewer different categories than it should.

    Attributes:
        observed: Different categories in the window.
        expected: How many a random part of all rows, of the window's size, has on average.
        p_value: An upper bound of the probability of a number as far out either way.
        effect_size: The change as a share of the larger number, from 0 to 1.
    """

    observed: int
    expected: float
    p_value: float
    effect_size: float


def cardinality_change(current: Mapping[str, int], reference: Mapping[str, int]) -> Cardinality:
    """Compare numbers of categories, whatever the numbers of rows.

    If nothing changed the window is a random part of the rows of both sides together. The number of
    different categories in it is then a sum of negatively dependent indicators, with a mean known
    exactly (rarefaction: Hurlbert, 1971), so that Chernoff's bound holds for it.

    Args:
        current: Rows of the window by category.
        reference: Rows of the reference by category.

    Returns:
        The comparison; the p-value is 1 where a side has no rows.

    Example:
        >>> reference = {f"user {i}": 1 for i in range(1000)}
        >>> duplicates = {f"user {i}": 10 for i in range(2000, 2050)}
        >>> found = cardinality_change(duplicates, reference)
        >>> found.observed, round(found.expected), found.p_value < 0.01
        (50, 382, True)
    """
    n, m = sum(current.values()), sum(reference.values())
    observed = sum(count > 0 for count in current.values())
    if not n or not m:
        return Cardinality(observed, float(observed), 1.0, 0.0)
    # Categories of one total are alike: how often each total occurs is all that matters.
    totals: dict[int, int] = {}
    for name in current.keys() | reference.keys():
        total = current.get(name, 0) + reference.get(name, 0)
        if total:
            totals[total] = totals.get(total, 0) + 1
    expected = math.fsum(
        times * _present(total, n, n + m) for total, times in sorted(totals.items())
    )
    kinds = sum(totals.values())
    return Cardinality(
        observed,
        expected,
        min(1.0, 2 * _chernoff(observed, expected, kinds)),
        abs(observed - expected) / max(observed, expected),
    )


def _present(total: int, n: int, rows: int) -> float:
    """Return the probability that a category of `total` rows occurs among n of all rows."""
    if total > rows - n:
        return 1.0
    log = (
        math.lgamma(rows - total + 1)
        - math.lgamma(rows - total - n + 1)
        - math.lgamma(rows + 1)
        + math.lgamma(rows - n + 1)
    )
    return -math.expm1(min(log, 0.0))


def _chernoff(observed: int, expected: float, k: int) -> float:
    """Bound the probability of a sum of k indicators as far from its mean, one way."""
    x, p = observed / k, min(expected / k, 1.0)
    if x == p or p == 1.0:
        return 1.0 if x == p else 0.0
    divergence = 0.0
    if x > 0:
        divergence += x * math.log(x / p)
    if x < 1:
        divergence += (1 - x) * math.log((1 - x) / (1 - p))
    return math.exp(-k * max(divergence, 0.0))
