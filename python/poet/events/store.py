"""What an event store does, whichever it is: ``files``, ``sqlite`` or ``redis``, or one a plugin brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from poet.events.envelope import Event

__all__ = [
    "GROUP",
    "MAX_ATTEMPTS",
    "Claim",
    "DeadLetter",
    "Delivery",
    "EventStore",
    "Moved",
    "Retired",
]

GROUP = "learn"
"""The consumer group that POET's own learning reads as."""
MAX_ATTEMPTS = 5
"""Deliveries after which an event that is never acknowledged becomes a dead letter."""


class Claim(NamedTuple):
    """An event that a consumer holds until its lease ends.

    Attributes:
        event: The event. The same id may come again: a consumer that matters deduplicates by it.
        attempt: 1 for the first delivery to the group, 2 for the next.
        token: What the store finds it by, for ``ack`` and ``nack``; opaque.
    """

    event: Event
    attempt: int
    token: str


class DeadLetter(NamedTuple):
    """An event that no consumer could deal with.

    Attributes:
        event: The event, whole.
        attempts: How often it was delivered.
        reason: What the last ``nack`` said, or that its lease ended.
        time: When it was given up, RFC 3339.
    """

    event: Event
    attempts: int
    reason: str
    time: str


class Retired(NamedTuple):
    """What retention did: events moved to the compressed archive, and bytes before and after."""

    events: int
    bytes_before: int
    bytes_after: int


class Delivery(NamedTuple):
    """What one group has done with one event.

    Attributes:
        state: ``waiting`` (a claimed one too), ``done`` or ``dead``.
        attempts: How often it was delivered.
        reason: Why it is dead.
        time: When it was given up, RFC 3339.
    """

    state: Literal["waiting", "done", "dead"]
    attempts: int = 0
    reason: str = ""
    time: str = ""


class Moved(NamedTuple):
    """An event on its way from one store to another.

    Attributes:
        event: The event.
        groups: What each group has done with it; a group that is not named has not seen it.
        key: What orders it among others, where it has no ``correlation_id``: its publishing process.
    """

    event: Event
    groups: Mapping[str, Delivery]
    key: str = ""


class EventStore(Protocol):
    """A durable queue and log of events. All methods may be called from many threads and processes.

    Events of one ``correlation_id`` (else of one publishing process) are delivered in the order in
    which they were stored, and a later one only when the earlier is acknowledged or dead; one claim
    may hold several of one process, in their order. Delivery is at least once. A store never
    acknowledges what it may lose.

    Attributes:
        url: Such as ``files``, ``sqlite:///…`` or ``redis://…``.
    """

    url: str

    def emit(self, event: Event) -> None:
        """Store an event so that it survives a kill of this process; the device comes later."""

    def publish(self, events: Sequence[Event]) -> None:
        """Store events durably: they survive a power cut when this returns. All of them or an error.

        Raises:
            EventError: One is not JSON or too large; none was stored.
            EventStoreError: They could not be stored durably; some may be stored.
        """

    def claim(
        self, consumer: str, *, group: str = GROUP, limit: int = 100, lease: float = 60.0
    ) -> list[Claim]:
        """Return up to ``limit`` events nobody in the group holds, oldest first, held for ``lease`` seconds.

        Args:
            consumer: This consumer's name; unique among those that run.
            group: Each group is delivered every event once.
            limit: The most to return.
            lease: Seconds after which an event that is not acknowledged is delivered again.
        """

    def ack(self, claims: Sequence[Claim], *, group: str = GROUP) -> None:
        """Note durably that events are dealt with; acknowledging twice is no error."""

    def nack(
        self, claims: Sequence[Claim], *, group: str = GROUP, reason: str = "", delay: float = 0.0
    ) -> None:
        """Hand events back, to be delivered again after ``delay`` seconds; dead after ``MAX_ATTEMPTS``."""

    def dead(self, *, group: str = GROUP) -> list[DeadLetter]:
        """Return the group's dead letters, oldest first."""

    def revive(self, ids: Sequence[str], *, group: str = GROUP) -> int:
        """Deliver dead letters anew, as if never delivered; return how many there were."""

    def query(
        self,
        type: str | None = None,  # noqa: A002 - the envelope's own word
        *,
        function: str | None = None,
        since: str | None = None,
        until: str | None = None,
        correlation_id: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        archive: bool = False,
    ) -> Iterator[Event]:
        """Yield stored events, acknowledged ones too, in order of time; each id once.

        Args:
            type: An event type; a trailing ``.*`` matches all below it.
            function: ``payload.function``.
            since: RFC 3339, inclusive.
            until: RFC 3339, exclusive.
            correlation_id: What the events are about.
            limit: The most to yield.
            newest_first: Begin with the latest.
            archive: Look into the compressed archive too.
        """

    def retire(self, days: float = 30.0, *, now: float | None = None) -> Retired:
        """Move events older than ``days`` that every group has dealt with to the compressed archive."""

    def counts(self, *, group: str = GROUP) -> dict[str, int]:
        """Return how many are ``waiting``, ``claimed``, ``done``, ``dead``, ``damaged``, ``archived``."""

    def groups(self) -> list[str]:
        """Return the names of the groups that have claimed anything, sorted."""

    def export(self) -> Iterator[Moved]:
        """Yield every stored event, in the order in which they were stored, for another store."""

    def restore(self, moved: Sequence[Moved]) -> int:
        """Store durably what another store exported; return how many were not here yet.

        What is here already stays; for each group the further of two states holds: done, then dead,
        then waiting. So it may be repeated.
        """

    def close(self) -> None:
        """Let go of files and connections; a later call opens them anew."""
