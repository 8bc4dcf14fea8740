"""Many p-values at once: how many rejections to believe."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

from poet.errors import StatsInputError
from poet.stats._inputs import as_real, is_missing, series_library, unusable, unusable_type

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poet.stats._inputs import Sample

_WANTED = "a 1-D array of p-values from 0 to 1"
_HINT = "pass one p-value for each test, NaN where a test gave none"


@dataclass(frozen=True, slots=True, eq=False)
class FDRResult:
    """What `benjamini_hochberg` found.

    Attributes:
        p_adjusted: shape (k,), float64: for each p-value the smallest `alpha` at which its test is
            rejected; NaN where the p-value is.
        rejected: shape (k,), bool: whether `p_adjusted` is at most `alpha`; False for NaN.
        alpha: The false discovery rate asked for.
        n_tests: P-values that are not NaN.
        n_rejected: How many of them are rejected.
        status: ``"insufficient_data"`` without any p-value, else ``"ok"``.
    """

    p_adjusted: NDArray[np.float64]
    rejected: NDArray[np.bool_]
    alpha: float
    n_tests: int
    n_rejected: int
    status: Literal["ok", "insufficient_data"]


def benjamini_hochberg(p_values: Sample, alpha: float = 0.05) -> FDRResult:
    """Decide many tests at once so that few of the rejections are false.

    With p-values in ascending order the adjusted ones are ``min(p[j] * k / j for j >= i)``, and
    at most the share `alpha` of the rejections is false on average if the tests are independent
    or positively dependent (Benjamini and Hochberg, 1995; Yekutieli and Benjamini, 1999;
    ``scipy.stats.false_discovery_control``). A test without a p-value (NaN, None) stays NaN and is
    not counted.

    Args:
        p_values: shape (k,), from 0 to 1: a list or tuple, a NumPy array, or a Polars or pandas
            Series.
        alpha: The false discovery rate, above 0 and below 1.

    Returns:
        Adjusted p-values and rejections, in the order of `p_values`.

    Raises:
        StatsInputError: Not one-dimensional, not numbers from 0 to 1, or `alpha` out of range.

    Example:
        >>> from poet.stats import benjamini_hochberg
        >>> found = benjamini_hochberg([0.01, 0.8, None, 0.02], alpha=0.05)
        >>> found.p_adjusted.tolist(), found.rejected.tolist(), found.n_tests
        ([0.03, 0.8, nan, 0.03], [True, False, False, True], 3)
    """
    import numpy as np

    if not 0 < as_real(alpha) < 1:
        raise StatsInputError(
            f"alpha is {alpha!r}", where="alpha", hint="pass a rate above 0 and below 1"
        )
    p = _p_values(p_values)
    tested = np.flatnonzero(~np.isnan(p))
    if tested.size and not 0 <= p[tested].min() <= p[tested].max() <= 1:
        at = int(tested[np.argmax((p[tested] < 0) | (p[tested] > 1))])
        raise unusable(f"{p[at]!r:.40} at position {at}", "p_values", _WANTED, _HINT)
    ascending = tested[np.argsort(p[tested], kind="stable")]
    k = ascending.size
    scaled = p[ascending] * (k / np.arange(1, k + 1))
    adjusted = np.full(p.size, np.nan)
    # The largest is p[k] * k / k, so that none exceeds 1.
    adjusted[ascending] = np.minimum.accumulate(scaled[::-1])[::-1]
    rejected = adjusted <= alpha
    return FDRResult(
        p_adjusted=adjusted,
        rejected=rejected,
        alpha=float(alpha),
        n_tests=k,
        n_rejected=int(rejected.sum()),
        status="ok" if k else "insufficient_data",
    )


def _p_values(values: Sample) -> NDArray[np.float64]:
    """Return a float64 array with NaN where a value is missing."""
    import numpy as np

    library = series_library(values)
    series: Any = values
    if library or isinstance(values, np.ma.MaskedArray):
        items = series.to_list() if library == "polars" else series.tolist()
    elif getattr(values, "shape", (0,)) == ():
        raise unusable("a single value", "p_values", _WANTED, _HINT)
    elif isinstance(values, np.ndarray) and values.dtype.kind == "f":
        items = None
    elif isinstance(values, np.ndarray | list | tuple):
        items = list(values)
    else:
        raise unusable_type(values, "p_values", _WANTED)
    if items is None:
        array = np.asarray(values, np.float64)
    else:
        for p in items:
            if not (is_missing(p) or isinstance(p, Real)):
                raise unusable(f"{p!r:.40} ({type(p).__name__})", "p_values", _WANTED, _HINT)
        array = np.array([np.nan if is_missing(p) else float(p) for p in items], np.float64)
    if array.ndim != 1:
        raise unusable(f"shape {array.shape}", "p_values", _WANTED, _HINT)
    return array
