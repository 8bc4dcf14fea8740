"""The season that recorded frames show: the column of times, the period, how wide a phase is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from poet_domain_ml_monitoring.reading.strategy import Seasonal
from poet_domain_ml_monitoring.seasonality._detect import detect_seasons
from poet_domain_ml_monitoring.seasonality._phase import seconds_of
from poet_domain_ml_monitoring.seasonality._season import CALENDAR

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from poet_domain_ml_monitoring.learning._samples import Samples

__all__ = ["Found", "features_of", "find_season", "time_column_of"]

_LEVEL = 0.01
_MOST_ROWS = 60_000  # of a history that a season is looked for in
_LEAST_ROWS = 64
_NAMES = {"time", "timestamp", "ts", "date", "datetime", "at", "epoch", "when", "hour", "day"}
_PHASES = 24  # of a cycle, unless windows are so short that a phase would hold all of one
_ROWS_IN_PHASE = 20  # of the history, at least
_OF_WINDOW = 4  # phases that a window spreads over, at least
_NEAR = 0.02  # of a length of the calendar that a period is taken for


class Found(NamedTuple):
    """A season and what speaks for it.

    Attributes:
        seasonal: What a recipe is told.
        features: Features that have it.
        total: Features that were looked at.
        strength: Mean share of their variance that it explains.
        cycles: How many cycles were seen.
        spacing: Seconds from row to row.
    """

    seasonal: Seasonal
    features: tuple[str, ...]
    total: int
    strength: float
    cycles: int
    spacing: float


def time_column_of(frame: pl.DataFrame) -> str | None:
    """Return the column of times: by type, else numbers that only rise under a name for it."""
    import polars as pl

    for name, dtype in frame.schema.items():
        if dtype in (pl.Datetime, pl.Date):
            return name
    for name, dtype in frame.schema.items():
        if name.lower() in _NAMES and dtype.is_numeric() and frame.height > 1:
            rises = frame.get_column(name).drop_nulls().diff().drop_nulls()
            if len(rises) and bool((rises > 0).all()):
                return name
    return None


def features_of(frame: pl.DataFrame, time: str | None) -> list[str]:
    """Return the columns of numbers besides the times."""
    return [n for n, dtype in frame.schema.items() if n != time and dtype.is_numeric()]


def find_season(samples: Sequence[Samples], features: Sequence[str] = ()) -> Found | None:
    """Look for the season that most features have in common.

    Args:
        samples: What executions compared.
        features: Those that matter; empty for all columns of numbers.

    Returns:
        None where there are no times, too few cycles, or no season.
    """
    import numpy as np

    history, window = _history(samples)
    if history is None:
        return None
    time = time_column_of(history)
    if time is None:
        return None
    seconds = seconds_of(history.get_column(time))
    names = [n for n in features_of(history, time) if not features or n in features]
    steps = np.diff(np.unique(seconds[np.isfinite(seconds)]))
    if len(names) == 0 or seconds.size < _LEAST_ROWS or not steps.size:
        return None
    spacing = float(np.median(steps))
    at = np.rint((seconds - np.nanmin(seconds)) / spacing)
    if not np.isfinite(at).all() or at.max() > 4 * _MOST_ROWS:
        return None
    rows = at.astype(np.int64)
    grids: dict[str, NDArray[np.float64]] = {}
    for name in names:
        grid = np.full(int(rows.max()) + 1, np.nan)
        grid[rows] = history.get_column(name).cast(float).fill_null(np.nan).to_numpy()
        grids[name] = grid
    period, having, strength = _common(grids)
    if not having:
        return None
    length = _refined(period, [grids[n] for n in having]) * spacing
    length = next(
        (c for c, _ in CALENDAR.values() if abs(length - c) <= _NEAR * c and c % spacing == 0),
        round(length, 3),
    )
    width = _width(length, spacing, history.height, window * spacing)
    cycles = int(grids[having[0]].size * spacing / length)
    seasonal = Seasonal(time, length, width)
    return Found(seasonal, tuple(having), len(names), strength, cycles, spacing)


def _history(samples: Sequence[Samples]) -> tuple[pl.DataFrame | None, float]:
    """Return all rows of references, in order of time, and how many rows a window has.

    Where no reference is at hand, the windows themselves are the history.
    """
    import polars as pl

    held = [s.reference for s in samples if s.reference is not None]
    if not held:
        held = [s.current for s in samples]
    if not held:
        return None, 0
    heights = sorted(s.current.height for s in samples)
    window = heights[len(heights) // 2]
    newest = held[-1]
    time = time_column_of(newest)
    same: dict[tuple[object, ...], pl.DataFrame] = {}
    for frame in held:
        if frame.schema == newest.schema and frame.height:
            ends = (frame.row(0), frame.row(frame.height - 1), frame.height)
            same.setdefault(ends, frame)
    if time is None or not same:
        return None, window
    whole = pl.concat(same.values()).drop_nulls(time)
    whole = whole.unique(time, keep="first").sort(time)
    return whole.tail(_MOST_ROWS), float(window)


def _common(grids: dict[str, NDArray[np.float64]]) -> tuple[int, list[str], float]:
    """Return the period that explains most, over all features, with those that have it."""
    votes: dict[int, dict[str, float]] = {}
    for name, grid in grids.items():
        for season in detect_seasons(grid, alpha=_LEVEL / len(grids)):
            votes.setdefault(int(season.period), {})[name] = season.strength
    best: tuple[float, int, dict[str, float]] = (0.0, 0, {})
    for period in sorted(votes):
        near: dict[str, float] = {}
        for other, found in votes.items():
            if abs(other - period) <= max(1, 0.01 * period):
                for name, strength in found.items():
                    near[name] = max(near.get(name, 0.0), strength)
        total = sum(near.values())
        if total > best[0] * 1.05:
            best = (total, period, near)
    total, period, having = best
    return period, sorted(having), total / len(having) if having else 0.0


def _refined(period: int, grids: Sequence[NDArray[np.float64]]) -> float:
    """Return the period to a part of a row: over many cycles half a row adds up to a whole phase."""
    import numpy as np

    n = grids[0].size
    # A twentieth of a cycle over all of them is as near as it has to be.
    step = max(0.05 * period * period / n, 0.01)
    whole = [float(p) for p in range(max(period - 2, 4), period + 3)]
    parts = list(np.arange(max(period - 2.0, 4.0), period + 2.0, step))
    bins = int(min(_PHASES, period))
    first = max(whole, key=lambda p: _explained(p, grids, bins))
    best = max(parts, key=lambda p: _explained(p, grids, bins))
    # A whole number of rows is the likelier unless another length explains clearly more.
    clear = _explained(best, grids, bins) > 1.05 * _explained(first, grids, bins)
    return float(best) if clear else first


def _explained(length: float, grids: Sequence[NDArray[np.float64]], bins: int) -> float:
    """Return the share of the variance that the mean cycle of a length explains, over features."""
    import numpy as np

    n = grids[0].size
    phase = np.minimum((np.arange(n) / length % 1 * bins).astype(np.int64), bins - 1)
    total = 0.0
    for grid in grids:
        known = np.isfinite(grid)
        values = grid[known] - grid[known].mean()
        sums = np.bincount(phase[known], values, minlength=bins)
        counts = np.maximum(np.bincount(phase[known], minlength=bins), 1)
        total += float((sums**2 / counts).sum() / max((values**2).sum(), 1e-300))
    return total


def _width(period: float, spacing: float, rows: int, window: float) -> float:
    """Return the share of a cycle that counts as one phase."""
    most = max(2, int(period / spacing + 1e-6))
    wanted = max(_PHASES, math.ceil(_OF_WINDOW * period / window) if window > 0 else 0)
    bins = max(2, min(most, wanted, max(4, rows // _ROWS_IN_PHASE)))
    # No longer than it has to be: it is read by people.
    return round(1 / bins, 6)
