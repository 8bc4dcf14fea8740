"""A monitor of a model in production, which has the model retrained, as one would write it first."""

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from poet import poet


@dataclass
class ModelHealth:
    """How well a model is: a score from 0 to 1, and what stands behind it."""

    score: float
    status: str
    features_drifted: list[str]
    components: dict[str, float] = field(default_factory=dict)
    recommendations: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)


def _error(predictions: list[float], labels: list[float]) -> float:
    return sum(abs(p - y) for p, y in zip(predictions, labels, strict=True)) / len(labels)


class ProductionMonitor:
    """Watches the predictions and the features of a model against those of its training."""

    def __init__(
        self,
        reference: pl.DataFrame,
        reference_predictions: list[float],
        reference_labels: list[float],
        on_unhealthy: Callable[[ModelHealth], None] | None = None,
    ) -> None:
        self.reference = reference
        self.reference_predictions = reference_predictions
        self.reference_labels = reference_labels
        self.on_unhealthy = on_unhealthy

    @poet(domain="ml_monitoring", capabilities=["drift", "performance"])
    def assess_model_health(
        self, predictions: list[float], features: pl.DataFrame, labels: list[float] | None = None
    ) -> ModelHealth:
        """Say how well the model is, and have it retrained where it is not."""
        drifted = []
        for name in self.reference.columns:
            reference = self.reference[name]
            if abs(features[name].mean() - reference.mean()) > reference.std():
                drifted.append(name)
        usual = sum(self.reference_predictions) / len(self.reference_predictions)
        moved = abs(sum(predictions) / len(predictions) - usual) / (abs(usual) + 1)
        score = max(0.0, 1 - len(drifted) / features.width - moved / 2)
        if labels is not None:
            error = _error(predictions, labels) / _error(
                self.reference_predictions, self.reference_labels
            )
            score = min(score, 1 / max(1, error))
        status = "healthy" if score > 0.8 else "degraded" if score > 0.5 else "unhealthy"
        health = ModelHealth(score=score, status=status, features_drifted=drifted)
        if health.status == "unhealthy" and self.on_unhealthy is not None:
            self.on_unhealthy(health)
        return health
