"""Every value of a stream looked at: exact sliding statistics with thresholds that allow for it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from poet.errors import ConfigError, PoetWarning, StatsInputError, nearest
from poet_domain_ml_monitoring._emit import Emit, emit_event, tell
from poet_domain_ml_monitoring._frames import as_frame
from poet_domain_ml_monitoring.windows._hysteresis import Level, Switch
from poet_domain_ml_monitoring.windows._state import reading, tagged
from poet_domain_ml_monitoring.windows._tracks import CategoryTrack, NumberTrack, Track
from poet_domain_ml_monitoring.windows.checks import memory_limit, share, whole
from poet_domain_ml_monitoring.windows.dependence import variance_inflation

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

__all__ = ["StreamChange", "StreamMonitor"]

# What a feature takes for each value of the reference and of the window, in bytes; measured.
_BYTES = 48
_RECOVERY = 0.75


class StreamChange(NamedTuple):
    """A feature of a stream that began or ceased to differ from its reference.

    Attributes:
        feature: Its name.
        row: The row, counted from the start of the stream, after which it was so.
        status: ``"drift"`` where it began, ``"ok"`` where it ceased.
        statistic: Then; a Kolmogorov-Smirnov statistic (``ks``) or a Jensen-Shannon divergence (``js``).
        measure: Which of the two.
        threshold: The one it passed: `alert_threshold` or `recovery_threshold`.
        effect_size: Then: Kuiper's V or the total variation distance, from 0 to 1.
        effect_name: Which of the two.
        per_1000_windows: How often chance alone would reach the statistic in 1,000 windows.
        reason: One sentence a person can read.
    """

    feature: str
    row: int
    status: Literal["drift", "ok"]
    statistic: float
    measure: str
    threshold: float
    effect_size: float
    effect_name: str
    per_1000_windows: float
    reason: str


class StreamMonitor:
    """Compares the last `window` values of every feature with a reference, after every row.

    The statistic is exact: of numbers that of Kolmogorov and Smirnov, of categories the
    Jensen-Shannon divergence. Looking after every row is looking often: a level for a single look
    gives many false alarms in a long stream. Thresholds are therefore set by how many false alarms
    there may be in 1,000 window lengths, all features together, with the tail of the *largest*
    statistic of a sliding window (`_sequential`).

    A feature drifts where its statistic reaches the `alert_threshold` and its effect the smallest
    that matters. It recovers where the statistic falls to the `recovery_threshold`, or the effect
    to half of what matters, so that it does not flicker.

    Neighbouring rows are often alike, and a window of them says less than its size promises. How
    much less is measured in the reference, whose rows are therefore to be in the order of time
    (`variance_inflation`); thresholds are raised accordingly.

    Args:
        reference: The frame compared against, in the order of time. Numbers, booleans, text and codes
            are watched; other columns are not.
        window: Rows of the window.
        columns: The columns to watch; by default all.
        false_alarms: How many of them there may be in 1,000 window lengths without any change.
        min_effect: Smallest change that matters, from 0 to 1: of numbers Kuiper's V, of categories
            the total variation distance.
        alert_threshold: A statistic for all features, instead of the calibrated ones.
        recovery_threshold: The same for recovery; by default three quarters of the other.
        dependence: ``"measured"``, or ``"independent"`` where rows are known to be.
        max_bytes: How much the references and windows of all features may take, about. A longer
            reference is thinned out evenly.
        emit: Where the events ``drift.detected`` and ``drift.recovered`` go.

    Raises:
        ConfigError: A setting out of range, or a limit too small for the window.
        StatsInputError: No frame, or no column to watch.

    Example:
        >>> import polars as pl
        >>> from poet_domain_ml_monitoring import StreamMonitor, silent
        >>> reference = pl.DataFrame({"x": [i * 37 % 100 for i in range(1000)]})
        >>> monitor = StreamMonitor(reference, window=100, emit=silent)
        >>> monitor.push(pl.DataFrame({"x": [i * 37 % 100 for i in range(300)]}))
        []
        >>> (change,) = monitor.push(pl.DataFrame({"x": [i * 37 % 100 + 40 for i in range(200)]}))
        >>> change.feature, change.status, change.row < 380
        ('x', 'drift', True)
    """

    def __init__(
        self,
        reference: Any,
        window: int,
        *,
        columns: Sequence[str] | None = None,
        false_alarms: float = 1.0,
        min_effect: float = 0.06,
        alert_threshold: float | None = None,
        recovery_threshold: float | None = None,
        dependence: Literal["measured", "independent"] = "measured",
        max_bytes: int = 1_000_000_000,
        emit: Emit = emit_event,
    ) -> None:
        self.window = whole(window, "window", least=20)
        if dependence not in ("measured", "independent"):
            raise ConfigError(
                f"dependence is {dependence!r}",
                where="dependence",
                hint='pass "measured" or "independent"',
            )
        if isinstance(false_alarms, bool) or not 0 < false_alarms < 1_000:
            raise ConfigError(
                f"false_alarms is {false_alarms!r}",
                where="false_alarms",
                hint="pass how many there may be in 1,000 windows, such as 1",
            )
        self.min_effect = share(min_effect, "min_effect")
        self.rows = 0
        self._emit = emit
        frame = as_frame(reference)
        names = _watched(frame, columns)
        frame = _thinned(frame.select(names), self.window, memory_limit(max_bytes))
        self._tracks: dict[str, Track] = {}
        self._levels: dict[str, Level] = {}
        self._switches: dict[str, Switch] = {}
        for name in names:
            track = _track(frame.get_column(name), self.window)
            if track is None:
                continue
            self._tracks[name] = track
            inflation = 1.0
            if dependence == "measured":
                inflation = _inflation(frame.get_column(name), self.window)
            rate = false_alarms / 1000 / len(names)
            self._levels[name] = _level(track, rate, inflation, alert_threshold, recovery_threshold)
            self._switches[name] = Switch()
        self._idle = dict.fromkeys(self._tracks, 0)

    def push(self, rows: Any) -> list[StreamChange]:
        """Take rows in order; return which features began or ceased to drift, in that order.

        A feature that is missing in `rows`, or a value that is, leaves its window as it was. One
        that had no value for a whole window of rows has the status ``insufficient_data`` until
        values come again.

        Raises:
            StatsInputError: No frame.

        Warns:
            PoetWarning: A feature had no value for a whole window: it is missing in `rows`, all
                null, or of another type.
        """
        frame = as_frame(rows)
        found = []
        for name, track in self._tracks.items():
            if name not in frame.columns:
                self._pass(name, frame, None)
                continue
            looks = track.push(frame.get_column(name))
            self._pass(name, frame, track.since(frame.get_column(name)))
            level = self._levels[name]
            for at, drifts in self._switches[name].turns(looks, level, self.min_effect):
                statistic, effect = float(looks.statistic[at]), float(looks.effect[at])
                found.append(self._change(name, self.rows + at, drifts, statistic, effect))
        self.rows += frame.height
        found.sort(key=lambda change: (change.row, change.feature))
        for change in found:
            type_ = "drift.detected" if change.status == "drift" else "drift.recovered"
            tell(self._emit, type_, change._asdict())
        return found

    @property
    def drifting(self) -> list[str]:
        """The features that drift at present."""
        return [name for name, switch in self._switches.items() if switch.on]

    @property
    def levels(self) -> dict[str, Level]:
        """The thresholds of each feature, and what they were raised by."""
        return dict(self._levels)

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each feature: where it stands after the last row."""
        import polars as pl

        rows = []
        for name, track in self._tracks.items():
            level, switch = self._levels[name], self._switches[name]
            known = track.n >= self.window and self._idle[name] < self.window
            status = "insufficient_data" if not known else "drift" if switch.on else "ok"
            rows.append(
                (name, status, track.measure, switch.statistic, level.alert_threshold,
                 level.recovery_threshold, switch.effect, track.effect_name, level.inflation, track.n)
            )  # fmt: skip
        schema = {
            "feature": pl.String, "status": pl.String, "measure": pl.String,
            "statistic": pl.Float64, "alert_threshold": pl.Float64,
            "recovery_threshold": pl.Float64, "effect_size": pl.Float64, "effect_name": pl.String,
            "variance_inflation": pl.Float64, "n_current": pl.UInt64,
        }  # fmt: skip
        return pl.DataFrame(rows, schema=schema, orient="row")

    def to_dict(self) -> dict[str, Any]:
        """Return all that `from_dict` needs, references included, as plain data for JSON."""
        return tagged(
            self,
            window=self.window,
            min_effect=self.min_effect,
            rows=self.rows,
            features={
                name: {
                    "track": track.to_dict(),
                    "level": self._levels[name]._asdict(),
                    "switch": self._switches[name].to_dict(),
                    "idle": self._idle[name],
                }
                for name, track in self._tracks.items()
            },
        )

    @classmethod
    def from_dict(cls, state: dict[str, Any], *, emit: Emit = emit_event) -> Self:
        """Return the monitor whose `to_dict` this is; it goes on as if never interrupted.

        Raises:
            StatsInputError: A damaged state, or that of another class.
        """
        with reading(cls, state):
            monitor = cls.__new__(cls)
            monitor.__setstate__({**state, "emit": emit})
        return monitor

    def __getstate__(self) -> dict[str, Any]:
        return {**self.to_dict(), "emit": self._emit}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.window = whole(state["window"], "window")
        self.min_effect = share(state["min_effect"], "min_effect")
        self.rows = whole(state["rows"], "rows", least=0)
        self._emit = state["emit"]
        features = state["features"]
        kinds: dict[str, Any] = {"numbers": NumberTrack, "categories": CategoryTrack}
        self._tracks = {
            name: kinds[one["track"]["kind"]].from_dict(one["track"])
            for name, one in features.items()
        }
        self._levels = {name: Level(**one["level"]) for name, one in features.items()}
        self._switches = {name: Switch(**one["switch"]) for name, one in features.items()}
        self._idle = {n: whole(one.get("idle", 0), "idle", least=0) for n, one in features.items()}

    def __repr__(self) -> str:
        return f"<StreamMonitor: {len(self._tracks)} features, window of {self.window}, {self.rows} rows>"

    def _pass(self, name: str, frame: pl.DataFrame, after: int | None) -> None:
        """Count the rows since a feature had a value.

        Args:
            name: The feature.
            frame: The rows.
            after: How many of its rows came after its last value; None where there was none.
        """
        before = self._idle[name]
        self._idle[name] = before + frame.height if after is None else after
        if before < self.window <= self._idle[name]:
            held = frame.schema.get(name)
            how = "is missing" if held is None else f"holds {held} without a value to compare"
            warnings.warn(
                f"{name!r} {how}: it had none for {self._idle[name]:,} rows and is not watched",
                PoetWarning, stacklevel=3,
            )  # fmt: skip

    def _change(
        self, name: str, row: int, drifts: bool, statistic: float, effect: float
    ) -> StreamChange:
        track, level = self._tracks[name], self._levels[name]
        threshold = level.alert_threshold if drifts else level.recovery_threshold
        often = 1000 * track.expected(statistic, level.inflation)
        if drifts:
            reason = (
                f"the last {self.window:,} values differ from the reference by {track.measure} = "
                f"{statistic:.3g} (alert at {threshold:.3g}; by chance {often:.2g} times in 1,000 "
                f"windows), {track.effect_name} = {effect:.3g} (at least {self.min_effect:g} matters)"
            )
        else:
            reason = (
                f"{track.measure} fell to {statistic:.3g} (recovery at {threshold:.3g}), "
                f"{track.effect_name} to {effect:.3g} (half of {self.min_effect:g} is recovery)"
            )
        return StreamChange(
            feature=name, row=row, status="drift" if drifts else "ok", statistic=statistic,
            measure=track.measure, threshold=threshold, effect_size=effect,
            effect_name=track.effect_name, per_1000_windows=often, reason=reason,
        )  # fmt: skip


