"""The usual course of a cycle, and values with it taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from poet_domain_ml_monitoring.seasonality._detect import bins_of
from poet_domain_ml_monitoring.seasonality._fold import clipped, trend_of
from poet_domain_ml_monitoring.seasonality._season import Calendar, Moments, Places, bin_of, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Adjustment", "course"]

# With as many cycles, one more or less does not show in their mean.
_MANY_CYCLES = 12
_LEAST_ROWS = 5  # rows of a phase, on average


class Adjustment(NamedTuple):
    """What is taken off values for each season.

    Attributes:
        kinds: The seasons, the shortest first.
        courses: Of each, the course: shape (bins,), of mean 0.
    """

    kinds: tuple[Calendar, ...]
    courses: tuple[NDArray[np.float64], ...]

    def of(self, moments: Moments) -> NDArray[np.float64]:
        """Return what is to be taken off at moments, all of which are times."""
        import numpy as np

        total = np.zeros(moments.seconds.size)
        for kind, line in zip(self.kinds, self.courses, strict=True):
            total += _at(line, places(moments, kind).phase)
        return total

    @classmethod
    def fit(
        cls, values: NDArray[np.float64], moments: Moments, kinds: Sequence[Calendar]
    ) -> tuple[Adjustment, NDArray[np.float64]]:
        """Fit the courses of seasons.

        Args:
            values: shape (n,), finite.
            moments: Their times, none missing.
            kinds: The seasons, the shortest first.

        Returns:
            The adjustment, and the adjusted values. What is taken off these comes, where cycles are
            few, from the *other* cycles: a cycle is always nearer to a mean that it is part of, and
            a new one would look as if it had drifted.
        """
        import numpy as np

        rest, courses = values.copy(), []
        for kind in kinds:
            where = places(moments, kind)
            bins = bins_of(kind, moments.spacing)
            bins = max(min(bins, values.size // _LEAST_ROWS), 1)
            courses.append(course(rest, where, bins))
            cycles = np.unique(where.cycle)
            if cycles.size > _MANY_CYCLES:
                rest -= _at(courses[-1], where.phase)
                continue
            taken = np.empty(rest.size)
            for cycle in cycles:
                inside = where.cycle == cycle
                others = Places(where.cycle[~inside], where.phase[~inside])
                line = course(rest[~inside], others, bins)
                taken[inside] = _at(line, where.phase[inside])
            rest -= taken
        return cls(tuple(kinds), tuple(courses)), rest


def course(values: NDArray[np.float64], where: Places, bins: int) -> NDArray[np.float64]:
    """Return the usual course of a cycle: by phase the median of the cycles' means, trend aside.

    Args:
        values: shape (n,), without NaN.
        where: Where they lie.
        bins: Phases of a cycle.

    Returns:
        shape (bins,), of mean 0; phases without values are interpolated.
    """
    import numpy as np

    found = np.zeros(bins)
    if not values.size:
        return found
    _, row = np.unique(where.cycle, return_inverse=True)
    column = bin_of(where.phase, bins)
    cell = row * bins + column
    counts = np.bincount(cell)
    used = np.flatnonzero(counts)
    # The mean of a cycle of which only a part is there holds some of its course: once more without.
    for _ in range(2):
        flat = values - trend_of(clipped(values - _at(found, where.phase)), where)
        means = np.bincount(cell, flat)[used] / counts[used]
        order = np.argsort(used % bins, kind="stable")
        phases, starts = np.unique((used % bins)[order], return_index=True)
        middles = [float(np.median(part)) for part in np.split(means[order], starts[1:])]
        found = np.interp(np.arange(bins), phases, middles, period=bins)
        found -= found.mean()
    return found


def _at(line: NDArray[np.float64], phase: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    found: NDArray[np.float64] = np.interp(
        phase * line.size, np.arange(line.size) + 0.5, line, period=line.size
    )
    return found
