"""Retention: events that everybody has dealt with go to the compressed archive."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from poet.events._select import microseconds
from poet.events.archive import Archive
from poet.events.envelope import Event
from poet.events.files._lines import event_of, set_aside
from poet.events.files._locks import held
from poet.events.files._log import Place, make_folder
from poet.events.files._search import retired_lines, retired_path
from poet.events.files._window import Folders
from poet.events.store import Retired
from poet.files import write_whole

__all__ = ["retire"]

_BATCH_BYTES = 16 << 20


class _Load:
    """What is on its way into the archive, and what is done when it is there."""

    def __init__(self, folders: Folders) -> None:
        self._archive = Archive(folders.home)
        self._bytes = 0
        self._events: list[Event] = []
        self._then: list[Callable[[], None]] = []
        self.total = Retired(0, 0, 0)

    def add(self, event: Event, size: int) -> None:
        self._events.append(event)
        self._bytes += size

    def then(self, action: Callable[[], None]) -> None:
        """Have ``action`` done when all that was added is durable in the archive."""
        self._then.append(action)
        if self._bytes > _BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        after = self._archive.add(self._events) if self._events else 0
        known = self.total
        self.total = Retired(
            known.events + len(self._events),
            known.bytes_before + self._bytes,
            known.bytes_after + after,
        )
        for action in self._then:
            action()
        self._events, self._then, self._bytes = [], [], 0


def retire(folders: Folders, before: int, is_done: Callable[[Place], bool]) -> Retired:
    """Move events to the archive; one process at a time.

    Args:
        folders: The store's folders.
        before: Microseconds since 1970: what is older goes.
        is_done: Whether every group has dealt with an event.

    Raises:
        OSError: The archive cannot be written; what is not in it stays where it is.
    """
    make_folder(folders.base / "retired")
    lock = os.open(folders.base / "retired" / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        with held(lock):
            load = _Load(folders)
            for name in sorted(folders.names()):
                _retire_segment(folders, name, before, is_done, load)
            load.flush()
            return load.total
    finally:
        os.close(lock)


def _retire_segment(
    folders: Folders, name: str, before: int, is_done: Callable[[Place], bool], load: _Load
) -> None:
    final = folders.writer_is_gone(name)
    gone = retired_lines(folders, name)
    upto, others = gone.upto, set[int]()
    staying = new = False
    for line in folders.lines(name, final=final):
        if line.body is None:
            set_aside(folders.damaged, name, line)
            continue
        if line.offset not in gone:
            event = event_of(line.body) if is_done(Place(name, line.offset)) else None
            if event is None or microseconds(event.timestamp) >= before:
                staying = True
                continue
            load.add(event, len(line.raw))
            new = True
        if staying:
            others.add(line.offset)
        else:
            upto = line.offset + len(line.raw)
    record = retired_path(folders, name)
    if final and not staying:

        def delete() -> None:
            (folders.pending / name).unlink(missing_ok=True)
            (folders.processed / name).unlink(missing_ok=True)
            record.unlink(missing_ok=True)

        load.then(delete)
    elif new:
        text = json.dumps({"upto": upto, "offsets": sorted(others)}).encode()
        load.then(lambda: write_whole(record, text))
