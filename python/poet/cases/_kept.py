"""Recorded inputs on disk: one small file an execution, tables by their content, the oldest go first.

    POET_HOME/recorded/<function>-<hash of its file>/<execution id>.json
    POET_HOME/recorded/tables/<hash>.parquet

A table is touched each time an execution uses it, so one older than all executions is nobody's.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from poet.cases._hooks import decrypt, encrypt
from poet.cases._values import table_bytes, table_of
from poet.errors import CaseError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Kept", "Pruned"]

SEALED = ".enc"
_TABLES = "tables"
_ID = re.compile(r"[0-9A-Za-z_-]{1,100}")
_BLOCK = 4096
_MEMORY = 64 << 20
_MARGIN = 60.0  # seconds between a table's last touch and the execution that uses it


class Pruned(NamedTuple):
    """What was let go, and what is left."""

    executions: int
    tables: int
    bytes_left: int


class Kept:
    """The recorded inputs of one machine.

    Args:
        home: Folder of live state.
    """

    def __init__(self, home: Path) -> None:
        self.folder = home / "recorded"
        self.written = 0  # bytes since the last look at the limits
        self._tables: dict[str, pl.DataFrame] = {}  # read lately, for many executions share some

    def folder_of(self, function: str, file: str) -> Path:
        """Return where a function's executions are kept."""
        name = re.sub(r"[^\w.-]", "_", function)[:100]
        return self.folder / f"{name}-{hashlib.sha256(file.encode()).hexdigest()[:8]}"

    def put(self, table: pl.DataFrame) -> str:
        """Keep a table and return its name; the same content is kept once."""
        buffer = io.BytesIO()
        table.write_ipc_stream(buffer)
        name = f"{hashlib.sha256(buffer.getbuffer()).hexdigest()[:32]}.parquet"
        path = self.folder / _TABLES / name
        now = time.time()
        for known in (path, path.with_name(name + SEALED)):
            try:
                if known.stat().st_mtime < now:
                    os.utime(known, (now, now))
            except OSError:
                continue
            return name
        self._write(path, table_bytes(table))
        return name

    def get(self, name: str) -> pl.DataFrame:
        """Return the table of that name.

        Raises:
            ValueError, OSError, CaseError: It is missing, damaged, or cannot be decrypted.
        """
        if not re.fullmatch(r"[0-9a-f]{32}\.parquet", name):
            raise ValueError(f"{name!r:.100} names no table")
        table = self._tables.pop(name, None)
        if table is None:
            table = table_of(_read(self.folder / _TABLES / name))
        self._tables[name] = table
        while len(self._tables) > 1 and sum(map(_memory, self._tables.values())) > _MEMORY:
            del self._tables[next(iter(self._tables))]
        return table.clone()

    def has(self, name: str) -> bool:
        """Say whether a table is there."""
        path = self.folder / _TABLES / name
        return path.exists() or path.with_name(name + SEALED).exists()

    def write(self, function: str, file: str, execution_id: str, row: dict[str, Any]) -> None:
        """Keep the row of one execution.

        Raises:
            OSError: It cannot be written.
        """
        data = json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        path = self.folder_of(function, file) / f"{execution_id}.json"
        self._write(path, data.encode("utf-8", "surrogatepass"))

    def _write(self, path: Path, data: bytes) -> None:
        sealed = encrypt(data)
        if sealed is not None:
            path, data = path.with_name(path.name + SEALED), sealed
        temporary = path.with_name(f".{secrets.token_hex(8)}")
        try:
            file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileNotFoundError:
            self._make(path.parent)
            file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with open(file, "wb", buffering=0) as out:  # noqa: PTH123 - a descriptor
                if out.write(data) != len(data):
                    raise OSError("short write: the disk may be full")
            os.replace(temporary, path)  # noqa: PTH105 - the atomic call, by its own name
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        self.written += _size(len(data))

    def _make(self, folder: Path) -> None:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        for each in (self.folder, folder):
            each.mkdir(mode=0o700, exist_ok=True)

    def find(self, execution_id: str) -> Path | None:
        """Return the file of an execution, None if nothing of it is kept."""
        if not _ID.fullmatch(execution_id):
            return None
        for folder in _folders(self.folder):
            for name in (f"{execution_id}.json", f"{execution_id}.json{SEALED}"):
                if (folder / name).is_file():
                    return folder / name
        return None

    def files(self, function: str, file: str) -> list[Path]:
        """Return the files of a function's executions, oldest first."""
        found = [e.path for e in _entries(self.folder_of(function, file))]
        return [Path(path) for path in sorted(found)]

    def read(self, path: Path) -> dict[str, Any]:
        """Return the row in a file.

        Raises:
            OSError, ValueError, CaseError: It is gone, damaged, or cannot be decrypted.
        """
        row = json.loads(_read(path).decode("utf-8", "surrogatepass"))
        if not isinstance(row, dict):
            raise ValueError("no recorded execution")
        return row

    def prune(self, max_bytes: int, days: float, now: float) -> Pruned:
        """Let go of what is too old or too much, the oldest first.

        Args:
            max_bytes: Of all that stays, counted in whole blocks of the disk.
            days: Older executions go.
            now: Seconds since 1970 (UTC).
        """
        self.written = 0
        found: list[tuple[float, bool, int, str]] = []
        for folder in _folders(self.folder):
            for entry in _entries(folder):
                with contextlib.suppress(OSError):
                    stat = entry.stat()
                    found.append((stat.st_mtime, False, _size(stat.st_size), entry.path))
        for entry in _entries(self.folder / _TABLES):
            with contextlib.suppress(OSError):
                stat = entry.stat()
                found.append((stat.st_mtime + _MARGIN, True, _size(stat.st_size), entry.path))
        found.sort()
        total = sum(size for _, _, size, _ in found)
        most, cut = max_bytes if total <= max_bytes else int(max_bytes * 0.9), now - days * 86400
        gone, users = [0, 0], False
        for age, table, size, path in found:
            # What uses a table was written before its last touch ends the margin, or just then.
            if (users or age > now) if table else (total <= most and age >= cut):
                users = users or not table
                continue
            with contextlib.suppress(OSError):
                os.unlink(path)  # noqa: PTH108 - thousands of them
                total -= size
                gone[table] += 1
        return Pruned(gone[0], gone[1], total)


def _memory(table: pl.DataFrame) -> int:
    return int(table.estimated_size())


def _size(count: int) -> int:
    return -(-count // _BLOCK) * _BLOCK


def _folders(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        found = [Path(e.path) for e in entries if e.is_dir() and e.name != _TABLES]
        yield from sorted(found)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield a folder's files; what a killed writer left is removed after an hour."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith("."):
                yield entry
            elif entry.stat().st_mtime < time.time() - 3600:
                os.unlink(entry.path)  # noqa: PTH108


def _read(path: Path) -> bytes:
    """Return a file's bytes, decrypted where it is sealed."""
    if path.suffix == SEALED:
        return decrypt(path.read_bytes())
    try:
        return path.read_bytes()
    except FileNotFoundError:
        sealed = path.with_name(path.name + SEALED)
        if not sealed.exists():
            raise CaseError("it is not kept any more", where=str(path)) from None
        return decrypt(sealed.read_bytes())
