"""One report against what is remembered: what is told, what is held back, what is over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from poet_domain_ml_monitoring.alerts._alert import Alert, Held, Reason
from poet_domain_ml_monitoring.alerts._causes import (
    BREAKING,
    Cause,
    data_causes,
    drift_causes,
    health_cause,
    level_of,
)
from poet_domain_ml_monitoring.alerts._change import Change, change_of, directions
from poet_domain_ml_monitoring.alerts._grouping import shift_of
from poet_domain_ml_monitoring.alerts._lifecycle import Step, absent, created, present, rank

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.alerts._book import Book
    from poet_domain_ml_monitoring.alerts._config import AlertConfig
    from poet_domain_ml_monitoring.alerts._patterns import FalsePattern
    from poet_domain_ml_monitoring.alerts._relations import Relations
    from poet_domain_ml_monitoring.health import ModelHealth
    from poet_domain_ml_monitoring.monitor import Report
    from poet_domain_ml_monitoring.results import FeatureResult

__all__ = ["Check"]

# Infinite values are outside the range too.
_OF_INFINITE = {"infinite", "range"}


class Check:
    """One report being looked through; `steps` first, then `resolve`.

    Attributes:
        held: What is not told, and why.
    """

    def __init__(
        self, config: AlertConfig, relations: Relations, book: Book, report: Report,
        health: ModelHealth | None, execution: str, now: datetime,
    ) -> None:  # fmt: skip
        self.held: list[Held] = []
        self._config = config
        self._relations = relations
        self._book = book
        self._report = report
        self._health = health
        self._execution = execution
        self._now = now
        self._known: set[str] = set()
        self._seen: set[str] = set()

    def steps(self) -> list[Step]:
        """Decide for each cause, the broken data first, then drifts by urgency, health last."""
        steps: dict[str, Step] = {}
        active: dict[str, Alert] = {}  # by root cause
        for cause in self._causes():
            alert = self._book.alert_of(cause)
            if (alert is None or alert.state == "resolved") and self._waits(cause, active):
                continue
            step = self._step(cause, alert, steps)
            self._book.put(step.alert)
            steps[step.alert.id] = step
            active[step.alert.root_cause] = step.alert
            if step.told in ("cooldown", "ongoing"):
                self._hold(cause.features, step.told, step.why)
        self._seen = set(steps)
        return list(steps.values())

    def resolve(self) -> list[Alert]:
        """Count the checks without its cause for every other alert; return those now resolved."""
        waiting = [
            alert for alert in self._book.alerts.values()
            if alert.state != "resolved" and alert.id not in self._seen
        ]  # fmt: skip
        if not waiting:
            return []
        status = {r.feature: str(r.status) for r in self._report}
        status |= dict.fromkeys(self._known & status.keys(), "ok")
        resolved = []
        for alert in waiting:
            if alert.kind == "drift":
                found = {name: status[name] for name in alert.features if name in status}
            elif alert.kind == "data":
                found = {"": "ok"} if status else {}
            else:
                found = {"": "ok"} if self._health and self._health.status == "healthy" else {}
            later = absent(alert, found, self._config)
            self._book.put(later)
            if later.state == "resolved":
                resolved.append(later)
        return resolved

    def _causes(self) -> list[Cause]:
        """Return what may need a look, and remember what is there."""
        broken = data_causes(self._report)
        ill = None if self._health is None else health_cause(self._health)
        drifted = [result for result in self._report if result.status == "drift"]
        keys = [key for cause in broken for key in cause.keys]
        keys += [*(ill.keys if ill else ()), *(result.feature for result in drifted)]
        self._book.history.push(keys)
        unreadable = {
            feature: cause.title
            for cause in broken for feature, change in cause.features.items()
            if change.check in BREAKING
        }  # fmt: skip
        infinite = {
            problem.feature for problem in self._report.problems if problem.kind == "infinite"
        }
        causes = [left for cause in broken if (left := self._without_known(cause)) is not None]
        ways = directions(self._report, drifted)
        kept: list[FeatureResult] = []
        for result in drifted:
            change = change_of(result, ways.get(result.feature))
            pattern = self._pattern_of(result.feature, change)
            if result.feature in unreadable:
                why = f"The data themselves are broken: {unreadable[result.feature]}."
                self._hold((result.feature,), "inhibited", why)
            elif result.feature in infinite and dict(change.effects).keys() <= _OF_INFINITE:
                why = "Its infinite values are told as a problem of the data."
                self._hold((result.feature,), "inhibited", why)
            elif pattern is not None:
                self._known.add(result.feature)
                self._hold((result.feature,), "known", _known_why(pattern))
            else:
                kept.append(result)
        history = self._book.history
        causes += drift_causes(kept, self._report, self._relations, history, self._config, ways)
        return [*causes, ill] if ill else causes

    def _step(self, cause: Cause, alert: Alert | None, steps: dict[str, Step]) -> Step:
        if alert is None:
            name = self._book.new_id(self._execution, cause.root)
            return created(cause, name, self._execution, self._now, self._config)
        step = present(alert, cause, self._execution, self._now, self._config)
        before = steps.get(alert.id)
        if before is None:
            return step
        # Two causes of one alert in one check count once; the louder of the two is told.
        told = before.told if step.told in ("ongoing", "cooldown") else step.told
        return Step(replace(step.alert, times=before.alert.times), told, step.why)

    def _waits(self, cause: Cause, active: dict[str, Alert]) -> bool:
        """Tell whether a cause without an open alert is held back, and note why."""
        reason = self._inhibited(cause, active)
        if reason:
            self._hold(cause.features, "inhibited", reason)
            return True
        if self._config.confirm > 1:
            run = max(self._book.history.run(key) for key in cause.keys)
            if run < self._config.confirm:
                why = (
                    f"It was there in {run} of the {self._config.confirm} checks in a row it takes."
                )
                self._hold(cause.features, "unconfirmed", why)
                return True
        return False

    def _inhibited(self, cause: Cause, active: dict[str, Alert]) -> str:
        """Return why this follows from what is told already, nothing where it does not."""
        if cause.kind == "health":
            follows = cause.root in ("feature_stability", "data_quality")
            first = next(iter(active.values()), None) if follows else None
            return f"It follows from what {first.id} tells: {first.title}." if first else ""
        if self._config.inhibit and cause.features:
            for root, alert in active.items():
                for rule in self._config.inhibit:
                    if root != cause.root and rule.covers(root, list(cause.features)):
                        return f"{root} is alerted on as {alert.id}, and this follows it by rule."
        if cause.kind != "drift":
            return ""
        level = level_of(cause.urgency, self._config)
        for other, strength in self._relations.pairs.get(cause.root, {}).items():
            known = active.get(other)
            if known is None or known.kind != "drift" or rank(known.severity) <= rank(level):
                continue
            expected = strength * _shift(known.features[other])
            if (
                strength >= self._config.min_correlation
                and _shift(cause.features[cause.root]) <= expected
            ):
                related = f"related by {strength:.2f}"
                return (
                    f"{other} is {known.severity}, and {cause.root}, {related}, moved less with it."
                )
        return ""

    def _without_known(self, cause: Cause) -> Cause | None:
        """Return a cause without the features whose problem was marked as false."""
        if not cause.features:
            return cause
        left = {}
        for feature, change in cause.features.items():
            pattern = self._pattern_of(feature, change)
            if pattern is None:
                left[feature] = change
            else:
                self._hold((feature,), "known", _known_why(pattern))
        return cause._replace(features=left) if left else None

    def _pattern_of(self, feature: str, change: Change) -> FalsePattern | None:
        return self._book.pattern_of(feature, change, self._config.tolerance, self._now)

    def _hold(self, features: Iterable[str], reason: Reason, why: str) -> None:
        self.held.append(Held(tuple(features), self._execution, reason, why))


def _shift(change: Change) -> float:
    return shift_of(dict(change.effects).get("distribution", change.effect_size))


def _known_why(pattern: FalsePattern) -> str:
    return f"It is no larger than what was marked as {pattern.reason} ({pattern.alert_id})."
