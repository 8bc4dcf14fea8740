"""The line: one event as JSON whose last member is the CRC-32 of everything before it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from poet.events.envelope import Event

__all__ = [
    "Head",
    "Line",
    "event_at",
    "event_of",
    "frame",
    "head_of",
    "key_of",
    "lines_of",
    "read_segment",
    "set_aside",
    "whole",
]

_START = b'{"id":"'
_HEAD = re.compile(
    rb'\{"id":"([^"\\]+)","type":"([^"\\]+)","timestamp":"([^"\\]+)","correlation_id":(null|"[^"\\]*"),'
    rb'"causation_id":(?:null|"[^"\\]*"),"metadata":\{'
)  # how a line begins that this version wrote; one that begins otherwise is parsed


class Head(NamedTuple):
    """What an event is sorted by."""

    id: str
    type: str
    timestamp: str
    correlation_id: str | None


class Line(NamedTuple):
    """A line of a segment: where it begins, its bytes, and its JSON text if it is whole."""

    offset: int
    raw: bytes
    body: bytes | None


def frame(data: bytes, key: str = "") -> bytes:
    """Return ``data`` (a JSON object) as a log line with its CRC-32 as the last member.

    Args:
        data: An event as :func:`poet.events.encode` gives it.
        key: The process that published it, where it came here from another store.
    """
    body = data[:-1]
    if key:
        body += b',"key":' + json.dumps(key).encode()
    return b'%b,"crc":"%08x"}\n' % (body, crc32(body))


def whole(line: bytes) -> bytes | None:
    """Return the JSON text of a line made by :func:`frame`; None if the line is damaged."""
    body, tail = line[:-19], line[-19:]
    if tail[:8] != b',"crc":"' or tail[8:16] != b"%08x" % crc32(body) or tail[16:] != b'"}\n':
        return None
    return body + b"}"


def event_of(body: bytes) -> Event | None:
    """Return the event of a whole line; None if it is not one that this version knows."""
    try:
        members = json.loads(body)
        members.pop("key", None)
        return Event(**members)
    except (ValueError, TypeError, AttributeError):
        return None


def key_of(body: bytes) -> str:
    """Return the process that a line names as its publisher; empty where it names none."""
    if body[-2:-1] != b'"':  # the payload, an object, is last
        return ""
    return str(json.loads(body).get("key", ""))


def head_of(body: bytes) -> Head | None:
    """Return what an event is sorted by; None if it is not one that this version knows."""
    found = _HEAD.match(body)
    if found is None:
        event = event_of(body)
        if event is None:
            return None
        return Head(event.id, event.type, event.timestamp, event.correlation_id)
    known, kind, time, about = found.groups()
    key = None if about == b"null" else about[1:-1].decode()
    return Head(known.decode(), kind.decode(), time.decode(), key)


def lines_of(
    path: Path, start: int = 0, end: int | None = None, *, final: bool = True
) -> Iterator[Line]:
    """Yield the lines of a segment from byte ``start`` on.

    A whole line inside a damaged one (its line end was lost, or a torn line lies before it) is
    found too.

    Args:
        path: The segment.
        start: Where a line begins.
        end: Lines that begin at or after this byte are left out.
        final: Nobody writes here any more: a last line without an end is damaged, not unfinished.
    """
    with path.open("rb", buffering=1 << 17) as file:
        file.seek(start)
        offset = start
        while end is None or offset < end:
            line = file.readline()
            if not line or (line[-1:] != b"\n" and not final):
                return
            body = whole(line)
            if body is None:
                yield from _inside(offset, line)
            else:
                yield Line(offset, line, body)
            offset += len(line)


def _inside(offset: int, line: bytes) -> Iterator[Line]:
    """Yield what is left of a damaged line: the damage, and a whole line that follows in it."""
    at = line.find(_START, 1)
    while at >= 0:
        body = whole(line[at:])
        if body is not None:
            yield Line(offset, line[:at], None)
            yield Line(offset + at, line[at:], body)
            return
        at = line.find(_START, at + 1)
    yield Line(offset, line, None)


def read_segment(path: Path) -> Iterator[Event | int]:
    """Yield each event of a segment; for a damaged line its 1-based number instead."""
    number = 1
    for line in lines_of(path):
        event = None if line.body is None else event_of(line.body)
        yield number if event is None else event
        number += line.raw[-1:] == b"\n"


def event_at(path: Path, offset: int) -> Event | None:
    """Return the event whose line begins at ``offset``; None if there is none.

    Raises:
        OSError: The file is not there or cannot be read.
    """
    with path.open("rb") as file:
        file.seek(offset)
        body = whole(file.readline())
    return None if body is None else event_of(body)


def set_aside(folder: Path, segment: str, line: Line) -> None:
    """Keep the bytes of a damaged line in ``folder``, once; a folder that cannot be written is left."""
    try:
        folder.mkdir(exist_ok=True)
        path = folder / f"{segment.removesuffix('.jsonl')}-{line.offset}.txt"
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except OSError:
        return
    try:
        os.write(fd, line.raw)
    finally:
        os.close(fd)
