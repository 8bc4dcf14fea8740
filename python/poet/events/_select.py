"""What a query asks of events, and the order in which it yields them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from heapq import merge
from itertools import islice
from typing import NamedTuple

from poet.errors import EventError
from poet.events.envelope import Event

__all__ = ["Selection", "first", "merged", "microseconds", "selection"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(text: str, what: str = "timestamp") -> int:
    """Return an RFC 3339 time as microseconds since 1970; without a zone it is UTC.

    Raises:
        EventError: It is no such time.
    """
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise EventError(
            f"{what} {text!r} is not a time", hint="such as 2026-03-01T12:00:00Z"
        ) from None
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


class Selection(NamedTuple):
    """What is asked of events; None asks nothing.

    Attributes:
        type: A type, or with ``prefix`` the types that begin with it.
        prefix: Whether ``type`` is a beginning.
        function: ``payload.function``.
        since: Microseconds since 1970, inclusive.
        until: Microseconds since 1970, exclusive.
        correlation_id: What the events are about.
    """

    type: str | None
    prefix: bool
    function: str | None
    since: int | None
    until: int | None
    correlation_id: str | None

    def matches(self, event: Event) -> bool:
        """Return whether an event is one that is asked for."""
        if self.type is not None and not (
            event.type.startswith(self.type) if self.prefix else event.type == self.type
        ):
            return False
        if self.correlation_id is not None and event.correlation_id != self.correlation_id:
            return False
        if self.function is not None and event.payload.get("function") != self.function:
            return False
        if self.since is None and self.until is None:
            return True
        at = microseconds(event.timestamp)
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


def selection(
    type: str | None = None,  # noqa: A002 - the envelope's own word
    function: str | None = None,
    since: str | None = None,
    until: str | None = None,
    correlation_id: str | None = None,
) -> Selection:
    """Return what the arguments of ``EventStore.query`` ask for.

    Raises:
        EventError: ``since`` or ``until`` is no time.
    """
    prefix = type is not None and type.endswith(".*")
    return Selection(
        type[:-1] if prefix and type is not None else type,
        prefix,
        function,
        None if since is None else microseconds(since, "since"),
        None if until is None else microseconds(until, "until"),
        correlation_id,
    )


def first(events: Iterator[Event], limit: int | None) -> Iterator[Event]:
    """Yield the first ``limit`` events, all where it is None."""
    return events if limit is None else islice(events, max(limit, 0))


def merged(one: Iterator[Event], other: Iterator[Event], *, newest_first: bool) -> Iterator[Event]:
    """Yield the events of two sources, each in order of time, in that order; each id once."""
    sign = -1 if newest_first else 1
    at, same = 0, set[str]()
    for event in merge(one, other, key=lambda e: sign * microseconds(e.timestamp)):
        now = microseconds(event.timestamp)
        if now != at:
            at, same = now, set()
        if event.id not in same:
            same.add(event.id)
            yield event
