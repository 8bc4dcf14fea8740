"""From the queue into the ledger: what was folded is acknowledged, what was not comes again."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

from poet.events.store import GROUP, EventStore
from poet.learn import Ledger

__all__ = ["BATCH", "Taken", "take_in"]

BATCH = 500
LEASE = 120.0  # seconds; a batch is folded in well under one


class Taken(NamedTuple):
    """How many events were read, and how many of them were new to the ledger."""

    events: int
    new: int


def take_in(store: EventStore, ledger: Ledger, tell: Callable[[str], None]) -> Taken:
    """Fold all that waits in the queue into the ledger.

    The ledger takes an event once, by its id, and durably before it is acknowledged: a kill at any
    instant loses nothing and counts nothing twice. A ledger that is new takes in what was
    acknowledged before it was made too, as far back as the store goes: it can be deleted.

    Raises:
        EventStoreError: The queue or the ledger cannot be read or written; the rest comes again.
    """
    consumer = f"learn-{os.getpid()}-{secrets.token_hex(4)}"
    events = new = 0
    if not ledger.whole:
        stored = store.query(since=ledger.oldest)
        while batch := list(islice(stored, BATCH)):
            new += ledger.fold(batch)
            tell(f"the ledger is made anew: {new} events")
        ledger.whole = True
    while claims := store.claim(consumer, group=GROUP, limit=BATCH, lease=LEASE):
        try:
            new += ledger.fold(c.event for c in claims)
        except BaseException as error:
            store.nack(claims, group=GROUP, reason=f"{type(error).__name__}: {error}"[:500])
            raise
        store.ack(claims, group=GROUP)
        events += len(claims)
        tell(f"{events} events")
    return Taken(events, new)
