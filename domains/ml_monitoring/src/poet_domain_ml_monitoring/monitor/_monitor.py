"""The monitor: fit on a reference, check windows, take streams, save, load and merge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from poet.errors import ConfigError
from poet.files import StrPath, write_whole
from poet.runtime import last_execution
from poet.stats import FrameProfile
from poet_domain_ml_monitoring._emit import Emit, emit_event, tell
from poet_domain_ml_monitoring._frames import as_frame
from poet_domain_ml_monitoring.config import Kind, MonitorConfig, Thresholds
from poet_domain_ml_monitoring.monitor import _state
from poet_domain_ml_monitoring.monitor._compare import compare
from poet_domain_ml_monitoring.monitor._judge import judge
from poet_domain_ml_monitoring.monitor._layout import Layout, layout_of
from poet_domain_ml_monitoring.monitor._reference import Reference
from poet_domain_ml_monitoring.monitor._report import Report
from poet_domain_ml_monitoring.monitor._source import Source, bounded
from poet_domain_ml_monitoring.monitor.events import drift_event
from poet_domain_ml_monitoring.quality import FeatureRegistry, Schema

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.windows import Window, Windows


__all__ = ["Monitor"]


class Monitor:
    """Compares windows of a frame with a reference, feature by feature.

    A change is drift where it is improbable by chance, with all checks of a report taken together,
    and large enough to matter; see `Thresholds`. Every feature has a reason with the numbers.

    Attributes:
        config: How it is set up.
        windows: What cuts a stream into windows, None where only whole windows are checked.
        registry: Account of the features that came after the reference.

    Example:
        >>> import polars as pl
        >>> from poet_domain_ml_monitoring import Monitor, silent
        >>> reference = pl.DataFrame({"age": range(20, 520), "city": ["Oslo", "Rome"] * 250})
        >>> monitor = Monitor.fit(reference, emit=silent)
        >>> report = monitor.check(pl.DataFrame({"age": range(220, 720), "city": ["Oslo", "Rome"] * 250}))
        >>> report.to_frame().select("feature", "status").rows()
        [('age', 'drift'), ('city', 'ok')]
    """

    def __init__(
        self,
        reference: Reference,
        config: MonitorConfig,
        *,
        windows: Windows | None = None,
        registry: FeatureRegistry | None = None,
        emit: Emit = emit_event,
    ) -> None:
        """Take up a fitted reference; `fit` and `load` make one."""
        self.config = config
        self.windows = windows
        self.registry = registry or FeatureRegistry(
            reference.features, warm_up=config.warm_up, emit=emit
        )
        self._reference = reference
        self._emit = emit
        self._late: dict[str, Reference] = {}
        # Windows may be checked from several threads; what they compare needs no turns.
        self._lock = RLock()
        self._now: tuple[tuple[str, ...], Reference, Layout] | None = None

    @classmethod
    def fit(
        cls,
        reference: Any,
        *,
        config: MonitorConfig | None = None,
        windows: Windows | None = None,
        emit: Emit = emit_event,
        **options: Any,
    ) -> Monitor:
        """Fit every column of a reference frame.

        Args:
            reference: A Polars frame, eager or lazy, a pandas frame, a pyarrow Table, a mapping of
                name to column, or an iterator of frames. A lazy frame and an iterator may be larger
                than memory: see `MonitorConfig.reference_rows`.
            config: How to set it up.
            windows: What cuts the stream that `update` takes into windows.
            emit: Where the events ``drift.detected`` and ``feature.discovery`` go.
            options: Single fields of `MonitorConfig` and `Thresholds`, such as ``alpha=0.01``.

        Raises:
            StatsInputError: Not a frame. A column that cannot be compared is none: it has the
                status ``error`` in every report.
            ConfigError: An unknown option or feature, with the nearest name, or an impossible value.
        """
        config = MonitorConfig.of_options(config, options)
        source = Source(reference, "reference")
        config.check_features(source.schema.dtypes)
        parts = []
        for names in source.chunks():
            frame, of = bounded(source, config.reference_rows, names)
            schema = source.schema if source.in_memory is not None else Schema.of(frame)
            kinds = {name: kind for name, kind in config.kinds.items() if name in schema.dtypes}
            rows = Source(frame, "reference").rows or 0
            parts.append(
                Reference.fit(frame, schema, kinds, of=of, rows=rows, threads=config.threads)
            )
        return cls(parts[0].with_late(parts[1:]), config, windows=windows, emit=emit)

    @property
    def profile(self) -> FrameProfile:
        """The profiles of what is compared, those of features that came later included."""
        return self._current()[0].profile

    @property
    def features(self) -> tuple[str, ...]:
        """The features of the reference, those that came later and are compared by now last."""
        return self._current()[0].features

    @property
    def kinds(self) -> dict[str, tuple[Kind, str]]:
        """By feature, what it holds and why it is taken for that; what cannot be compared has none."""
        return dict(self._current()[0].kinds)

    @property
    def rows(self) -> int:
        """Rows of the reference that are kept."""
        return self._reference.rows

    @property
    def rows_seen(self) -> int:
        """Rows that the reference had; more than `rows` where it was thinned out."""
        return self._reference.of

    def check(self, current: Any, *, execution_id: str | None = None) -> Report:
        """Compare a window with the reference.

        Features that the reference does not have are taken note of: their first rows become a
        reference of their own, against which later windows are compared.

        Args:
            current: As in `fit`; a lazy frame and an iterator are read batch by batch, into the
                same report as the rows at once.
            execution_id: What the report is known by, instead of the running execution's id.

        Raises:
            StatsInputError: Not a frame.
        """
        return self._check(Source(current, "current"), execution_id)

    def update(self, rows: Any, *, execution_id: str | None = None) -> list[Report]:
        """Take rows of a stream, and check each window that closes with them.

        Args:
            rows: Rows in order: a frame in memory.
            execution_id: As in `check`.

        Returns:
            A report for each closed window, in order.

        Raises:
            ConfigError: The monitor has no windows.
            StatsInputError: Not a frame.
        """
        return self._checked(self._windows().push(as_frame(rows)), execution_id)

    def flush(self, *, execution_id: str | None = None) -> list[Report]:
        """End the stream: check what was open.

        Raises:
            ConfigError: The monitor has no windows.
        """
        return self._checked(self._windows().flush(), execution_id)

    def save(self, path: StrPath) -> None:
        """Write all of its state into one file, whole or not at all.

        A zip archive of ``monitor.json`` and ``reference.arrow`` (Arrow IPC); equal monitors give
        equal bytes.

        Raises:
            OSError: The folder is missing or not writable.
        """
        write_whole(path, self.to_bytes())

    def to_bytes(self) -> bytes:
        """Give the bytes of that file."""
        windows = self.windows.to_dict() if self.windows is not None else None
        return _state.pack(self._reference, self.config, self.registry, windows)

    @classmethod
    def load(cls, path: StrPath, *, emit: Emit = emit_event) -> Monitor:
        """Read what `save` wrote; the monitor goes on as if never interrupted.

        Raises:
            OSError: There is no such file, or it cannot be read.
            StatsInputError: Another file, a damaged one, or one of a newer version.
        """
        return cls.from_bytes(Path(path).read_bytes(), emit=emit, where=str(path))

    @classmethod
    def from_bytes(cls, data: bytes, *, emit: Emit = emit_event, where: str = "data") -> Monitor:
        """Take up what `to_bytes` gave.

        Raises:
            StatsInputError: Other bytes, damaged ones, or those of a newer version.
        """
        reference, config, registry, windows = _state.unpack(data, where)
        monitor = cls(reference, config, windows=windows, emit=emit)
        monitor.registry = _state.registry_of(registry, where, monitor._emit)
        return monitor

    def __reduce__(self) -> tuple[Any, ...]:
        return (_from_bytes, (self.to_bytes(), self._emit))

    def __add__(self, other: Monitor) -> Monitor:
        """Return the monitor that a fit of both references together would have given.

        The configuration is that of this one, and so are the windows, with the rows they hold as a
        copy; features that came later start anew.

        Raises:
            ConfigError: The references have different features.
        """
        if not isinstance(other, Monitor):
            return NotImplemented
        merged = self._reference.merged(other._reference)
        return Monitor(merged, self.config, windows=deepcopy(self.windows), emit=self._emit)

    def __radd__(self, other: object) -> Monitor:
        # sum() starts at 0.
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __repr__(self) -> str:
        return f"Monitor({len(self.features):,} features, {self.rows:,} reference rows)"

    def _windows(self) -> Windows:
        if self.windows is None:
            raise ConfigError(
                "the monitor has no windows to cut a stream into", where="windows",
                hint="pass Monitor.fit(reference, windows=FixedWindows(1000)), or call check(frame)",
            )  # fmt: skip
        return self.windows

    def _checked(self, closed: list[Window], execution_id: str | None) -> list[Report]:
        reports = []
        for window in closed:
            report = self._check(Source(window.rows, "current"), execution_id)
            reports.append(replace(report, began=window.began, ended=window.ended))
        return reports

    def _check(self, source: Source, execution_id: str | None) -> Report:
        running = last_execution()
        known_as = execution_id or (running.id if running else None)
        with self._lock:
            reference, layout = self._current()
            late = tuple(self._late)
        compared = compare(source, reference, self.config)
        names = list(source.schema.dtypes)
        with self._lock:
            self.registry.observe(names, compared.fresh, execution_id=known_as)
            # A feature whose first rows are complete by now is compared from the next window on.
            new = [name for name in names if name not in reference.schema.dtypes]
            report = judge(
                compared, source.schema, reference, layout, self.config, self.registry,
                new=new, late=late, overrides=self._overrides(late), execution_id=known_as,
            )  # fmt: skip
            self._learn()
        if report.drift_detected:
            tell(self._emit, "drift.detected", drift_event(report))
        return report

    def _current(self) -> tuple[Reference, Layout]:
        if self._now is None or self._now[0] != tuple(self._late):
            if not self._late:
                self._learn()
            whole = self._reference.with_late(list(self._late.values()))
            self._now = (tuple(self._late), whole, layout_of(whole))
        return self._now[1:]

    def _learn(self) -> None:
        """Fit the features whose first rows are complete by now."""
        for name, series in self.registry.references.items():
            if name not in self._late:
                frame = {name: series}
                fitted = Reference.fit(
                    frame, Schema.of(frame), {}, of=len(series), rows=len(series),
                    threads=self.config.threads,
                )  # fmt: skip
                self._late[name] = fitted

    def _overrides(self, late: Iterable[str]) -> Mapping[str, Thresholds]:
        return {name: self.registry.thresholds_for(name, self.config) for name in late}


def _from_bytes(data: bytes, emit: Emit) -> Monitor:
    return Monitor.from_bytes(data, emit=emit)
