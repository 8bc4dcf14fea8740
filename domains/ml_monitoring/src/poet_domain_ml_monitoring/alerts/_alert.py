"""An alert: what is said to people, once for each cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from poet_domain_ml_monitoring._clock import from_text, to_text
from poet_domain_ml_monitoring.alerts._change import Change

__all__ = ["LEVELS", "Alert", "Held", "Kind", "Level", "Reason"]

Level: TypeAlias = Literal["info", "warning", "critical"]
Kind: TypeAlias = Literal["drift", "data", "health", "summary"]
Reason: TypeAlias = Literal["known", "cooldown", "inhibited", "ongoing", "unconfirmed"]
LEVELS: tuple[Level, ...] = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One cause that needs a look, with everything it explains.

    Attributes:
        id: What feedback about it names.
        execution_id: The check that raised it first.
        last_execution_id: The check that told of it last.
        kind: ``drift``, ``data``, ``health`` or ``summary``.
        severity: How urgent it is.
        title: One line.
        why: Why it fired now, with the numbers.
        root_cause: The feature, or the kind of problem, that explains the others.
        features: Each feature it covers and how far it had gone, the root cause first.
        state: ``open``, ``acknowledged`` or ``resolved``.
        urgency: From 0 to 1: severity of the root cause times its importance, at most the average's.
        created: When it was first raised.
        fired: When people were last told.
        since: When the cause came, or came back.
        seen: When the cause was last there.
        times: In how many checks the cause was there.
        absent: In how many checks in a row, up to the last, it was not.
        members: The alerts that a summary stands for, each with its own execution and reason.
    """

    id: str
    execution_id: str
    last_execution_id: str
    kind: Kind
    severity: Level
    title: str
    why: str
    root_cause: str
    features: Mapping[str, Change]
    state: Literal["open", "acknowledged", "resolved"]
    urgency: float
    created: datetime
    fired: datetime
    since: datetime
    seen: datetime
    times: int = 1
    absent: int = 0
    members: tuple[Alert, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the same for the same alert."""
        data: dict[str, Any] = {name: getattr(self, name) for name in _PLAIN}
        data |= {name: to_text(getattr(self, name)) for name in _TIMES}
        data["features"] = [[name, change.to_list()] for name, change in self.features.items()]
        data["members"] = [member.to_dict() for member in self.members]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Alert:
        """Take up what `to_dict` gave."""
        plain: dict[str, Any] = {name: data[name] for name in _PLAIN}
        plain |= {name: from_text(data[name]) for name in _TIMES}
        return cls(
            **plain,
            features={name: Change.from_list(change) for name, change in data["features"]},
            members=tuple(cls.from_dict(member) for member in data["members"]),
        )


_PLAIN = (
    "id", "execution_id", "last_execution_id", "kind", "severity", "title", "why", "root_cause",
    "state", "urgency", "times", "absent",
)  # fmt: skip
_TIMES = ("created", "fired", "since", "seen")


class Held(NamedTuple):
    """What did not become an alert, and why.

    Attributes:
        features: What it was about.
        execution_id: The check that found it.
        reason: ``known``, ``cooldown``, ``inhibited``, ``ongoing`` or ``unconfirmed``.
        why: One sentence.
    """

    features: tuple[str, ...]
    execution_id: str
    reason: Reason
    why: str
