"""A group's journal: what was claimed, acknowledged and handed back, in the order it happened.

An append-only file of JSON lines with checksums. When it has grown far past what it says it is
written anew, as a list of the same kind of lines that says the same, under the next number.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from poet.events.files._lines import frame, whole
from poet.events.files._log import Appender
from poet.files import sync_folder

__all__ = ["Journal", "Op"]

Op = Mapping[str, Any]
COMPACT_BYTES = 256 * 1024
_FACTOR = 8  # written anew when that many times longer than when it was last written


class Journal:
    """One group's journal. Everything but ``sync`` is called under the group's lock.

    Args:
        path: The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_fd = -1
        self._file: Appender | None = None
        self._identity = (-1, -1)
        self._generation = -1
        self._position = 0
        self._first = 0  # the size it was written anew with
        self._torn = 0  # bytes of a last line that a writer died in

    def __del__(self) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if self._read_fd >= 0:
            os.close(self._read_fd)
        self._read_fd = -1
        self._file = None
        self._torn = 0

    def catch_up(self, forget: Callable[[], None]) -> list[Op]:
        """Return what was written since the last time, by any process.

        Args:
            forget: Called where what was read before no longer counts: all is read anew.

        Raises:
            OSError: It cannot be read.
        """
        ops: list[Op] = []
        if self._read_fd >= 0:
            ops += self._read()
        try:
            info = self.path.stat()
        except FileNotFoundError:
            if self._read_fd >= 0:  # somebody removed it
                self._let_go()
                self._generation = -1
                forget()
                ops = []
            return ops
        if (info.st_dev, info.st_ino) == self._identity and self._read_fd >= 0:
            return ops
        before = self._generation
        self._let_go()
        self._read_fd = os.open(self.path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        info = os.fstat(self._read_fd)
        self._identity = (info.st_dev, info.st_ino)
        self._position, self._first, self._generation = 0, 0, 0
        new = self._read()
        if new and new[0]["op"] == "written":
            self._first, self._generation = new[0]["bytes"], new[0]["generation"]
            if before >= 0 and self._generation == before + 1:
                # All that the old file said is known, and the new one begins with the same.
                self._position = len(_line(new[0])) + self._first
                return ops + self._read()
        forget()
        return new

    def _read(self) -> list[Op]:
        size = os.fstat(self._read_fd).st_size
        if size <= self._position:
            return []
        data = os.pread(self._read_fd, size - self._position, self._position)
        end = data.rfind(b"\n") + 1
        self._torn = len(data) - end  # nobody is writing: a writer died here
        self._position += end
        ops: list[Op] = []
        for line in data[:end].splitlines(keepends=True):
            body = whole(line)
            if body is not None:
                ops.append(json.loads(body))
        return ops

    def append(self, ops: Iterable[Op]) -> tuple[Appender, int]:
        """Write ``ops``; return what ``sync`` needs to make them durable.

        Raises:
            OSError: They could not be written; nothing counts as written.
        """
        data = b"".join([_line(op) for op in ops])
        if self._torn:
            data = b"\n" + data
        if self._file is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
            fd = os.open(self.path, flags, 0o644)
            size = os.fstat(fd).st_size
            self._file = Appender(fd, size)
            if self._read_fd < 0:
                self._read_fd = os.open(self.path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
                info = os.fstat(self._read_fd)
                self._identity = (info.st_dev, info.st_ino)
                self._generation = 0
                sync_folder(self.path.parent)
        size = self._file.write(data)
        self._position += self._torn + len(data)
        self._torn = 0
        return self._file, size

    @property
    def last(self) -> tuple[Appender, int] | None:
        """What makes all that this process wrote durable."""
        return None if self._file is None else (self._file, self._file.size)

    @property
    def must_be_written_anew(self) -> bool:
        """Whether the file cannot be appended to, or has grown past its worth."""
        spent = self._file is not None and self._file.spent
        return spent or self._position > max(COMPACT_BYTES, _FACTOR * self._first)

    def write_anew(self, ops: Iterable[Op]) -> None:
        """Replace the file by one that says ``ops``, durably, or leave it.

        Raises:
            OSError: It could not be written; the old one stands.
        """
        body = b"".join([_line(op) for op in ops])
        head = {"op": "written", "generation": self._generation + 1, "bytes": len(body)}
        data = _line(head) + body
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            os.fsync(fd)
            temporary.replace(self.path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        finally:
            os.close(fd)
        sync_folder(self.path.parent)
        self._let_go()
        self._read_fd = os.open(self.path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        info = os.fstat(self._read_fd)
        self._identity = (info.st_dev, info.st_ino)
        self._generation += 1
        self._position, self._first = len(data), len(body)


def _line(op: Op) -> bytes:
    return frame(json.dumps(op, separators=(",", ":"), ensure_ascii=False).encode())
