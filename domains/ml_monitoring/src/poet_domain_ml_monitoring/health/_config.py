"""What a model's health is judged by: weights, levels, limits, times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from math import isfinite
from typing import Literal, NamedTuple, TypeAlias, get_args

from poet.errors import ConfigError, nearest
from poet_domain_ml_monitoring._clock import positive

__all__ = ["COMPONENTS", "HealthConfig", "Limit", "Metric", "Name"]

Name: TypeAlias = Literal[
    "prediction_quality", "prediction_drift", "feature_stability", "data_quality",
    "system_performance",
]  # fmt: skip
COMPONENTS: tuple[Name, ...] = get_args(Name)
Metric: TypeAlias = Literal[
    "auto", "absolute_error", "squared_error", "brier", "log_loss", "zero_one"
]


class Limit(NamedTuple):
    """Between which values a measure of the system goes from good to bad.

    Attributes:
        good: Up to here all is well.
        bad: From here on it is as bad as can be; below `good` where less is worse.

    Example:
        >>> Limit(good=100, bad=500).score(300), Limit(good=50, bad=10).score(50)
        (0.5, 1.0)
    """

    good: float
    bad: float

    def score(self, value: float) -> float:
        """Return 1 where the value is good, 0 where it is bad, on a line between."""
        return min(1.0, max(0.0, (self.bad - value) / (self.bad - self.good)))


def _weights() -> dict[Name, float]:
    return {
        "prediction_quality": 0.35, "prediction_drift": 0.2, "feature_stability": 0.2,
        "data_quality": 0.15, "system_performance": 0.1,
    }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthConfig:
    """How a model's health is judged.

    Attributes:
        weights: Of each component; one that is not known takes no part.
        degraded_below: Scores below it are degraded.
        unhealthy_below: Scores below it are unhealthy.
        recovery_margin: A status is left for a better one only this far above its level.
        dwell_checks: After a change, so many assessments must agree before the next one; a score
            that is worse by more than `recovery_margin` below the level counts at once.
        min_dwell: How long a status lasts at least, with the same exception.
        worst_margin: The score is at most this far above the worst component, so that good ones do
            not hide one that has failed.
        drift_limit: Share of importance lost to drift at which features are not stable at all.
        data_limit: Share of importance with broken data at which their quality is 0.
        limits: By name of a measure of the system, when it is good and when bad.
        metric: How predictions are scored once labels are there: ``absolute_error`` of numbers,
            ``brier`` of probabilities, ``zero_one`` of classes unless another one is named.
        classes: The classes in the order of the columns of probabilities; sorted by default.
        predictions: Features of the report that are predictions; judged as such.
        confidence: A fall of prediction quality counts as far as it is certain at this level.
        min_labels: Fewer labels than this say nothing.
        label_age: Labels of windows that began longer ago say nothing about today.
        keep_windows: Of so many windows, predictions wait for labels.
        keep_rows: And of so many rows in all; the oldest windows are let go first.
        recommendations: How many are made at most.
    """

    weights: Mapping[Name, float] = field(default_factory=_weights)
    degraded_below: float = 0.8
    unhealthy_below: float = 0.55
    recovery_margin: float = 0.05
    dwell_checks: int = 3
    min_dwell: timedelta = timedelta(0)
    worst_margin: float = 0.5
    drift_limit: float = 0.5
    data_limit: float = 0.25
    limits: Mapping[str, Limit] = field(default_factory=lambda: {"error_rate": Limit(0.01, 0.1)})
    metric: Metric = "auto"
    classes: tuple[object, ...] | None = None
    predictions: tuple[str, ...] = ()
    confidence: float = 0.99
    min_labels: int = 30
    label_age: timedelta = timedelta(days=7)
    keep_windows: int = 100
    keep_rows: int = 200_000
    recommendations: int = 10

    def __post_init__(self) -> None:
        for name, weight in self.weights.items():
            if name not in COMPONENTS:
                raise ConfigError(
                    f"no component {name!r}{nearest(name, COMPONENTS)}",
                    where="weights",
                    hint=f"there are {', '.join(COMPONENTS)}",
                )
            if not weight >= 0 or not isfinite(weight):
                raise ConfigError(f"the weight of {name} is {weight!r}", where="weights")
        if not sum(self.weights.values()) > 0:
            raise ConfigError("no component has a weight", where="weights")
        if not 0 <= self.unhealthy_below < self.degraded_below <= 1:
            raise ConfigError(
                f"unhealthy_below is {self.unhealthy_below}, degraded_below {self.degraded_below}",
                where="unhealthy_below",
                hint="0 <= unhealthy_below < degraded_below <= 1",
            )
        gap = min(1 - self.degraded_below, self.degraded_below - self.unhealthy_below)
        if not 0 <= self.recovery_margin <= gap:
            raise ConfigError(
                f"recovery_margin is {self.recovery_margin}, of at most {gap:g}",
                where="recovery_margin",
                hint="above degraded_below, and between the two levels, there must be room for it",
            )
        for measure, limit in self.limits.items():
            if limit.good == limit.bad or not all(map(isfinite, limit)):
                raise ConfigError(f"the limit of {measure} is {limit}", where="limits")
        if self.metric not in get_args(Metric):
            raise ConfigError(
                f"unknown metric {self.metric!r}{nearest(self.metric, get_args(Metric))}",
                where="metric",
            )
        for key in ("worst_margin", "drift_limit", "data_limit", "confidence"):
            if not 0 < getattr(self, key) <= 1:
                raise ConfigError(
                    f"{key} is {getattr(self, key)!r}", where=key, hint="above 0, to 1"
                )
        if self.confidence == 1:
            raise ConfigError("nothing is certain at confidence 1", where="confidence")
        for key in ("dwell_checks", "min_labels", "keep_windows", "keep_rows", "recommendations"):
            if not isinstance(getattr(self, key), int) or getattr(self, key) < 1:
                raise ConfigError(f"{key} is {getattr(self, key)!r}", where=key, hint="at least 1")
        positive(self.min_dwell, "min_dwell")
        positive(self.label_age, "label_age", zero=False)
