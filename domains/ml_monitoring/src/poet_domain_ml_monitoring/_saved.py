"""State in files: written whole or not at all; as JSON versioned, the same bytes for the same state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, ClassVar, Generic, Self, TypeVar

from poet.errors import StatsInputError
from poet.files import StrPath, write_whole
from poet_domain_ml_monitoring._clock import Clock, utc_now
from poet_domain_ml_monitoring._emit import Emit, emit_event

__all__ = ["Saved", "read_state", "state_bytes", "taken", "write_state"]

ConfigT = TypeVar("ConfigT")

_HINT = "pass what the same version or an older one saved"


def state_bytes(kind: str, version: int, data: Mapping[str, Any]) -> bytes:
    """Give the bytes of a state file: sorted keys, one newline at the end."""
    content = {"kind": kind, "version": version, "state": data}
    text = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def write_state(path: StrPath, kind: str, version: int, data: Mapping[str, Any]) -> None:
    """Write a state file; a reader sees the old one or the new one.

    Raises:
        OSError: The folder is missing or not writable.
    """
    write_whole(path, state_bytes(kind, version, data))


def read_state(path: StrPath, kind: str, version: int) -> dict[str, Any]:
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


class Saved(Generic[ConfigT]):
    """What keeps a state from check to check, and can be saved; the configuration is not in it.

    Attributes:
        kind: What the state is of.
        version: Of its format; older ones are read.
    """

    kind: ClassVar[str]
    version: ClassVar[int]
    _lock: RLock

    def to_dict(self) -> dict[str, Any]:
        """Return all that the next check depends on, as plain data."""
        raise NotImplementedError

    @classmethod
    def from_dict(
        cls,
        data: Mapping[str, Any],
        config: ConfigT | None = None,
        *,
        clock: Clock = utc_now,
        emit: Emit = emit_event,
    ) -> Self:
        """Take up what `to_dict` gave.

        Raises:
            StatsInputError: Something is missing or of another type.
        """
        raise NotImplementedError

    def save(self, path: StrPath) -> None:
        """Write the state as JSON, whole or not at all; equal states give equal bytes.

        Raises:
            OSError: The folder is missing or not writable.
        """
        with self._lock:
            write_state(path, self.kind, self.version, self.to_dict())

    @classmethod
    def load(
        cls,
        path: StrPath,
        config: ConfigT | None = None,
        *,
        clock: Clock = utc_now,
        emit: Emit = emit_event,
    ) -> Self:
        """Read what `save` wrote.

        Raises:
            OSError: There is no such file, or it cannot be read.
            StatsInputError: Another file, a damaged one, or one of a later version.
        """
        return cls.from_dict(
            read_state(path, cls.kind, cls.version), config, clock=clock, emit=emit
        )
