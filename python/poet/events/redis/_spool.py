"""Events on their way: emitted into a file on this machine, forwarded to the server in bulk.

``emit`` costs a write into the page cache, whether the server is near, far or away. Each process
has a segment of its own, which it keeps locked; whoever forwards (any process of this home) sends
what segments hold and removes those whose writer has ended or moved on. The server stores each id
once, so that a crash between sending and removing repeats nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from uuid import uuid4
from weakref import WeakSet
from zlib import crc32

from poet.errors import EventStoreError

__all__ = ["Spool", "line_of"]

SEGMENT_BYTES = 4 * 1024 * 1024
MOST_BYTES = 256 * 1024 * 1024
"""What may wait on this machine while the server is away; more is refused."""
BATCH = 200


def line_of(data: bytes) -> bytes:
    """Return an event's JSON as a line with its CRC-32 as the last member, as ``files`` has it."""
    return b'%b,"crc":"%08x"}\n' % (data[:-1], crc32(data[:-1]))


class Spool:
    """A folder of segments.

    Args:
        folder: Made at the first event.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = RLock()
        self._sending = RLock()
        self._fd = self._turn_fd = -1
        self._path = folder
        self._size = 0
        _spools.add(self)

    def append(self, line: bytes, key: str) -> None:
        """Write a line into the page cache.

        Args:
            line: Of :func:`line_of`.
            key: This process's, which orders events that are about nothing; it names the segment.

        Raises:
            OSError: It could not be written, or too much waits already.
        """
        with self._lock:
            if self._fd < 0 or self._size > SEGMENT_BYTES:
                self._open(key)
            try:
                if os.write(self._fd, line) != len(line):
                    raise OSError("short write: the disk may be full")
            except OSError:
                self._close()  # a torn tail never swallows the next event
                raise
            self._size += len(line)

    def waits(self) -> bool:
        """Return whether any segment is here."""
        try:
            return any(name.endswith(".jsonl") for name in os.listdir(self.folder))  # noqa: PTH208
        except OSError:
            return False

    def forward(self, send: Callable[[str, Sequence[bytes]], None]) -> None:
        """Send what waits, oldest segment first, and remove what was sent.

        Args:
            send: Stores lines durably; it is given the key of their segment too.
        """
        if not self.waits():
            return
        with self._sending, self._turn():  # events may be appended meanwhile
            own = self._path if self._fd >= 0 else None
            paths = sorted(self.folder.glob("*.jsonl"))
            for path in sorted(paths, key=lambda p: p == own):  # what others left comes first
                self._forward(path, send)

    def close(self) -> None:
        """Close this process's segment; the next event starts another."""
        with self._lock:
            self._close()

    def forget(self) -> None:
        """In a forked child: let go of the parent's segment, whose lock must end with the parent."""
        self._lock, self._sending = RLock(), RLock()
        for fd in (self._fd, self._turn_fd):
            if fd >= 0:
                with suppress(OSError):
                    os.close(fd)
        self._fd = self._turn_fd = -1

    def _forward(self, path: Path, send: Callable[[str, Sequence[bytes]], None]) -> None:
        over = _ended(path)  # asked before reading: what comes later is not missed
        key = path.stem.rpartition("-")[2]
        note = path.with_suffix(".sent")
        try:
            sent = int(note.read_text())
        except (OSError, ValueError):
            sent = 0
        before = sent
        for lines in _batches(path, sent):
            send(key, lines)
            sent += sum(map(len, lines))
            note.write_text(str(sent))
        with self._lock:
            if self._fd >= 0 and path == self._path and self._size == sent:
                self._close()
                over = True
        if over:
            path.unlink(missing_ok=True)
            note.unlink(missing_ok=True)
        elif sent == before == 0:
            note.unlink(missing_ok=True)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        import fcntl

        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._turn_fd = fd = os.open(self.folder / "lock", flags, 0o666)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            fcntl.flock(fd, fcntl.LOCK_UN)  # a child forked meanwhile may hold the descriptor too
            self._turn_fd = -1
            os.close(fd)

    def _open(self, key: str) -> None:
        import fcntl

        self._close()
        self.folder.mkdir(parents=True, exist_ok=True)
        waiting = 0
        for other in self.folder.glob("*.jsonl"):
            with suppress(FileNotFoundError):  # another process has just forwarded it
                waiting += other.stat().st_size
        if waiting > MOST_BYTES:
            raise EventStoreError(
                f"{waiting / 1e6:.0f} MB of events wait for the server already",
                where=str(self.folder),
                hint="start the server again; they are forwarded then",
            )
        path = self.folder / f"{time.time_ns()}-{os.getpid()}-{uuid4().hex[:8]}-{key}.jsonl"
        hidden = path.with_suffix(".new")  # under its name it is locked from the first moment
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        fd = os.open(hidden, flags, 0o644)
        fcntl.flock(fd, fcntl.LOCK_EX)
        hidden.rename(path)
        self._fd, self._path, self._size = fd, path, 0

    def _close(self) -> None:
        import fcntl

        fd, self._fd = self._fd, -1  # first: a child forked in between would close it again
        if fd >= 0:
            with suppress(OSError):
                fcntl.flock(fd, fcntl.LOCK_UN)
            os.close(fd)


def _batches(path: Path, start: int) -> Iterator[list[bytes]]:
    """Yield the whole lines of a segment from ``start`` on, some at a time."""
    with path.open("rb") as file:
        file.seek(start)
        lines: list[bytes] = []
        for line in file:
            if not line.endswith(b"\n"):
                break
            lines.append(line)
            if len(lines) >= BATCH:
                yield lines
                lines = []
        if lines:
            yield lines


def _ended(path: Path) -> bool:
    """Return whether the writer of a segment has ended or moved on."""
    import fcntl

    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


_spools: WeakSet[Spool] = WeakSet()


def _forked() -> None:
    for spool in list(_spools):
        spool.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
