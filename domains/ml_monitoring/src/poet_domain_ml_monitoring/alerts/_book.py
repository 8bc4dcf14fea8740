"""All that alerts remember from check to check."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from poet.errors import ConfigError, nearest
from poet_domain_ml_monitoring._clock import elapsed
from poet_domain_ml_monitoring.alerts._alert import Alert
from poet_domain_ml_monitoring.alerts._causes import Cause
from poet_domain_ml_monitoring.alerts._change import Change
from poet_domain_ml_monitoring.alerts._history import History
from poet_domain_ml_monitoring.alerts._patterns import FalsePattern

__all__ = ["Book"]

# So many resolved alerts, and summaries, can feedback still name.
_KEPT = 200


class Book:
    """Alerts, patterns marked as false, summaries, and what the last checks found.

    Args:
        checks: How many checks are remembered.
    """

    def __init__(self, checks: int) -> None:
        self.alerts: dict[str, Alert] = {}
        self.summaries: dict[str, tuple[str, ...]] = {}
        self.patterns: list[FalsePattern] = []
        self.history = History(checks)
        self._count = 0
        self._about: defaultdict[str, set[str]] = defaultdict(set)  # feature to alerts

    def put(self, alert: Alert) -> None:
        """Keep an alert as it is now."""
        self.alerts[alert.id] = alert
        for feature in (*alert.features, alert.root_cause):
            self._about[feature].add(alert.id)

    def new_id(self, execution: str, what: str) -> str:
        """Return an id that no other alert has, the same for the same history."""
        self._count += 1
        text = f"{execution}\n{what}\n{self._count}"
        return "a-" + hashlib.sha256(text.encode()).hexdigest()[:24]

    def alert_of(self, cause: Cause) -> Alert | None:
        """Return the alert that a cause belongs to: the root cause of one is covered by the other.

        One that was marked as false is over: what is larger than that is news.
        """
        marked = {pattern.alert_id for pattern in self.patterns}
        names = self._about.get(cause.root, set()).union(
            *(self._about.get(feature, ()) for feature in cause.features)
        )
        found = [
            alert for alert in (self.alerts[name] for name in names)
            if alert.kind == cause.kind and alert.id not in marked and _same(alert, cause)
        ]  # fmt: skip
        return min(
            found,
            key=lambda a: (
                a.state == "resolved", a.root_cause != cause.root,
                -len(a.features.keys() & cause.features.keys()), a.created, a.id,
            ),
            default=None,
        )  # fmt: skip

    def pattern_of(
        self, feature: str, change: Change, tolerance: float, now: datetime
    ) -> FalsePattern | None:
        """Return the pattern marked as false that this is again."""
        found = (p for p in self.patterns if p.covers(feature, change, tolerance, now))
        return next(found, None)

    def named(self, alert: Alert | str) -> list[Alert]:
        """Return the alerts that an alert or its id stands for: of a summary all its members.

        Raises:
            ConfigError: There is no such alert.
        """
        name = alert if isinstance(alert, str) else alert.id
        members = self.summaries.get(name, (name,))
        found = [self.alerts[member] for member in members if member in self.alerts]
        if not found:
            raise ConfigError(
                f"no alert {name!r}{nearest(name, list(self.alerts))}",
                where="alert",
                hint="it may have been resolved long ago; `open` lists those that are not",
            )
        return found

    def forget(self, now: datetime, cooldown: timedelta) -> None:
        """Drop what is over: patterns past their time, alerts resolved and past their cooldown."""
        self.patterns = [p for p in self.patterns if p.until is None or now < p.until]
        resolved = [alert for alert in self.alerts.values() if alert.state == "resolved"]
        too_many = len(resolved) - _KEPT
        for index, alert in enumerate(resolved):
            if index < too_many or elapsed(alert.fired, now) >= cooldown:
                del self.alerts[alert.id]
                for names in (*alert.features, alert.root_cause):
                    self._about[names].discard(alert.id)
        while len(self.summaries) > _KEPT:
            del self.summaries[next(iter(self.summaries))]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the same for the same history."""
        return {
            "alerts": [alert.to_dict() for alert in self.alerts.values()],
            "patterns": [pattern.to_dict() for pattern in self.patterns],
            "summaries": [[name, *members] for name, members in self.summaries.items()],
            "history": self.history.to_dict(),
            "count": self._count,
        }

    @classmethod
    def from_dict(cls, checks: int, data: Mapping[str, Any]) -> Book:
        """Take up what `to_dict` gave."""
        made = cls(checks)
        for item in data["alerts"]:
            made.put(Alert.from_dict(item))
        made.patterns = [FalsePattern.from_dict(item) for item in data["patterns"]]
        made.summaries = {name: tuple(members) for name, *members in data["summaries"]}
        made.history = History.from_dict(checks, data["history"])
        made._count = int(data["count"])
        return made


def _same(alert: Alert, cause: Cause) -> bool:
    if cause.kind == "health":
        return True
    if cause.kind == "data":
        return bool(
            _problems(alert.features, alert.root_cause) & _problems(cause.features, cause.root)
        )
    return cause.root in alert.features or alert.root_cause in cause.features


def _problems(features: Mapping[str, Change], root: str) -> set[str]:
    return {change.check for change in features.values()} or {root}
