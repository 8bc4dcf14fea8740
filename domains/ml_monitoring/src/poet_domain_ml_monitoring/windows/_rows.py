"""Windows of so many rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from poet_domain_ml_monitoring._frames import as_frame
from poet_domain_ml_monitoring.windows._buffer import RowBuffer
from poet_domain_ml_monitoring.windows._state import reading, tagged
from poet_domain_ml_monitoring.windows._window import Closed, Window
from poet_domain_ml_monitoring.windows.checks import memory_limit, name_of_column, times_of, whole

if TYPE_CHECKING:
    import polars as pl

__all__ = ["DEFAULT_BYTES", "FixedWindows", "SlidingWindows"]

DEFAULT_BYTES = 256_000_000


class SlidingWindows:
    """Windows of `rows` rows, one beginning every `step` rows.

    They overlap where `step` is smaller than `rows` and leave rows out where it is larger. The same
    rows give the same windows, in whatever batches they come, as long as the memory limit is not
    reached.

    Args:
        rows: Rows of a window.
        step: Rows from the start of one window to the start of the next.
        time: The column whose earliest and latest value are a window's `began` and `ended`.
        max_bytes: How much the rows kept from one push to the next may take. A window that would
            take more is closed before its time (``closed="memory"``); no row is lost.

    Raises:
        ConfigError: A setting out of range.

    Example:
        >>> import polars as pl
        >>> from poet_domain_ml_monitoring import SlidingWindows
        >>> windows = SlidingWindows(4, step=2)
        >>> [(w.start, w.end) for w in windows.push(pl.DataFrame({"x": range(7)}))]
        [(0, 4), (2, 6)]
    """

    __slots__ = ("_buffer", "_had", "_next", "max_bytes", "rows", "step", "time")

    def __init__(
        self, rows: int, step: int, *, time: str | None = None, max_bytes: int = DEFAULT_BYTES
    ) -> None:
        self.rows = whole(rows, "rows")
        self.step = whole(step, "step")
        self.time = None if time is None else name_of_column(time, "time")
        self.max_bytes = memory_limit(max_bytes)
        self._buffer = RowBuffer()
        self._next = 0
        self._had = 0  # rows before it have been in a window, or are in none

    def push(self, rows: pl.DataFrame) -> list[Window]:
        """Take rows in order; return the windows that close with them, in order.

        Raises:
            StatsInputError: No frame, or one without the time column.
        """
        frame = as_frame(rows)
        if self.time is not None:
            times_of(frame, self.time)
        self._buffer.append(frame)
        found = []
        while self._next + self.rows <= self._buffer.end:
            found.append(self._close(self.rows, "rows"))
        self._buffer.drop(self._next)
        self._buffer.settle(frame.height)
        while self._buffer.nbytes > self.max_bytes:
            # The slices are as large as their share of the rows, near enough.
            share = self.max_bytes / self._buffer.nbytes
            found.append(self._close(max(1, int(len(self._buffer) * share)), "memory"))
            self._buffer.drop(self._next)
            self._buffer.settle(0)
        return found

    def flush(self) -> list[Window]:
        """End the stream: return what was open, as far as no window had it yet."""
        open_rows = self._buffer.end - self._next
        found = []
        if open_rows > 0 and self._buffer.end > self._had:
            found.append(self._close(open_rows, "flush"))
        self._next = self._buffer.end
        self._buffer.drop(self._next)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return all that `from_dict` needs, open rows included, as plain data for JSON."""
        return tagged(
            self,
            rows=self.rows,
            step=self.step,
            time=self.time,
            max_bytes=self.max_bytes,
            next=self._next,
            had=self._had,
            end=self._buffer.end,
            open=self._buffer.to_text(),
        )

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Return the object whose `to_dict` this is; it goes on as if never interrupted.

        Raises:
            StatsInputError: A damaged state, or that of another class.
        """
        with reading(cls, state):
            windows = cls.__new__(cls)
            windows.__setstate__(state)
        return windows

    def __getstate__(self) -> dict[str, Any]:
        return self.to_dict()

    def __setstate__(self, state: dict[str, Any]) -> None:
        settings = {"time": state["time"], "max_bytes": state["max_bytes"]}
        SlidingWindows.__init__(self, state["rows"], state["step"], **settings)
        self._next = whole(state["next"], "next", least=0)
        self._had = whole(state["had"], "had", least=0)
        end = whole(state["end"], "end", least=0)
        self._buffer = RowBuffer.of_text(state["open"], min(self._next, end))
        if self._buffer.end != end:
            raise ValueError("rows are missing")

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"<{name}: {self.rows} rows every {self.step}, {self._buffer.end} seen>"

    def _close(self, size: int, closed: Closed) -> Window:
        start, end = self._next, self._next + size
        self._had = max(self._had, end)
        # A window closed too early must not let the next one begin behind its end.
        self._next += (
            self.step if self.step >= self.rows and size == self.rows else min(self.step, size)
        )
        rows = self._buffer.take(start, end)
        began, ended = (None, None) if self.time is None else times_of(rows, self.time)
        return Window(start, end, rows, began, ended, closed)


class FixedWindows(SlidingWindows):
    """Windows of `rows` rows, one after the other.

    Args:
        rows: Rows of a window.
        time: As for `SlidingWindows`.
        max_bytes: As for `SlidingWindows`.

    Raises:
        ConfigError: A setting out of range.

    Example:
        >>> import polars as pl
        >>> from poet_domain_ml_monitoring import FixedWindows
        >>> windows = FixedWindows(3)
        >>> [w.rows["x"].to_list() for w in windows.push(pl.DataFrame({"x": range(7)}))]
        [[0, 1, 2], [3, 4, 5]]
        >>> [(w.start, w.end, w.closed) for w in windows.flush()]
        [(6, 7, 'flush')]
    """

    __slots__ = ()

    def __init__(
        self, rows: int, *, time: str | None = None, max_bytes: int = DEFAULT_BYTES
    ) -> None:
        super().__init__(rows, rows, time=time, max_bytes=max_bytes)
