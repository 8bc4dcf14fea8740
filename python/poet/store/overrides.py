"""Runtime overrides: what a machine serves instead of the tree's current, for a time and a reason.

They live in ``POET_HOME/overrides.json`` and lapse when the tree's current changes, so a reviewed
promotion always wins over an automatic rollback.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Literal, NamedTuple

from poet.store.atomic import dump_json, locked, write_text

__all__ = [
    "BASELINE",
    "Override",
    "clear_override",
    "end_override",
    "read_override",
    "withdraw",
    "write_override",
]

BASELINE = "baseline"
OverrideMode = Literal["all", "canary", "shadow", "ended"]
_MODES = ("all", "canary", "shadow", "ended")
_TEXTS = ("serve", "reason", "time")
_TRIES = 5.0  # seconds to wait for the lock of an automatic rollback


class Override(NamedTuple):
    """One function's override.

    Attributes:
        serve: The name of an accepted version, or ``baseline``.
        reason: Why, for a person.
        time: When, RFC 3339.
        over: The tree's current at that time; another current ends the override.
        mode: ``all`` calls run it; ``canary``: a share of them; ``shadow``: it runs beside a share
            of them and is compared; ``ended``: it was such a trial, and ``reason`` says why it ended.
        share: Of the calls, above 0 and at most 1.
    """

    serve: str
    reason: str
    time: str
    over: str | None
    mode: OverrideMode = "all"
    share: float = 1.0

    @property
    def is_trial(self) -> bool:
        """Whether the tree's current still serves, beside what is tried."""
        return self.mode in ("canary", "shadow")


def _path(home: Path) -> Path:
    return home / "overrides.json"


def _read_all(home: Path) -> dict[str, Any]:
    try:
        found = json.loads(_path(home).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_override(
    home: Path, folder: Path, current: str | None, *, ended: bool = False
) -> Override | None:
    """Return the override in force for the function stored in ``folder``, None if there is none.

    Args:
        home: The folder of live state.
        folder: The function's versions.
        current: The tree's current; an override over another has lapsed.
        ended: Return also a trial that has ended, with the reason.
    """
    found = _parse(_read_all(home).get(str(folder)))
    if found is None or found.over != current or (found.mode == "ended" and not ended):
        return None
    return found


def _parse(entry: Any) -> Override | None:
    if not isinstance(entry, dict) or not {"over", *_TEXTS} <= set(entry) <= set(Override._fields):
        return None
    share = entry.get("share", 1.0)
    good = (
        all(isinstance(entry[name], str) for name in _TEXTS)
        and entry.get("mode", "all") in _MODES
        and isinstance(share, (int, float))
        and 0 < share <= 1
    )
    return Override(**entry) if good else None


def write_override(
    home: Path,
    folder: Path,
    serve: str,
    reason: str,
    current: str | None,
    *,
    mode: OverrideMode = "all",
    share: float = 1.0,
) -> Override:
    """Serve ``serve`` instead of ``current``, or beside it, on this machine from now on."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    made = Override(serve, reason, stamp, current, mode, share)
    with locked(home):
        entries = _read_all(home)
        entries[str(folder)] = dict(made._asdict())
        write_text(_path(home), dump_json(entries))
    return made


def end_override(home: Path, folder: Path, wanted: Override, reason: str) -> bool:
    """End a trial and keep why; say whether it was still that one, and in force."""
    with locked(home, _TRIES):
        entries = _read_all(home)
        if _parse(entries.get(str(folder))) != wanted:
            return False
        ended = wanted._replace(mode="ended", reason=reason)
        entries[str(folder)] = dict(ended._asdict())
        write_text(_path(home), dump_json(entries))
    return True


def withdraw(home: Path, folder: Path, current: str | None, reason: str) -> Override | None:
    """Take back a version that is served or tried instead of current; return what was in force.

    An override to the baseline is left: to end it would serve again what somebody stopped.
    """
    found = read_override(home, folder, current)
    if found is None or found.serve == BASELINE:
        return None
    if found.is_trial:
        return found if end_override(home, folder, found, reason) else None
    return found if clear_override(home, folder) else None


def clear_override(home: Path, folder: Path) -> bool:
    """End the function's override; say whether there was one."""
    with locked(home):
        entries = _read_all(home)
        if entries.pop(str(folder), None) is None:
            return False
        write_text(_path(home), dump_json(entries))
    return True
