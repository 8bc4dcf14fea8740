"""Windows compared with the same season of earlier years, weeks and days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poet.errors import ConfigError, StatsInputError, nearest
from poet.files import StrPath, write_whole
from poet_domain_ml_monitoring._emit import Emit, emit_event, silent, tell
from poet_domain_ml_monitoring._frames import as_frame
from poet_domain_ml_monitoring.config import MonitorConfig
from poet_domain_ml_monitoring.monitor import Monitor, Report
from poet_domain_ml_monitoring.monitor.events import drift_event
from poet_domain_ml_monitoring.seasonality._dependent import allow_for_dependence
from poet_domain_ml_monitoring.seasonality._detect import bins_of, calendar_seasons
from poet_domain_ml_monitoring.seasonality._profile import Adjustment
from poet_domain_ml_monitoring.seasonality._season import (
    CALENDAR,
    Calendar,
    Moments,
    Season,
    bin_of,
    moments_of,
    places,
)
from poet_domain_ml_monitoring.seasonality._state import State, pack, unpack
from poet_domain_ml_monitoring.windows.dependence import level_p_value, variance_inflation

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray


__all__ = ["SeasonalMonitor"]

# Rows of the same season that are wanted; with fewer, the season is taken more widely.
_LEAST_ROWS = 200
_LEAST_TIMES = 3
_FEWEST_ROWS = 40
_SLACK = (1, 2, 4, 8, 13)  # weeks to either side
_CATEGORIES = 5  # categories whose shares are searched for seasons
# Taking off a season that is none costs little, missing one costs much, and of three years no more
# than p = 0.005 is to be had: three random dates are that near to each other as often.
_LEVEL = 0.05


class SeasonalMonitor:
    """Tells drift from what comes back every day, week or year.

    For every feature the seasons of the calendar are looked for in the history (`detect_seasons`).
    Of numbers the seasons' usual course is taken off, in the history and in the windows checked.
    A window is then compared with the rows of the history that lie in the same season: the same
    weeks of earlier years, the same days of the week, the same hours, as far as there are seasons of
    these kinds and enough rows. A peak that came every Christmas is no drift; a shift of level
    within it is. A trend is not taken off: what grows away from its history has changed.

    Rows that follow each other are alike, so p-values are computed as if each counted for a part of
    an independent one; which part is measured in the adjusted history, for windows as long as the
    one checked (`variance_inflation`). It includes what sets one year apart from another.

    Example:
        >>> import math
        >>> import polars as pl
        >>> from datetime import datetime, timedelta
        >>> from poet_domain_ml_monitoring import SeasonalMonitor, silent
        >>> at = [datetime(2026, 1, 1) + timedelta(hours=h) for h in range(24 * 60)]
        >>> load = [10 + 5 * math.sin(t.hour / 24 * 6.283) + i * 29 % 31 / 31 for i, t in enumerate(at)]
        >>> frame = pl.DataFrame({"at": at, "load": load})
        >>> monitor = SeasonalMonitor.fit(frame[:1200], time="at", emit=silent)
        >>> monitor.seasons["load"][0].kind
        'daily'
        >>> nights = frame[1200:].filter(pl.col("at").dt.hour() < 6)
        >>> monitor.check(nights)["load"].status
        'ok'
        >>> monitor.check(nights.with_columns(pl.col("load") + 1))["load"].status
        'drift'
    """

    def __init__(
        self,
        history: pl.DataFrame,
        time: str,
        seasons: Mapping[str, Sequence[Season]],
        *,
        config: MonitorConfig,
        zone: str | None,
        emit: Emit,
    ) -> None:
        """Take up a history and its seasons; `fit` finds them."""
        self.config = config
        self.time = time
        self.zone = zone
        self.seasons = {name: list(found) for name, found in seasons.items()}
        self._emit = emit
        self._as_given = history
        self._moments = moments_of(history, time, zone)
        self._adjustments: dict[str, Adjustment] = {}
        adjusted = []
        for name, found in self.seasons.items():
            kinds: list[Calendar] = [s.kind for s in found if s.kind in CALENDAR]
            if not kinds or not history.schema[name].is_numeric():
                continue
            values = _floats(history.get_column(name))
            here = _finite(values)
            moments = Moments(self._moments.seconds[here], self._moments.spacing)
            self._adjustments[name], values[here] = Adjustment.fit(values[here], moments, kinds)
            adjusted.append(_like(history.get_column(name), values))
        self._history = history.with_columns(adjusted)

    @classmethod
    def fit(
        cls,
        history: Any,
        *,
        time: str,
        zone: str | None = None,
        seasons: Mapping[str, Sequence[Season]] | None = None,
        config: MonitorConfig | None = None,
        emit: Emit = emit_event,
        **options: Any,
    ) -> SeasonalMonitor:
        """Find the seasons of every feature.

        Args:
            history: A frame with a column of times; rows without a time are left out. It takes three
                whole cycles to tell a season: three years for one that is yearly.
            time: The column of times, with or without a zone.
            zone: The zone whose calendar counts; by default that of the column.
            seasons: By feature, its seasons where they are known.
            config: As for `Monitor`.
            emit: Where the event ``drift.detected`` goes.
            options: As for `Monitor`, such as ``alpha=0.01``.

        Raises:
            StatsInputError: No frame, or no column of times.
            ConfigError: An unknown option or feature, with the nearest name, or an impossible value.
        """
        config = MonitorConfig.of_options(config, options)
        frame = _in_order(as_frame(history), time, zone)
        features = [name for name in frame.columns if name != time]
        config.check_features(features)
        for name in seasons or {}:
            if name not in features:
                raise ConfigError(
                    f"there is no feature {name!r}{nearest(str(name), features)}",
                    where="seasons", hint="name a feature of the history",
                )  # fmt: skip
        moments = moments_of(frame, time, zone)
        found = {
            name: list((seasons or {})[name])
            if name in (seasons or {})
            else _seasons_of(frame.get_column(name), moments)
            for name in features
        }
        return cls(frame, time, found, config=config, zone=zone, emit=emit)

    def save(self, path: StrPath) -> None:
        """Write all of its state into one file, whole or not at all.

        A zip archive of ``seasonal.json`` and ``history.arrow`` (Arrow IPC).

        Raises:
            OSError: The folder is missing or not writable.
            StatsInputError: A column of Python objects, which no file can hold.
        """
        write_whole(path, self.to_bytes())

    def to_bytes(self) -> bytes:
        """Give the bytes of that file."""
        return pack(State(self._as_given, self.time, self.zone, self.seasons, self.config))

    @classmethod
    def load(cls, path: StrPath, *, emit: Emit = emit_event) -> SeasonalMonitor:
        """Read what `save` wrote; it gives the same reports.

        Raises:
            OSError: There is no such file, or it cannot be read.
            StatsInputError: Another file, a damaged one, or one of a newer version.
        """
        return cls.from_bytes(Path(path).read_bytes(), emit=emit, where=str(path))

    @classmethod
    def from_bytes(
        cls, data: bytes, *, emit: Emit = emit_event, where: str = "data"
    ) -> SeasonalMonitor:
        """Take up what `to_bytes` gave.

        Raises:
            StatsInputError: Other bytes, damaged ones, or those of a newer version.
        """
        kept = unpack(data, where)
        return cls(
            kept.history, kept.time, kept.seasons, config=kept.config, zone=kept.zone, emit=emit
        )

    def check(self, current: Any, *, execution_id: str | None = None) -> Report:
        """Compare a window with the same season of the history.

        Args:
            current: A frame with the column of times.
            execution_id: As for `Monitor.check`.

        Raises:
            StatsInputError: No frame, no column of times, or no row with a time.
        """
        frame = _in_order(as_frame(current), self.time, self.zone)
        if not frame.height:
            raise StatsInputError(
                "no row has a time", where=self.time, hint="check a window with times"
            )
        moments = moments_of(frame, self.time, self.zone)
        adjusted = []
        for name, adjustment in self._adjustments.items():
            if name in frame.columns and frame.schema[name].is_numeric():
                values = _floats(frame.get_column(name)) - adjustment.of(moments)
                adjusted.append(_like(frame.get_column(name), values))
        window = frame.with_columns(adjusted).drop(self.time)
        chosen, where = self._same_season(moments)
        reference = self._history.filter(chosen).drop(self.time)
        report = Monitor.fit(reference, config=self.config, emit=silent).check(
            window, execution_id=execution_id
        )
        inflation = {name: self._inflation(name, frame.height) for name in self.seasons}
        notes = {name: self._note(name, inflation[name], where) for name in self.seasons}
        levels = {
            name: level_p_value(
                _floats(window.get_column(name)),
                _floats(reference.get_column(name)),
                _floats(self._history.get_column(name)),
            )
            for name in self.seasons
            if name in window.columns
            and window.schema[name].is_numeric()
            and self._history.schema[name].is_numeric()
        }
        report = allow_for_dependence(report, inflation, levels, notes, self.config)
        if report.drift_detected:
            tell(self._emit, "drift.detected", drift_event(report))
        return report

    def __repr__(self) -> str:
        seasonal = sum(bool(found) for found in self.seasons.values())
        return (
            f"SeasonalMonitor({len(self.seasons)} features, {seasonal} with seasons, "
            f"{self._history.height:,} rows)"
        )

    def _same_season(self, moments: Moments) -> tuple[NDArray[np.bool_], str]:
        """Return which rows of the history are in the season of a window, and its name."""
        import numpy as np

        kinds = {s.kind for found in self.seasons.values() for s in found}
        wanted = max(_LEAST_ROWS, _LEAST_TIMES * moments.seconds.size)
        chosen = np.ones(self._history.height, np.bool_)
        words = []
        if "yearly" in kinds:
            bins = CALENDAR["yearly"][1]
            here, there = (_bins(m, "yearly", bins) for m in (moments, self._moments))
            for slack in _SLACK:
                near = (here[:, None] + np.arange(-slack, slack + 1)) % bins
                inside = np.isin(there, near)
                if inside.sum() >= wanted:
                    chosen &= inside
                    words.append(f"the same time of year, {slack} weeks more on either side")
                    break
        for kind, name in (("weekly", "days of the week"), ("daily", "hours of the day")):
            if kind in kinds:
                bins = 7 if kind == "weekly" else min(24, bins_of("daily", self._moments.spacing))
                here, there = (_bins(m, kind, bins) for m in (moments, self._moments))
                inside = chosen & np.isin(there, here)
                # Few of the same kind tell more than many of another.
                if _FEWEST_ROWS <= inside.sum() < chosen.sum():
                    words.append(f"the same {name}")
                    chosen = inside
        return chosen, " and ".join(words) or "the whole history"

    def _inflation(self, name: str, rows: int) -> float:
        column = self._history.get_column(name)
        if column.dtype.is_numeric():
            return variance_inflation(_floats(column), rows)
        return max((variance_inflation(v, rows) for v in _shares(column)), default=1.0)

    def _note(self, name: str, inflation: float, where: str) -> str:
        taken = self._adjustments.get(name)
        off = f"{' and '.join(taken.kinds)} course taken off, " if taken else ""
        count = f", each value counting as 1/{inflation:.2g}" if inflation > 1 else ""
        return f"{off}against {where}{count}"


def _in_order(frame: pl.DataFrame, time: str, zone: str | None) -> pl.DataFrame:
    """Return the rows with a time, in the order of time."""
    moments_of(frame, time, zone)
    kept = frame.filter(frame.get_column(time).is_not_null())
    return kept if kept.get_column(time).is_sorted() else kept.sort(time, maintain_order=True)


def _seasons_of(column: pl.Series, moments: Moments) -> list[Season]:
    import numpy as np

    values = [_floats(column)] if column.dtype.is_numeric() else _shares(column)
    found: dict[str, Season] = {}
    for one in values:
        here = np.isfinite(one)
        inside = Moments(moments.seconds[here], moments.spacing)
        for season in calendar_seasons(one[here], inside, _LEVEL / len(values))[0]:
            if season.kind not in found or season.strength > found[season.kind].strength:
                found[season.kind] = season
    return [found[kind] for kind in CALENDAR if kind in found]


def _shares(column: pl.Series) -> list[NDArray[np.float64]]:
    """Return, for the most common categories, 1 where a row is in it and 0 where not."""
    import numpy as np
    import polars as pl

    if column.dtype not in (pl.String, pl.Categorical, pl.Enum, pl.Boolean):
        return []
    texts = column.cast(pl.String)
    counts = texts.drop_nulls().value_counts(name="rows").rows()
    common = sorted(counts, key=lambda row: (-row[1], row[0]))[:_CATEGORIES]
    found = []
    for name, _ in common if len(common) > 1 else []:
        found.append((texts == name).cast(pl.Float64).fill_null(np.nan).to_numpy())
    return found


def _bins(moments: Moments, kind: Any, bins: int) -> NDArray[np.int64]:
    return bin_of(places(moments, kind).phase, bins)


def _floats(column: pl.Series) -> NDArray[np.float64]:
    import numpy as np
    import polars as pl

    return column.cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64, copy=True)


def _finite(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which values are finite."""
    import numpy as np

    finite: NDArray[np.bool_] = np.isfinite(values)
    return finite


def _like(column: pl.Series, values: NDArray[np.float64]) -> pl.Series:
    """Return values under a column's name, null where it is."""
    import polars as pl

    there = column.is_not_null()
    return pl.select(pl.when(there).then(pl.Series(column.name, values))).to_series()
