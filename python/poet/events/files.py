"""The ``files`` event store: an append-only log of JSON lines, one segment per writing process.

Layout under ``POET_HOME``: ``events/pending/<time>-<pid>-<random>.jsonl``. Each line is one event
as JSON whose last member is ``"crc"``, the CRC-32 of everything before it, so that any text tool
reads the log and a torn or damaged line is found.

    {"id":"…","type":"function.execution",…,"payload":{…},"crc":"5f1d2c3b"}
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from zlib import crc32

from poet.events.envelope import Event, encode

__all__ = ["SegmentLog", "frame", "read_segment"]

SEGMENT_BYTES = 64 * 1024 * 1024


def frame(data: bytes) -> bytes:
    """Return ``data`` (a JSON object) as a log line with its CRC-32 as the last member."""
    body = data[:-1]
    return b'%b,"crc":"%08x"}\n' % (body, crc32(body))


def read_segment(path: Path) -> Iterator[Event | int]:
    """Yield each event of a segment; for a damaged line its 1-based number instead."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            body, tail = line[:-19], line[-19:]
            if (
                tail[:8] != b',"crc":"'
                or tail[8:16] != b"%08x" % crc32(body)
                or tail[16:] != b'"}\n'
            ):
                yield number
                continue
            try:
                yield Event(**json.loads(body + b"}"))
            except (ValueError, TypeError):  # whole, but not an event that this version knows
                yield number


class SegmentLog:
    """Appends events of this process to its own segment under ``home/events/pending``.

    ``append`` returns when the bytes are in the page cache (they survive a kill of the process),
    with ``durable=True`` when they are on the device. A short write, a full disk or a failed
    fsync closes the segment, and the next append starts another: a torn tail never swallows the
    event after it, and a failed fsync is never tried again on the same descriptor.
    """

    def __init__(self, home: Path) -> None:
        self.folder = home / "events" / "pending"
        self._lock = Lock()
        self._fd = -1
        self._pid = -1
        self._size = 0

    def append(self, event: Event, *, durable: bool = False) -> None:
        """Append one event.

        Raises:
            EventError: The event is not JSON or too large; nothing was written.
            OSError: The event could not be stored; it is not in the log.
        """
        self.append_line(frame(encode(event)), durable=durable)

    def append_line(self, line: bytes, *, durable: bool = False) -> None:
        """Append one line made by :func:`frame`."""
        with self._lock:
            if self._fd < 0 or self._pid != os.getpid() or self._size > SEGMENT_BYTES:
                self._open()
            try:
                if os.write(self._fd, line) != len(line):
                    raise OSError("short write: the disk may be full")
                self._size += len(line)
                if durable:
                    os.fdatasync(self._fd) if hasattr(os, "fdatasync") else os.fsync(self._fd)
            except OSError:
                self._close()
                raise

    def close(self) -> None:
        """Close the segment; a later append starts another."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._fd >= 0 and self._pid == os.getpid():
            os.close(self._fd)
        self._fd = -1

    def _open(self) -> None:
        self._close()
        missing = [p for p in (self.folder, *self.folder.parents) if not p.exists()]
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns()}-{os.getpid()}-{os.urandom(4).hex()}.jsonl"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        self._fd = os.open(self.folder / name, flags, 0o644)
        self._pid = os.getpid()
        self._size = 0
        # The segment's name must be as durable as its content, and so must each new folder's.
        for folder in {self.folder, *(p.parent for p in missing)}:
            fd = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
