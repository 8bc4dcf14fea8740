"""Windows of time: every quarter of an hour, every day, every month."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from poet.errors import ConfigError, StatsInputError
from poet_domain_ml_monitoring._frames import as_frame
from poet_domain_ml_monitoring.windows._buffer import RowBuffer
from poet_domain_ml_monitoring.windows._rows import DEFAULT_BYTES
from poet_domain_ml_monitoring.windows._state import reading, tagged
from poet_domain_ml_monitoring.windows._window import Closed, Window
from poet_domain_ml_monitoring.windows.calendar import Span
from poet_domain_ml_monitoring.windows.checks import (
    memory_limit,
    name_of_column,
    time_column,
    whole,
)

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

__all__ = ["TimeWindows"]

_NEVER = -(2**62)
_AT = "__poet_at__"


class TimeWindows:
    """Windows of a length of time, by the time stamps of the rows.

    A window closes when rows from behind its end, and from behind the lateness allowed, have come.
    One stray time stamp closes nothing: a jump over more than a whole window is believed once
    `witnesses` rows are behind it. Windows without rows are left out. From a day on, windows follow
    the calendar of the zone, so that a day is from midnight to midnight, also when clocks change;
    shorter ones follow UTC. Rows of one push are taken in the order of their times.

    Args:
        every: From the start of one window to the start of the next: a timedelta, or a text such as
            ``"15m"``, ``"6h"``, ``"1d"``, ``"1w"`` (from Monday), ``"1mo"``, ``"1q"``, ``"1y"``.
        time: The column of time stamps (Datetime or Date), with or without a zone.
        length: How long a window is, at least `every`, which it is by default; longer ones overlap.
        zone: Name of the zone whose calendar counts, such as ``"Europe/Oslo"``; by default that of
            the time column. Times without a zone have their own calendar.
        lateness: How late a row may come: windows are kept open so much longer.
        witnesses: Rows behind a jump that make it believed.
        max_bytes: How much the rows kept from one push to the next may take. Beyond, the oldest
            window is closed before its time (``closed="memory"``), and the rest of its rows form
            another one.

    Attributes:
        late: Rows left out because their window had been closed.
        untimed: Rows left out because they have no time.

    Raises:
        ConfigError: A setting out of range, or an unknown zone.

    Example:
        >>> import polars as pl
        >>> from poet_domain_ml_monitoring import TimeWindows
        >>> windows = TimeWindows("1d", time="at", zone="Europe/Oslo")
        >>> hours = pl.datetime_range(
        ...     pl.datetime(2026, 3, 27, 23), pl.datetime(2026, 3, 30, 3), "1h",
        ...     time_zone="UTC", eager=True,
        ... )
        >>> for w in windows.push(pl.DataFrame({"at": hours})):
        ...     print(w.began.isoformat(), w.rows.height)
        2026-03-28T00:00:00+01:00 24
        2026-03-29T00:00:00+01:00 23
    """

    __slots__ = (
        "_ahead", "_buffer", "_frontier", "_limit", "_passed", "_stamp_zone", "every", "late", "lateness",
        "length", "max_bytes", "time", "untimed", "witnesses", "zone",
    )  # fmt: skip

    def __init__(
        self,
        every: str | timedelta,
        *,
        time: str,
        length: str | timedelta | None = None,
        zone: str | None = None,
        lateness: str | timedelta | None = None,
        witnesses: int = 3,
        max_bytes: int = DEFAULT_BYTES,
    ) -> None:
        import numpy as np

        self.every = Span.of(every, "every")
        self.length = self.every if length is None else Span.of(length, "length")
        if not self.length.covers(self.every):
            raise ConfigError(
                f"windows of {self.length} every {self.every} leave time out",
                where="length",
                hint="pass a length of at least `every`",
            )
        if self.length.microseconds > 1_000 * self.every.microseconds:
            raise ConfigError(
                f"windows of {self.length} every {self.every}: more than 1,000 open at once",
                where="every",
                hint="let windows begin less often, or be shorter",
            )
        self.time = name_of_column(time, "time")
        self.zone = _known_zone(zone)
        none = lateness is None or lateness == timedelta(0)
        self.lateness = None if none else Span.of(lateness, "lateness")  # type: ignore[arg-type]
        self.witnesses = whole(witnesses, "witnesses")
        self.max_bytes = memory_limit(max_bytes)
        self.late = 0
        self.untimed = 0
        self._buffer = RowBuffer()
        self._limit = _NEVER  # windows that end until then are closed
        self._passed = _NEVER  # rows before it are late
        self._frontier: int | None = None  # the time that has come
        self._ahead: NDArray[np.int64] = np.empty(0, np.int64)  # stamps not yet believed
        self._stamp_zone: str | None = None

    def push(self, rows: pl.DataFrame) -> list[Window]:
        """Take rows; return the windows that close with them, in order.

        Raises:
            StatsInputError: No frame, or one without a column of times of this name; none of its
                rows has been taken.
        """
        frame = self._stamped(as_frame(rows))
        at = frame.get_column(_AT)
        self.late += int((at < self._passed).sum())
        frame = frame.filter(at >= self._passed)
        self._buffer.append(frame)
        self._advance(frame.get_column(_AT).to_numpy())
        found: list[Window] = []
        if self._frontier is not None:
            late = self.lateness.microseconds if self.lateness else 0
            found = self._close_until(self._frontier - late, "time")
        self._buffer.settle(frame.height)
        while self._buffer.nbytes > self.max_bytes:
            found += self._close_oldest()
        return found

    def flush(self) -> list[Window]:
        """End the stream: return every window that has rows."""
        if not len(self._buffer):
            return []
        _, at = self._in_order()
        last = self.every.starts(at.tail(1), self._calendar)
        found = self._close_until(self._ends(last)[0], "flush")
        self._ahead = self._ahead[:0]
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return all that `from_dict` needs, open rows included, as plain data for JSON."""
        return tagged(
            self,
            every=str(self.every),
            length=str(self.length),
            time=self.time,
            zone=self.zone,
            stamp_zone=self._stamp_zone,
            lateness=str(self.lateness) if self.lateness else None,
            witnesses=self.witnesses,
            max_bytes=self.max_bytes,
            late=self.late,
            untimed=self.untimed,
            limit=self._limit,
            passed=self._passed,
            frontier=self._frontier,
            ahead=self._ahead.tolist(),
            start=self._buffer.start,
            open=self._buffer.to_text(),
        )

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Return the object whose `to_dict` this is; it goes on as if never interrupted.

        Raises:
            StatsInputError: A damaged state, or that of another class.
        """
        import numpy as np

        with reading(cls, state):
            windows = cls(
                state["every"],
                time=state["time"],
                length=state["length"],
                zone=state["zone"],
                lateness=state["lateness"],
                witnesses=state["witnesses"],
                max_bytes=state["max_bytes"],
            )
            windows.late = whole(state["late"], "late", least=0)
            windows.untimed = whole(state["untimed"], "untimed", least=0)
            windows._limit = int(state["limit"])
            windows._passed = int(state["passed"])
            windows._frontier = None if state["frontier"] is None else int(state["frontier"])
            windows._ahead = np.array([int(at) for at in state["ahead"]], np.int64)
            windows._stamp_zone = _known_zone(state["stamp_zone"])
            windows._buffer = RowBuffer.of_text(
                state["open"], whole(state["start"], "start", least=0)
            )
        return windows

    def __repr__(self) -> str:
        return f"<TimeWindows: {self.length} every {self.every}, {len(self._buffer)} rows open>"

    def _stamped(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with a time, and their instants in a column of its own."""
        import polars as pl

        times = time_column(frame, self.time)
        zone = getattr(times.dtype, "time_zone", None)
        if self._frontier is not None or len(self._buffer) or self._ahead.size:
            if (zone is None) != (self._stamp_zone is None):
                raise StatsInputError(
                    f"column {self.time!r} holds times with a zone and times without",
                    where=self.time,
                    hint="give all of them a zone, by dt.replace_time_zone(...)",
                )
        elif zone is None and self.zone is not None:
            raise StatsInputError(
                f"the times in {self.time!r} have no zone, the windows have {self.zone!r}",
                where=self.time,
                hint="say what they are, by dt.replace_time_zone(...), or leave the zone out",
            )
        self._stamp_zone = zone or self._stamp_zone
        if times.dtype == pl.Date:
            times = times.cast(pl.Datetime("us"))
        at = times.dt.epoch("us").cast(pl.Int64).alias(_AT)
        untimed = at.null_count()
        stamped = frame.with_columns(at)
        if untimed:
            self.untimed += untimed
            stamped = stamped.filter(pl.col(_AT).is_not_null())
        return stamped

    def _advance(self, fresh: NDArray[np.int64]) -> None:
        """Move the frontier over the stamps that follow on, and over gaps with enough witnesses."""
        import numpy as np

        ahead = np.sort(np.concatenate([self._ahead, fresh]))
        if self._frontier is None:
            if ahead.size < self.witnesses:
                self._ahead = ahead
                return
            self._frontier = int(ahead[0])
        ahead = ahead[ahead > self._frontier]
        if ahead.size:
            reach = self.every.microseconds + self.length.microseconds
            steps = np.diff(ahead, prepend=self._frontier)
            jumps = np.flatnonzero(steps > reach)
            # Where a jump has too few rows behind it, so has every later one.
            doubted = jumps[ahead.size - jumps < self.witnesses]
            stop = int(doubted[0]) if doubted.size else ahead.size
            if stop:
                self._frontier = int(ahead[stop - 1])
            ahead = ahead[stop:]
        self._ahead = ahead

    def _close_until(self, limit: int, closed: Closed) -> list[Window]:
        """Close the windows that end at an instant or before."""
        first_open = self._first_open(limit)
        if first_open <= self._passed:
            return []
        found: list[Window] = []
        if len(self._buffer):
            held, at = self._in_order()
            base = self._buffer.start
            for begin, end, low, high in self._spans(at):
                if self._limit < end <= limit:
                    found.append(self._window(held, base, low, high, begin, end, closed))
            keep = int(at.search_sorted(first_open))
            self._buffer.replace(held.slice(keep), base + keep)
        self._passed, self._limit = first_open, limit
        return found

    def _close_oldest(self) -> list[Window]:
        """Close the oldest window before its time; later rows of it form another one."""
        held, at = self._in_order()
        base = self._buffer.start
        spans = [span for span in self._spans(at) if span[1] > self._limit]
        if not spans:  # rows between windows
            self._buffer.replace(held.clear(), base + held.height)
            return []
        begin, end, low, high = spans[0]
        # Rows that a later window shares stay for it, unless they are all there is.
        after = next((span[2] for span in spans if span[2] > 0), high)
        self._buffer.replace(held.slice(after), base + after)
        self._buffer.settle(0)
        return [self._window(held, base, low, high, begin, end, "memory")]

    def _in_order(self) -> tuple[pl.DataFrame, pl.Series]:
        held = self._buffer.take(self._buffer.start, self._buffer.end)
        if not held.get_column(_AT).is_sorted():
            held = held.sort(_AT, maintain_order=True)
        return held, held.get_column(_AT)

    def _first_open(self, limit: int) -> int:
        """Return where the first window begins that ends after an instant."""
        here = _column([limit])
        shifts = [self.every.starts(here, self._calendar, k)[0] for k in self._back()]
        ends = self._ends(_column(shifts))
        return int(min(s for s, end in zip(shifts, ends, strict=True) if end > limit))

    def _spans(self, at: pl.Series) -> list[tuple[int, int, int, int]]:
        """Return begin, end and the range of rows of every window that has any, in order."""
        own = self.every.starts(at, self._calendar).unique()
        starts = {s for k in self._back() for s in self.every.starts(own, self._calendar, k)}
        begins = _column(sorted(starts))
        ends = self._ends(begins)
        low, high = at.search_sorted(begins), at.search_sorted(ends)
        return [
            (b, e, i, j) for b, e, i, j in zip(begins, ends, low, high, strict=True) if i < j
        ]  # fmt: skip

    def _ends(self, begins: pl.Series) -> pl.Series:
        return self.length.after(begins, self._calendar, days=self.every.on_calendar)

    def _back(self) -> range:
        # A window may begin several steps before a row that is in it; months differ in length.
        steps = -(-self.length.microseconds // self.every.microseconds)
        return range(-steps - (self.length != self.every), 1)

    @property
    def _calendar(self) -> str | None:
        return self.zone or self._stamp_zone

    def _window(
        self, held: pl.DataFrame, base: int, low: int, high: int, begin: int, end: int, closed: Closed
    ) -> Window:  # fmt: skip
        rows = held.slice(low, high - low).drop(_AT)
        moments = self._moment(begin), self._moment(end)
        return Window(base + low, base + high, rows, *moments, closed)

    def _moment(self, at: int) -> datetime:
        import polars as pl

        times = pl.Series([at], dtype=pl.Int64).cast(pl.Datetime("us"))
        if self._calendar is not None:
            times = times.dt.replace_time_zone("UTC").dt.convert_time_zone(self._calendar)
        moment: datetime = times[0]
        return moment


def _column(instants: list[int]) -> pl.Series:
    """Return instants as a column."""
    import polars as pl

    return pl.Series(instants, dtype=pl.Int64)


def _known_zone(zone: str | None) -> str | None:
    if zone is None:
        return None
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise ConfigError(
            f"{zone!r} is no time zone",
            where="zone",
            hint='pass a name such as "Europe/Oslo" or "UTC"',
        ) from error
    return zone
