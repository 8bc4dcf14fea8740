"""Events and observations as production would give them, with times and ids chosen by the test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from poet.events import Event, timestamp, uuid7
from poet.learn import Execution, FunctionKey, Label, Observations, Reliability, agreed

NOW = 1_800_000_000.0
DAY = 86_400.0
KEY = FunctionKey("app.py", "detect_drift")
__all__ = ["DAY", "KEY", "NOW", "event", "execution", "feedback", "labelled", "observed"]


def event(
    type: str,  # noqa: A002 - the envelope's own word
    payload: Mapping[str, Any],
    *,
    at: float = NOW,
    about: str | None = None,
    id: str | None = None,  # noqa: A002
) -> Event:
    nanoseconds = int(at * 1e6) * 1000
    return Event(
        id or uuid7(nanoseconds),
        type,
        timestamp(nanoseconds),
        about,
        None,
        {"version": "1", "environment": "test", "service": "poet"},
        payload,
    )


def execution(
    id: str,  # noqa: A002
    *,
    at: float = NOW - 100,
    status: str | None = "drift",
    version: str | None = "v1",
    key: FunctionKey = KEY,
    error: str | None = None,
    ms: float = 0.0,
    **facts: Any,
) -> Event:
    """Return a ``function.execution`` that began at ``at``."""
    payload: dict[str, Any] = {
        "function": key.qualname,
        "file": key.file,
        "version": version,
        "duration_ms": ms,
        "outcome": "raised" if error else "returned",
        "error": error,
    }
    if status is not None:
        facts["status"] = status
    if facts:
        payload["facts"] = facts
    return event("function.execution", payload, at=at + ms / 1000, about=id)


def feedback(
    id: str | None = None,  # noqa: A002
    *,
    at: float = NOW - 50,
    source: str = "ann",
    event_id: str | None = None,
    **said: Any,
) -> Event:
    payload = {"kind": "user", "source": source, **said}
    if id is not None:
        payload["execution_id"] = id
    return event("function.feedback", payload, at=at, about=id, id=event_id)


def labelled(
    votes: Iterable[tuple[Mapping[str, bool], str]],
    *,
    reliability: Mapping[str, Reliability] | None = None,
    silent: int = 0,
    version: str = "v1",
) -> Observations:
    """Return observations of executions with these votes: each with ``alarm`` or ``silent``.

    Args:
        votes: In order of time, an execution each.
        reliability: Of sources.
        silent: More silent executions, that nobody judged.
        version: That ran.
    """
    known = reliability or {}
    executions, labels = {}, {}
    for i, (said, judged) in enumerate(votes):
        name = f"x{i}"
        executions[name] = Execution(
            name, NOW - 10_000 + i, version, 5.0, None, judged == "alarm", {}
        )
        truth, sure = agreed(said, known)
        labels[name] = Label(
            name, truth, dict(said), sure, {}, NOW - 5_000 + i,
            "alarm" if judged == "alarm" else "silent", judged == "silent",
        )  # fmt: skip
    for i in range(silent):
        name = f"s{i}"
        executions[name] = Execution(name, NOW - 9_000 + i, version, 5.0, None, False, {})
    return Observations(KEY, executions, labels, reliability=known)


def observed(**changes: Any) -> Observations:
    return Observations(KEY, {}, {})._replace(**changes)
