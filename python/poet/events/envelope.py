"""The event envelope: what every event carries, whatever its type and store."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from poet._version import VERSION
from poet.errors import EventError

__all__ = ["MAX_EVENT_BYTES", "Event", "encode", "new_event", "timestamp", "uuid7"]

MAX_EVENT_BYTES = 1_048_576
_last_id = [0, 0]
_pool: list[bytes] = []  # random bytes drawn from the system in bulk
_second: tuple[int, str] = (-1, "")
_good_types: set[str] = set()
_to_json = json.JSONEncoder(allow_nan=False, separators=(",", ":"), ensure_ascii=False).encode


def _forget() -> None:
    """In a forked child: draw other random bytes than the parent."""
    _pool.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _random64() -> int:
    try:
        return int.from_bytes(_pool.pop(), "big")
    except IndexError:
        data = os.urandom(2048)
        _pool.extend(data[i : i + 8] for i in range(8, 2048, 8))
        return int.from_bytes(data[:8], "big")


def uuid7(time_ns: int | None = None) -> str:
    """Return a new UUIDv7 (RFC 9562): 48 bits of milliseconds, 12 of a counter, 62 random ones.

    Identifiers that one thread makes one after another sort in that order: the counter starts at a
    random value each millisecond.
    """
    now = (time.time_ns() if time_ns is None else time_ns) // 1_000_000
    random = _random64()
    if now <= _last_id[0]:
        now = _last_id[0]
        _last_id[1] += 1
        if _last_id[1] > 0xFFF:
            now += 1
            _last_id[1] = 0
    else:
        _last_id[1] = random >> 53
    _last_id[0] = now
    head = f"{(now << 16) | 0x7000 | _last_id[1]:016x}"
    tail = f"{(random & 0x3FFFFFFFFFFFFFFF) | 0x8000000000000000:016x}"
    return f"{head[:8]}-{head[8:12]}-{head[12:]}-{tail[:4]}-{tail[4:]}"


def timestamp(time_ns: int | None = None) -> str:
    """Return ``time_ns`` (now if None) in RFC 3339, UTC, with microseconds."""
    global _second
    seconds, rest = divmod(time.time_ns() if time_ns is None else time_ns, 1_000_000_000)
    known = _second
    if known[0] != seconds:
        known = _second = (seconds, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)))
    return f"{known[1]}.{rest // 1000:06d}Z"


class Event(NamedTuple):
    """One event.

    Attributes:
        id: UUIDv7; a redelivered event keeps it.
        type: Dotted name, such as ``function.execution``.
        timestamp: RFC 3339, UTC.
        correlation_id: What the event is about, usually an execution id; may be None.
        causation_id: The event that caused this one; may be None.
        metadata: ``version`` of POET, ``environment``, ``service``.
        payload: Any JSON object.
    """

    id: str
    type: str
    timestamp: str
    correlation_id: str | None
    causation_id: str | None
    metadata: Mapping[str, Any]
    payload: Mapping[str, Any]


def new_event(
    type: str,  # noqa: A002 - the envelope's own word
    payload: Mapping[str, Any],
    *,
    correlation_id: str | None = None,
    causation_id: str | None = None,
    environment: str = "",
) -> Event:
    """Return an event of ``type`` with a fresh id and the time of now.

    Raises:
        EventError: ``type`` is no dotted name, or ``payload`` no mapping.
    """
    if type not in _good_types:
        if not type or not all(part.isidentifier() for part in type.split(".")):
            raise EventError(
                f"event type {type!r} is not a dotted name",
                hint="use words joined by dots, such as 'drift.validation'",
            )
        _good_types.add(type)
    if not isinstance(payload, Mapping):
        raise EventError(
            f"the payload is {payload!r:.50}, not a mapping",
            where=f"event of type {type!r}",
            hint="pass named facts, such as {'count': 3}",
        )
    now = time.time_ns()
    metadata = {"version": VERSION, "environment": environment, "service": "poet"}
    return Event(uuid7(now), type, timestamp(now), correlation_id, causation_id, metadata, payload)


def encode(event: Event) -> bytes:
    """Return ``event`` as one line of JSON without the newline.

    Raises:
        EventError: A value that is not JSON (NaN and infinities included), named by its field,
            or an event over 1 MiB.
    """
    try:
        metadata = _metadata_json(*event.metadata.items())
        text = (
            f'{{"id":{_to_json(event.id)},"type":{_to_json(event.type)},'
            f'"timestamp":{_to_json(event.timestamp)},'
            f'"correlation_id":{_to_json(event.correlation_id)},'
            f'"causation_id":{_to_json(event.causation_id)},'
            f'"metadata":{metadata},"payload":{_to_json(event.payload)}}}'
        )
        data = text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        field = _bad_field(event._asdict(), "")
        raise EventError(
            f"the event's field {field!r} is not JSON: {error}",
            where=f"event of type {event.type!r}",
            hint="pass numbers that are finite, text, true/false/None, lists and string-keyed dicts",
        ) from None
    if len(data) > MAX_EVENT_BYTES:
        largest = max(event.payload, key=lambda k: len(json.dumps(event.payload[k])), default="")
        raise EventError(
            f"the event has {len(data):,} bytes, more than {MAX_EVENT_BYTES:,}",
            where=f"event of type {event.type!r}, largest field 'payload.{largest}'",
            hint="store the data elsewhere and put its address into the event",
        )
    return data


@lru_cache(maxsize=64)
def _metadata_json(*items: tuple[str, Any]) -> str:
    """Return the metadata as JSON; the same few combinations come with every event."""
    return _to_json(dict(items))


def _bad_field(value: object, path: str) -> str:
    """Return the dotted path of the first value in ``value`` that is not JSON."""
    items: list[tuple[str, object]] = []
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                return f"{path}.{key!r}".lstrip(".")
            items.append((f"{path}.{key}".lstrip("."), item))
    elif isinstance(value, (list, tuple)):
        items = [(f"{path}[{i}]", item) for i, item in enumerate(value)]
    for name, item in items:
        try:
            json.dumps(item, allow_nan=False, ensure_ascii=False).encode()
        except (TypeError, ValueError, RecursionError):
            return _bad_field(item, name) if len(name) < 200 else name  # it may hold itself
    return path
