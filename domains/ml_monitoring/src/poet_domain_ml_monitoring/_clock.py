"""Time as an argument: aware, in UTC, and readable back from JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from poet.errors import ConfigError, StatsInputError

__all__ = ["Clock", "as_time", "duration", "elapsed", "from_text", "positive", "to_text", "utc_now"]

Clock: TypeAlias = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time of now."""
    return datetime.now(UTC)


def as_time(given: datetime | None, clock: Clock) -> datetime:
    """Return the time that was given, else the clock's, in UTC.

    Raises:
        StatsInputError: It has no time zone, so that nobody knows which instant it means.
    """
    time = clock() if given is None else given
    if time.tzinfo is None:
        raise StatsInputError(
            f"{time.isoformat()} has no time zone",
            where="now",
            hint="pass an aware time, such as datetime.now(timezone.utc)",
        )
    return time.astimezone(UTC)


def elapsed(since: datetime, now: datetime) -> timedelta:
    """Return the time between; none where the clock was set back."""
    return max(now - since, timedelta(0))


def to_text(time: datetime) -> str:
    """Return the time in RFC 3339, UTC, with microseconds."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_text(text: str) -> datetime:
    """Read what `to_text` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)


def positive(value: timedelta, name: str, *, zero: bool = True) -> None:
    """Refuse a duration below zero.

    Raises:
        ConfigError: It is negative, or zero where that has no meaning, or no duration.
    """
    if value < timedelta(0) or not (zero or value):
        raise ConfigError(
            f"{name} is {value!r}", where=name, hint="pass a timedelta, such as timedelta(hours=4)"
        )


def duration(time: timedelta) -> str:
    """Return a duration as a person writes it: ``3 d 4 h``, ``25 min``, ``12 s``."""
    seconds = int(time.total_seconds())
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    parts = []
    for name, size in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"
