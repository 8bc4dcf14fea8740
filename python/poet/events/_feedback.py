"""Feedback: what production says, later, about an execution, an alert or a function."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from poet.errors import EventStoreError, FeedbackError, nearest
from poet.events.envelope import new_event
from poet.settings import Settings, home_for, load_settings

__all__ = ["KINDS", "feedback", "source_of"]

KINDS = ("performance", "error", "user", "system")
Kind = Literal["performance", "error", "user", "system"]


def feedback(
    execution_id: str | None = None,
    *,
    alert_id: str | None = None,
    function: str | None = None,
    at: datetime | str | None = None,
    kind: Kind = "user",
    source: str | None = None,
    rating: int | None = None,
    comments: str = "",
    metrics: Mapping[str, float] | None = None,
    suggestions: Sequence[str] = (),
    home: Path | None = None,
    **facts: Any,
) -> str:
    """Record what production says, later, about an execution; returns the event's id.

    The event is on the device when this returns. It may be said by another process, weeks later, or
    before the execution's own event has arrived. Said twice by one source, the last word counts.

    Args:
        execution_id: ``poet.last_execution().id``, or the id an alert carried.
        alert_id: Instead: an alert's id.
        function: Instead: a function's qualified name (``file.py:name`` where several have it), with
            ``at`` for the execution nearest before that time, without for the function as a whole.
        at: An RFC 3339 text or an aware datetime.
        kind: ``user`` (a judgement), ``error``, ``performance`` or ``system``.
        source: Who says it; by default the setting ``source``, else the login name.
        rating: From 1 (bad) to 5 (good).
        comments: Free text. It enters prompts as quoted data only.
        metrics: Named finite numbers, such as ``{"seconds_lost": 40.0}``.
        suggestions: What to do about it, such as ``["need KL for categorical features"]``; one that
            names a strategy the domain knows is a request.
        home: Folder of live state, as for :func:`poet.emit`.
        **facts: JSON values, such as ``was_real_drift=False, reason="seasonal_pattern"``,
            ``was_correct=True``, ``expected={...}`` (what should have been returned).

    Raises:
        FeedbackError: It is about nothing, says nothing, or a field is not what it must be.
        EventError: A fact is not JSON, or there is too much of it.
        EventStoreError: It could not be stored durably.
    """
    from poet.events import store_event

    settings = load_settings()
    about = _about(execution_id, alert_id, function, at)
    said = _said(kind, rating, comments, metrics, suggestions, facts)
    payload = {**about, "kind": kind, "source": source_of(source, settings), **said}
    event = new_event(
        "function.feedback",
        payload,
        correlation_id=about.get("execution_id") or about.get("alert_id"),
        environment=settings.environment,
    )
    folder = home or home_for(Path.cwd(), settings)
    if not store_event(event, folder, durable=True):
        files = settings.event_store == "files"
        raise EventStoreError(
            "this feedback could not be stored, and is lost unless it is said again",
            where=str(folder) if files else "event_store of [tool.poet], or POET_EVENT_STORE",
            hint="make room or set POET_HOME to a writable folder, and call it again"
            if files
            else "see the warning for what the store said; mend that, and call it again",
        )
    return event.id


def source_of(given: str | None, settings: Settings) -> str:
    """Return who says it: what is given, else the setting, else the login name."""
    name = given if given is not None else settings.source
    if not name:
        try:
            name = getpass.getuser()
        except (OSError, KeyError):
            name = f"uid-{os.getuid()}" if hasattr(os, "getuid") else "unknown"
    if len(name) > 200 or not name.isprintable():
        raise FeedbackError(
            f"source {name[:50]!r} is not one short line of text",
            hint="a login name or an address, at most 200 characters",
        )
    return name


def _about(
    execution_id: str | None, alert_id: str | None, function: str | None, at: datetime | str | None
) -> dict[str, str]:
    given = {"execution_id": execution_id, "alert_id": alert_id, "function": function}
    about = {k: str(v) for k, v in given.items() if v is not None and str(v)}
    if not about:
        raise FeedbackError(
            "feedback is about nothing",
            hint="name an execution_id (poet.last_execution().id), an alert_id, or a function",
        )
    if at is not None:
        about["at"] = _time(at)
    return about


def _time(at: datetime | str) -> str:
    try:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        if moment.tzinfo is None:
            raise ValueError("it names no time zone")
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    except (ValueError, TypeError, OverflowError, AttributeError) as error:
        raise FeedbackError(
            f"at={at!r} is not a time: {error}", hint="such as 2026-03-01T12:00:00Z"
        ) from None


def _said(
    kind: str,
    rating: int | None,
    comments: str,
    metrics: Mapping[str, float] | None,
    suggestions: Sequence[str],
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    if kind not in KINDS:
        raise FeedbackError(
            f"kind {kind!r} is not known{nearest(kind, KINDS)}", hint=f"one of: {', '.join(KINDS)}"
        )
    said: dict[str, Any] = {}
    if rating is not None:
        if isinstance(rating, bool) or rating not in (1, 2, 3, 4, 5):
            raise FeedbackError(f"rating {rating!r} is not a whole number from 1 to 5")
        said["rating"] = int(rating)
    if comments:
        said["comments"] = str(comments)
    if metrics:
        said["metrics"] = dict(metrics)
    if isinstance(suggestions, str):
        suggestions = (suggestions,)
    if suggestions:
        said["suggestions"] = [str(s) for s in suggestions]
    for name in ("was_real_drift", "was_correct"):
        if name in facts and not isinstance(facts[name], bool):
            raise FeedbackError(f"{name}={facts[name]!r} is not True or False")
    said.update({k: v for k, v in facts.items() if v is not None})
    if not said:
        raise FeedbackError(
            "feedback says nothing",
            hint="such as: was_real_drift=False, rating=2, or comments='…'",
        )
    return said
