"""Moving a queue from one store to another: events, acknowledgements and dead letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from poet.errors import ConfigError
from poet.events.store import EventStore, Moved

__all__ = ["Migration", "migrate"]

BATCH = 500


class Migration(NamedTuple):
    """What was moved.

    Attributes:
        events: How many events the source holds.
        new: How many of them were not in the target yet.
        groups: The groups whose acknowledgements and dead letters came with them.
    """

    events: int
    new: int
    groups: tuple[str, ...]


def migrate(
    source: EventStore,
    target: EventStore,
    *,
    progress: Callable[[int], None] | None = None,
    batch: int = BATCH,
) -> Migration:
    """Copy everything from ``source`` to ``target``; the source stays as it is.

    It may be stopped at any point and run again: what is in the target stays, and what a group has
    done in either store counts as done. So events that are stored in the source while it runs come
    with the next run.

    Args:
        source: Where the events are.
        target: Where they go.
        progress: Told how many events were looked at.
        batch: Events in one write.

    Raises:
        ConfigError: Both are one store.
        EventStoreError: One of them failed; run it again.
    """
    if source is target or (source.url == target.url and source.url != ""):
        raise ConfigError(f"{source.url!r} and {target.url!r} are one store")
    count = new = 0
    some: list[Moved] = []

    def put() -> None:
        nonlocal new, some
        new += target.restore(some)
        some = []
        if progress is not None:
            progress(count)

    for moved in source.export():
        some.append(moved)
        count += 1
        if len(some) >= batch:
            put()
    if some:
        put()
    return Migration(count, new, tuple(source.groups()))
