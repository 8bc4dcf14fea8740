"""Which seasons a history has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from poet.errors import StatsInputError
from poet_domain_ml_monitoring._frames import as_frame
from poet_domain_ml_monitoring.seasonality._fold import LEAST_CYCLES, clipped, fold, trend_of
from poet_domain_ml_monitoring.seasonality._season import (
    CALENDAR,
    Calendar,
    Moments,
    Places,
    Season,
    bin_of,
    moments_of,
    places,
)
from poet_domain_ml_monitoring.windows.checks import share

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["bins_of", "calendar_seasons", "detect_season", "detect_seasons"]

_FREE_CYCLES = 10  # cycles of a period nobody named: with fewer, a search finds one in any noise
_PEAKS = 12
_LONGEST = 512  # bins of a period of rows


def detect_season(
    values: Any,
    *,
    time: str | None = None,
    column: str | None = None,
    periods: Sequence[int] | None = None,
    alpha: float = 0.01,
    zone: str | None = None,
) -> Season:
    """Return the strongest season of a history; see `detect_seasons`.

    Returns:
        A season of kind ``"none"``, with the least p-value there was, where nothing is significant.

    Raises:
        StatsInputError: As for `detect_seasons`.
        ConfigError: As for `detect_seasons`.

    Example:
        >>> import math, random
        >>> from poet_domain_ml_monitoring import detect_season
        >>> noise = random.Random(1)
        >>> season = detect_season([math.sin(i * math.pi / 6) + noise.random() for i in range(240)])
        >>> season.kind, season.period, season.cycles, season.p_value < 1e-6
        ('cycle', 12.0, 20, True)
    """
    found, tried = _seasons(values, time, column, periods, alpha, zone)
    if found:
        return max(found, key=lambda season: season.strength)
    unit: Literal["seconds", "rows"] = "rows" if time is None else "seconds"
    least = min(tried, default=1.0)
    why = f"the least p-value of {len(tried)} periods is {least:.2g}, not below {alpha:g}"
    if not tried:
        why = f"no period has the {LEAST_CYCLES} whole cycles that it takes to tell"
    return Season(math.nan, 0.0, least, "none", unit, 0, why)


def detect_seasons(
    values: Any,
    *,
    time: str | None = None,
    column: str | None = None,
    periods: Sequence[int] | None = None,
    alpha: float = 0.01,
    zone: str | None = None,
) -> list[Season]:
    """Return every significant season of a history, the shortest first.

    With times, the days, weeks and years of the local calendar are tried, where there are at least
    three whole ones; times may be irregular, have gaps and pass changes of the clock. Without times,
    values are taken to be evenly spaced, and any period of at least ten cycles is looked for: the
    highest peaks of the periodogram are the candidates, and the p-value allows for all periods
    that might have been one. Trend and shifts of level are taken off first. A season found is taken
    off before a longer one is tried.

    Args:
        values: shape (n,), numbers in the order of time, NaN and nulls where they are missing; or a
            frame, with `time` and `column`.
        time: The frame's column of times.
        column: The frame's column of values; by default its only one of numbers.
        periods: Periods to try, in rows, where they are known: three cycles are enough then.
        alpha: P-values below it, adjusted for the number of periods, are a season.
        zone: The zone whose calendar counts; by default that of the time column.

    Raises:
        StatsInputError: No numbers, or no such column.
        ConfigError: An `alpha` out of range.
    """
    return _seasons(values, time, column, periods, alpha, zone)[0]


def _seasons(
    values: Any,
    time: str | None,
    column: str | None,
    periods: Sequence[int] | None,
    alpha: float,
    zone: str | None,
) -> tuple[list[Season], list[float]]:
    import numpy as np

    share(alpha, "alpha")
    if time is not None:
        frame = as_frame(values)
        moments = moments_of(frame, time, zone)
        numbers = _numbers(frame.get_column(_column(frame, time, column)))
        present = ~np.isnan(moments.seconds) & np.isfinite(numbers)
        moments = Moments(moments.seconds[present], moments.spacing)
        return calendar_seasons(numbers[present], moments, alpha)
    if column is not None:
        values = as_frame(values).get_column(column)
    return _free_seasons(_numbers(values), periods, alpha)


def bins_of(kind: Calendar, spacing: float) -> int:
    """Return how many phases rows of a spacing tell apart in a cycle."""
    length, most = CALENDAR[kind]
    if not spacing > 0:
        return 0
    return min(most, int(length / spacing * (1 + 1e-6)))


class _Tried(NamedTuple):
    season: Season
    where: Places
    bins: int


def calendar_seasons(
    values: NDArray[np.float64], moments: Moments, alpha: float
) -> tuple[list[Season], list[float]]:
    """Return the significant seasons of the calendar, and all p-values.

    Args:
        values: shape (n,), finite.
        moments: Their times, none missing.
        alpha: As for `detect_seasons`.
    """
    possible: list[tuple[Calendar, Places, int]] = []
    for kind in CALENDAR:
        where = places(moments, kind)
        bins = bins_of(kind, moments.spacing)
        if bins >= 4 and values.size and where.cycle.max() - where.cycle.min() >= LEAST_CYCLES - 1:
            possible.append((kind, where, bins))
    seasons, p_values, rest = [], [], values
    for kind, where, bins in possible:
        # Of a week the days are compared: the course of a day, which changes slowly over the year,
        # would agree from one week to the next whatever the week does.
        found = fold(rest, where, min(bins, 7) if kind == "weekly" else bins)
        if found is None:
            continue
        p_value = min(found.p_value * len(possible), 1.0)
        p_values.append(p_value)
        if p_value < alpha:
            period = CALENDAR[kind][0]
            seasons.append(_season(period, found.strength, p_value, kind, "seconds", found.cycles))
            rest = _without(rest, where, bins)
    return seasons, p_values


def _free_seasons(
    values: NDArray[np.float64], periods: Sequence[int] | None, alpha: float
) -> tuple[list[Season], list[float]]:
    import numpy as np

    present = np.isfinite(values)
    rest = values.copy()
    seasons: list[Season] = []
    p_values: list[float] = []
    searched = periods is None
    for _ in range(4):
        if periods is None:
            candidates = [p for p in _candidates(rest) if p not in {s.period for s in seasons}]
            looks = max(values.size // 2, 1)
        else:
            candidates = sorted({int(p) for p in periods} - {int(s.period) for s in seasons})
            looks = max(len(periods), 1)
        best: tuple[float, float, int, int] | None = None
        for period in candidates:
            where = _rows(values.size, period)
            kept = Places(where.cycle[present], where.phase[present])
            found = fold(rest[present], kept, min(period, _LONGEST))
            if found is None or (searched and found.cycles < _FREE_CYCLES):
                continue
            p_value = min(found.p_value * looks, 1.0)
            p_values.append(p_value)
            # A period's multiples explain as much with more phases: the shortest counts.
            if p_value < alpha and (best is None or found.strength > best[1] + 0.02):
                best = (p_value, found.strength, period, found.cycles)
        if best is None:
            break
        p_value, strength, period, cycles = best
        seasons.append(_season(float(period), strength, p_value, "cycle", "rows", cycles))
        where = _rows(values.size, period)
        kept = Places(where.cycle[present], where.phase[present])
        rest[present] = _without(rest[present], kept, min(period, _LONGEST))
    return sorted(seasons, key=lambda season: season.period), p_values


def _candidates(values: NDArray[np.float64]) -> list[int]:
    """Return periods at the highest peaks of the periodogram, with what is next to them."""
    import numpy as np

    n = values.size
    longest = n // _FREE_CYCLES
    if longest < 4:
        return []
    known = np.flatnonzero(np.isfinite(values))
    if known.size < 4 * _FREE_CYCLES:
        return []
    even = np.interp(np.arange(n), known, values[known])
    even -= trend_of(even, _rows(n, longest))
    low, high = np.quantile(even, [0.02, 0.98])
    power = np.abs(np.fft.rfft(np.clip(even, low, high) * np.hanning(n))) ** 2
    # Against the power around it: noise of any colour falls off smoothly.
    width = max(n // 50, 5)
    around = np.convolve(np.pad(power, width, mode="edge"), np.ones(2 * width + 1), "valid")
    height = power / np.maximum(around, 1e-300)
    height[: max(math.ceil(n / longest) - 1, 1)] = 0
    peaks = np.argsort(-height, kind="stable")[:_PEAKS]
    found: set[int] = set()
    for peak in peaks:
        if not height[peak]:
            continue
        lowest, highest = n / (peak + 1), n / max(peak - 1, 0.5)
        near = {round(n / peak), math.floor(n / peak), math.ceil(n / peak)}
        span = range(math.ceil(lowest), math.floor(highest) + 1)
        near |= set(span if len(span) <= 8 else np.linspace(lowest, highest, 9).round().astype(int))
        # A pattern may show in its second or third wave only.
        near |= {k * round(n / peak) for k in (2, 3)}
        found |= {int(p) for p in near if 4 <= p <= longest}
    return sorted(found)


def _rows(n: int, period: int) -> Places:
    import numpy as np

    at = np.arange(n)
    return Places(at // period, (at % period + 0.5) / period)


def _without(values: NDArray[np.float64], where: Places, bins: int) -> NDArray[np.float64]:
    """Take a season off: the mean, over the cycles, of what the trend leaves in each phase."""
    import numpy as np

    held = clipped(values)
    flat = clipped(held - trend_of(held, where))
    column = bin_of(where.phase, bins)
    counts = np.maximum(np.bincount(column, minlength=bins), 1)
    return values - (np.bincount(column, flat, minlength=bins) / counts)[column]


def _season(
    period: float, strength: float, p_value: float, kind: Any, unit: Any, cycles: int
) -> Season:
    named = kind if kind != "cycle" else f"{period:g}-row"
    seen = f"over {cycles} cycles (p = {p_value:.2g})"
    why = f"a {named} pattern explains {strength:.0%} of the variance {seen}"
    return Season(period, strength, p_value, kind, unit, cycles, why)


def _column(frame: Any, time: str, column: str | None) -> str:
    if column is not None:
        if column not in frame.columns:
            raise StatsInputError(
                f"no column {column!r}", where="column", hint=f"there are {frame.columns[:20]}"
            )
        return column
    numeric = [name for name, t in frame.schema.items() if name != time and t.is_numeric()]
    if len(numeric) != 1:
        raise StatsInputError(
            f"the frame has {len(numeric)} columns of numbers",
            where="column",
            hint="name one of them",
        )
    return str(numeric[0])


def _numbers(values: Any) -> NDArray[np.float64]:
    import numpy as np
    import polars as pl

    try:
        series = values if isinstance(values, pl.Series) else pl.Series(values, strict=False)
        if not (series.dtype.is_numeric() or series.dtype in (pl.Boolean, pl.Null)):
            raise TypeError(f"a column of {series.dtype}")
        return series.cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64, copy=True)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise StatsInputError(
            f"values are no numbers: {error}", where="values", hint="pass a column of numbers"
        ) from error
