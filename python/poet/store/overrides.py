"""Runtime overrides: what a machine serves instead of the tree's current, for a time and a reason.

They live in ``POET_HOME/overrides.json`` and lapse when the tree's current changes, so a reviewed
promotion always wins over an automatic rollback.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import NamedTuple

from poet.store.atomic import dump_json, locked, write_text

__all__ = ["BASELINE", "Override", "clear_override", "read_override", "write_override"]

BASELINE = "baseline"


class Override(NamedTuple):
    """One function's override.

    Attributes:
        serve: The name of an accepted version, or ``baseline``.
        reason: Why, for a person.
        time: When, RFC 3339.
        over: The tree's current at that time; another current ends the override.
    """

    serve: str
    reason: str
    time: str
    over: str | None


def _path(home: Path) -> Path:
    return home / "overrides.json"


def _read_all(home: Path) -> dict[str, dict[str, str | None]]:
    try:
        found = json.loads(_path(home).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_override(home: Path, folder: Path, current: str | None) -> Override | None:
    """Return the override in force for the function stored in ``folder``, None if there is none."""
    entry = _read_all(home).get(str(folder))
    if not isinstance(entry, dict) or set(entry) != set(Override._fields):
        return None
    serve, over = entry["serve"], entry["over"]
    if not isinstance(serve, str) or over != current:
        return None
    return Override(serve, str(entry["reason"]), str(entry["time"]), over)


def write_override(home: Path, folder: Path, serve: str, reason: str, current: str | None) -> None:
    """Serve ``serve`` instead of ``current`` on this machine, from now on."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with locked(home):
        entries = _read_all(home)
        entries[str(folder)] = dict(Override(serve, reason, stamp, current)._asdict())
        write_text(_path(home), dump_json(entries))


def clear_override(home: Path, folder: Path) -> bool:
    """End the function's override; say whether there was one."""
    with locked(home):
        entries = _read_all(home)
        if entries.pop(str(folder), None) is None:
            return False
        write_text(_path(home), dump_json(entries))
    return True