def _watched(frame: pl.DataFrame, columns: Sequence[str] | None) -> list[str]:
    import polars as pl

    texts = (pl.String, pl.Categorical, pl.Enum, pl.Boolean)
    fit = [n for n, t in frame.schema.items() if t.is_numeric() or t in texts]
    wanted = fit if columns is None else [columns] if isinstance(columns, str) else list(columns)
    for name in wanted:
        if name not in fit:
            held = frame.schema.get(name)
            what = (
                f"no column {name!r}{nearest(name, fit)}"
                if held is None
                else f"{name!r} holds {held}"
            )
            raise StatsInputError(what, where="columns", hint=f"what can be watched: {fit[:20]}")
    found = [n for n in wanted if frame.get_column(n).drop_nulls().len() >= 2]
    if not found:
        raise StatsInputError(
            "the reference has no column to watch",
            where="reference",
            hint="pass a frame with numbers, booleans, text or codes",
        )
    return found


def _thinned(frame: pl.DataFrame, window: int, max_bytes: int) -> pl.DataFrame:
    """Keep every k-th row of a reference that would take too much."""
    fits = max_bytes // (_BYTES * frame.width) - window
    if fits < min(window, frame.height):
        raise ConfigError(
            f"{frame.width} features with windows of {window:,} rows do not fit {max_bytes:,} bytes",
            where="max_bytes",
            hint=f"allow {_BYTES * frame.width * 2 * window:,}, or watch fewer columns",
        )
    step = -(-frame.height // fits)
    return frame.gather_every(step) if step > 1 else frame


def _track(reference: pl.Series, window: int) -> Track | None:
    if reference.dtype.is_numeric():
        import polars as pl

        values = reference.cast(pl.Float64, strict=False).drop_nulls().drop_nans()
        return NumberTrack.of(values, window) if values.len() else None
    return CategoryTrack.of(reference, window)


def _inflation(reference: pl.Series, window: int) -> float:
    import numpy as np
    import polars as pl

    if reference.dtype.is_numeric():
        values = reference.cast(pl.Float64, strict=False).drop_nulls()
        return variance_inflation(values.to_numpy(), window)
    texts = reference.cast(pl.String).drop_nulls()
    counts = sorted(texts.value_counts(name="rows").rows(), key=lambda row: (-row[1], row[0]))
    parts = [
        variance_inflation((texts == name).to_numpy().astype(np.float64), window)
        for name, _ in counts[:5]
    ]
    return max(parts, default=1.0)


def _level(
    track: Track, rate: float, inflation: float, alert: float | None, recovery: float | None
) -> Level:
    chosen = track.threshold(rate, inflation) if alert is None else share(alert, "alert_threshold")
    back = _RECOVERY * chosen if recovery is None else share(recovery, "recovery_threshold")
    if back >= chosen:
        raise ConfigError(
            f"recovery_threshold {back:g} is not below alert_threshold {chosen:g}",
            where="recovery_threshold",
            hint="both are distances: recovery is at the smaller one",
        )
    return Level(chosen, back, inflation)
