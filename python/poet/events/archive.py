"""The compressed archive of a project: old events by day, readable with ``zcat``.

``POET_HOME/events/archive/2026-03-01.<events>.<name>.jsonl.gz`` holds events of one day (UTC), one
line of JSON each. It belongs to the folder of live state and not to a store, so that moving from one
store to another leaves it where it is. A file is written once, whole and durably, before the events
leave the store: a crash between the two leaves an event in both, and a reader sees each id once.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

from poet.errors import EventStoreError
from poet.events._select import Selection, microseconds
from poet.events.envelope import Event, encode
from poet.files import sync_folder, write_whole

__all__ = ["Archive"]


class Archive:
    """The archive under a folder of live state; the folder is made when it is first written.

    Args:
        home: The folder of live state.
    """

    def __init__(self, home: Path) -> None:
        self.folder = home / "events" / "archive"

    def add(self, events: Iterable[Event]) -> int:
        """Write events durably; return how many bytes they took.

        Raises:
            EventStoreError: They could not be written; some may be.
        """
        days: dict[str, list[tuple[int, bytes]]] = {}
        for event in events:
            at = microseconds(event.timestamp)
            days.setdefault(_day(at), []).append((at, encode(event)))
        size = 0
        try:
            self._make_folder()
            for day, lines in sorted(days.items()):
                lines.sort(key=lambda pair: pair[0])
                data = gzip.compress(b"".join(line + b"\n" for _, line in lines), mtime=0)
                write_whole(self.folder / f"{day}.{len(lines)}.{uuid4().hex[:12]}.jsonl.gz", data)
                size += len(data)
            if days:
                sync_folder(self.folder)
        except OSError as error:
            raise EventStoreError(
                f"events could not be archived: {error.strerror or error}",
                where=str(self.folder),
                hint="nothing was removed; make room or the folder writable, and try again",
            ) from error
        return size

    def read(self, wanted: Selection, *, newest_first: bool = False) -> Iterator[Event]:
        """Yield the archived events that are asked for in order of time, each id once.

        A file that cannot be read to its end is read as far as it goes.
        """
        days: dict[str, list[Path]] = {}
        for path in self._files():
            days.setdefault(path.name[:10], []).append(path)
        first = "" if wanted.since is None else _day(wanted.since)
        last = "9999-99-99" if wanted.until is None else _day(wanted.until)
        for day in sorted(days, reverse=newest_first):
            if first <= day <= last:
                found = {
                    e.id: e for path in days[day] for e in _events_of(path) if wanted.matches(e)
                }
                yield from sorted(found.values(), key=_order, reverse=newest_first)

    def count(self) -> int:
        """Return how many events are archived."""
        total = 0
        for path in self._files():
            number = path.name.split(".")[1]
            total += int(number) if number.isdecimal() else sum(1 for _ in _events_of(path))
        return total

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("????-??-??.*jsonl.gz"))

    def _make_folder(self) -> None:
        missing = [p for p in (self.folder, *self.folder.parents) if not p.exists()]
        self.folder.mkdir(parents=True, exist_ok=True)
        for folder in missing:
            sync_folder(folder.parent)


def _day(at: int) -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).strftime("%Y-%m-%d")


def _order(event: Event) -> tuple[int, str]:
    return microseconds(event.timestamp), event.id


def _events_of(path: Path) -> Iterator[Event]:
    try:
        with gzip.open(path, "rb") as file:
            for line in file:
                try:
                    document = json.loads(line)
                    if isinstance(document, Mapping):
                        yield Event(**{k: v for k, v in document.items() if k != "crc"})
                except (ValueError, TypeError):
                    continue
    except (OSError, EOFError):
        return
