"""Rows of the ledger, made of events: what learning reads of a payload, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any, NamedTuple

from poet.errors import EventError
from poet.events.envelope import Event
from poet.events.types import check_payload

__all__ = ["EventRow", "execution_row", "other_row", "seconds_of", "time_of_id"]

_KEPT = (
    "alert.", "business.", "config.", "data.", "drift.", "error.", "execution.", "feature.",
    "function.feedback", "function.update", "model.", "monitoring.", "resource.", "threshold.",
    "window_size.",
)  # fmt: skip
_MOST = 65_536  # characters of a payload that are kept
_TEXT = 4_000  # of one text, where the payload is longer


class EventRow(NamedTuple):
    """One event other than an execution, as the ledger keeps it.

    Attributes:
        id: Its id.
        type: Its type.
        at: Seconds since 1970 (UTC).
        function: What ``payload.function`` says; None if nothing.
        file: What ``payload.file`` says.
        about: The execution it names.
        alert: The alert it names.
        payload: The payload; long texts are cut.
    """

    id: str
    type: str
    at: float
    function: str | None
    file: str | None
    about: str | None
    alert: str | None
    payload: Mapping[str, Any]


def seconds_of(timestamp: object) -> float:
    """Return an RFC 3339 time as seconds since 1970; 0 where it is none."""
    try:
        moment = datetime.fromisoformat(str(timestamp))
    except ValueError:
        return 0.0
    return moment.timestamp() if moment.tzinfo is not None else 0.0


def time_of_id(identifier: str) -> float | None:
    """Return when a UUIDv7 was made, in seconds since 1970; None for another text."""
    digits = identifier.replace("-", "")
    if len(digits) != 32 or digits[12] != "7":
        return None
    try:
        return int(digits[:12], 16) / 1000
    except ValueError:
        return None


def execution_row(event: Event) -> tuple[Any, ...] | None:
    """Return the row of a ``function.execution``; None where it names no function."""
    payload = event.payload
    function, file = _text(payload.get("function")), _text(payload.get("file"))
    if function is None:
        return None
    ms = payload.get("duration_ms")
    if isinstance(ms, bool) or not isinstance(ms, (int, float)) or not isfinite(ms) or ms < 0:
        ms = 0.0
    facts = payload.get("facts")
    facts = facts if isinstance(facts, Mapping) else {}
    status = facts.get("status")
    alarm = (status == "drift") if isinstance(status, str) else None
    told = json.dumps(facts, ensure_ascii=False)
    if len(told) > _MOST:
        told = json.dumps({"status": status} if isinstance(status, str) else {})
    return (
        event.correlation_id or event.id, event.id, function, file or "",
        _text(payload.get("version")), seconds_of(event.timestamp) - ms / 1000, float(ms),
        _text(payload.get("error")), alarm, _text(facts.get("report")), told,
    )  # fmt: skip


def other_row(event: Event) -> list[tuple[Any, ...]]:
    """Return the row of another event, none where learning does not read its type.

    Nor of one whose payload is not what its type says. A batch dismissal becomes a row for each
    alert, so that each finds its execution.
    """
    if not event.type.startswith(_KEPT):
        return []
    payload = event.payload
    if event.type != "function.feedback":  # which is told to be malformed, to whom asks
        try:
            check_payload(event.type, payload)
        except EventError:
            return []
    alert = _text(payload.get("alert_id"))
    about = _text(payload.get("execution_id"))
    if about is None and event.type != "function.feedback":
        # An alert is told under the id of what raised it; an answer to one is under the alert's.
        about = event.correlation_id if alert is None or event.type == "alert.created" else None
    common = (event.type, seconds_of(event.timestamp))
    names = (_text(payload.get("function")), _text(payload.get("file")))
    alerts = payload.get("alert_ids")
    if event.type == "alert.batch_dismissed" and isinstance(alerts, (list, tuple)):
        text = _dump({**payload, "alert_ids": len(alerts)})
        return [
            (f"{event.id}/{i}", *common, *names, None, str(a), text)
            for i, a in enumerate(alerts[:10_000])
        ]
    return [(event.id, *common, *names, about, alert, _dump(payload))]


def _text(value: object) -> str | None:
    return value[:1000] if isinstance(value, str) and value else None


def _dump(payload: Mapping[str, Any]) -> str:
    text = json.dumps(payload, ensure_ascii=False, default=str)
    if len(text) <= _MOST:
        return text
    small = {
        k: v[:_TEXT] if isinstance(v, str) else v
        for k, v in payload.items()
        if isinstance(v, (str, int, float, bool, type(None)))
    }
    while len(text) > _MOST and small:
        text = json.dumps({**small, "shortened": True}, ensure_ascii=False)
        if len(text) > _MOST:
            small.popitem()
    return text
