"""Events: what happened, as JSON that outlives the process.

``emit`` is the way in on a call: the event survives a kill of the process. Where it cannot be
stored it is dropped, counted and warned about once: a call never fails because telemetry cannot be
stored. ``publish`` is the way in for what must not be lost: it returns when the event is on the
device, or raises. ``subscribe`` and ``query`` are the ways out. Where events are kept is the
setting ``event_store``: ``files`` by default.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poet.errors import PoetError, PoetWarning
from poet.events._feedback import feedback
from poet.events.envelope import MAX_EVENT_BYTES, Event, encode, new_event, timestamp, uuid7
from poet.events.files import SegmentLog, frame, log_for, read_segment
from poet.settings import Settings, home_for, load_settings

if TYPE_CHECKING:
    from poet.events._subscribe import subscribe
    from poet.events.queue import store_for

__all__ = [
    "MAX_EVENT_BYTES",
    "Event",
    "SegmentLog",
    "dropped",
    "emit",
    "encode",
    "feedback",
    "frame",
    "log_for",
    "new_event",
    "publish",
    "publish_many",
    "query",
    "read",
    "read_segment",
    "store_event",
    "store_for",
    "subscribe",
    "timestamp",
    "uuid7",
]

_dropped: dict[Path, int] = {}
_environ: Mapping[Any, Any] = getattr(os.environ, "_data", os.environ)
_KEYS: tuple[Any, ...] = tuple(
    os.fsencode(name) if _environ is not os.environ and os.name == "posix" else name
    for name in ("POET_HOME", "POET_MODE", "POET_EVENT_STORE", "POET_ENVIRONMENT")
)
_known: dict[tuple[Any, ...], tuple[Settings, Path]] = {}


def __getattr__(name: str) -> Any:
    if name == "subscribe":  # what only consumers need is not loaded with a call
        from poet.events._subscribe import subscribe

        return subscribe
    if name == "store_for":
        from poet.events.queue import store_for

        return store_for
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _here() -> tuple[Settings, Path]:
    """Return the settings and the folder of live state; looked up anew where anything changed."""
    key = (os.getcwd(), *map(_environ.get, _KEYS))  # noqa: PTH109 - a Path costs a microsecond more
    known = _known.get(key)
    if known is None:
        settings = load_settings()
        if len(_known) > 64:
            _known.clear()
        known = _known[key] = (settings, home_for(Path.cwd(), settings))
    return known


def dropped(home: Path | None = None) -> int:
    """Return how many events this process could not store (under ``home``, or in all)."""
    return sum(_dropped.values()) if home is None else _dropped.get(home, 0)


def store_event(event: Event, home: Path, *, durable: bool = False) -> bool:
    """Store ``event`` where the settings say; on failure count it, warn once and return False.

    Args:
        event: The event.
        home: Folder of live state.
        durable: Return only when it is on the device.

    Raises:
        EventError: The event itself cannot be accepted (too large, not JSON).
    """
    return _store(event, home, _here()[0].event_store, durable=durable)


def _store(event: Event, home: Path, url: str, *, durable: bool = False) -> bool:
    try:
        if url == "files":
            log_for(home).append_line(frame(encode(event)), durable=durable)
        else:
            from poet.events.queue import store_for

            store = store_for(home, url)
            store.publish([event]) if durable else store.emit(event)
    except (OSError, PoetError) as error:
        if isinstance(error, PoetError) and not isinstance(error, OSError):
            raise
        _drop(home, error)
        return False
    return True


def _drop(home: Path, error: OSError) -> None:
    _dropped[home] = _dropped.get(home, 0) + 1
    if _dropped[home] == 1:
        why = error.what if isinstance(error, PoetError) else error.strerror or error
        hint = (error.hint if isinstance(error, PoetError) else "") or (
            "set POET_HOME to a writable folder"
        )
        warnings.warn(
            f"events cannot be stored under {home} ({why}); they are "
            f"dropped and counted (poet.events.dropped()). Next: {hint}.",
            PoetWarning,
            stacklevel=4,
        )


def emit(
    type: str,  # noqa: A002 - the envelope's own word
    payload: Mapping[str, Any],
    *,
    correlation_id: str | None = None,
    causation_id: str | None = None,
    home: Path | None = None,
) -> str:
    """Append an event and return its id.

    The bytes are in the page cache when it returns, so the event survives a kill of the process;
    the device has them when the system writes its cache back, or at the next ``publish``.

    Args:
        type: Dotted name, such as ``drift.validation``.
        payload: JSON object, at most 1 MiB encoded; NaN and infinities are refused.
        correlation_id: What the event is about, usually an execution id.
        causation_id: Id of the event that caused this one.
        home: Folder of live state; by default the one of the project around the working folder.

    Raises:
        EventError: The type is no dotted name, or the payload is not JSON or too large.
    """
    settings, folder = _here()
    event = new_event(
        type,
        payload,
        correlation_id=correlation_id,
        causation_id=causation_id,
        environment=settings.environment,
    )
    _store(event, home or folder, settings.event_store)
    return event.id


def publish(
    type: str,  # noqa: A002 - the envelope's own word
    payload: Mapping[str, Any],
    *,
    correlation_id: str | None = None,
    causation_id: str | None = None,
    home: Path | None = None,
) -> str:
    """Store an event durably and return its id: it survives a power cut when this returns.

    Args:
        type: Dotted name, such as ``drift.validation``.
        payload: JSON object, at most 1 MiB encoded; NaN and infinities are refused.
        correlation_id: What the event is about, usually an execution id.
        causation_id: Id of the event that caused this one.
        home: Folder of live state; by default the one of the project around the working folder.

    Raises:
        EventError: The type is no dotted name, or the payload is not JSON or too large.
        EventStoreError: It could not be stored durably; publish it again.
    """
    event = new_event(
        type,
        payload,
        correlation_id=correlation_id,
        causation_id=causation_id,
        environment=_here()[0].environment,
    )
    publish_many([event], home=home)
    return event.id


def publish_many(events: Sequence[Event], *, home: Path | None = None) -> None:
    """Store events durably, at the price of one: they survive a power cut when this returns.

    Args:
        events: Made by :func:`new_event`.
        home: Folder of live state; by default the one of the project around the working folder.

    Raises:
        EventError: One is not JSON or too large; none was stored.
        EventStoreError: They could not be stored durably; some may be stored, so publish the same
            ones again: consumers know them by their ids.
    """
    from poet.events.queue import store_for

    settings, folder = _here()
    store_for(home or folder, settings.event_store).publish(events)


def query(
    type: str | None = None,  # noqa: A002 - the envelope's own word
    function: str | None = None,
    since: str | None = None,
    days: float | None = None,
    limit: int | None = None,
    *,
    correlation_id: str | None = None,
    newest_first: bool = False,
    archive: bool = False,
    home: Path | None = None,
) -> Iterator[Event]:
    """Yield stored events in order of time, each once.

    Args:
        type: An event type; ``drift.*`` is all below ``drift``.
        function: What the payload's ``function`` is.
        since: RFC 3339, inclusive.
        days: Instead: so many days back from now.
        limit: The most to yield.
        correlation_id: What the events are about, usually an execution id.
        newest_first: Begin with the latest.
        archive: Look into the compressed archive too.
        home: Folder of live state; by default the one of the project around the working folder.

    Raises:
        EventStoreError: The store cannot be read.
    """
    from poet.events.queue import store_for

    if days is not None:
        import time

        back = timestamp(time.time_ns() - int(days * 86_400e9))
        since = back if since is None else max(since, back)
    settings, folder = _here()
    yield from store_for(home or folder, settings.event_store).query(
        type,
        function=function,
        since=since,
        correlation_id=correlation_id,
        limit=limit,
        newest_first=newest_first,
        archive=archive,
    )


def read(home: Path | None = None) -> Iterator[Event]:
    """Yield every event in the segments under ``home``, oldest segment first; damaged lines are skipped."""
    base = (home or _here()[1]) / "events"
    found = {
        path.name: path
        for part in ("processed", "pending")
        for path in (base / part).glob("*.jsonl")
    }
    for _, path in sorted(found.items()):
        for item in read_segment(path):
            if isinstance(item, Event):
                yield item
