"""Questions to the log: which events are stored, in order of time."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import suppress
from heapq import nlargest, nsmallest
from pathlib import Path
from typing import BinaryIO, NamedTuple

from poet.events.envelope import Event
from poet.events.files._lines import event_of, head_of, lines_of, set_aside, whole
from poet.events.files._window import Folders

__all__ = ["Wanted", "archived", "search"]

_HELD_BYTES = (
    32 << 20
)  # of matches that are kept in memory; the rest is read again when its turn comes


class Wanted(NamedTuple):
    """What is asked for; None where it does not matter."""

    type: str | None = None
    function: str | None = None
    since: str | None = None
    until: str | None = None
    correlation_id: str | None = None

    def may_be(self, raw: bytes) -> bool:
        """Return False where a line need not be parsed."""
        head = head_of(raw)
        return (
            head is not None
            and self._type(head.type)
            and self._time(head.timestamp)
            and (self.correlation_id is None or head.correlation_id == self.correlation_id)
            and (self.function is None or b'"function"' in raw)
        )

    def matches(self, event: Event) -> bool:
        """Return whether an event is asked for."""
        return (
            self._type(event.type)
            and self._time(event.timestamp)
            and (self.function is None or event.payload.get("function") == self.function)
            and (self.correlation_id is None or event.correlation_id == self.correlation_id)
        )

    def _type(self, kind: str) -> bool:
        wanted = self.type
        if wanted is None or wanted == kind:
            return True
        return wanted.endswith(".*") and kind.startswith(wanted[:-1])

    def _time(self, time: str) -> bool:
        return (self.since is None or time >= self.since) and (
            self.until is None or time < self.until
        )


class _Found(NamedTuple):
    time: str
    id: str
    place: tuple[str, int]
    event: Event | None


def search(
    folders: Folders,
    wanted: Wanted,
    *,
    limit: int | None = None,
    newest_first: bool = False,
    archive: bool = False,
) -> Iterator[Event]:
    """Yield the events asked for, each once, in order of time."""
    if limit is not None and limit <= 0:
        return
    found = _all(folders, wanted, archive=archive)
    if limit is None:
        chosen = sorted(found, key=_order, reverse=newest_first)
    else:
        chosen = (nlargest if newest_first else nsmallest)(limit, found, key=_order)
    del found
    files: dict[str, BinaryIO] = {}
    try:
        for one in chosen:
            event = one.event or _again(folders, files, one)
            if event is not None:
                yield event
    finally:
        for file in files.values():
            file.close()


def _order(one: _Found) -> tuple[str, str]:
    return one.time, one.id


def _all(folders: Folders, wanted: Wanted, *, archive: bool) -> Iterator[_Found]:
    """Yield all that matches, in any order: segments first, since events move to the archive."""
    seen: set[str] = set()
    held = 0
    for name in folders.segments():
        path = folders.segment(name)
        if path is None:
            continue
        gone = retired_lines(folders, name)
        with suppress(FileNotFoundError):
            for line in lines_of(path, final=False):
                if line.body is None:
                    set_aside(folders.damaged, name, line)
                    continue
                if line.offset in gone or not wanted.may_be(line.body):
                    continue
                event = event_of(line.body)
                if event is None or event.id in seen or not wanted.matches(event):
                    continue
                seen.add(event.id)
                held += len(line.raw)
                keep = event if held < _HELD_BYTES else None
                yield _Found(event.timestamp, event.id, (name, line.offset), keep)
    if archive:
        with suppress(FileNotFoundError, NotADirectoryError):
            for path in sorted(folders.archive.glob("*.jsonl.gz")):
                for body in archived(path):
                    event = event_of(body) if wanted.may_be(body) else None
                    if event is not None and event.id not in seen and wanted.matches(event):
                        seen.add(event.id)
                        yield _Found(event.timestamp, event.id, (path.name, 0), event)


def _again(folders: Folders, files: dict[str, BinaryIO], one: _Found) -> Event | None:
    """Return an event whose place was noted; from the archive if it went there meanwhile."""
    name, offset = one.place
    file = files.get(name)
    if file is None and (path := folders.segment(name)) is not None:
        with suppress(FileNotFoundError):
            if len(files) >= 32:
                files.pop(next(iter(files))).close()
            file = files[name] = path.open("rb")
    if file is not None:
        file.seek(offset)
        body = whole(file.readline())
        return None if body is None else event_of(body)
    needle = one.id.encode()
    with suppress(FileNotFoundError):
        for body in archived(folders.archive / f"{one.time[:10]}.jsonl.gz"):
            if needle in body and (event := event_of(body)) is not None and event.id == one.id:
                return event
    return None


def archived(path: Path) -> Iterator[bytes]:
    """Yield the lines of an archive file, without their ends.

    Raises:
        OSError: It is not there, or what is in it is damaged.
    """
    with gzip.open(path, "rb") as file:
        for line in file:
            yield line.rstrip(b"\n")


class RetiredLines:
    """The lines of a segment that are in the archive while others of it are not."""

    def __init__(self, upto: int, offsets: set[int]) -> None:
        self.upto = upto
        self.offsets = offsets

    def __contains__(self, offset: int) -> bool:
        return offset < self.upto or offset in self.offsets


def retired_path(folders: Folders, name: str) -> Path:
    """Return the file that says which lines of a segment are in the archive."""
    return folders.archive / "partly" / f"{name}.json"


def retired_lines(folders: Folders, name: str) -> RetiredLines:
    """Return which lines of a segment are in the archive already."""
    try:
        known = json.loads(retired_path(folders, name).read_bytes())
        return RetiredLines(known["upto"], set(known["offsets"]))
    except (FileNotFoundError, NotADirectoryError):
        return RetiredLines(0, set())
