"""Patterns that a person marked as false: known, so silent, as long as they are not larger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from poet_domain_ml_monitoring._clock import from_text, to_text
from poet_domain_ml_monitoring.alerts._change import Change

__all__ = ["FalsePattern"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FalsePattern:
    """Changes that were no reason for an alert.

    Attributes:
        features: By feature, what changed and how far.
        reason: Why it was no reason, such as ``seasonal_pattern``.
        alert_id: The alert that was marked.
        execution_id: The check that had raised it.
        marked: When.
        until: From when on it counts no more; None for never.
    """

    features: Mapping[str, Change]
    reason: str
    alert_id: str
    execution_id: str
    marked: datetime
    until: datetime | None = None

    def covers(self, feature: str, change: Change, tolerance: float, now: datetime) -> bool:
        """Tell whether a change is this one again: the same checks and direction, and hardly larger."""
        known = self.features.get(feature)
        if known is None or (self.until is not None and now >= self.until):
            return False
        return known.covers(change, tolerance)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "features": [[name, self.features[name].to_list()] for name in sorted(self.features)],
            "reason": self.reason,
            "alert_id": self.alert_id,
            "execution_id": self.execution_id,
            "marked": to_text(self.marked),
            "until": None if self.until is None else to_text(self.until),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FalsePattern:
        """Take up what `to_dict` gave."""
        return cls(
            features={name: Change.from_list(change) for name, change in data["features"]},
            reason=data["reason"], alert_id=data["alert_id"], execution_id=data["execution_id"],
            marked=from_text(data["marked"]),
            until=None if data["until"] is None else from_text(data["until"]),
        )  # fmt: skip
