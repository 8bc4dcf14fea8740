"""Distances between two sets of counts per category or bin, and the chi-square test."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from poet._native import chi_square_test as _chi_square_test
from poet._native import count_distances as _count_distances
from poet.errors import StatsInputError
from poet.stats._counts import check_pseudo_count, paired_counts, total, unit_of
from poet.stats._inputs import as_real, check_min_size
from poet.stats._results import ChiSquareResult, DistanceResult

if TYPE_CHECKING:
    from poet.stats._counts import Counts

# Places in what the kernel returns; the first is the KL divergence.
_JS, _PSI, _HELLINGER, _TOTAL_VARIATION = range(1, 5)


def js_divergence(
    current: Counts, reference: Counts, *, base: float = math.e, min_size: int = 20
) -> DistanceResult:
    """Measure the Jensen-Shannon divergence of two sets of counts per category.

    ``sum(p * ln(p / m)) / 2 + sum(q * ln(q / m)) / 2`` with the shares ``p`` and ``q`` and their
    mean ``m`` (Lin, 1991): symmetric, and finite without smoothing, from 0 (equal shares) to ln 2
    (no category in common), or to 1 with ``base=2``. It is the divergence, the square of the
    distance that ``scipy.spatial.distance.jensenshannon`` returns.

    Args:
        current: The counts to judge: either shape (k,), integers in a list or tuple, a NumPy
            array, a Polars or a pandas Series, or a mapping of category to count.
        reference: The counts they are compared against. Of arrays, position i is the same category
            on both sides; of two mappings, the union of the categories is compared.
        base: Of the logarithm: e for nats, 2 for bits.
        min_size: With a smaller sum of counts than this on either side there is no result.

    Returns:
        The distance; too little data is a status of it, not an error.

    Raises:
        StatsInputError: Not one-dimensional, not integers, negative or missing counts, unequal
            lengths or indexes, a mapping beside an array, counts that add up beyond 62 bits, a
            `base` of 1 or less, or a `min_size` below 1.

    Example:
        >>> from poet.stats import js_divergence
        >>> js_divergence([30, 0], [0, 40], base=2).distance
        1.0
        >>> round(js_divergence({"a": 30, "b": 10}, {"a": 20, "b": 20}).distance, 4)
        0.0338
    """
    nats, unit = unit_of(base)
    return _distance(current, reference, _JS, unit, min_size, nats=nats)


def psi(
    current: Counts,
    reference: Counts,
    *,
    pseudo_count: float = 0.5,
    floor: float | None = None,
    min_size: int = 20,
) -> DistanceResult:
    """Measure the population stability index of two sets of counts per category or bin.

    ``sum((p - q) * ln(p / q))`` in nats, which is the divergence of Jeffreys (1946): the two
    Kullback-Leibler divergences added up. 0.1 and 0.25 are the usual marks for a moderate and a
    large change (Siddiqi, 2006); with few counts chance alone exceeds them, since the index of two
    samples of one distribution is about ``(k - 1) * (1 / n + 1 / m)`` on average.

    An empty bin would make it infinite. By default `pseudo_count` is added to every listed
    category on both sides, as in `kl_divergence`. With `floor`, a share below the floor counts as
    the floor and all other shares stay as they are, the rule common in credit scoring with 0.0001;
    a category that is empty on both sides then adds nothing.

    Args:
        current: The counts to judge: either shape (k,), integers in a list or tuple, a NumPy
            array, a Polars or a pandas Series, or a mapping of category to count.
        reference: The counts they are compared against. Of arrays, position i is the same category
            on both sides; of two mappings, the union of the categories is compared.
        pseudo_count: Added to every listed category on both sides; 0 for the plain index, infinite
            where a category is empty on one side only. Not used with `floor`.
        floor: The smallest share, at least 0 and below 1, instead of the pseudo-count.
        min_size: With a smaller sum of counts than this on either side there is no result.

    Returns:
        The distance; too little data is a status of it, not an error.

    Raises:
        StatsInputError: Not one-dimensional, not integers, negative or missing counts, unequal
            lengths or indexes, a mapping beside an array, counts that add up beyond 62 bits, a
            `pseudo_count` or `floor` out of range, or a `min_size` below 1.

    Example:
        >>> from poet.stats import psi
        >>> round(psi([40, 60], [60, 40], pseudo_count=0).distance, 4)
        0.1622
        >>> round(psi([50, 50, 0], [100, 0, 0], floor=0.0001).distance, 4)
        4.6043
    """
    check_pseudo_count(pseudo_count)
    if floor is None:
        return _distance(current, reference, _PSI, "nats", min_size, smoothing=pseudo_count)
    if not 0 <= as_real(floor) < 1:
        raise StatsInputError(
            f"floor is {floor!r}", where="floor", hint="pass a share, for example 0.0001, or None"
        )
    return _distance(
        current, reference, _PSI, "nats", min_size, smoothing=float(floor), as_floor=True
    )


def hellinger(current: Counts, reference: Counts, *, min_size: int = 20) -> DistanceResult:
    """Measure the Hellinger distance of two sets of counts per category.

    ``sqrt(sum((sqrt(p) - sqrt(q))**2) / 2)`` of the shares (Hellinger, 1909), from 0 (equal
    shares) to 1 (no category in common): a metric that needs no smoothing and weighs changes of
    rare categories more than total variation does.

    Args:
        current: The counts to judge: either shape (k,), integers in a list or tuple, a NumPy
            array, a Polars or a pandas Series, or a mapping of category to count.
        reference: The counts they are compared against. Of arrays, position i is the same category
            on both sides; of two mappings, the union of the categories is compared.
        min_size: With a smaller sum of counts than this on either side there is no result.

    Returns:
        The distance; too little data is a status of it, not an error.

    Raises:
        StatsInputError: Not one-dimensional, not integers, negative or missing counts, unequal
            lengths or indexes, a mapping beside an array, counts that add up beyond 62 bits, or a
            `min_size` below 1.

    Example:
        >>> from poet.stats import hellinger
        >>> round(hellinger({"a": 30, "b": 10}, {"a": 20, "b": 20}).distance, 4)
        0.1846
    """
    return _distance(current, reference, _HELLINGER, "none", min_size)


def total_variation(current: Counts, reference: Counts, *, min_size: int = 20) -> DistanceResult:
    """Measure the total variation distance of two sets of counts per category.

    ``sum(abs(p - q)) / 2`` of the shares, from 0 (equal shares) to 1 (no category in common): the
    share of one side that would have to change its category to equal the other.

    Args:
        current: The counts to judge: either shape (k,), integers in a list or tuple, a NumPy
            array, a Polars or a pandas Series, or a mapping of category to count.
        reference: The counts they are compared against. Of arrays, position i is the same category
            on both sides; of two mappings, the union of the categories is compared.
        min_size: With a smaller sum of counts than this on either side there is no result.

    Returns:
        The distance; too little data is a status of it, not an error.

    Raises:
        StatsInputError: Not one-dimensional, not integers, negative or missing counts, unequal
            lengths or indexes, a mapping beside an array, counts that add up beyond 62 bits, or a
            `min_size` below 1.

    Example:
        >>> from poet.stats import total_variation
        >>> total_variation({"a": 30, "b": 10}, {"a": 20, "b": 20}).distance
        0.25
    """
    return _distance(current, reference, _TOTAL_VARIATION, "share", min_size)


def chi_square(
    current: Counts, reference: Counts, *, min_expected: float = 5.0, min_size: int = 20
) -> ChiSquareResult:
    """Test by Pearson's chi-square whether two sets of counts have the same shares.

    ``sum((O - E)**2 / E)`` over the 2 x k table (Pearson, 1900). Its p-value is an approximation
    that wants expected counts of 5 or more (Cochran, 1954). So categories with a smaller expected
    count than `min_expected` are merged into one, and if that is still too rare, the rarest of the
    others join it until it is not. Which ones merge depends on the sums over both sides, not on
    how the sides differ. With ``min_expected=0`` nothing merges, and statistic and p-value are
    those of ``scipy.stats.chi2_contingency(correction=False)``.

    Args:
        current: The counts to judge: either shape (k,), integers in a list or tuple, a NumPy
            array, a Polars or a pandas Series, or a mapping of category to count.
        reference: The counts they are compared against. Of arrays, position i is the same category
            on both sides; of two mappings, the union of the categories is compared.
        min_expected: Categories with a smaller expected count on either side are merged.
        min_size: With a smaller sum of counts than this on either side there is no result. 20 is
            the total below which Cochran would not use the approximation.

    Returns:
        The result; too little data is a status of it, not an error. A single category on both
        sides is no difference: statistic 0, `dof` 0, p-value 1.

    Raises:
        StatsInputError: Not one-dimensional, not integers, negative or missing counts, unequal
            lengths or indexes, a mapping beside an array, counts that add up beyond 62 bits, a
            negative or infinite `min_expected`, or a `min_size` below 1.

    Example:
        >>> from poet.stats import chi_square
        >>> result = chi_square({"a": 30, "b": 20}, {"a": 20, "b": 30})
        >>> round(result.statistic, 4), result.dof, round(result.effect_size, 4)
        (4.0, 1, 0.2)
        >>> round(result.p_value, 4)
        0.0455
        >>> chi_square([40, 3, 5], [50, 4, 4]).n_pooled
        2
    """
    check_min_size(min_size)
    if not 0 <= as_real(min_expected) < math.inf:
        raise StatsInputError(
            f"min_expected is {min_expected!r}",
            where="min_expected",
            hint="pass a finite number of at least 0; 5 is the default, 0 merges nothing",
        )
    c, r = paired_counts(current, reference)
    n, m = total(c), total(r)
    occurring = int(((c > 0) | (r > 0)).sum())
    statistic = p_value = cramers_v = smallest = math.nan
    dof = pooled = 0
    enough = min(n, m) >= min_size
    if enough:
        try:
            found = _chi_square_test(c, r, float(min_expected))
        except ValueError as error:
            raise StatsInputError(str(error), where="chi_square") from error
        # Several categories, merged into one, leave nothing to compare.
        enough = found[2] > 0 or occurring == 1
        pooled = found[4]
        if enough:
            statistic, p_value, dof, cramers_v, pooled, smallest = found
    return ChiSquareResult(
        statistic=statistic,
        p_value=p_value,
        dof=dof,
        effect_size=cramers_v,
        effect_name="cramers_v",
        n_current=n,
        n_reference=m,
        n_categories=occurring,
        n_pooled=pooled,
        smallest_expected=smallest,
        min_size=min_size,
        status="ok" if enough else "insufficient_data",
    )


def _distance(
    current: Counts,
    reference: Counts,
    measure: int,
    unit: str,
    min_size: int,
    *,
    nats: float = 1.0,
    smoothing: float = 0.5,
    as_floor: bool = False,
) -> DistanceResult:
    check_min_size(min_size)
    c, r = paired_counts(current, reference)
    n, m = total(c), total(r)
    enough = min(n, m) >= min_size
    distance = math.nan
    if enough:
        try:
            distance = _count_distances(c, r, float(smoothing), as_floor)[measure] / nats
        except ValueError as error:
            raise StatsInputError(str(error), where="current, reference") from error
    return DistanceResult(
        distance=distance,
        unit=unit,
        n_current=n,
        n_reference=m,
        nan_current=0,
        nan_reference=0,
        min_size=min_size,
        status="ok" if enough else "insufficient_data",
    )
