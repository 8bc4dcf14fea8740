"""What people do about alerts: responses, and dismissals of many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from poet.capture._tell import home_of, number, tell
from poet.errors import FeedbackError, nearest
from poet.events.queue import store_for

__all__ = ["RESPONSES", "Shared", "alert_response", "dismiss_alerts", "shared_of"]

Response = Literal["acknowledged", "investigating", "acted", "escalated", "ignored", "dismissed"]
RESPONSES: tuple[str, ...] = (
    "acknowledged",
    "investigating",
    "acted",
    "escalated",
    "ignored",
    "dismissed",
)
"""What somebody may do about an alert."""
_LEAST_SHARE = 0.8
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Shared(NamedTuple):
    """Something that alerts have in common.

    Attributes:
        what: ``feature``, ``severity``, ``kind``, ``root_cause``, ``weekday`` or ``hour``.
        value: Which.
        of: How many alerts have it.
        total: How many say anything of it.
    """

    what: str
    value: str
    of: int
    total: int


def alert_response(
    alert_id: str,
    response: Response,
    *,
    seconds: float | None = None,
    useful: bool | None = None,
    reason: str | None = None,
    comments: str | None = None,
    source: str | None = None,
    home: Path | None = None,
) -> str:
    """Tell what somebody did about an alert; return the id of ``alert.response``.

    ``acknowledged`` also tells ``alert.acknowledged``, and ``useful`` also ``alert.usefulness``.

    Args:
        alert_id: Which.
        response: One of :data:`RESPONSES`.
        seconds: From the alert to the response.
        useful: Whether it was worth its interruption.
        reason: Why, one of :data:`poet.learn.REASONS` or free text.
        comments: Free text.
        source: Who did it.
        home: Folder of live state.

    Raises:
        FeedbackError: The response is not one, or ``seconds`` no number of at least 0.
    """
    if response not in RESPONSES:
        raise FeedbackError(
            f"response {response!r} is not known{nearest(response, RESPONSES)}",
            hint=f"one of: {', '.join(RESPONSES)}",
        )
    if seconds is not None:
        seconds = number(seconds, "seconds", least=0.0)
    facts: dict[str, Any] = {"alert_id": alert_id, **_execution_of(alert_id, home)}
    if response == "acknowledged":
        tell("alert.acknowledged", facts, source=source, home=home, about=alert_id)
    if useful is not None:
        judged = {**facts, "useful": bool(useful), "reason": reason}
        tell("alert.usefulness", judged, source=source, home=home, about=alert_id)
    whole = {
        **facts,
        "response": response,
        "seconds": seconds,
        "reason": reason,
        "comments": comments,
    }
    return tell("alert.response", whole, source=source, home=home, about=alert_id)


def dismiss_alerts(
    alert_ids: Sequence[str],
    reason: str,
    *,
    source: str | None = None,
    home: Path | None = None,
) -> tuple[Shared, ...]:
    """Dismiss alerts together; return what they have in common.

    It tells ``alert.batch_dismissed`` once, with what at least four in five of the alerts share.

    Args:
        alert_ids: Which, at least one.
        reason: Why, one of :data:`poet.learn.REASONS` or free text.
        source: Who dismisses them.
        home: Folder of live state.

    Raises:
        FeedbackError: No alert is named, or no reason.
    """
    names = list(dict.fromkeys(str(a) for a in alert_ids))
    if isinstance(alert_ids, str) or not names:
        raise FeedbackError("no alerts are named", hint="pass a list of alert ids")
    if not reason.strip():
        raise FeedbackError("no reason is named", hint="such as seasonal_pattern")
    found = _created(names, home)
    shared = shared_of([found[n] for n in names if n in found])
    facts = {
        "alert_ids": names,
        "reason": reason,
        "patterns": [s._asdict() for s in shared],
        "known": len(found),
    }
    tell("alert.batch_dismissed", facts, source=source, home=home)
    return shared


def shared_of(alerts: Sequence[Mapping[str, Any]]) -> tuple[Shared, ...]:
    """Return what at least four in five of some alerts (``alert.created`` payloads) share."""
    counts: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter()
    for alert in alerts:
        said = _said(alert)
        counts.update(said)
        totals.update({what for what, _ in said})
    least = 2 if len(alerts) > 1 else 1
    kept = [
        Shared(what, value, n, totals[what])
        for (what, value), n in counts.items()
        if n >= max(least, _LEAST_SHARE * totals[what])
    ]
    return tuple(sorted(kept, key=lambda s: (-s.of, s.what, s.value)))


def _said(alert: Mapping[str, Any]) -> set[tuple[str, str]]:
    said = {
        (what, str(alert[what])) for what in ("severity", "kind", "root_cause") if alert.get(what)
    }
    features = alert.get("features")
    for item in features if isinstance(features, list) else ():
        name = item.get("feature") if isinstance(item, Mapping) else item
        said.add(("feature", str(name)))
    try:
        at = datetime.fromisoformat(str(alert.get("at", "")))
    except ValueError:
        return said
    return said | {("weekday", _DAYS[at.weekday()]), ("hour", f"{at.hour:02d}")}


def _created(alert_ids: Sequence[str], home: Path | None) -> dict[str, Mapping[str, Any]]:
    wanted = set(alert_ids)
    found: dict[str, Mapping[str, Any]] = {}
    for event in store_for(home_of(home)).query("alert.created", newest_first=True):
        name = event.payload.get("alert_id")
        if name in wanted and name not in found:
            found[str(name)] = {"at": event.timestamp, **event.payload}
            if len(found) == len(wanted):
                break
    return found


def _execution_of(alert_id: str, home: Path | None) -> dict[str, Any]:
    alert = _created([alert_id], home).get(alert_id, {})
    return {k: alert[k] for k in ("execution_id", "function", "file") if alert.get(k)}
