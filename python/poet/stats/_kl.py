"""How far two sets of category counts are apart, and whether chance explains it."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Literal, TypeAlias

from poet._native import kl_divergence as _kl_divergence
from poet.errors import StatsInputError
from poet.stats._inputs import check_min_size, count_vector

if TYPE_CHECKING:
    from collections.abc import Hashable

    import numpy as np
    from numpy.typing import NDArray

    from poet.stats._inputs import Sample

    Counts: TypeAlias = Sample | Mapping[Hashable, int]


@dataclass(frozen=True, slots=True)
class KLResult:
    """What `kl_divergence` found.

    Attributes:
        distance: Kullback-Leibler divergence of the smoothed shares, current from reference, in
            nats, 0 or more; NaN with too little data.
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
        status: ``"insufficient_data"`` where a side counts fewer than `min_size`, else ``"ok"``,
            which says that there is a result, not that it is harmless.
    """

    distance: float
    statistic: float
    p_value: float
    dof: int
    total_variation: float
    n_current: int
    n_reference: int
    n_categories: int
    status: Literal["ok", "insufficient_data"]


def kl_divergence(
    current: Counts,
    reference: Counts,
    *,
    pseudo_count: float = 0.5,
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
        min_size: With a smaller sum of counts than this on either side there is no result. 20 is
            the total below which Cochran (1954) would not use the approximation.

    Returns:
        The result; too little data is a status of it, not an error.

    Raises:
        StatsInputError: Not one-dimensional, not integers, negative or missing counts, unequal
            lengths, a mapping beside an array, counts that add up beyond 62 bits, a negative or
            infinite `pseudo_count`, or a `min_size` below 1.

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
    _check_pseudo_count(pseudo_count)
    c, r = _paired_counts(current, reference)
    # Python integers: a sum of uint64 would wrap around.
    n, m = sum(c.tolist()), sum(r.tolist())
    if min(n, m) < min_size:
        return KLResult(
            distance=math.nan,
            statistic=math.nan,
            p_value=math.nan,
            dof=0,
            total_variation=math.nan,
            n_current=n,
            n_reference=m,
            n_categories=c.size,
            status="insufficient_data",
        )
    try:
        found = _kl_divergence(c, r, float(pseudo_count))
    except ValueError as error:
        raise StatsInputError(str(error), where="kl_divergence") from error
    distance, statistic, p_value, dof, total_variation = found
    return KLResult(
        distance=distance,
        statistic=statistic,
        p_value=p_value,
        dof=dof,
        total_variation=total_variation,
        n_current=n,
        n_reference=m,
        n_categories=c.size,
        status="ok",
    )


def _check_pseudo_count(pseudo_count: object) -> None:
    if not (isinstance(pseudo_count, Real) and 0 <= float(pseudo_count) < math.inf):
        raise StatsInputError(
            f"pseudo_count is {pseudo_count!r}",
            where="pseudo_count",
            hint="pass a finite number of at least 0; 0.5 is the default",
        )


def _paired_counts(
    current: Counts, reference: Counts
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    if isinstance(current, Mapping) and isinstance(reference, Mapping):
        a, b = _whole(current, "current"), _whole(reference, "reference")
        # Sorted by counts: the order in which categories were first seen changes no bit.
        pairs = sorted((a.get(key, 0), b.get(key, 0)) for key in a | b)
        return (
            count_vector([pair[0] for pair in pairs], "current"),
            count_vector([pair[1] for pair in pairs], "reference"),
        )
    if isinstance(current, Mapping) or isinstance(reference, Mapping):
        raise StatsInputError(
            "one side is a mapping of category to count, the other is not",
            where="current, reference",
            hint="pass two mappings, for example from category_counts(), or two arrays",
        )
    c, r = count_vector(current, "current"), count_vector(reference, "reference")
    if c.size != r.size:
        raise StatsInputError(
            f"current has shape {c.shape} and reference {r.shape}",
            where="current, reference",
            hint="give one count per category on both sides in the same order, 0 where it did not "
            "occur, or pass two mappings of category to count",
        )
    return c, r


def _whole(counts: Mapping[Hashable, int], argument: str) -> dict[Hashable, int]:
    whole = {}
    for category, count in counts.items():
        try:
            if isinstance(count, bool):
                raise TypeError
            whole[category] = operator.index(count)
        except TypeError:
            raise StatsInputError(
                f"{argument}[{category!r}] is {count!r}, not a whole number",
                where=argument,
                hint="pass counts, for example from category_counts(), not shares",
            ) from None
        if not 0 <= whole[category] < 2**63:
            raise StatsInputError(
                f"{argument}[{category!r}] is {count!r}",
                where=argument,
                hint="a count is at least 0 and below 2**63",
            )
    return whole
