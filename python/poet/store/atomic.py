"""Writes that leave the old state or the new one, whatever instant the process dies at."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from poet.errors import ReadOnlyStoreError, StoreError
from poet.files import sync_folder

__all__ = [
    "TEMPORARY",
    "append_line",
    "dump_json",
    "locked",
    "remove_leftovers",
    "writable",
    "write_folder",
    "write_text",
]

TEMPORARY = ".tmp-"
_turns: dict[str, threading.Lock] = {}
if hasattr(os, "register_at_fork"):  # another thread may hold one, which nobody releases
    os.register_at_fork(after_in_child=_turns.clear)


def dump_json(value: Mapping[str, Any]) -> str:
    """Return ``value`` as the JSON text that is stored: indented, keys in the given order."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _write_new(path: Path, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        os.fsync(fd)
    finally:
        os.close(fd)


def write_text(path: Path, text: str, scratch: Path | None = None) -> None:
    """Replace the file at ``path`` by ``text``: temporary file, fsync, rename, fsync the folder.

    Args:
        path: The file.
        text: What it holds from now on.
        scratch: A locked folder beside it for the temporary file, where its own is not locked.
    """
    temporary = (scratch or path.parent) / f"{TEMPORARY}{secrets.token_hex(6)}"
    try:
        _write_new(temporary, text.encode())
        os.replace(temporary, path)  # noqa: PTH105 - the atomic call, by its own name
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_folder(path: Path, files: Mapping[str, str]) -> None:
    """Create the folder ``path`` with ``files`` in one step; it must not exist.

    Raises:
        StoreError: ``path`` exists already.
    """
    temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(6)}"
    temporary.mkdir()
    try:
        for name, text in files.items():
            _write_new(temporary / name, text.encode())
        sync_folder(temporary)
        if path.exists():
            raise StoreError(f"{path.name} exists already", where=str(path.parent))
        temporary.rename(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync_folder(path.parent)


def append_line(path: Path, line: str) -> None:
    """Append one line and fsync; a torn last line of an earlier kill is closed off first."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(fd).st_size
        torn = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
        data = (b"\n" if torn else b"") + line.encode() + b"\n"
        if os.write(fd, data) != len(data):
            raise OSError(errno.ENOSPC, "short write: the disk may be full", str(path))
        os.fsync(fd)
    finally:
        os.close(fd)
    if size == 0:
        sync_folder(path.parent)


def remove_leftovers(folder: Path) -> int:
    """Delete what killed writers left in ``folder``; call it only under the folder's lock."""
    count = 0
    for path in folder.glob(f"{TEMPORARY}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        count += 1
    return count


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Turn errors of the operating system into one that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise ReadOnlyStoreError(
                f"cannot write here: {error.strerror}",
                where=str(error.filename or folder),
                hint="make the folder writable, or generate where it is and commit .poet/",
            ) from error
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreError(
                f"the disk is full: {error.strerror}; what is current is whole",
                where=str(error.filename or folder),
                hint="free some space and run the command again",
            ) from error
        raise StoreError(
            f"the operating system fails here: {error.strerror or error}; what is current is whole",
            where=str(error.filename or folder),
            hint="mend that and run the command again",
        ) from error


@contextmanager
def locked(folder: Path, timeout: float = 60.0) -> Iterator[None]:
    """Hold the lock of ``folder`` (created if missing) between processes and threads.

    Raises:
        StoreError: Another process held it for ``timeout`` seconds.
        ReadOnlyStoreError: The folder cannot be written.
    """
    from filelock import FileLock

    with writable(folder), ExitStack() as held:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        try:
            left = held.enter_context(_turn(folder, timeout))
            held.enter_context(lock.acquire(timeout=left))
        except TimeoutError:
            raise StoreError(
                f"another process has been writing here for {timeout:g} s",
                where=str(folder),
                hint="wait for it, or stop it, and run the command again",
            ) from None
        remove_leftovers(folder)
        yield


@contextmanager
def _turn(folder: Path, timeout: float) -> Iterator[float]:
    """Wait for the other threads of this process; give the seconds that are left.

    They are woken at once, where the file's lock is only looked at now and then.

    Raises:
        TimeoutError: It was not this thread's turn for ``timeout`` seconds.
    """
    lock = _turns.setdefault(str(folder.absolute()), threading.Lock())
    start = time.monotonic()
    if not lock.acquire(timeout=timeout):
        raise TimeoutError
    try:
        yield max(0.0, timeout - (time.monotonic() - start))
    finally:
        lock.release()
