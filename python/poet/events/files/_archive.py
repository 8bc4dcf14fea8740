"""Retention: events that everybody has dealt with go to a compressed archive, one file a day."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from poet.events.files._lines import head_of, lines_of, set_aside
from poet.events.files._locks import held, nobody_holds, sync_folder
from poet.events.files._log import Place, make_folder
from poet.events.files._search import archived, retired_lines, retired_path
from poet.events.files._window import Folders
from poet.events.store import Retired
from poet.files import write_whole

__all__ = ["archived_count", "retire"]

_BATCH_BYTES = 32 << 20


class _Archive:
    """What is on its way into the archive, and what can be deleted when it is there."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self.events = self.before = self.after = self._bytes = 0
        self._days: dict[str, list[tuple[bytes, bytes]]] = {}
        self._then: list[Callable[[], None]] = []

    def add(self, day: str, key: bytes, body: bytes, raw: int) -> None:
        self._days.setdefault(day, []).append((key, body))
        self._bytes += raw
        self.before += raw
        self.events += 1

    def then(self, action: Callable[[], None]) -> None:
        """Have ``action`` done when all that was added is durable in the archive."""
        self._then.append(action)
        if self._bytes > _BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        for day, those in self._days.items():
            self._write(self.folders.archive / f"{day}.jsonl.gz", those)
        self._days, self._bytes = {}, 0
        for action in self._then:
            action()
        self._then = []

    def _write(self, path: Path, those: list[tuple[bytes, bytes]]) -> None:
        old, known = b"", set()
        if path.exists():  # a run that was killed may have put some there already
            old = path.read_bytes()
            known = {_head(body)[0] for body in archived(path)}
        lines = {key: body for key, body in those if key not in known}
        if not lines:
            return
        data = old + gzip.compress(b"".join([b + b"\n" for b in lines.values()]), mtime=0)
        write_whole(path, data)
        sync_folder(path.parent)
        self.after += len(data) - len(old)
        counts = _counts(self.folders)
        counts[path.name] = [len(known) + len(lines), len(data)]
        write_whole(self.folders.archive / "counts.json", json.dumps(counts).encode())


def retire(folders: Folders, limit: str, is_done: Callable[[Place], bool]) -> Retired:
    """Move events to the archive.

    Args:
        folders: The store's folders.
        limit: RFC 3339: what is older goes.
        is_done: Whether every group has dealt with an event.

    Raises:
        OSError: The archive cannot be written; what is not in it stays where it is.
    """
    make_folder(folders.archive / "partly")
    lock = os.open(folders.archive / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        with held(lock):
            archive = _Archive(folders)
            for name in folders.segments():
                _retire_segment(folders, name, limit, is_done, archive)
            archive.flush()
            return Retired(archive.events, archive.before, archive.after)
    finally:
        os.close(lock)


def _retire_segment(
    folders: Folders,
    name: str,
    limit: str,
    is_done: Callable[[Place], bool],
    archive: _Archive,
) -> None:
    path = folders.segment(name)
    if path is None:
        return
    final = nobody_holds(path)
    gone = retired_lines(folders, name)
    upto, others = gone.upto, set[int]()
    staying = new = False
    for line in lines_of(path, final=final):
        if line.body is None:
            set_aside(folders.damaged, name, line)
            continue
        if line.offset not in gone:
            key, time = _head(line.body)
            if not time or time >= limit or not is_done(Place(name, line.offset)):
                staying = True
                continue
            archive.add(time[:10], key, line.body, len(line.raw))
            new = True
        if staying:
            others.add(line.offset)
        else:
            upto = line.offset + len(line.raw)
    record = retired_path(folders, name)
    if final and not staying:
        if new or upto or not path.stat().st_size:
            archive.then(lambda: _delete(path, record))
    elif new:
        text = json.dumps({"upto": upto, "offsets": sorted(others)})
        archive.then(lambda: write_whole(record, text.encode()))


def _delete(path: Path, record: Path) -> None:
    path.unlink(missing_ok=True)
    record.unlink(missing_ok=True)


def _head(body: bytes) -> tuple[bytes, str]:
    """Return an event's id and time; the time is empty where it is no event we know."""
    head = head_of(body)
    return (b"", "") if head is None else (head.id.encode(), head.timestamp)


def _counts(folders: Folders) -> dict[str, list[int]]:
    with suppress(OSError, ValueError):
        known: dict[str, list[int]] = json.loads((folders.archive / "counts.json").read_bytes())
        return known
    return {}


def archived_count(folders: Folders) -> int:
    """Return how many events are in the archive."""
    counts = _counts(folders)
    total = 0
    with suppress(FileNotFoundError, NotADirectoryError):
        for path in folders.archive.glob("*.jsonl.gz"):
            count, size = counts.get(path.name, (0, -1))
            total += count if size == path.stat().st_size else sum(1 for _ in archived(path))
    return total
