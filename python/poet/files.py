"""Writing a file whole or not at all, and making names durable."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

__all__ = ["StrPath", "sync_folder", "write_whole"]

StrPath: TypeAlias = str | os.PathLike[str]


def write_whole(path: StrPath, data: bytes) -> None:
    """Write a file whole or not at all: a reader sees the old one or the new one.

    Raises:
        OSError: The folder is missing or not writable.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.urandom(16).hex()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable (nothing to do where folders cannot be opened)."""
    if os.name != "posix":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
