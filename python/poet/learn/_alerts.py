"""What became of each alert: whether anybody could use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from poet.learn._values import Observations

__all__ = ["Answered", "answered_alerts"]

_USELESS = {"dismissed", "ignored", "muted", "snoozed", "suppressed", "false_alarm", "noise"}
_USEFUL = {"acted", "investigated", "resolved", "escalated", "fixed", "retrained", "rolled_back"}
_DAY = 86_400.0


class Answered(NamedTuple):
    """One alert whose fate is known.

    Attributes:
        alert: Its id, or that of its execution.
        at: When its fate became known.
        useless: Whether it was dismissed, ignored or called useless.
    """

    alert: str
    at: float
    useless: bool


def answered_alerts(observations: Observations, version: str | None) -> list[Answered]:
    """Return the alerts of a version whose fate is known, in order.

    The last word about an alert counts. One that nobody answered for a day, while others were
    answered later, was ignored. To acknowledge is to have seen it, and says nothing of its use.
    """
    created: dict[str, float] = {}
    fate: dict[str, Answered] = {}
    seen: set[str] = set()
    latest = 0.0
    for kind, payload in observations.alerts:
        alert = str(payload.get("alert_id") or payload.get("execution_id") or "")
        execution = observations.executions.get(str(payload.get("execution_id")))
        if not alert or (execution is not None and execution.version != version):
            continue
        at = payload["at"]
        if kind == "alert.created":
            created.setdefault(alert, at)
            continue
        latest = max(latest, at)
        useless = _useless(kind, payload)
        if useless is None:
            seen.add(alert)
        else:
            fate[alert] = Answered(alert, at, useless)
    for alert, at in created.items():
        if alert not in fate and alert not in seen and at + _DAY < latest:
            fate[alert] = Answered(alert, at + _DAY, useless=True)
    return sorted(fate.values(), key=lambda a: (a.at, a.alert))


def _useless(kind: str, payload: Mapping[str, Any]) -> bool | None:
    if kind == "alert.batch_dismissed":
        return True
    if kind == "alert.usefulness" and isinstance(payload.get("useful"), bool):
        return not payload["useful"]
    response = str(payload.get("response", "")).lower().replace(" ", "_").replace("-", "_")
    if response in _USELESS:
        return True
    return False if response in _USEFUL else None
