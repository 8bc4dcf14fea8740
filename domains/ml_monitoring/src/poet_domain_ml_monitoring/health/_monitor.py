"""The health of a model over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import RLock
from typing import TYPE_CHECKING, Any, Self

from poet_domain_ml_monitoring._clock import Clock, as_time, to_text, utc_now
from poet_domain_ml_monitoring._emit import Emit, emit_event, tell
from poet_domain_ml_monitoring._saved import Saved, taken
from poet_domain_ml_monitoring.health._components import (
    compared_predictions,
    data_quality,
    feature_stability,
    prediction_drift,
    system_performance,
)
from poet_domain_ml_monitoring.health._config import HealthConfig
from poet_domain_ml_monitoring.health._labels import Waiting
from poet_domain_ml_monitoring.health._quality import Reference, quality
from poet_domain_ml_monitoring.health._recommend import recommend
from poet_domain_ml_monitoring.health._results import Component, ModelHealth
from poet_domain_ml_monitoring.health._status import StatusGate

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.monitor import Report

__all__ = ["HealthMonitor"]


class HealthMonitor(Saved[HealthConfig]):
    """Judges a model's health from reports, predictions, labels and the system, over time.

    The score is the weighted mean of the components that are known, and at most `worst_margin` above
    the worst of them. The status follows it with hysteresis and a dwell time.

    Args:
        config: Weights, levels, limits and times.
        clock: Gives the time where a method is not told it.
        emit: Where ``model.health_assessed`` goes; POET's own log by default.

    Example:
        >>> from poet_domain_ml_monitoring import HealthMonitor, Monitor
        >>> monitor = Monitor.fit({"age": range(20, 520)})
        >>> health = HealthMonitor(emit=lambda kind, facts: None)
        >>> assessed = health.assess(monitor.check({"age": range(220, 720)}))
        >>> assessed.status, assessed.features_drifted, assessed.recommendations[0].feature
        ('unhealthy', ('age',), 'age')
    """

    kind = "model health"
    version = 1

    def __init__(
        self,
        config: HealthConfig | None = None,
        *,
        clock: Clock = utc_now,
        emit: Emit = emit_event,
    ) -> None:
        self.config = config or HealthConfig()
        self._clock = clock
        self._emit = emit
        self._lock = RLock()
        self._gate = StatusGate(
            self.config.degraded_below, self.config.unhealthy_below,
            margin=self.config.recovery_margin, dwell_checks=self.config.dwell_checks,
            min_dwell=self.config.min_dwell,
        )  # fmt: skip
        self._waiting = Waiting(self.config.keep_windows, self.config.keep_rows)
        self._reference: Reference | None = None

    def calibrate(self, labels: Any, predictions: Any) -> None:
        """Measure how good predictions are while all is well, such as on held-back rows.

        Args:
            labels: What was right, one for each row.
            predictions: What the model said: numbers, classes, the probability of class 1, or a row
                of probabilities.

        Raises:
            StatsInputError: They do not fit each other, or are fewer than `min_labels`.
        """
        found = Reference.of(labels, predictions, self.config.metric, self.config.classes)
        found.enough(self.config.min_labels)
        with self._lock:
            self._reference = found
            self._waiting.measured_anew()

    def assess(
        self,
        report: Report,
        *,
        labels: Any = None,
        predictions: Any = None,
        reference_predictions: Any = None,
        system: Mapping[str, float] | None = None,
        now: datetime | None = None,
    ) -> ModelHealth:
        """Judge the model's health at a check.

        Args:
            report: What a check of the features found.
            labels: What was right, where it is known already; None or NaN for rows where it is not.
                Needs `predictions` and, before, `calibrate`.
            predictions: What the model said for the rows of the window; kept for labels that come
                later, see `label`.
            reference_predictions: What it said for the reference, or a ``Monitor`` fitted on that.
            system: Measures of the service by name, such as ``{"error_rate": 0.002}``.
            now: The time of the check, with its time zone; the clock's by default.

        Raises:
            StatsInputError: Labels and predictions do not fit each other, or a measure is no number.
            ConfigError: A measure of the system has no limit.
        """
        with self._lock:
            time = as_time(now, self._clock)
            # All that can be refused comes first: then nothing of a refused call is kept.
            ran = system_performance(system, self.config)
            compared = compared_predictions(report, predictions, reference_predictions, self.config)
            self._waiting.take(report.execution_id, predictions, labels, time, self._reference)
            components = (
                self._prediction_quality(time),
                prediction_drift(compared, self.config),
                feature_stability(report, self.config),
                data_quality(report, self.config),
                ran,
            )
            health = self._judged(report, components, time)
        payload = {
            "at": to_text(time),
            "execution_id": health.execution_id,
            "score": health.score,
            "status": health.status,
            "previous": health.previous,
            "reason": health.reason,
            "components": {c.name: c.score for c in health.components},
            "features_drifted": list(health.features_drifted[:200]),
            "n_features_drifted": len(health.features_drifted),
            "recommendations": [
                {"kind": r.kind, "feature": r.feature, "priority": r.priority}
                for r in health.recommendations
            ],
        }
        tell(self._emit, "model.health_assessed", payload)
        return health

    def label(self, execution_id: str, labels: Any) -> int:
        """Take labels that came later for the predictions of a check; the next assessment counts them.

        Args:
            execution_id: The check's.
            labels: One for each row, None or NaN for those still to come, or a mapping of the row's
                number to its label. May come in parts; what was told stays.

        Returns:
            How many rows of that check have a label now.

        Raises:
            StatsInputError: No predictions of such a check are kept, or labels do not fit them.
        """
        with self._lock:
            return self._waiting.label(execution_id, labels, self._reference)

    def to_dict(self) -> dict[str, Any]:
        """Return all that the next assessment depends on; the configuration is not in it."""
        return {
            "gate": self._gate.to_dict(),
            "waiting": self._waiting.to_dict(),
            "reference": None if self._reference is None else self._reference.to_dict(),
        }

    @classmethod
    def from_dict(
        cls,
        data: Mapping[str, Any],
        config: HealthConfig | None = None,
        *,
        clock: Clock = utc_now,
        emit: Emit = emit_event,
    ) -> Self:
        """Take up what `to_dict` gave.

        Raises:
            StatsInputError: Something is missing or of another type.
        """
        made = cls(config, clock=clock, emit=emit)
        with taken(cls.kind):
            made._gate.restore(data["gate"])
            made._waiting.restore(data["waiting"])
            reference = data["reference"]
            made._reference = None if reference is None else Reference.from_dict(reference)
        return made

    def _prediction_quality(self, now: datetime) -> Component:
        weight = self.config.weights.get("prediction_quality", 0.0)
        if self._reference is None:
            why = "how good predictions should be was never measured (calibrate)"
            return Component("prediction_quality", None, weight, why)
        least = self.config.min_labels
        found = self._waiting.recent(self._reference, least, now, self.config.label_age)
        if found.n < least:
            why = f"there are {found.n} recent labels of at least {least}"
            return Component("prediction_quality", None, weight, why)
        score, detail, numbers = quality(self._reference, found, self.config.confidence)
        return Component("prediction_quality", score, weight, detail, numbers)

    def _judged(
        self, report: Report, components: Sequence[Component], now: datetime
    ) -> ModelHealth:
        previous = self._gate.status
        score = _overall(components, self.config.worst_margin)
        status = previous if score is None else self._gate.step(score, now)
        return ModelHealth(
            score=score, status=status, previous=previous, since=self._gate.since or now,
            components=tuple(components),
            features_drifted=tuple(r.feature for r in report.drifted),
            recommendations=recommend(report, {c.name: c for c in components}, self.config),
            reason=_reason(score, status, previous, components), execution_id=report.execution_id,
            assessed=now,
        )  # fmt: skip


def _overall(components: Sequence[Component], margin: float) -> float | None:
    known = [(c.score, c.weight) for c in components if c.score is not None and c.weight > 0]
    if not known:
        return None
    mean = sum(score * weight for score, weight in known) / sum(weight for _, weight in known)
    return min(mean, min(score for score, _ in known) + margin)


def _reason(
    score: float | None, status: str, previous: str, components: Sequence[Component]
) -> str:
    if score is None:
        return f"Nothing could be judged, so that it stays {status}."
    known = [c for c in components if c.score is not None and c.weight > 0]
    worst = min(known, key=lambda c: c.score or 0.0)
    told = f"The score is {score:.2f}"
    if (worst.score or 0.0) < 1:
        name = worst.name.replace("_", " ")
        told += f"; the worst is {name} at {worst.score:.2f}: {worst.detail}"
    change = f" It was {previous} before." if previous not in (status, "unknown") else ""
    return f"{told}.{change}"
