"""The event envelope: what every event carries, whatever its type and store."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from poet._version import VERSION
from poet.errors import EventError

__all__ = ["MAX_EVENT_BYTES", "Event", "encode", "new_event", "timestamp", "uuid7"]

MAX_EVENT_BYTES = 1_048_576
_last_id = [0, 0]
_pool: list[tuple[int, str]] = []  # random parts of ids, drawn from the system in bulk
_RANDOM, _VARIANT = (1 << 62) - 1, 1 << 63
_second: tuple[int, str] = (-1, "")
_good_types: set[str] = set()
_encoder = json.JSONEncoder(allow_nan=False, separators=(",", ":"), ensure_ascii=False)
_text = json.encoder.encode_basestring


def _forget() -> None:
    """In a forked child: draw other random bytes than the parent."""
    _pool.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _random() -> tuple[int, str]:
    """Return 11 random bits, and 62 as the last two groups of a UUID; drawn in bulk."""
    try:
        return _pool.pop()
    except IndexError:
        data = os.urandom(2560)
        for i in range(0, 2560, 10):
            tail = f"{int.from_bytes(data[i : i + 8], 'big') & _RANDOM | _VARIANT:016x}"
            _pool.append(
                (int.from_bytes(data[i + 8 : i + 10], "big") >> 5, f"{tail[:4]}-{tail[4:]}")
            )
        return _pool.pop()


def uuid7(time_ns: int | None = None) -> str:
    """Return a new UUIDv7 (RFC 9562): 48 bits of milliseconds, 12 of a counter, 62 random ones.

    Identifiers that one thread makes one after another sort in that order: the counter starts at a
    random value each millisecond.
    """
    now = (time.time_ns() if time_ns is None else time_ns) // 1_000_000
    count, tail = _random()
    if now <= _last_id[0]:
        now = _last_id[0]
        count = _last_id[1] + 1
        if count > 0xFFF:
            now += 1
            count = 0
    _last_id[:] = now, count
    head = f"{now:012x}"
    return f"{head[:8]}-{head[8:]}-7{count:03x}-{tail}"


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
    if payload.__class__ is not dict and not isinstance(payload, Mapping):
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
        known, kind, time, about, cause, metadata, payload = event
        data = (
            f'{{"id":{_text(known)},"type":{_text(kind)},"timestamp":{_text(time)},'
            f'"correlation_id":{"null" if about is None else _text(about)},'
            f'"causation_id":{"null" if cause is None else _text(cause)},'
            f'"metadata":{_metadata_json(*metadata.items())},"payload":{_to_json(payload)}}}'
        ).encode()
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


def _make_to_json() -> Callable[[Any], str]:
    """Return a function that writes JSON; the encoder of the standard library is made only once."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return _encoder.encode
    # No table of what encloses what: a value that holds itself is found by the depth of recursion.
    encode_value = make(None, _encoder.default, _text, None, ":", ",", False, False, False)

    def to_json(value: Any) -> str:
        return "".join(encode_value(value, 0))

    return to_json


_to_json = _make_to_json()


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
