"""The status of a noisy score: it changes when it must, and does not flap."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from poet_domain_ml_monitoring._clock import elapsed, from_text, to_text

__all__ = ["Status", "StatusGate"]

Status: TypeAlias = Literal["healthy", "degraded", "unhealthy", "unknown"]
_ORDER: tuple[Status, ...] = ("healthy", "degraded", "unhealthy")


class StatusGate:
    """Holds a status through noise, by two levels for each change and a time to dwell.

    A status gets worse when scores fall below its level, and better when they reach the level plus
    the margin. After a change the next one waits until `dwell_checks` scores in a row ask for it and
    `min_dwell` has passed; only a score more than the margin below a level counts at once.

    Args:
        degraded_below: Level of degraded.
        unhealthy_below: Level of unhealthy.
        margin: How far above a level scores must be to leave a status, and how far below to enter
            one at once.
        dwell_checks: So many scores in a row must ask for a change.
        min_dwell: A status lasts at least this long.

    Attributes:
        status: The status now; ``unknown`` until the first score.
        since: When it began.

    Example:
        >>> from datetime import datetime, timezone
        >>> gate = StatusGate(0.8, 0.55, margin=0.05, dwell_checks=2)
        >>> now = datetime(2026, 1, 1, tzinfo=timezone.utc)
        >>> [gate.step(score, now) for score in (0.9, 0.79, 0.81, 0.7, 0.86, 0.86)]
        ['healthy', 'healthy', 'healthy', 'degraded', 'degraded', 'healthy']
    """

    def __init__(
        self,
        degraded_below: float,
        unhealthy_below: float,
        *,
        margin: float = 0.05,
        dwell_checks: int = 3,
        min_dwell: timedelta = timedelta(0),
    ) -> None:
        self._levels = (degraded_below, unhealthy_below)
        self._margin = margin
        self._checks = dwell_checks
        self._dwell = min_dwell
        self.status: Status = "unknown"
        self.since: datetime | None = None
        self._better = 0  # scores in a row that ask for a better status
        self._worse = 0

    def step(self, score: float, now: datetime) -> Status:
        """Take the next score and return the status.

        Args:
            score: From 0 to 1.
            now: The time of the score.
        """
        if self.status == "unknown":
            self._become(_ORDER[self._rank(score, 0.0)], now)
            return self.status
        current = _ORDER.index(self.status)
        worse = self._rank(score, 0.0)
        better = self._rank(score, self._margin)
        at_once = self._rank(score, -self._margin)
        self._worse = self._worse + 1 if worse > current else 0
        self._better = self._better + 1 if better < current else 0
        if at_once > current:
            self._become(_ORDER[at_once], now)
        elif self.since is not None and elapsed(self.since, now) >= self._dwell:
            if self._worse >= self._checks:
                self._become(_ORDER[worse], now)
            elif self._better >= self._checks:
                self._become(_ORDER[better], now)
        return self.status

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        since = None if self.since is None else to_text(self.since)
        return {
            "status": self.status, "since": since, "better": self._better, "worse": self._worse,
        }  # fmt: skip

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take up what `to_dict` gave."""
        if data["status"] not in (*_ORDER, "unknown"):
            raise ValueError(f"no status {data['status']!r}")
        self.status = data["status"]
        self.since = None if data["since"] is None else from_text(data["since"])
        self._better, self._worse = int(data["better"]), int(data["worse"])

    def _rank(self, score: float, margin: float) -> int:
        return sum(score < level + margin for level in self._levels)

    def _become(self, status: Status, now: datetime) -> None:
        self.status, self.since = status, now
        self._better = self._worse = 0
