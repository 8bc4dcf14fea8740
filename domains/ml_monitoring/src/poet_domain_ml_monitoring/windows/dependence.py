"""How much less a window of dependent values says than one of independent values.

Neighbouring readings of a sensor are alike, and so are neighbouring customers. The mean of n values of
such a stream varies as that of n / f independent ones; f is the variance inflation factor. Every test
that takes values for independent calls far too much improbable where f is large.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["level_p_value", "variance_inflation"]

_LEVELS = 9
_BLOCKS = 10  # blocks that a variance is estimated from, at least
_ERRORS = 2.0  # standard errors that an inflation must stand out by


def variance_inflation(values: NDArray[np.float64], window: int) -> float:
    """Estimate by what factor dependence inflates the variance of a window's distribution function.

    The shares of values below each of nine quantiles are taken in blocks, in the order of the values;
    the variance of these shares, divided by what it is for independent values, is the factor
    (batch means). Blocks are as long as the window, or as leaves ten of them; the largest factor of
    these and of shorter blocks counts, where it is more than chance makes.

    Args:
        values: shape (n,), in the order in which they came; NaN are left out.
        window: Values of the windows that it is for.

    Returns:
        The factor, at least 1; 1 also where there are fewer than 20 values, or in ascending or
        descending order, as that is no order of time.
    """
    import numpy as np

    values = values[~np.isnan(values)]
    if values.size < 2 * _BLOCKS:
        return 1.0
    steps = np.diff(values)
    if not (steps < 0).any() or not (steps > 0).any():
        return 1.0
    marks = np.quantile(values, (np.arange(_LEVELS) + 1) / (_LEVELS + 1), method="inverted_cdf")
    below = values[:, None] <= np.unique(marks)
    shares = below.mean(axis=0)
    below, shares = below[:, shares < 1], shares[shares < 1]
    if not shares.size:
        return 1.0
    return _inflation(below.astype(np.float64), shares * (1 - shares), window)


def level_p_value(
    current: NDArray[np.float64], reference: NDArray[np.float64], history: NDArray[np.float64]
) -> float:
    """Test whether the mean level of a window of dependent values differs from a reference.

    Student's t with the variance that blocks of the history as long as the window have about their
    mean. Where a shift is larger than the spread of the values, distribution functions have nothing left to
    differ by, while means have.

    Args:
        current: shape (n,), the window; NaN are left out here and below.
        reference: shape (m,), what it is compared with.
        history: shape (h,), in the order of time, what the variance is taken from.

    Returns:
        The two-sided p-value; NaN where there is too little to tell, or no spread.
    """
    import numpy as np

    current, reference, history = (v[~np.isnan(v)] for v in (current, reference, history))
    if min(current.size, reference.size) < 2 or history.size < 2 * _BLOCKS:
        return math.nan
    # Single stray values are held to what is usual: the level is that of the bulk.
    low, high = np.quantile(history, [0.05, 0.95])
    reach = 2 * (high - low)
    held = [np.clip(v, low - reach, high + reach) for v in (current, reference, history)]
    variance = float(held[2].var(ddof=1))
    if variance <= 0:
        return math.nan
    factor = _inflation(held[2][:, None], np.array([variance]), current.size)
    error = math.sqrt(variance * factor * (1 / current.size + 1 / reference.size))
    t = abs(float(held[0].mean() - held[1].mean())) / error
    blocks = max(history.size // current.size, _BLOCKS)
    return _student_tail(t, blocks - 1)


def _student_tail(t: float, dof: int) -> float:
    """Return the two-sided tail of Student's t (Wallace, 1959: within some percent, far out too)."""
    z = (8 * dof + 1) / (8 * dof + 3) * math.sqrt(dof * math.log1p(t * t / dof))
    return math.erfc(z / math.sqrt(2))


def _inflation(columns: NDArray[np.float64], variances: NDArray[np.float64], window: int) -> float:
    """Return how much more block means of columns vary than those of independent rows, on average."""
    import numpy as np

    rows = columns.shape[0]
    sums = np.zeros((rows + 1, columns.shape[1]))
    np.cumsum(columns - columns.mean(axis=0), axis=0, out=sums[1:])
    largest, size = 1.0, min(window, rows // _BLOCKS)
    while size >= 2:
        ends = sums[::size][: rows // size + 1]
        means = np.diff(ends, axis=0) / size
        factor = float((size * means.var(axis=0, ddof=1) / variances).mean())
        if factor > 1 + _ERRORS * math.sqrt(2 / (means.shape[0] - 1)):
            largest = max(largest, factor)
        size //= 2
    return largest
