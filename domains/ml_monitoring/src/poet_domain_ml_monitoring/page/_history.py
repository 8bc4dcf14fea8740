"""Drift over time: what earlier reports said of the features of this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poet_domain_ml_monitoring.monitor import Report
    from poet_domain_ml_monitoring.results import Status

__all__ = ["Course", "Past", "Point", "course"]

_MOST_CHECKS = 60
_MOST_FEATURES = 15


class Point(NamedTuple):
    """What one check said of one feature."""

    status: Status
    severity: float


@dataclass(frozen=True, slots=True)
class Past:
    """What is needed of an earlier report: how its features stood.

    Attributes:
        execution_id: What the report is known by.
        drift_score: Its score.
        results: Its features, by their names.
    """

    execution_id: str
    drift_score: float
    results: Mapping[str, Stood]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Past:
        """Take up what `Report.to_dict` gave.

        Raises:
            KeyError: Something is missing.
            TypeError: It is of another make.
        """
        stood = {
            str(one["feature"]): Stood(
                str(one["feature"]), one["status"], float(one["severity"] or 0.0)
            )
            for one in data["features"]
        }
        return cls(str(data["execution_id"]), float(data["drift_score"]), stood)

    def __getitem__(self, feature: str) -> Stood:
        return self.results[feature]

    @property
    def drifted(self) -> Sequence[Stood]:
        """The features that had drifted."""
        return [one for one in self.results.values() if one.status == "drift"]


class Stood(NamedTuple):
    """How a feature stood in an earlier report."""

    feature: str
    status: Status
    severity: float


class Course(NamedTuple):
    """Reports in a row, the oldest first, this one last.

    Attributes:
        ids: The reports' execution ids.
        scores: Their drift scores.
        drifted: How many features drifted in each.
        features: Of the features that drifted at all, the latest and most often drifted first, what
            each report said; None where it did not know the feature.
        left_out: Earlier reports that are too many to show.
        unshown: Features that drifted at some time and are too many to show.
    """

    ids: tuple[str, ...]
    scores: tuple[float, ...]
    drifted: tuple[int, ...]
    features: dict[str, tuple[Point | None, ...]]
    left_out: int
    unshown: int

    def since(self, feature: str) -> int:
        """Return in how many checks in a row up to this one the feature drifted."""
        said = self.features.get(feature, ())
        for back, point in enumerate(reversed(said)):
            if point is None or point.status != "drift":
                return back
        return len(said)


def course(history: Sequence[Report | Past], report: Report) -> Course | None:
    """Put a report at the end of its history; None where there is no history."""
    if not history:
        return None
    earlier = history[-(_MOST_CHECKS - 1) :]
    reports: list[Report | Past] = [*earlier, report]
    drifted = [{one.feature: one.severity for one in each.drifted} for each in reports]
    places: dict[str, list[int]] = {}
    for at, found in enumerate(drifted):
        for name in found:
            places.setdefault(name, []).append(at)
    # Only those that are shown are looked up: of ten thousand features most never drift.
    order = sorted(places, key=lambda name: _late_and_often(name, places[name], drifted[-1]))
    shown = order[:_MOST_FEATURES]
    return Course(
        ids=tuple(one.execution_id for one in reports),
        scores=tuple(one.drift_score for one in reports),
        drifted=tuple(len(found) for found in drifted),
        features={name: tuple(_point(one, name) for one in reports) for name in shown},
        left_out=len(history) - len(earlier),
        unshown=len(order) - len(shown),
    )


def _point(report: Report | Past, feature: str) -> Point | None:
    try:
        found = report[feature]
    except KeyError:
        return None
    return Point(found.status, found.severity)


def _late_and_often(
    feature: str, places: Sequence[int], now: Mapping[str, float]
) -> tuple[int, float, str]:
    return -places[-1], -now.get(feature, 0.0) - len(places), feature
