"""What a monitor decides by: levels, smallest effects, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = ["KINDS", "Kind", "MonitorConfig", "Thresholds"]

Kind: TypeAlias = Literal[
    "continuous", "discrete", "categorical", "boolean", "datetime", "text", "mixed", "constant",
    "sparse",
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "continuous", "discrete", "categorical", "boolean", "datetime", "text", "mixed", "constant",
    "sparse",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What one feature is held to; a change is drift where it is improbable *and* large enough.

    Attributes:
        alpha: P-values below it, adjusted for the number of tests, are improbable by chance.
        min_effect: Smallest change of a distribution that matters, from 0 to 1: of numbers and
            times Kuiper's V, the sum of the largest differences of the distribution functions either
            way; of categories the total variation distance. A normal feature reaches 0.06 by a
            shift of 0.15 or a scale of 1.13 standard deviations.
        min_outside: Smallest share of rows outside the reference's range that matters.
        min_unseen: Smallest share of rows in categories that the reference does not have.
        min_missing: Smallest change of the share of missing values that matters.
        min_samples: With fewer values than this on a side the status is ``insufficient_data``.
    """

    alpha: float = 0.01
    min_effect: float = 0.06
    min_outside: float = 0.005
    min_unseen: float = 0.01
    min_missing: float = 0.02
    min_samples: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorConfig:
    """How a monitor is set up.

    Attributes:
        thresholds: What every feature is held to.
        features: By feature, what it is held to instead.
        kinds: By feature, its kind, where the inferred one is wrong.
        importance: By feature, its weight in the drift score; 1 for all others.
        adjust: How p-values are adjusted for the number of tests; None for not at all.
        threads: How many threads to take at most; 0 is one a core.
        time_budget: Seconds a check should take at most; None for as long as it takes.
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    features: Mapping[str, Thresholds] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    importance: Mapping[str, float] = field(default_factory=dict)
    adjust: Literal["benjamini-hochberg"] | None = "benjamini-hochberg"
    threads: int = 0
    time_budget: float | None = None

    def of(self, feature: str) -> Thresholds:
        """Return what this feature is held to."""
        return self.features.get(feature, self.thresholds)
