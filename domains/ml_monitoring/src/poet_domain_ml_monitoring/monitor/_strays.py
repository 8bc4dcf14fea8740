"""The range of a reference that has stray values: a few far off must not hide what lies beyond the rest.

Where a reference has an outermost value far from all others, its range is bounded by an inner value
instead, the second one and one more for each thousand rows. How many rows of a window lie beyond any
fixed order statistic of the reference has a known distribution (`_exact.beyond_edge`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from poet.stats import FrameProfile, Profile, ProfileCounts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poet.stats import FrameCounts, Survey

__all__ = ["Bounds", "inner_bounds", "within_bounds"]

# A stray value is further from the inner bound than this many times the middle nine tenths.
_FAR = 10.0
_MIN_ROWS = 20
# Ranks asked for at once in a search.
_ASKED = 33


class Bounds(NamedTuple):
    """An inner range of a reference.

    Attributes:
        edge: Which lowest and highest value bounds it; 1 is the outermost.
        low: The lower bound.
        high: The upper bound.
    """

    edge: int
    low: float
    high: float


def inner_bounds(profile: FrameProfile) -> dict[str, Bounds]:
    """Return the inner range of each column of numbers or times that has a stray value."""
    found = {}
    for name, fitted in profile.profiles.items():
        if fitted.kind in ("numbers", "times") and fitted.n >= _MIN_ROWS:
            bounds = _of_column(fitted)
            if bounds is not None:
                found[name] = bounds
    return found


def _of_column(fitted: Profile) -> Bounds | None:
    m = fitted.n
    edge = 2 + m // 1000
    inner = ((edge - 0.5) / m, (m - edge + 0.5) / m)
    least, low, bottom, top, high, most = fitted.quantiles(
        [0, inner[0], 0.05, 0.95, inner[1], 1]
    ).tolist()
    stray = max(low - least, most - high) > _FAR * (top - bottom)
    return Bounds(edge, low, high) if stray else None


def within_bounds(
    survey: Survey, bounds: dict[str, Bounds], window: FrameCounts
) -> tuple[Survey, NDArray[np.float64]]:
    """Count what lies beyond inner bounds where there are some.

    Returns:
        The survey with these rows as `below` and `above`, and by column which lowest and highest
        reference value bounds the range.
    """
    import numpy as np

    edge = np.ones(len(survey.names))
    if not bounds:
        return survey, edge
    below, above = survey.below.copy(), survey.above.copy()
    for at, name in enumerate(survey.names):
        held = bounds.get(name)
        if held is None or not survey.n[at] or name not in window.columns:
            continue
        counts = ProfileCounts(window.profile.profiles[name], window.columns[name])
        below[at] = _rows_up_to(counts, held.low, equal=False)
        above[at] = counts.n - _rows_up_to(counts, held.high, equal=True)
        edge[at] = held.edge
    return replace(survey, below=below, above=above), edge


def _rows_up_to(counts: ProfileCounts, value: float, *, equal: bool) -> int:
    """Return how many rows lie below a reference value, or also at it."""
    import numpy as np

    low, high = 0, counts.n
    while low < high:
        ranks = np.unique(np.linspace(low + 1, high, _ASKED).astype(np.int64))
        # Half a rank less, so that no rounding leads to the next one.
        found = counts.quantiles((ranks - 0.5) / counts.n)
        fits = found <= value if equal else found < value
        if fits.all():
            return high
        first = int(fits.argmin())
        high = int(ranks[first]) - 1
        if first:
            low = int(ranks[first - 1])
    return low
