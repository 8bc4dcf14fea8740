"""Tests of whether two samples come from one distribution."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, get_args

from poet._native import anderson_darling as _anderson_darling
from poet._native import cramer_von_mises as _cramer_von_mises
from poet._native import kuiper as _kuiper
from poet._native import mann_whitney_u as _mann_whitney_u
from poet.errors import StatsInputError
from poet.stats._inputs import kernel_errors, sample_pair
from poet.stats._results import Alternative, TestResult

if TYPE_CHECKING:
    from poet.stats._inputs import FloatSample, NanPolicy, Sample, SortedSample
    from poet.stats._results import Bound, Method


def cramer_von_mises(
    current: Sample,
    reference: Sample | SortedSample,
    *,
    nan_policy: NanPolicy = "omit",
    min_size: int = 8,
) -> TestResult:
    """Compare two samples by the Cramér-von Mises test.

    The statistic is ``T = n * m / (n + m) * integral of (F - G)**2`` over the values of both
    samples (Anderson, 1962). Up to 20 values on each side the p-value is exact (Xiao, Gordon and
    Yakovlev, 2006): the share of all ways to label the values, as tied as they are, that give a
    ``T`` at least as large. Beyond that it is the limit's, after ``T`` is brought to its mean and
    variance without ties. The limit is computed to 1e-12 however small the p-value (Smirnov, 1937).

    Without ties the result is that of ``scipy.stats.cramervonmises_2samp``, whose limit is within
    1e-7. With ties SciPy puts midranks into a formula for ranks without ties, which adds a term
    that grows with the ties (two constant, equal columns can get p = 1e-9); here ``T`` stays what
    it is defined to be, 0 for equal shares.

    The effect size is the mean of ``(F - G)**2`` over the values of both samples.

    Args:
        current: shape (n,), the data to judge: a list or tuple, a NumPy array of any real dtype, a
            Polars or a pandas Series. Booleans count as 0 and 1.
        reference: shape (m,), the data it is compared against, of the same kinds.
        nan_policy: ``"omit"`` leaves missing values out and counts them, ``"raise"`` refuses them.
        min_size: With fewer values than this on either side there is no result.

    Returns:
        The result; too little data is a status of it, not an error.

    Raises:
        StatsInputError: Not one-dimensional, not real numbers, integers beyond 2**53, 2**31 values
            and more, missing values under ``nan_policy="raise"``, an unknown policy, or a
            `min_size` below 1.

    Example:
        >>> from poet.stats import cramer_von_mises
        >>> result = cramer_von_mises([1, 2, 3, 4, 5, 6, 7, 8], [4.5, 5.5, 6.5, 7.5, 9, 10, 11, 12])
        >>> round(result.statistic, 4), round(result.p_value, 4), result.method
        (0.5625, 0.0298, 'exact')
        >>> round(result.effect_size, 4), result.effect_name
        (0.1406, 'mean_squared_difference')
    """
    a, b, min_size = sample_pair(current, reference, nan_policy, min_size)
    n, m = a.size, b.size
    name = "mean_squared_difference"
    if min(n, m) < min_size:
        return _too_little(a, b, min_size, name)
    with kernel_errors():
        statistic, p_value, exact = _cramer_von_mises(a.values, b.values)
    effect_size = statistic * (n + m) / (n * m)
    method: Method = "exact" if exact else "asymptotic"
    return _result(a, b, min_size, statistic, p_value, method, effect_size, name)


def anderson_darling(
    current: Sample,
    reference: Sample | SortedSample,
    *,
    nan_policy: NanPolicy = "omit",
    min_size: int = 8,
) -> TestResult:
    """Compare two samples by the Anderson-Darling test, which weighs the tails more.

    Statistic and p-value are those of ``scipy.stats.anderson_ksamp(variant="midrank")`` for two
    samples (Scholz and Stephens, 1987, equation 7): standardised, with ties at midranks. The
    p-value is interpolated between their percentage points and known between 0.001 and 0.25 only;
    at either end `p_value_bound` says that it is a bound. SciPy refuses two samples in which all
    values are equal; here they have the smallest statistic there is.

    The effect size is the mean of ``(F - G)**2 / (H * (1 - H))`` over the values of both samples,
    with ``H`` the distribution function of both together.

    Args:
        current: shape (n,), the data to judge: a list or tuple, a NumPy array of any real dtype, a
            Polars or a pandas Series. Booleans count as 0 and 1.
        reference: shape (m,), the data it is compared against, of the same kinds.
        nan_policy: ``"omit"`` leaves missing values out and counts them, ``"raise"`` refuses them.
        min_size: With fewer values than this on either side there is no result;
            2 is the least.

    Returns:
        The result; too little data is a status of it, not an error.

    Raises:
        StatsInputError: Not one-dimensional, not real numbers, integers beyond 2**53, 2**31 values
            and more, missing values under ``nan_policy="raise"``, an unknown policy, or a
            `min_size` below 1.

    Example:
        >>> from poet.stats import anderson_darling
        >>> result = anderson_darling([1, 2, 3, 4, 5, 6, 7, 8], [5, 6, 7, 8, 9, 10, 11, 12])
        >>> round(result.statistic, 4), round(result.p_value, 4), result.p_value_bound
        (3.9662, 0.0083, 'none')
        >>> result = anderson_darling(list(range(30)), list(range(100, 130)))
        >>> result.p_value, result.p_value_bound
        (0.001, 'at_most')
    """
    a, b, min_size = sample_pair(current, reference, nan_policy, min_size, least=2)
    name = "weighted_squared_difference"
    if min(a.size, b.size) < min_size:
        return _too_little(a, b, min_size, name)
    with kernel_errors():
        statistic, p_value, bound, effect_size = _anderson_darling(a.values, b.values)
    return _result(
        a, b, min_size, statistic, p_value, "interpolated", effect_size, name, bound=bound
    )


def mann_whitney_u(
    current: Sample,
    reference: Sample | SortedSample,
    *,
    alternative: Alternative = "two-sided",
    nan_policy: NanPolicy = "omit",
    min_size: int = 8,
) -> TestResult:
    """Test by Mann and Whitney's U whether current values tend to be larger or smaller.

    The statistic is ``U`` of the current sample: the number of pairs in which the current value is
    the larger one, ties half (Mann and Whitney, 1947). Where a sample has at most 8 values and
    nothing is tied, the p-value is exact; elsewhere it is the normal limit, corrected for ties and
    continuity, as by ``scipy.stats.mannwhitneyu(method="auto")``. (Beyond 150,000 values on the
    other side it is the limit too.)

    The effect size is Cliff's delta, ``2 * U / (n * m) - 1``: from -1 (every current value is
    smaller) to 1. A change of spread alone can leave ``U`` where it was.

    Args:
        current: shape (n,), the data to judge: a list or tuple, a NumPy array of any real dtype, a
            Polars or a pandas Series. Booleans count as 0 and 1.
        reference: shape (m,), the data it is compared against, of the same kinds.
        alternative: ``"two-sided"``, ``"less"`` (current values are smaller) or ``"greater"``.
        nan_policy: ``"omit"`` leaves missing values out and counts them, ``"raise"`` refuses them.
        min_size: With fewer values than this on either side there is no result.

    Returns:
        The result; too little data is a status of it, not an error.

    Raises:
        StatsInputError: Not one-dimensional, not real numbers, integers beyond 2**53, 2**31 values
            and more, missing values under ``nan_policy="raise"``, an unknown policy or
            alternative, or a
            `min_size` below 1.

    Example:
        >>> from poet.stats import mann_whitney_u
        >>> result = mann_whitney_u([1, 2, 3, 4, 5, 6, 7, 8.5], [5.5, 6.5, 7.5, 8, 9, 10, 11, 12])
        >>> result.statistic, round(result.p_value, 4), result.method
        (7.0, 0.007, 'exact')
        >>> result.effect_size, result.effect_name
        (-0.78125, 'cliffs_delta')
    """
    if alternative not in get_args(Alternative):
        raise StatsInputError(
            f"unknown alternative {alternative!r}",
            where="alternative",
            hint='use "two-sided", "less" (current values are smaller) or "greater"',
        )
    a, b, min_size = sample_pair(current, reference, nan_policy, min_size)
    name = "cliffs_delta"
    if min(a.size, b.size) < min_size:
        return _too_little(a, b, min_size, name, alternative)
    with kernel_errors():
        statistic, p_value, delta, exact = _mann_whitney_u(a.values, b.values, alternative)
    method: Method = "exact" if exact else "asymptotic"
    return _result(a, b, min_size, statistic, p_value, method, delta, name, alternative)


def kuiper(
    current: Sample,
    reference: Sample | SortedSample,
    *,
    nan_policy: NanPolicy = "omit",
    min_size: int = 8,
) -> TestResult:
    """Compare two samples by Kuiper's test, as sensitive in the tails as in the middle.

    The statistic is ``V = max(F - G) + max(G - F)`` (Kuiper, 1960), from 0 (equal) to 1, which
    does not depend on where a circular scale (hours, directions) begins. While
    ``(n * m)**2 / gcd(n, m)`` is at most 1,000,000 (100 against 100 values, 31 against 32) the
    p-value is exact to 1e-13, by a count of lattice paths; beyond that it is the limit with the
    modification of Stephens (1970). With ties either is too large.

    The effect size is ``V`` itself.

    Args:
        current: shape (n,), the data to judge: a list or tuple, a NumPy array of any real dtype, a
            Polars or a pandas Series. Booleans count as 0 and 1.
        reference: shape (m,), the data it is compared against, of the same kinds.
        nan_policy: ``"omit"`` leaves missing values out and counts them, ``"raise"`` refuses them.
        min_size: With fewer values than this on either side there is no result.

    Returns:
        The result; too little data is a status of it, not an error.

    Raises:
        StatsInputError: Not one-dimensional, not real numbers, integers beyond 2**53, 2**31 values
            and more, missing values under ``nan_policy="raise"``, an unknown policy, or a
            `min_size` below 1.

    Example:
        >>> from poet.stats import kuiper
        >>> result = kuiper([1, 2, 3, 4, 13, 14, 15, 16], [5, 6, 7, 8, 9, 10, 11, 12])
        >>> result.statistic, round(result.p_value, 4), result.method
        (1.0, 0.0012, 'exact')
    """
    a, b, min_size = sample_pair(current, reference, nan_policy, min_size)
    name = "kuiper_v"
    if min(a.size, b.size) < min_size:
        return _too_little(a, b, min_size, name)
    with kernel_errors():
        statistic, p_value, exact = _kuiper(a.values, b.values)
    method: Method = "exact" if exact else "asymptotic"
    return _result(a, b, min_size, statistic, p_value, method, statistic, name)


def _result(
    a: FloatSample,
    b: FloatSample | SortedSample,
    min_size: int,
    statistic: float,
    p_value: float,
    method: Method,
    effect_size: float,
    effect_name: str,
    alternative: Alternative = "two-sided",
    bound: Bound = "none",
) -> TestResult:
    return TestResult(
        statistic=statistic,
        p_value=p_value,
        p_value_bound=bound,
        effect_size=effect_size,
        effect_name=effect_name,
        alternative=alternative,
        method=method,
        n_current=a.size,
        n_reference=b.size,
        nan_current=a.missing,
        nan_reference=b.missing,
        min_size=min_size,
        status="insufficient_data" if method == "none" else "ok",
    )


def _too_little(
    a: FloatSample,
    b: FloatSample | SortedSample,
    min_size: int,
    effect_name: str,
    alternative: Alternative = "two-sided",
) -> TestResult:
    nan = math.nan
    return _result(a, b, min_size, nan, nan, "none", nan, effect_name, alternative)
