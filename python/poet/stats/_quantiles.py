"""Quantiles of a fitted reference and of windows counted against one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poet import _native
from poet.errors import StatsInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


def quantiles(
    profile: _native.ColumnProfile, counts: _native.ColumnCounts | None, levels: ArrayLike
) -> NDArray[np.float64]:
    """Take the quantiles of a profile, or of counts against it.

    Raises:
        StatsInputError: Categories, or levels that are not from 0 to 1.
    """
    wanted = _checked(levels)
    try:
        return _native.profile_quantiles(profile, counts, wanted)
    except ValueError:
        raise StatsInputError(
            f"{profile.kind} have no quantiles",
            where="levels",
            hint="ask for the counts of its categories instead",
        ) from None


def _checked(levels: ArrayLike) -> NDArray[np.float64]:
    import numpy as np

    try:
        array = np.atleast_1d(np.ascontiguousarray(levels, np.float64))
    except (TypeError, ValueError):
        array = np.full(1, np.nan)
    if array.ndim != 1 or not ((array >= 0) & (array <= 1)).all():
        raise StatsInputError(
            f"levels is {levels!r}", where="levels", hint="pass numbers from 0 to 1, as [0.5, 0.9]"
        )
    return array
