"""The manager: reports in, the alerts to tell out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from threading import RLock
from typing import TYPE_CHECKING, Any, Self

from poet.errors import ConfigError
from poet_domain_ml_monitoring._clock import Clock, as_time, elapsed, positive, utc_now
from poet_domain_ml_monitoring._emit import Emit, emit_event, tell
from poet_domain_ml_monitoring._saved import Saved, taken
from poet_domain_ml_monitoring.alerts._alert import Alert, Held
from poet_domain_ml_monitoring.alerts._book import Book
from poet_domain_ml_monitoring.alerts._check import Check
from poet_domain_ml_monitoring.alerts._config import AlertConfig
from poet_domain_ml_monitoring.alerts._patterns import FalsePattern
from poet_domain_ml_monitoring.alerts._relations import Relations
from poet_domain_ml_monitoring.alerts._told import payload, summary

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.health import ModelHealth
    from poet_domain_ml_monitoring.monitor import Report

__all__ = ["AlertManager"]


class AlertManager(Saved[AlertConfig]):
    """Turns reports into few alerts.

    Drifts of related features become one alert that names the root cause; what was marked as false
    stays silent unless it is larger; what was told is not told again until the cooldown is over, and
    then ever more seldom, or it grew, or nobody acknowledged it; more than three at once are told as
    one.

    Args:
        config: Times, levels and limits.
        relations: Which features move together, from ``Relations.fit(reference)``. Without it
            features are related by missing together and by what came and went together before.
        clock: Gives the time where `process` is not told it.
        emit: Where events go; POET's own log by default.

    Attributes:
        held: What the last check found and did not tell, with the reason.

    Example:
        >>> from poet_domain_ml_monitoring import AlertManager, Monitor
        >>> monitor = Monitor.fit({"age": range(20, 520)})
        >>> alerts = AlertManager(emit=lambda kind, facts: None)
        >>> for alert in alerts.process(monitor.check({"age": range(220, 720)})):
        ...     print(alert.severity, alert.title)
        critical age drifted
    """

    kind = "alerts"
    version = 1

    def __init__(
        self,
        config: AlertConfig | None = None,
        *,
        relations: Relations | None = None,
        clock: Clock = utc_now,
        emit: Emit = emit_event,
    ) -> None:
        self.config = config or AlertConfig()
        self.relations = relations or Relations()
        self.held: tuple[Held, ...] = ()
        self._clock = clock
        self._emit = emit
        self._lock = RLock()
        self._book = Book(self.config.history)

    @property
    def open(self) -> tuple[Alert, ...]:
        """The alerts that are not resolved, the oldest first."""
        return tuple(a for a in self._book.alerts.values() if a.state != "resolved")

    @property
    def patterns(self) -> tuple[FalsePattern, ...]:
        """What was marked as false."""
        return tuple(self._book.patterns)

    def process(
        self, report: Report, *, now: datetime | None = None, health: ModelHealth | None = None
    ) -> list[Alert]:
        """Take a report and return what to tell people now; what is held back is in `held`.

        Args:
            report: What a check found.
            now: The time of the check, with its time zone; the clock's by default.
            health: What became of the model's health, if it is to be alerted on too.

        Raises:
            StatsInputError: `now` has no time zone.
        """
        with self._lock:
            return self._process(report, as_time(now, self._clock), health)

    def acknowledge(self, alert: Alert | str, *, by: str = "", now: datetime | None = None) -> None:
        """Say that somebody is at it: it no longer escalates, and is told again only if it grows.

        Raises:
            ConfigError: There is no such alert.
        """
        with self._lock:
            time = as_time(now, self._clock)
            for known in self._book.named(alert):
                if known.state == "open":
                    taken_up = replace(known, state="acknowledged")
                    self._book.put(taken_up)
                    waited = elapsed(known.fired, time).total_seconds()
                    facts = payload(taken_up, time, by=by, response_seconds=waited)
                    tell(self._emit, "alert.acknowledged", facts)

    def mark_false(
        self,
        alert: Alert | str,
        *,
        reason: str,
        by: str = "",
        lasts: timedelta | None = None,
        now: datetime | None = None,
    ) -> list[FalsePattern]:
        """Say that an alert was none: the same changes stay silent unless they are larger.

        Args:
            alert: The alert or its id; of a summary every alert in it.
            reason: Why it was none, such as ``seasonal_pattern``.
            by: Who says so.
            lasts: For how long; without end by default.
            now: The time; the clock's by default.

        Raises:
            ConfigError: There is no such alert, or it is about no feature.
        """
        if lasts is not None:
            positive(lasts, "lasts", zero=False)
        with self._lock:
            time = as_time(now, self._clock)
            named = self._book.named(alert)
            for known in named:
                if not known.features:
                    raise ConfigError(
                        f"the alert {known.title!r} is about no feature",
                        where=known.id,
                        hint="acknowledge it instead; it is resolved when the model is healthy",
                    )
            made = []
            for known in named:
                pattern = FalsePattern(
                    features=known.features, reason=reason, alert_id=known.id,
                    execution_id=known.last_execution_id, marked=time,
                    until=None if lasts is None else time + lasts,
                )  # fmt: skip
                others = [p for p in self._book.patterns if p.alert_id != known.id]
                self._book.patterns = [*others, pattern]
                made.append(pattern)
                closed = replace(known, state="resolved")
                self._book.put(closed)
                facts = payload(closed, time, reason=reason, by=by)
                tell(self._emit, "drift.false_positive", facts)
            return made

    def mark_useful(self, alert: Alert | str, *, by: str = "", now: datetime | None = None) -> None:
        """Say that an alert was right, for what learns from it.

        Raises:
            ConfigError: There is no such alert.
        """
        with self._lock:
            time = as_time(now, self._clock)
            for known in self._book.named(alert):
                facts = payload(known, time, by=by, useful=True)
                tell(self._emit, "alert.usefulness", facts)

    def forget(self, pattern: FalsePattern) -> None:
        """Take a pattern back: what it covers is told again."""
        with self._lock:
            self._book.patterns = [p for p in self._book.patterns if p != pattern]

    def to_dict(self) -> dict[str, Any]:
        """Return all that the next check depends on, as plain data; the configuration is not in it."""
        return self._book.to_dict() | {"relations": self.relations.to_dict()}

    @classmethod
    def from_dict(
        cls,
        data: Mapping[str, Any],
        config: AlertConfig | None = None,
        *,
        clock: Clock = utc_now,
        emit: Emit = emit_event,
    ) -> Self:
        """Take up what `to_dict` gave.

        Raises:
            StatsInputError: Something is missing or of another type.
        """
        with taken(cls.kind):
            made = cls(
                config, relations=Relations.from_dict(data["relations"]), clock=clock, emit=emit
            )
            made._book = Book.from_dict(made.config.history, data)
        return made

    def _process(self, report: Report, now: datetime, health: ModelHealth | None) -> list[Alert]:
        execution = report.execution_id or _content_id(report)
        self._book.forget(now, self.config.cooldown)
        check = Check(self.config, self.relations, self._book, report, health, execution, now)
        steps = check.steps()
        for alert in check.resolve():
            facts = payload(alert, now, open_seconds=elapsed(alert.created, now).total_seconds())
            tell(self._emit, "alert.resolved", facts)
        self.held = tuple(check.held)
        fired = [step for step in steps if step.told in ("created", "escalated", "repeated")]
        if len(fired) <= self.config.summary_above:
            for step in fired:
                tell(self._emit, f"alert.{step.told}", payload(step.alert, now))
            return [step.alert for step in fired]
        name = self._book.new_id(execution, "summary")
        whole = summary(name, execution, [step.alert for step in fired], now)
        self._book.summaries[whole.id] = tuple(step.alert.id for step in fired)
        for step in fired:
            facts = payload(step.alert, now, summary_id=whole.id)
            tell(self._emit, f"alert.{step.told}", facts)
        # The lines of a long summary are in the events of its members.
        facts = payload(whole, now, members=len(fired)) | {"why": whole.title}
        tell(self._emit, "alert.created", facts)
        return [whole]


def _content_id(report: Report) -> str:
    text = json.dumps(report.to_dict(), sort_keys=True, default=str)
    return "c-" + hashlib.sha256(text.encode()).hexdigest()[:24]
