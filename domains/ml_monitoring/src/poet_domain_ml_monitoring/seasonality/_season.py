"""What a season is, and where in it a moment lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from poet_domain_ml_monitoring.windows.calendar import SECOND, local_times
from poet_domain_ml_monitoring.windows.checks import time_column

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

__all__ = [
    "CALENDAR",
    "Calendar",
    "Moments",
    "Places",
    "Season",
    "SeasonKind",
    "bin_of",
    "moments_of",
    "places",
]

SeasonKind: TypeAlias = Literal["daily", "weekly", "yearly", "cycle", "none"]
Calendar: TypeAlias = Literal["daily", "weekly", "yearly"]
_DAY = 86_400.0
# Seconds of a cycle, from the shortest to the longest, and the most bins that it is cut into.
CALENDAR: dict[Calendar, tuple[float, int]] = {
    "daily": (_DAY, 24),
    "weekly": (7 * _DAY, 168),
    "yearly": (365.2425 * _DAY, 52),
}


class Season(NamedTuple):
    """A pattern that comes back.

    Attributes:
        period: Its length, in `unit`; NaN where there is none.
        strength: Share of the variance, trend aside, that the pattern explains, from 0 to 1, adjusted
            for the size of the pattern (Wang, Smith and Hyndman, 2006).
        p_value: Probability of a pattern as steady as this where cycles have nothing in common,
            adjusted for the number of periods looked at.
        kind: ``"daily"``, ``"weekly"`` or ``"yearly"`` on the local calendar, ``"cycle"`` for any
            other period, ``"none"`` where nothing was found.
        unit: ``"seconds"``, or ``"rows"`` of values without times.
        cycles: How many cycles were seen.
        reason: One sentence a person can read.
    """

    period: float
    strength: float
    p_value: float
    kind: SeasonKind
    unit: Literal["seconds", "rows"]
    cycles: int
    reason: str


class Moments(NamedTuple):
    """Times of rows on the wall.

    Attributes:
        seconds: shape (n,), since 1970 on the local clock; NaN without a time.
        spacing: The median of the steps between different times, in seconds; NaN without any.
    """

    seconds: NDArray[np.float64]
    spacing: float


class Places(NamedTuple):
    """Where rows lie in their cycles.

    Attributes:
        cycle: shape (n,), int64, which cycle, ascending with time.
        phase: shape (n,), where in it, from 0 to below 1.
    """

    cycle: NDArray[np.int64]
    phase: NDArray[np.float64]


def bin_of(phase: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    """Return which of so many equal parts of a cycle each phase is in."""
    import numpy as np

    # Midnight of a Sunday is in the seventh part, though 6 / 7 * 7 may be a hair less than 6.
    return np.minimum((phase * bins + 1e-6).astype(np.int64), bins - 1)


def moments_of(frame: pl.DataFrame, time: str, zone: str | None) -> Moments:
    """Return the times of rows on the clock of a zone, by default the column's own.

    Raises:
        StatsInputError: There is no such column, or it holds no times.
    """
    import numpy as np
    import polars as pl

    column = time_column(frame, time)
    own = getattr(column.dtype, "time_zone", None)
    if column.dtype == pl.Date:
        column = column.cast(pl.Datetime("us"))
    at = column.dt.epoch("us").cast(pl.Int64)
    local = local_times(at, zone or own) if own is not None else at.cast(pl.Datetime("us"))
    seconds = local.cast(pl.Int64).cast(pl.Float64).fill_null(np.nan).to_numpy() / SECOND
    steps = np.diff(np.unique(seconds[~np.isnan(seconds)]))
    return Moments(seconds, float(np.median(steps)) if steps.size else float("nan"))


def places(moments: Moments, kind: Calendar) -> Places:
    """Return where moments, all of which are times, lie in the cycles of a calendar.

    A day begins at midnight, a week on Monday, a year on January 1st; leap years are stretched, so
    that a date has nearly the same phase in every year.
    """
    import numpy as np

    seconds = moments.seconds
    if kind == "yearly":
        stamps = (seconds * 1000).astype("datetime64[ms]")
        years = stamps.astype("datetime64[Y]")
        begin = years.astype("datetime64[ms]").astype(np.int64) / 1000
        end = (years + 1).astype("datetime64[ms]").astype(np.int64) / 1000
        return Places(years.astype(np.int64) + 1970, (seconds - begin) / (end - begin))
    length = CALENDAR[kind][0]
    # 1970 began on a Thursday.
    turns = (seconds + (3 * _DAY if kind == "weekly" else 0)) / length
    cycle = np.floor(turns)
    return Places(cycle.astype(np.int64), np.minimum(turns - cycle, np.nextafter(1, 0)))
