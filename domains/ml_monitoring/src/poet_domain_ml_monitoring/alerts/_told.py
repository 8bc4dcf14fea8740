"""How alerts look in events and summaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from poet_domain_ml_monitoring._clock import to_text
from poet_domain_ml_monitoring.alerts._alert import LEVELS, Alert
from poet_domain_ml_monitoring.alerts._change import Change

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["payload", "summary"]

# An event holds at most 1 MiB; the whole list is in the alert.
_FEATURES = 200


def payload(alert: Alert, now: datetime, **more: Any) -> dict[str, Any]:
    """Return what an event says of an alert."""
    shown = list(alert.features.items())[:_FEATURES]
    return {
        "alert_id": alert.id,
        "execution_id": alert.execution_id,
        "last_execution_id": alert.last_execution_id,
        "kind": alert.kind,
        "severity": alert.severity,
        "urgency": alert.urgency,
        "title": alert.title,
        "why": alert.why,
        "root_cause": alert.root_cause,
        "state": alert.state,
        "times": alert.times,
        "features": [_change(name, change) for name, change in shown],
        "n_features": len(alert.features),
        "at": to_text(now),
        **more,
    }


def summary(name: str, execution: str, fired: Sequence[Alert], now: datetime) -> Alert:
    """Return one alert that stands for several; each keeps its execution and reason."""
    counts = [(level, sum(a.severity == level for a in fired)) for level in reversed(LEVELS)]
    told = ", ".join(f"{count} {level}" for level, count in counts if count)
    first = max(fired, key=lambda a: (LEVELS.index(a.severity), a.urgency))
    features = {name: change for alert in fired for name, change in alert.features.items()}
    return Alert(
        id=name, execution_id=execution, last_execution_id=execution, kind="summary",
        severity=first.severity, title=f"{len(fired)} alerts: {told}; first: {first.title}",
        why="\n".join(f"[{a.execution_id}] {a.title}: {a.why}" for a in fired),
        root_cause=first.root_cause, features=features, state="open", urgency=first.urgency,
        created=now, fired=now, since=now, seen=now,
        members=tuple(fired),
    )  # fmt: skip


def _change(feature: str, change: Change) -> dict[str, Any]:
    return {"feature": feature, **change._asdict(), "effects": dict(change.effects)}
