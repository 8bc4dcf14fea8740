"""Feedback sources: clients of other services that are asked for what they know."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from filelock import FileLock

from poet.capture._tell import home_of
from poet.errors import FeedbackError, PoetError
from poet.events._feedback import feedback
from poet.files import write_whole

__all__ = ["FeedbackSource", "Polled", "poll_sources"]

_REMEMBERED = 10_000  # keys of a source that are kept, so that nothing is taken twice


class FeedbackSource(Protocol):
    """A client of another service, such as a pager or a model registry, that a plugin brings.

    Attributes:
        name: Its name, in small letters; the ``source`` of feedback that names none.
    """

    name: str

    def poll(self, cursor: str | None) -> tuple[Iterable[Mapping[str, Any]], str | None]:
        """Return what is new since ``cursor``, and the cursor for the next time.

        Each row holds the arguments of :func:`poet.feedback` and ``key``, what tells it from every
        other of this source: a row whose key was taken before is left out, so that a source may
        repeat itself.
        """


class Polled(NamedTuple):
    """What came of asking one source.

    Attributes:
        name: Of the source.
        taken: Rows that became feedback.
        repeated: Rows that were known.
        refused: Why others were refused, one line each.
        problem: Why it could not be asked; empty where it could.
    """

    name: str
    taken: int = 0
    repeated: int = 0
    refused: tuple[str, ...] = ()
    problem: str = ""


def poll_sources(sources: Iterable[FeedbackSource], *, home: Path | None = None) -> list[Polled]:
    """Ask each source once; one that fails costs no other anything and is asked from there again.

    What was taken is on the device before the cursor moves, so that a kill at any instant loses
    nothing.

    Args:
        sources: In any order.
        home: Folder of live state.
    """
    folder = home_of(home)
    return [_poll(source, folder) for source in sources]


def _poll(source: FeedbackSource, home: Path) -> Polled:
    path = home / "capture" / "sources" / f"{source.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock"), timeout=60):
        try:
            state = _read(path)
            rows, cursor = source.poll(state["cursor"])
            taken, repeated, refused = 0, 0, []
            known = dict.fromkeys(state["keys"])
            for row in rows:
                key = str(row.get("key", ""))
                if key and key in known:
                    repeated += 1
                    continue
                try:
                    _take(source.name, row, home)
                    taken += 1
                except (PoetError, TypeError) as error:
                    if isinstance(error, OSError):  # not stored: it must come again
                        raise
                    refused.append(f"{key or 'a row'}: {str(error).splitlines()[0]}")
                if key:
                    known[key] = None
        except Exception as error:  # noqa: BLE001 - a plugin's client
            return Polled(source.name, problem=f"{type(error).__name__}: {error}".splitlines()[0])
        kept = {"cursor": cursor, "keys": list(known)[-_REMEMBERED:]}
        write_whole(path, json.dumps(kept).encode())
    return Polled(source.name, taken, repeated, tuple(refused))


def _take(name: str, row: Mapping[str, Any], home: Path) -> None:
    given = {k: v for k, v in row.items() if k not in ("key", "home")}
    if not given:
        raise FeedbackError("it says nothing")
    feedback(home=home, **{"source": name, **given})


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        found = {}
    return {"cursor": found.get("cursor"), "keys": found.get("keys", [])}
