"""Writing a file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

__all__ = ["StrPath", "write_whole"]

StrPath: TypeAlias = str | os.PathLike[str]


def write_whole(path: StrPath, data: bytes) -> None:
    """Write a file whole or not at all: a reader sees the old one or the new one.

    Raises:
        OSError: The folder is missing or not writable.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
