"""How far two sets of category counts are apart, and whether chance explains it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from poet._native import kl_divergence as _kl_divergence
from poet.errors import StatsInputError
from poet.stats._counts import check_pseudo_count, paired_counts, total, unit_of
from poet.stats._inputs import check_min_size

if TYPE_CHECKING:
    from poet.stats._counts import Counts


@dataclass(frozen=True, slots=True)
class KLResult:
    """What `kl_divergence` found.

    Attributes:
        distance: Kullback-Leibler divergence of the smoothed shares, current from reference, in
            `unit`, 0 or more; NaN with too little data.
        unit: The unit of `distance`: ``"nats"``, ``"bits"`` or ``"log base b"``.
        statistic: The G statistic of the counts themselves; NaN with too little data.
        p_value: Probability of a G at least this large if both sides came from one distribution,
            by the chi-square approximation; NaN with too little data.
        dof: Degrees of freedom of G: categories that occur on either side, less one; 0 also with
            too little data.
        total_variation: Share of one side that would have to change its category to equal the
            other, from 0 to 1: how much moved, whatever the sample size; NaN with too little data.
        n_current: Sum of the current counts.
        n_reference: Sum of the reference counts.
        n_categories: Categories listed, those that occur on neither side included.
        min_size: The sum of counts that each side needed.
        status: ``"insufficient_data"`` where a side counts fewer than `min_size`, else ``"ok"``,
            which says that there is a result, not that it is harmless.
    """

    distance: float
    unit: str
    statistic: float
    p_value: float
    dof: int
    total_variation: float
    n_current: int
    n_reference: int
    n_categories: int
    min_size: int
    status: Literal["ok", "insufficient_data"]


def kl_divergence(
    current: Counts,
    reference: Counts,
    *,
    pseudo_count: float = 0.5,
    base: float = math.e,
    min_size: int = 20,
) -> KLResult:
    """Compare two sets of counts per category.

    The distance is ``sum(p * ln(p / q))`` (Kullback and Leibler, 1951; ``scipy.stats.entropy``)
    with ``p = (c + a) / (N + a * k)`` and ``q`` likewise, where ``a`` is `pseudo_count` and ``k``
    the number of categories listed: finite even where a category is new. The test is the
    likelihood ratio test of homogeneity on the counts as they are, ``G = 2 * sum(O * ln(O / E))``
    (Wilks, 1938; ``scipy.stats.chi2_contingency(lambda_="log-likelihood", correction=False)``).
    Its chi-square approximation wants most expected counts to be 5 or more; with many rarer
    categories the p-value comes out too small: merge those, or go by `total_variation`.

    Args:
        current: The counts to judge: either shape (k,), integers in a list or tuple, a NumPy
            array, a Polars or a pandas Series, or a mapping of category to count.
        reference: The counts they are compared against. Of arrays, position i is the same category
            on both sides; of two mappings, the union of the categories is compared.
        pseudo_count: Added to every listed category on both sides for the distance only: 0.5 is
            Jeffreys' prior, 1 Laplace's; 0 gives the plain divergence, infinite where a current
            category is missing from the reference.
        base: Of the logarithm in the distance: e for nats, 2 for bits. The statistic has no base.
        min_size: With a smaller sum of counts than this on either side there is no result. 20 is
            the total below which Cochran (1954) would not use the approximation.

    Returns:
        The result; too little data is a status of it, not an error.

    Raises:
        StatsInputError: Not one-dimensional, not integers, negative or missing counts, unequal
            lengths or indexes, a mapping beside an array, counts that add up beyond 62 bits, a
            negative or infinite `pseudo_count`, a `base` of 1 or less, or a `min_size` below 1.

    Example:
        >>> from poet.stats import kl_divergence
        >>> result = kl_divergence({"red": 30, "blue": 10}, {"red": 20, "blue": 20, "green": 0})
        >>> round(result.distance, 4), round(result.statistic, 4), result.dof
        (0.1227, 5.4115, 1)
        >>> round(result.p_value, 4), result.total_variation, result.n_categories
        (0.02, 0.25, 3)
        >>> kl_divergence([3, 0], [200, 100]).status
        'insufficient_data'
    """
    check_min_size(min_size)
    check_pseudo_count(pseudo_count)
    nats, unit = unit_of(base)
    c, r = paired_counts(current, reference)
    n, m = total(c), total(r)
    if min(n, m) < min_size:
        return KLResult(
            distance=math.nan,
            unit=unit,
            statistic=math.nan,
            p_value=math.nan,
            dof=0,
            total_variation=math.nan,
            n_current=n,
            n_reference=m,
            n_categories=c.size,
            min_size=min_size,
            status="insufficient_data",
        )
    try:
        found = _kl_divergence(c, r, float(pseudo_count))
    except ValueError as error:
        raise StatsInputError(str(error), where="kl_divergence") from error
    distance, statistic, p_value, dof, total_variation = found
    return KLResult(
        distance=distance / nats,
        unit=unit,
        statistic=statistic,
        p_value=p_value,
        dof=dof,
        total_variation=total_variation,
        n_current=n,
        n_reference=m,
        n_categories=c.size,
        min_size=min_size,
        status="ok",
    )
