"""The segment log: this process's own file of events, and one fdatasync for all its threads."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from threading import Lock
from typing import NamedTuple
from weakref import WeakSet

from poet.events.envelope import Event, encode
from poet.events.files._lines import frame
from poet.events.files._locks import take
from poet.files import sync_folder

__all__ = ["Appender", "Place", "SegmentLog", "log_for", "make_folder"]

SEGMENT_BYTES = 64 * 1024 * 1024
SEGMENT_SECONDS = 86_400.0  # a segment is let go of daily, so that retention can have it
_BELIEVED_NS = (
    7 * 86_400 * 1_000_000_000
)  # segments "of the future" further off than that are not believed
_fdatasync = getattr(os, "fdatasync", os.fsync)
_flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)


class Place(NamedTuple):
    """Where a line was put: the file's name and the byte it begins at."""

    name: str
    offset: int


class Appender:
    """An open file that many threads append to and make durable with as few fdatasync as can be.

    After a failed write or fdatasync it is ``spent``: nothing more is appended. An fdatasync that
    failed is never tried again: what the device did with the pages is not known, and the same
    descriptor would say that all is well. It is closed when the last thread has let go of the object.
    """

    def __init__(self, fd: int, size: int = 0) -> None:
        self.fd = fd
        self.size = size
        self.spent = False
        self._synced = 0
        self._lost = False
        self._syncing = Lock()

    def __del__(self) -> None:
        os.close(self.fd)

    def write(self, data: bytes) -> int:
        """Append ``data``, one thread at a time; return the size that must be synced to keep it."""
        try:
            if os.write(self.fd, data) != len(data):
                raise OSError(errno.ENOSPC, "short write: the disk may be full")
        except OSError:
            self.spent = True
            raise
        self.size += len(data)
        return self.size

    def sync(self, size: int) -> None:
        """Return when the first ``size`` bytes are on the device; one fdatasync serves all who wait."""
        if self._synced >= size:
            return
        with self._syncing:
            if self._synced >= size:
                return
            if self._lost:
                raise OSError(errno.EIO, "what was written could not be made durable")
            upto = self.size
            try:
                _fdatasync(self.fd)
            except OSError:
                self.spent = self._lost = True
                raise
            self._synced = upto


class SegmentLog:
    """Appends lines of this process to its own segment in one folder.

    ``append`` returns when the bytes are in the page cache (they survive a kill of the process),
    with ``durable=True`` when they are on the device. A short write, a full disk or a failed
    fdatasync closes the segment, and the next append starts another: a torn tail never swallows the
    event after it. A segment is locked as long as its writer lives.

    Args:
        home: The folder of live state; segments are in ``home/events/pending``.
        folder: Instead: the folder of the segments itself.
    """

    def __init__(self, home: Path, *, folder: Path | None = None) -> None:
        self.folder = folder or home / "events" / "pending"
        self._forget()
        _all.add(self)

    def _forget(self) -> None:
        """Begin anew, in a forked child too: the segment is the parent's."""
        self._lock = Lock()
        self._segment: Appender | None = None
        self._name = ""
        self._until = 0.0
        self._who = ""
        self._last = 0

    def append(self, event: Event, *, durable: bool = False) -> None:
        """Append one event.

        Raises:
            EventError: The event is not JSON or too large; nothing was written.
            OSError: The event could not be stored.
        """
        self.append_line(frame(encode(event)), durable=durable)

    def append_line(self, data: bytes, *, durable: bool = False) -> Place:
        """Append one or more lines made by :func:`frame`, in one write; return where the first is."""
        with self._lock:
            segment = self._segment
            if (
                segment is None
                or segment.spent
                or segment.size > SEGMENT_BYTES
                or time.monotonic() > self._until
            ):
                segment = self._open()
            size = segment.write(data)
            place = Place(self._name, size - len(data))
        if durable:
            segment.sync(size)
        return place

    def close(self) -> None:
        """Let go of the segment; a later append starts another."""
        with self._lock:
            self._segment = None

    def _open(self) -> Appender:
        self._segment = None
        make_folder(self.folder)
        self._who = self._who or f"{os.getpid()}-{os.urandom(4).hex()}"
        start = self._last = max(time.time_ns(), self._last + 1, _latest(self.folder) + 1)
        self._name = f"{start}-{self._who}.jsonl"
        # It gets its name when it is locked: what has the name and no lock has no writer.
        hidden = self.folder / f".{self._name}.new"
        segment = Appender(os.open(hidden, _flags, 0o644))
        take(segment.fd)
        try:
            hidden.rename(self.folder / self._name)
        except OSError:
            hidden.unlink(missing_ok=True)
            raise
        # The name must be as durable as the content.
        sync_folder(self.folder)
        self._until = time.monotonic() + SEGMENT_SECONDS
        self._segment = segment
        return segment


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, each durably."""
    missing = [p for p in (folder, *folder.parents) if not p.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for new in missing:
        sync_folder(new.parent)


def _latest(folder: Path) -> int:
    """Return when the folder's segments were last begun or written, in nanoseconds.

    A new segment is named after that, so that a clock set back does not put it before them.
    """
    found = os.listdir(folder)  # noqa: PTH208 - names only
    names = sorted(n for n in found if n.endswith(".jsonl") and n[:1].isdigit())
    latest = 0
    believed = time.time_ns() + _BELIEVED_NS
    for name in names[-256:]:
        begun = name.partition("-")[0]
        try:
            times = (int(begun), (folder / name).stat().st_mtime_ns)
        except (ValueError, OSError):  # not ours, or moved on meanwhile
            continue
        latest = max(latest, *(t if t < believed else 0 for t in times))
    return latest


_all: WeakSet[SegmentLog] = WeakSet()
_logs: dict[Path, SegmentLog] = {}


def log_for(home: Path) -> SegmentLog:
    """Return this process's log under ``home``; the folder is made at the first append."""
    log = _logs.get(home)
    if log is None:
        log = _logs.setdefault(home, SegmentLog(home))
    return log


def _in_child() -> None:
    for log in list(_all):  # another thread may hold a log's lock, which nobody frees
        log._forget()  # noqa: SLF001 - its own


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
