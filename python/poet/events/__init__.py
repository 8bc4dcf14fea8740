"""Events: what happened, as JSON lines that outlive the process.

``emit`` is the one way in. Where no folder of live state can be written, events are dropped,
counted and warned about once: a call never fails because telemetry cannot be stored.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from poet.errors import PoetWarning
from poet.events._feedback import feedback
from poet.events.envelope import MAX_EVENT_BYTES, Event, encode, new_event, timestamp, uuid7
from poet.events.files import SegmentLog, frame, read_segment
from poet.settings import home_for, load_settings

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
    "read",
    "read_segment",
    "store_event",
    "timestamp",
    "uuid7",
]

_logs: dict[Path, SegmentLog] = {}
_dropped: dict[Path, int] = {}
if hasattr(os, "register_at_fork"):  # another thread may hold a log's lock, which nobody frees
    os.register_at_fork(after_in_child=_logs.clear)


def log_for(home: Path) -> SegmentLog:
    """Return this process's log under ``home``; the folder is made at the first append."""
    log = _logs.get(home)
    if log is None:
        log = _logs.setdefault(home, SegmentLog(home))
    return log


def dropped(home: Path | None = None) -> int:
    """Return how many events this process could not store (under ``home``, or in all)."""
    return sum(_dropped.values()) if home is None else _dropped.get(home, 0)


def store_event(event: Event, home: Path, *, durable: bool = False) -> bool:
    """Append ``event`` under ``home``; on failure count it, warn once and return False.

    Raises:
        EventError: The event itself cannot be accepted (too large, not JSON).
    """
    line = frame(encode(event))
    try:
        log_for(home).append_line(line, durable=durable)
    except OSError as error:
        _dropped[home] = _dropped.get(home, 0) + 1
        if _dropped[home] == 1:
            warnings.warn(
                f"events cannot be stored under {home} ({error.strerror or error}); they are "
                "dropped and counted (poet.events.dropped()). Set POET_HOME to a writable folder.",
                PoetWarning,
                stacklevel=3,
            )
        return False
    return True


def emit(
    type: str,  # noqa: A002 - the envelope's own word
    payload: Mapping[str, Any],
    *,
    correlation_id: str | None = None,
    causation_id: str | None = None,
    home: Path | None = None,
) -> str:
    """Append an event and return its id.

    The bytes are in the page cache when it returns, so the event survives a kill of the process.

    Args:
        type: Dotted name, such as ``drift.validation``.
        payload: JSON object, at most 1 MiB encoded; NaN and infinities are refused.
        correlation_id: What the event is about, usually an execution id.
        causation_id: Id of the event that caused this one.
        home: Folder of live state; by default the one of the project around the working folder.

    Raises:
        EventError: The type is no dotted name, or the payload is not JSON or too large.
    """
    settings = load_settings()
    event = new_event(
        type,
        payload,
        correlation_id=correlation_id,
        causation_id=causation_id,
        environment=settings.environment,
    )
    store_event(event, home or home_for(Path.cwd(), settings))
    return event.id


def read(home: Path | None = None) -> Iterator[Event]:
    """Yield every stored event under ``home``, oldest segment first; damaged lines are skipped."""
    base = home or home_for(Path.cwd(), load_settings())
    for path in sorted((base / "events" / "pending").glob("*.jsonl")):
        for item in read_segment(path):
            if isinstance(item, Event):
                yield item
