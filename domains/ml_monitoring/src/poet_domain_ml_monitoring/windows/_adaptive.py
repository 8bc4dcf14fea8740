"""Windows that grow while nothing changes and end where something does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from poet.errors import ConfigError
from poet_domain_ml_monitoring._frames import as_frame
from poet_domain_ml_monitoring.windows._buffer import RowBuffer
from poet_domain_ml_monitoring.windows._rows import DEFAULT_BYTES
from poet_domain_ml_monitoring.windows._state import reading, tagged
from poet_domain_ml_monitoring.windows._watch import ColumnWatch, scales_of
from poet_domain_ml_monitoring.windows._window import Closed, Window
from poet_domain_ml_monitoring.windows.calendar import SECOND, Span
from poet_domain_ml_monitoring.windows.checks import (
    memory_limit,
    name_of_column,
    share,
    times_of,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

__all__ = ["AdaptiveWindows"]


class AdaptiveWindows:
    """Windows whose size follows the stream.

    Each column is watched for a change of its distribution by `ADWIN` (Bifet and Gavaldà, 2007), at
    level `delta` shared among the columns. What is watched is a value's rank among the first
    `min_rows` rows (of a category, how rare it is), so that no unit and no outlier matters. Where a
    change is found, the window ends where it began, and the next one holds only rows after it.

    Without a change a window closes at its size: `min_rows` at first and after a change, for a
    quick second look, then twice as many each time, up to `max_rows`, for a finer one. With `every`,
    the size is also held to the rows that come in that time at the present speed (the mean of
    the last windows, the latest counting half): a fast stream is judged in larger windows, a slow
    one is not waited for longer than needed.

    Args:
        min_rows: Rows of the smallest window, and those that ranks are taken from; at least 20.
        max_rows: Rows of the largest.
        columns: The columns to watch; by default all of numbers, text, booleans and codes.
        delta: Significance of one cut, for all columns together, between 0 and 1.
        every: How long a window should last at the present speed; needs `time`.
        time: The column of time stamps.
        max_bytes: How much the rows kept from one push to the next may take. A window that would
            take more is closed before its time (``closed="memory"``); no row is lost.

    Attributes:
        changes: How many changes were found.

    Raises:
        ConfigError: A setting out of range.

    Example:
        >>> import polars as pl
        >>> from poet_domain_ml_monitoring import AdaptiveWindows
        >>> windows = AdaptiveWindows(100, 1000)
        >>> stream = pl.DataFrame({"x": [i * 37 % 100 + (i >= 1200) * 90 for i in range(3000)]})
        >>> [(w.start, w.end, w.closed) for w in windows.push(stream)][:4]
        [(0, 100, 'rows'), (100, 300, 'rows'), (300, 700, 'rows'), (700, 1200, 'change')]
    """

    __slots__ = (
        "_buffer", "_columns", "_fed", "_grown", "_pace", "_watches", "changes", "delta", "every",
        "max_bytes", "max_rows", "min_rows", "time",
    )  # fmt: skip

    def __init__(
        self,
        min_rows: int = 1_000,
        max_rows: int = 50_000,
        *,
        columns: Sequence[str] | None = None,
        delta: float = 0.002,
        every: str | timedelta | None = None,
        time: str | None = None,
        max_bytes: int = DEFAULT_BYTES,
    ) -> None:
        self.min_rows = whole(min_rows, "min_rows", least=20)
        self.max_rows = whole(max_rows, "max_rows", least=self.min_rows)
        self.delta = share(delta, "delta")
        self.every = None if every is None else Span.of(every, "every")
        self.time = None if time is None else name_of_column(time, "time")
        if self.every is not None and time is None:
            raise ConfigError(
                "every needs the times of the rows", where="time", hint='pass time="<column>"'
            )
        self.max_bytes = memory_limit(max_bytes)
        self.changes = 0
        self._columns = (
            None if columns is None else [name_of_column(name, "columns") for name in columns]
        )
        self._buffer = RowBuffer()
        self._watches: dict[str, ColumnWatch] | None = None  # until there are rows to rank by
        self._fed = 0  # rows up to here have been watched
        self._grown = self.min_rows
        self._pace: float | None = None  # rows a microsecond

    def push(self, rows: pl.DataFrame) -> list[Window]:
        """Take rows in order; return the windows that close with them, in order.

        Raises:
            StatsInputError: No frame, or one without the time column or a column to watch.
        """
        frame = as_frame(rows)
        if self.time is not None:
            times_of(frame, self.time)
        self._buffer.append(frame)
        found: list[Window] = []
        if self._watches is None and len(self._buffer) >= self.min_rows:
            sample = self._buffer.take(self._buffer.start, self._buffer.start + self.min_rows)
            self._watches = scales_of(sample, self._columns, self.time, self.delta)
        if self._watches is not None:
            for at, name in self._watch():
                found += self._close_full(at + 1)
                self.changes += 1
                open_ = self._buffer.take(self._buffer.start, at + 1)
                since = self._watches[name].split(open_.get_column(name)) if open_.height else 0
                if since:
                    found.append(self._close(since, "change"))
                self._grown = self.min_rows
        found += self._close_full(self._buffer.end)
        self._buffer.settle(min(frame.height, len(self._buffer)))
        while self._buffer.nbytes > self.max_bytes:
            fits = self.max_bytes / self._buffer.nbytes
            found.append(self._close(max(1, int(len(self._buffer) * fits)), "memory"))
            self._buffer.settle(0)
        return found

    def flush(self) -> list[Window]:
        """End the stream: return the rows of the open window."""
        return [self._close(len(self._buffer), "flush")] if len(self._buffer) else []

    @property
    def size(self) -> int:
        """How many rows the open window will have, unless something changes."""
        size = self._grown
        if self.every is not None and self._pace is not None:
            size = min(size, round(self._pace * self.every.microseconds))
        return max(self.min_rows, min(size, self.max_rows))

    def to_dict(self) -> dict[str, Any]:
        """Return all that `from_dict` needs, open rows included, as plain data for JSON."""
        watches = self._watches
        return tagged(
            self,
            min_rows=self.min_rows,
            max_rows=self.max_rows,
            columns=self._columns,
            delta=self.delta,
            every=str(self.every) if self.every else None,
            time=self.time,
            max_bytes=self.max_bytes,
            changes=self.changes,
            fed=self._fed,
            grown=self._grown,
            pace=self._pace,
            watches=None if watches is None else {n: w.to_dict() for n, w in watches.items()},
            start=self._buffer.start,
            open=self._buffer.to_text(),
        )

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Return the object whose `to_dict` this is; it goes on as if never interrupted.

        Raises:
            StatsInputError: A damaged state, or that of another class.
        """
        with reading(cls, state):
            windows = cls(
                state["min_rows"],
                state["max_rows"],
                columns=state["columns"],
                delta=state["delta"],
                every=state["every"],
                time=state["time"],
                max_bytes=state["max_bytes"],
            )
            windows.changes = whole(state["changes"], "changes", least=0)
            windows._fed = whole(state["fed"], "fed", least=0)
            windows._grown = whole(state["grown"], "grown")
            windows._pace = None if state["pace"] is None else float(state["pace"])
            if state["watches"] is not None:
                kept = state["watches"].items()
                windows._watches = {name: ColumnWatch.from_dict(one) for name, one in kept}
            windows._buffer = RowBuffer.of_text(
                state["open"], whole(state["start"], "start", least=0)
            )
        return windows

    def __repr__(self) -> str:
        return f"<AdaptiveWindows: {len(self._buffer)} of {self.size} rows, {self.changes} changes>"

    def _watch(self) -> list[tuple[int, str]]:
        """Feed the rows not yet watched to the detectors; return where which column changed."""
        rows = self._buffer.take(self._fed, self._buffer.end)
        found = []
        for name, watch in (self._watches or {}).items():
            if name in rows.columns:
                found += [(self._fed + at, name) for at in watch.push(rows.get_column(name))]
        self._fed = self._buffer.end
        return sorted(found)

    def _close_full(self, until: int) -> list[Window]:
        """Close the windows that had all their rows before a position."""
        found = []
        if self._watches is None:
            return []
        while self._buffer.start + self.size <= until:
            found.append(self._close(self.size, "rows"))
            self._grown = min(2 * self._grown, self.max_rows)
        return found

    def _close(self, size: int, closed: Closed) -> Window:
        start, end = self._buffer.start, self._buffer.start + size
        rows = self._buffer.take(start, end)
        self._buffer.drop(end)
        began, ended = (None, None) if self.time is None else times_of(rows, self.time)
        if began is not None and ended is not None:
            passed = (ended - began) / timedelta(microseconds=1)
            pace = size / max(passed, SECOND / 1000)
            self._pace = pace if self._pace is None else (self._pace + pace) / 2
        return Window(start, end, rows, began, ended, closed)
