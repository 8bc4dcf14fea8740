"""Profiles and counts in files: one Arrow IPC file, readable by any Arrow reader."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from poet.errors import StatsInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    StrPath = str | os.PathLike[str]


def write(path: StrPath, data: bytes) -> None:
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


@contextmanager
def reading(source: str) -> Iterator[None]:
    """Turn what a reader refuses into the error that users handle.

    Raises:
        StatsInputError: The bytes are not what they should be.
    """
    try:
        yield
    except ValueError as error:
        raise StatsInputError(
            str(error), where=source, hint="pass what the same version or an older one wrote"
        ) from None
