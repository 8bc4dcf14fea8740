"""Configuration tracking: what a changed window or threshold did, measured over a set period."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock

from poet.capture._tell import Clock, home_of, rfc3339, tell
from poet.capture._watch import raised_alarm
from poet.errors import FeedbackError
from poet.events.queue import store_for
from poet.files import write_whole

__all__ = ["Impact", "measure_impacts", "track_config"]

WEEK = timedelta(days=7)
_WINDOW = re.compile(r"window|horizon|lookback|batch_size|interval")
_THRESHOLD = re.compile(r"threshold|alpha|level|limit|min_effect|tolerance|cutoff")
_MOST = 200_000  # executions of one side that are counted


class Impact(NamedTuple):
    """Figures of a function over a stretch of time.

    Attributes:
        executions: How many there were.
        alarms: How many of them raised an alarm.
        errors: How many raised an exception.
        mean_ms: Mean wall time, milliseconds; None for no executions.
        judged: Labels on its alarms.
        false: How many of them say that the drift was not real.
    """

    executions: int
    alarms: int
    errors: int
    mean_ms: float | None
    judged: int
    false: int


def track_config(
    function: str,
    values: Mapping[str, Any],
    *,
    file: str | None = None,
    period: timedelta = WEEK,
    source: str | None = None,
    home: Path | None = None,
    clock: Clock = time.time,
) -> list[str]:
    """Compare a function's settings with those of the last call; tell and remember what changed.

    Each change tells ``config.changed``, that of a threshold ``threshold.adjustment`` too. A changed
    window or threshold starts a measurement: once ``period`` has passed, :func:`measure_impacts`
    (which every pass of learning calls) compares it with as long a stretch before the change. A
    second change of the same setting ends the first measurement there and then.

    Args:
        function: Qualified name.
        values: Setting to JSON value, all of them; the first call only remembers.
        file: The module's file, relative to the project.
        period: How long the effect is measured.
        source: Who changed it.
        home: Folder of live state.
        clock: Seconds since 1970.

    Returns:
        Names of the settings that changed.

    Raises:
        FeedbackError: A value is not JSON, or the period is not above 0.
    """
    if period <= timedelta(0):
        raise FeedbackError(f"period {period} is not above 0")
    try:
        given = json.loads(json.dumps(dict(values), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise FeedbackError(f"a setting of {function} is not JSON: {error}") from None
    folder, now, key = home_of(home), clock(), f"{file or ''}:{function}"
    with _locked(folder):
        state = _read(folder)
        known = state["values"].get(key)
        changed = [] if known is None else sorted(
            n for n in {*known, *given} if known.get(n) != given.get(n)
        )  # fmt: skip
        for name in changed:
            change = {
                "function": function, "file": file, "name": name,
                "before": (known or {}).get(name), "after": given.get(name),
            }  # fmt: skip
            tell("config.changed", change, source=source, home=folder)
            if _THRESHOLD.search(name):
                tell("threshold.adjustment", change, source=source, home=folder)
            if _WINDOW.search(name) or _THRESHOLD.search(name):
                for going in state["measurements"]:
                    if (going["key"], going["name"]) == (key, name):
                        going["until"] = min(going["until"], now)
                length = period.total_seconds()
                times = {"at": now, "until": now + length, "period": length}
                state["measurements"].append({**change, "key": key, **times})
        state["values"][key] = given
        _write(folder, state)
    return changed


def measure_impacts(
    *, home: Path | None = None, clock: Clock = time.time
) -> list[tuple[str, str, Impact, Impact]]:
    """Measure what changes did whose period has passed; tell it once.

    A window's is told as ``window_size.impact_measured``, a threshold's as ``threshold.adjustment``
    with ``impact``.

    Returns:
        Function, setting, the figures before and those after, of each.
    """
    folder, now = home_of(home), clock()
    if not _path(folder).exists():
        return []
    done = []
    with _locked(folder):
        state = _read(folder)
        due = [m for m in state["measurements"] if m["until"] <= now]
        for change in due:
            length = min(change["until"] - change["at"], change["period"])
            before = _figures(folder, change["function"], change["at"] - length, change["at"])
            after = _figures(folder, change["function"], change["at"], change["at"] + length)
            facts = {n: change[n] for n in ("function", "file", "name", "before", "after")}
            impact = {
                "before": before._asdict(), "after": after._asdict(), "days": length / 86_400,
            }  # fmt: skip
            window = _WINDOW.search(change["name"])
            name = "window_size.impact_measured" if window else "threshold.adjustment"
            tell(name, {**facts, "impact": impact}, source="poet", home=folder)
            done.append((change["function"], change["name"], before, after))
        if due:
            state["measurements"] = [m for m in state["measurements"] if m["until"] > now]
            _write(folder, state)
    return done


def _figures(home: Path, function: str, start: float, end: float) -> Impact:
    store = store_for(home)
    alarms, errors, total, count = set(), 0, 0.0, 0
    for event in store.query(
        "function.execution", function=function, since=rfc3339(start), until=rfc3339(end),
        limit=_MOST,
    ):  # fmt: skip
        count += 1
        total += float(event.payload.get("duration_ms") or 0.0)
        errors += event.payload.get("outcome") == "raised"
        if raised_alarm(event.payload):
            alarms.add(event.correlation_id)
    votes: dict[tuple[str, str], bool] = {}
    for event in store.query("function.feedback", since=rfc3339(start)) if alarms else ():
        about, real = event.payload.get("execution_id"), event.payload.get("was_real_drift")
        if about in alarms and isinstance(real, bool):
            votes[str(about), str(event.payload.get("source"))] = real
    false = sum(not real for real in votes.values())
    return Impact(count, len(alarms), errors, total / count if count else None, len(votes), false)


def _path(home: Path) -> Path:
    return home / "capture" / "config.json"


def _locked(home: Path) -> FileLock:
    _path(home).parent.mkdir(parents=True, exist_ok=True)
    return FileLock(_path(home).with_suffix(".lock"), timeout=60)


def _read(home: Path) -> dict[str, Any]:
    try:
        found = json.loads(_path(home).read_bytes())
    except FileNotFoundError:
        found = {}
    except (OSError, ValueError) as error:
        raise FeedbackError(
            f"the tracked settings cannot be read: {error}",
            where=str(_path(home)),
            hint="delete the file: settings are remembered anew",
        ) from None
    return {"values": found.get("values", {}), "measurements": found.get("measurements", [])}


def _write(home: Path, state: Mapping[str, Any]) -> None:
    write_whole(_path(home), (json.dumps(state, indent=1, sort_keys=True) + "\n").encode())
