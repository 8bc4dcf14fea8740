"""Distances between two samples, and effect sizes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from poet._native import effect_sizes as _effect_sizes
from poet._native import energy_distance as _energy_distance
from poet._native import wasserstein_distance as _wasserstein_distance
from poet.stats._inputs import kernel_errors, sample_pair
from poet.stats._results import DistanceResult, EffectSizes

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from poet._native import ColumnProfile
    from poet.stats._inputs import NanPolicy, Sample, SortedSample

    Kernel = Callable[[NDArray[np.float64], NDArray[np.float64] | ColumnProfile], float]


def wasserstein_distance(
    current: Sample,
    reference: Sample | SortedSample,
    *,
    nan_policy: NanPolicy = "omit",
    min_size: int = 8,
) -> DistanceResult:
    """Measure how far values have to be moved, on average, to turn one sample into the other.

    The Wasserstein-1 or earth mover's distance, ``integral of |F - G|`` over the two distribution
    functions (Vaserstein, 1969; ``scipy.stats.wasserstein_distance``), in the data's own unit.

    Equal shares of both samples at an infinity need not be moved; unequal ones make the distance
    infinite. (SciPy returns NaN in both cases.)

    Args:
        current: shape (n,), the data to judge: a list or tuple, a NumPy array of any real dtype, a
            Polars or a pandas Series. Booleans count as 0 and 1.
        reference: shape (m,), the data it is compared against, of the same kinds.
        nan_policy: ``"omit"`` leaves missing values out and counts them, ``"raise"`` refuses them.
        min_size: With fewer values than this on either side there is no result.

    Returns:
        The distance; too little data is a status of it, not an error.

    Raises:
        StatsInputError: Not one-dimensional, not real numbers, integers beyond 2**53, 2**31 values
            and more, missing values under ``nan_policy="raise"``, an unknown policy, or a
            `min_size` below 1.

    Example:
        >>> from poet.stats import wasserstein_distance
        >>> result = wasserstein_distance([0, 1, 3], [5, 6, 8, None], min_size=3)
        >>> result.distance, result.unit, result.nan_reference
        (5.0, 'data', 1)
    """
    return _distance(_wasserstein_distance, "data", current, reference, nan_policy, min_size)


def energy_distance(
    current: Sample,
    reference: Sample | SortedSample,
    *,
    nan_policy: NanPolicy = "omit",
    min_size: int = 8,
) -> DistanceResult:
    """Measure the energy distance of two samples.

    ``sqrt(2 E|X - Y| - E|X - X'| - E|Y - Y'|)``, which is ``sqrt(2 * integral of (F - G)**2)``
    over the two distribution functions (Székely and Rizzo, 2013; ``scipy.stats.energy_distance``),
    in the square root of the data's unit. A metric, as Wasserstein's, that a few far values move
    less.

    Equal shares of both samples at an infinity add nothing; unequal ones make the distance
    infinite. (SciPy returns NaN in both cases.)

    Args:
        current: shape (n,), the data to judge: a list or tuple, a NumPy array of any real dtype, a
            Polars or a pandas Series. Booleans count as 0 and 1.
        reference: shape (m,), the data it is compared against, of the same kinds.
        nan_policy: ``"omit"`` leaves missing values out and counts them, ``"raise"`` refuses them.
        min_size: With fewer values than this on either side there is no result.

    Returns:
        The distance; too little data is a status of it, not an error.

    Raises:
        StatsInputError: Not one-dimensional, not real numbers, integers beyond 2**53, 2**31 values
            and more, missing values under ``nan_policy="raise"``, an unknown policy, or a
            `min_size` below 1.

    Example:
        >>> from poet.stats import energy_distance
        >>> energy_distance([0.0] * 8, [2.0] * 8).distance
        2.0
    """
    return _distance(_energy_distance, "sqrt(data)", current, reference, nan_policy, min_size)


def effect_sizes(
    current: Sample,
    reference: Sample | SortedSample,
    *,
    nan_policy: NanPolicy = "omit",
    min_size: int = 8,
) -> EffectSizes:
    """Say how large the difference of two samples is, whatever their sizes.

    Cohen's d (Cohen, 1988), Hedges' g with the exact correction (Hedges, 1981), the ratio of the
    variances, Cliff's delta (Cliff, 1993) and the common-language effect size (McGraw and Wong,
    1992). The last two come from Mann-Whitney's U: they depend on the order of the values only, so
    that outliers do not move them and infinities are the outermost values.

    Args:
        current: shape (n,), the data to judge: a list or tuple, a NumPy array of any real dtype, a
            Polars or a pandas Series. Booleans count as 0 and 1.
        reference: shape (m,), the data it is compared against, of the same kinds.
        nan_policy: ``"omit"`` leaves missing values out and counts them, ``"raise"`` refuses them.
        min_size: With fewer values than this on either side there is no result;
            2 is the least.

    Returns:
        The effect sizes; too little data is a status of it, not an error.

    Raises:
        StatsInputError: Not one-dimensional, not real numbers, integers beyond 2**53, 2**31 values
            and more, missing values under ``nan_policy="raise"``, an unknown policy, or a
            `min_size` below 1.

    Example:
        >>> from poet.stats import effect_sizes
        >>> found = effect_sizes([2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 5, 6, 7, 8])
        >>> round(found.cohens_d, 4), round(found.hedges_g, 4), found.variance_ratio
        (0.4082, 0.3859, 1.0)
        >>> found.cliffs_delta, found.superiority
        (0.234375, 0.6171875)
    """
    a, b, min_size = sample_pair(current, reference, nan_policy, min_size, least=2)
    n, m = a.size, b.size
    found = (math.nan,) * 5
    if min(n, m) >= min_size:
        with kernel_errors():
            found = _effect_sizes(a.values, b.values)
    cohens_d, hedges_g, variance_ratio, cliffs_delta, superiority = found
    return EffectSizes(
        cohens_d=cohens_d,
        hedges_g=hedges_g,
        variance_ratio=variance_ratio,
        cliffs_delta=cliffs_delta,
        superiority=superiority,
        n_current=n,
        n_reference=m,
        nan_current=a.missing,
        nan_reference=b.missing,
        min_size=min_size,
        status="ok" if min(n, m) >= min_size else "insufficient_data",
    )


def _distance(
    kernel: Kernel,
    unit: str,
    current: Sample,
    reference: Sample | SortedSample,
    nan_policy: NanPolicy,
    min_size: int,
) -> DistanceResult:
    a, b, min_size = sample_pair(current, reference, nan_policy, min_size)
    n, m = a.size, b.size
    distance = math.nan
    if min(n, m) >= min_size:
        with kernel_errors():
            distance = kernel(a.values, b.values)
    return DistanceResult(
        distance=distance,
        unit=unit,
        n_current=n,
        n_reference=m,
        nan_current=a.missing,
        nan_reference=b.missing,
        min_size=min_size,
        status="ok" if min(n, m) >= min_size else "insufficient_data",
    )
