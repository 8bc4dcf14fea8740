"""Questions to the log: which events are stored, in order of time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from heapq import nlargest, nsmallest
from pathlib import Path
from typing import BinaryIO, NamedTuple

from poet.events._select import Selection, microseconds
from poet.events.archive import Archive
from poet.events.envelope import Event
from poet.events.files._lines import event_of, head_of, set_aside, whole
from poet.events.files._log import Place
from poet.events.files._window import Folders

__all__ = ["Reader", "RetiredLines", "retired_lines", "retired_path", "search"]

_HELD_BYTES = 32 << 20  # of matches that are kept in memory; the rest is read again in its turn


class _Found(NamedTuple):
    at: int
    id: str
    place: Place
    event: Event | None


def search(
    folders: Folders, wanted: Selection, *, limit: int | None = None, newest_first: bool = False
) -> Iterator[Event]:
    """Yield the events of the segments that are asked for, each once, in order of time."""
    found = _all(folders, wanted)
    if limit is None:
        chosen = sorted(found, key=_order, reverse=newest_first)
    else:
        chosen = (nlargest if newest_first else nsmallest)(limit, found, key=_order)
    del found
    reader = Reader(folders)
    try:
        for one in chosen:
            event = one.event or reader.event(one.place) or _archived(folders, one)
            if event is not None:
                yield event
    finally:
        reader.close()


def _order(one: _Found) -> tuple[int, str]:
    return one.at, one.id


def _all(folders: Folders, wanted: Selection) -> Iterator[_Found]:
    """Yield all that matches, in any order."""
    seen: set[str] = set()
    held = 0
    for name in sorted(folders.names()):
        gone = retired_lines(folders, name)
        with suppress(FileNotFoundError):
            for line in folders.lines(name, final=False):
                if line.body is None:
                    set_aside(folders.damaged, name, line)
                    continue
                if line.offset in gone or not _may_be(wanted, line.body):
                    continue
                event = event_of(line.body)
                if event is None or event.id in seen or not wanted.matches(event):
                    continue
                seen.add(event.id)
                held += len(line.raw)
                keep = event if held < _HELD_BYTES else None
                at = microseconds(event.timestamp)
                yield _Found(at, event.id, Place(name, line.offset), keep)


def _may_be(wanted: Selection, body: bytes) -> bool:
    """Return False where a line need not be parsed."""
    head = head_of(body)
    if head is None or (wanted.function is not None and b'"function"' not in body):
        return False
    if wanted.correlation_id is not None and head.correlation_id != wanted.correlation_id:
        return False
    if wanted.type is None:
        return True
    return head.type.startswith(wanted.type) if wanted.prefix else head.type == wanted.type


def _archived(folders: Folders, one: _Found) -> Event | None:
    """Return an event that retention took between the look at it and its turn."""
    same_time = Selection(None, False, None, one.at, one.at + 1, None)
    for event in Archive(folders.home).read(same_time):
        if event.id == one.id:
            return event
    return None


class Reader:
    """Reads events by their place; a few files stay open."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self._files: dict[str, BinaryIO] = {}

    def event(self, place: Place) -> Event | None:
        """Return the event at a place; None if its segment is gone, or it is damaged."""
        name, offset = place
        file = self._files.get(name)
        if file is None:
            if len(self._files) >= 32:
                self._files.pop(next(iter(self._files))).close()
            for folder in (self.folders.pending, self.folders.processed):
                with suppress(FileNotFoundError):
                    file = self._files[name] = (folder / name).open("rb")
                    break
            else:
                return None
            assert file is not None
        file.seek(offset)
        body = whole(file.readline())
        return None if body is None else event_of(body)

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._files = {}


class RetiredLines:
    """The lines of a segment that are in the archive while others of it are not."""

    def __init__(self, upto: int, offsets: set[int]) -> None:
        self.upto = upto
        self.offsets = offsets

    def __contains__(self, offset: int) -> bool:
        return offset < self.upto or offset in self.offsets


def retired_path(folders: Folders, name: str) -> Path:
    """Return the file that says which lines of a segment are in the archive."""
    return folders.base / "retired" / f"{name}.json"


def retired_lines(folders: Folders, name: str) -> RetiredLines:
    """Return which lines of a segment are in the archive already."""
    try:
        known = json.loads(retired_path(folders, name).read_bytes())
        return RetiredLines(known["upto"], set(known["offsets"]))
    except (FileNotFoundError, NotADirectoryError):
        return RetiredLines(0, set())
