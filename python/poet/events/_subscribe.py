"""Reading the queue: claim, handle, acknowledge, for as long as wanted."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from poet.errors import EventStoreError
from poet.events.envelope import Event
from poet.events.queue import store_for
from poet.events.store import GROUP, MAX_ATTEMPTS, Claim

if TYPE_CHECKING:
    from poet.events.store import EventStore

__all__ = ["subscribe"]

_BATCH = 100
_SHORTEST, _LONGEST = 0.02, 1.0  # seconds between two looks at an empty queue
_DELAY = 0.5  # seconds before a failed event comes again; doubled with each attempt


def subscribe(
    handler: Callable[[Event], object],
    *,
    types: Sequence[str] | None = None,
    group: str = GROUP,
    stop: threading.Event | Callable[[], bool] | None = None,
    lease: float = 60.0,
    home: Path | None = None,
    store: EventStore | None = None,
) -> int:
    """Hand every event of the queue to ``handler``, once for the group; return how many it took.

    It keeps looking until ``stop``. An event whose handler raised comes again, later and later, and
    is a dead letter after five attempts (``poet events dead`` shows why). An event is acknowledged
    when the handler has returned: where this process dies before, the event comes again with the
    same id, so a handler with effects outside deduplicates by it.

    Args:
        handler: Called with one event after another, in this thread.
        types: The event types wanted; ``drift.*`` is all below ``drift``. The others are passed over
            for this group. All by default.
        group: Each group is delivered every event; the members of one share them.
        stop: Asked before each event: an event that is set, or a function that returns True. By
            default it ends only with an exception that is no error, such as ``KeyboardInterrupt``.
        lease: Seconds a handler may take for one event before another member gets it.
        home: Folder of live state, as for :func:`poet.emit`.
        store: Instead: the store to read.

    Raises:
        EventStoreError: The group's name is none, or the store failed for longer than a minute.
    """
    queue = store or store_for(home)
    consumer = f"{os.getpid()}-{secrets.token_hex(4)}"
    handled, pause, failing = 0, _SHORTEST, 0.0
    while not _stopped(stop):
        try:
            claims = queue.claim(consumer, group=group, limit=_BATCH, lease=lease)
            failing = 0.0
        except EventStoreError:
            failing = failing or time.monotonic()
            if time.monotonic() - failing > 60:
                raise
            claims = []
        if claims:
            handled += _handle(queue, handler, claims, types, group, stop, lease)
            pause = _SHORTEST
            continue
        _wait(stop, pause)
        pause = min(pause * 2, _LONGEST)
    return handled


def _handle(
    queue: EventStore,
    handler: Callable[[Event], object],
    claims: list[Claim],
    types: Sequence[str] | None,
    group: str,
    stop: threading.Event | Callable[[], bool] | None,
    lease: float,
) -> int:
    """Deal with a batch; what there is no time for any more is handed back."""
    done: list[Claim] = []
    taken = 0
    ends = time.monotonic() + lease / 2
    left = list(reversed(claims))
    try:
        while left and time.monotonic() < ends and not _stopped(stop):
            claim = left[-1]
            if types is None or any(_is(claim.event.type, wanted) for wanted in types):
                try:
                    handler(claim.event)
                except Exception as error:  # noqa: BLE001 - it is the user's; the queue keeps the event
                    left.pop()
                    reason = f"{error.__class__.__name__}: {error}"[:500]
                    delay = _DELAY * 2 ** (claim.attempt - 1)
                    queue.nack([claim], group=group, reason=reason, delay=delay)
                    if not claim.event.correlation_id:  # those after it of its process must wait
                        break
                    continue
                taken += 1
            done.append(left.pop())
    finally:
        queue.ack(done, group=group)
        again = [claim for claim in left if claim.attempt < MAX_ATTEMPTS]
        if again:
            queue.nack(again, group=group, reason="the consumer stopped")
    return taken


def _is(kind: str, wanted: str) -> bool:
    return kind == wanted or (wanted.endswith(".*") and kind.startswith(wanted[:-1]))


def _stopped(stop: threading.Event | Callable[[], bool] | None) -> bool:
    if stop is None:
        return False
    return stop.is_set() if isinstance(stop, threading.Event) else stop()


def _wait(stop: threading.Event | Callable[[], bool] | None, seconds: float) -> None:
    if isinstance(stop, threading.Event):
        stop.wait(seconds)
    else:
        time.sleep(seconds)
