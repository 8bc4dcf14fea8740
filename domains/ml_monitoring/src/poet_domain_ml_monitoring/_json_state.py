"""State as JSON in one file: versioned, written whole or not at all, the same bytes for the same state."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from poet.errors import StatsInputError

__all__ = ["read_state", "state_bytes", "taken", "write_state"]

_HINT = "pass what the same version or an older one saved"


def state_bytes(kind: str, version: int, data: Mapping[str, Any]) -> bytes:
    """Give the bytes of a state file: sorted keys, one newline at the end."""
    content = {"kind": kind, "version": version, "state": data}
    text = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def write_state(
    path: str | os.PathLike[str], kind: str, version: int, data: Mapping[str, Any]
) -> None:
    """Write a state file; a reader sees the old one or the new one.

    Raises:
        OSError: The folder is missing or not writable.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        with temporary.open("wb") as file:
            file.write(state_bytes(kind, version, data))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def read_state(path: str | os.PathLike[str], kind: str, version: int) -> dict[str, Any]:
    """Read what `write_state` wrote.

    Raises:
        OSError: There is no such file, or it cannot be read.
        StatsInputError: Another file, a damaged one, or one of a later version.
    """
    where = str(path)
    try:
        content = json.loads(Path(path).read_bytes())
    except ValueError as error:
        raise StatsInputError(f"not a whole JSON file: {error}", where=where, hint=_HINT) from None
    if not isinstance(content, dict) or content.get("kind") != kind:
        found = content.get("kind") if isinstance(content, dict) else type(content).__name__
        raise StatsInputError(f"no state of {kind}, but {found!r}", where=where, hint=_HINT)
    found = content.get("version")
    if not isinstance(found, int) or found > version or found < 1:
        what = f"version {found!r} of the state of {kind}; this is version {version}"
        raise StatsInputError(what, where=where, hint=_HINT)
    state = content.get("state")
    if not isinstance(state, dict):
        raise StatsInputError("the state is missing", where=where, hint=_HINT)
    return state


@contextmanager
def taken(kind: str) -> Iterator[None]:
    """Turn what is missing or misshapen in a state into the error that users handle.

    Raises:
        StatsInputError: A field is missing or of the wrong type.
    """
    try:
        yield
    except StatsInputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        what = f"the state of {kind} is damaged: {type(error).__name__}: {error}"
        raise StatsInputError(what, where="state", hint=_HINT) from None
