"""What an assessment says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from poet_domain_ml_monitoring._clock import to_text
from poet_domain_ml_monitoring.health._config import Name
from poet_domain_ml_monitoring.health._status import Status

__all__ = ["Action", "Component", "ModelHealth", "Recommendation"]

Action: TypeAlias = Literal[
    "retrain", "check_source", "fix_data", "map_categories", "check_pipeline", "check_system",
    "collect_labels", "review",
]  # fmt: skip


class Component(NamedTuple):
    """One side of a model's health.

    Attributes:
        name: Which.
        score: 1 where all is well, 0 where it could not be worse, None where it is not known.
        weight: What it counts beside the others.
        detail: One sentence with the numbers.
        numbers: The same for a program.
    """

    name: Name
    score: float | None
    weight: float
    detail: str
    numbers: Mapping[str, float] = {}


class Recommendation(NamedTuple):
    """What to do, about what, and why.

    Attributes:
        kind: What sort of action it is.
        component: Which side of the model's health it is about.
        feature: The feature or the measure of the system; of the model's output ``prediction``.
        evidence: What was found, with the numbers.
        action: What to do.
        priority: From 0 to 1.
        numbers: The evidence for a program.
    """

    kind: Action
    component: Name
    feature: str
    evidence: str
    action: str
    priority: float
    numbers: Mapping[str, float] = {}

    def __str__(self) -> str:
        return f"{self.evidence} {self.action}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelHealth:
    """How well a model is.

    Attributes:
        score: From 0 to 1; None where nothing is known.
        status: ``healthy``, ``degraded``, ``unhealthy``, or ``unknown`` until something is known.
        previous: The status before this assessment.
        since: When the status began.
        components: Each side of it, known or not.
        features_drifted: The features that drifted, the most severe and important first.
        recommendations: What to do, the most urgent first.
        reason: Why it has this status, one sentence.
        execution_id: The check it is about.
        assessed: When.
    """

    score: float | None
    status: Status
    previous: Status
    since: datetime
    components: tuple[Component, ...]
    features_drifted: tuple[str, ...]
    recommendations: tuple[Recommendation, ...]
    reason: str
    execution_id: str
    assessed: datetime
    _by_name: Mapping[str, Component] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {c.name: c for c in self.components})

    def __getitem__(self, name: Name) -> Component:
        """Return the component of this name."""
        return self._by_name[name]

    @property
    def changed(self) -> bool:
        """Whether the status changed with this assessment."""
        return self.status != self.previous

    @property
    def worst(self) -> Component | None:
        """The worst component that is known and counts, None where there is none."""
        known = [c for c in self.components if c.score is not None and c.weight > 0]
        return min(known, key=lambda c: c.score or 0.0, default=None)

    @property
    def needs_retraining(self) -> bool:
        """Whether retraining is recommended."""
        return any(r.kind == "retrain" for r in self.recommendations)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the same for the same assessment."""
        return {
            "score": self.score,
            "status": self.status,
            "previous": self.previous,
            "since": to_text(self.since),
            "components": [c._asdict() | {"numbers": dict(c.numbers)} for c in self.components],
            "features_drifted": list(self.features_drifted),
            "recommendations": [
                r._asdict() | {"numbers": dict(r.numbers)} for r in self.recommendations
            ],
            "reason": self.reason,
            "execution_id": self.execution_id,
            "assessed": to_text(self.assessed),
        }
