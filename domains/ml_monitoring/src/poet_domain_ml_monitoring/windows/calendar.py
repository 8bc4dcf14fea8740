"""Where windows of time begin and end: on the clock below a day, on the local calendar from a day on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from poet.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["SECOND", "Span", "instants", "local_times"]

SECOND = 1_000_000  # all instants are microseconds
_CLOCK = {"us": 1, "ms": 1_000, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND}
_CALENDAR = {"d": 1.0, "w": 7.0, "mo": 30.436875, "q": 91.310625, "y": 365.2425}
# Days that a calendar unit lasts at least and at most, clock changes included.
_DAYS = {"d": (23 / 24, 25 / 24), "w": (6.95, 7.05), "mo": (27.95, 31.05), "q": (89.95, 92.05)}
_TEXT = re.compile(r"([1-9][0-9]{0,5})(us|ms|s|mo|m|h|d|w|q|y)")


class Span(NamedTuple):
    """A length of time: ``15m``, ``6h``, ``1d``, ``1w``, ``1mo``, ``1q``, ``1y``.

    A day is one of the calendar: 23 or 25 hours long where clocks change.
    """

    number: int
    unit: str

    @classmethod
    def of(cls, value: str | timedelta, argument: str) -> Span:
        """Read a length of time.

        Raises:
            ConfigError: It is none.
        """
        if isinstance(value, timedelta):
            microseconds = value // timedelta(microseconds=1)
            day = 86_400 * SECOND
            if microseconds > 0 and microseconds % day == 0:
                return cls(microseconds // day, "d")
            if microseconds > 0:
                return cls(microseconds, "us")
        found = _TEXT.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise ConfigError(
                f"{argument} is {value!r}",
                where=argument,
                hint='pass a timedelta or a text such as "15m", "6h", "1d", "1w", "1mo", "1q", "1y"',
            )
        return cls(int(found[1]), found[2])

    def __str__(self) -> str:
        return f"{self.number}{self.unit}"

    @property
    def on_calendar(self) -> bool:
        """Whether it is days or longer."""
        return self.unit in _CALENDAR

    @property
    def microseconds(self) -> int:
        """How long it is; of months and years on average."""
        if self.on_calendar:
            return round(self.number * _CALENDAR[self.unit] * 86_400 * SECOND)
        return self.number * _CLOCK[self.unit]

    def covers(self, other: Span) -> bool:
        """Whether it is as long as the other one wherever on the calendar both are."""
        if self.unit == other.unit or not (self.on_calendar or other.on_calendar):
            return self.microseconds >= other.microseconds
        day = 86_400 * SECOND
        low, _ = _DAYS.get(self.unit, (364.95, 366.05))
        _, high = _DAYS.get(other.unit, (364.95, 366.05))
        least = self.number * low * day if self.on_calendar else self.microseconds
        most = other.number * high * day if other.on_calendar else other.microseconds
        return least >= most

    def starts(self, at: pl.Series, zone: str | None, shift: int = 0) -> pl.Series:
        """Return where the window of each instant begins, moved by `shift` windows.

        Args:
            at: Int64, microseconds since 1970 in UTC, or on the wall without a zone.
            zone: The zone whose calendar counts; None for times without one.
            shift: How many windows further on.
        """
        import polars as pl

        if not self.on_calendar:
            size = self.microseconds
            return (at - at % size) + shift * size
        local = local_times(at, zone).dt.truncate(str(self))
        if shift:
            local = local.dt.offset_by(f"{shift * self.number}{self.unit}")
        return instants(local, zone) if zone else local.cast(pl.Int64)

    def after(self, starts: pl.Series, zone: str | None, *, days: bool) -> pl.Series:
        """Return the instants one length after these.

        Args:
            starts: Int64, as `starts` returns them.
            zone: As for `starts`.
            days: Whether they are the beginnings of days.
        """
        import polars as pl

        if not self.on_calendar:
            return starts + self.microseconds
        local = local_times(starts, zone)
        if days:  # also of one whose midnight the clocks skip
            local = local.dt.truncate("1d")
        local = local.dt.offset_by(str(self))
        return instants(local, zone) if zone else local.cast(pl.Int64)


def local_times(at: pl.Series, zone: str | None) -> pl.Series:
    """Return instants as times on the wall: Datetime in microseconds, without a zone."""
    import polars as pl

    times = at.cast(pl.Datetime("us"))
    if zone is None:
        return times
    return times.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)


def instants(local: pl.Series, zone: str) -> pl.Series:
    """Return times on the wall as instants, microseconds in UTC.

    A time that occurs twice is the first of both; one that the clocks skip is the next that is.
    """
    import polars as pl

    step = "15m"
    found: Any = None
    for _ in range(97):  # no zone has ever skipped more than a day
        there = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        found = there if found is None else found.zip_with(found.is_not_null(), there)
        if not found.null_count() > local.null_count():
            break
        local = local.dt.offset_by(step)
    result: pl.Series = found.dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(pl.Int64)
    return result
