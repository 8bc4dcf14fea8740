"""From a report to the causes in it: broken data, drifts grouped by what explains them, bad health."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from poet_domain_ml_monitoring.alerts._alert import LEVELS, Kind, Level
from poet_domain_ml_monitoring.alerts._change import Change, change_of
from poet_domain_ml_monitoring.alerts._grouping import Group, effect_of, group
from poet_domain_ml_monitoring.alerts._related import related_pairs
from poet_domain_ml_monitoring.results import FeatureResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poet_domain_ml_monitoring.alerts._config import AlertConfig
    from poet_domain_ml_monitoring.alerts._history import History
    from poet_domain_ml_monitoring.alerts._relations import Relations
    from poet_domain_ml_monitoring.health import ModelHealth
    from poet_domain_ml_monitoring.monitor import Report

__all__ = [
    "BREAKING",
    "Cause",
    "data_causes",
    "drift_causes",
    "health_cause",
    "level_of",
]

# Problems under which a feature's distribution says nothing.
BREAKING = frozenset({"missing_feature", "renamed_feature", "type_change", "unreadable"})
_TITLES = {
    "missing_feature": "missing from the data", "new_feature": "new in the data",
    "renamed_feature": "renamed", "type_change": "of another type",
    "unreadable": "not comparable", "infinite": "holding infinite values",
    "safe_mode": "most features are new: safe mode", "empty": "the window has no rows",
}  # fmt: skip
# So many names are written out; all of them are in the alert's features.
_NAMED = 5
# And so many recommendations; all of them are in the health itself.
_ADVICE = 2


class Cause(NamedTuple):
    """One thing that may need a look.

    Attributes:
        kind: What sort of alert it makes.
        root: The feature, or the kind of problem, that explains the others.
        features: Each feature it covers, the root cause first.
        urgency: From 0 to 1.
        title: One line.
        why: The numbers behind it.
        keys: Under what names the history knows it.
    """

    kind: Kind
    root: str
    features: Mapping[str, Change]
    urgency: float
    title: str
    why: str
    keys: tuple[str, ...]


def level_of(urgency: float, config: AlertConfig) -> Level:
    """Return the level of this urgency."""
    if urgency >= config.critical:
        return LEVELS[2]
    return LEVELS[1] if urgency >= config.warning else LEVELS[0]


def data_causes(report: Report) -> list[Cause]:
    """Return a cause for each kind of problem: a broken feed is one thing, however many columns."""
    found: dict[str, dict[str, str]] = {}
    for problem in report.problems:
        found.setdefault(problem.kind, {})[problem.feature] = problem.detail
    known = {feature for told in found.values() for feature in told}
    for result in report:
        if result.status == "error" and result.feature not in known:
            found.setdefault("unreadable", {})[result.feature] = result.reason
    if report.safe_mode:
        found.setdefault("safe_mode", {}).setdefault("", "more than half of the features are new")
    weights = _relative_importance(report)
    causes = []
    for kind in sorted(found):
        told = found[kind]
        features = sorted(feature for feature in told if feature)
        weight = max((min(1.0, weights.get(f, 1.0)) for f in features), default=1.0)
        urgency = 0.9 + 0.1 * weight if kind in BREAKING and weight >= 1 else 0.6 * weight
        urgency = {"new_feature": 0.3, "safe_mode": 1.0}.get(kind, urgency)
        title = _TITLES.get(kind, kind.replace("_", " "))
        if features:
            title = f"{_names(features)} {'is' if len(features) == 1 else 'are'} {title}"
        why = " ".join(
            _sentence(told[f], f) for f in ([*features, ""] if "" in told else features)[:_NAMED]
        )
        why += f" And {len(features) - _NAMED} more." if len(features) > _NAMED else ""
        causes.append(Cause(
            "data", features[0] if len(features) == 1 else kind,
            {feature: Change.of_problem(kind) for feature in features}, urgency, title, why,
            tuple(f"problem:{kind}:{feature}" for feature in features) or (f"problem:{kind}:",),
        ))  # fmt: skip
    return causes


def drift_causes(
    drifted: Sequence[FeatureResult],
    report: Report,
    relations: Relations,
    history: History,
    config: AlertConfig,
    ways: Mapping[str, int],
) -> list[Cause]:
    """Return a cause for each group of drifts, the most urgent first."""
    related = related_pairs(drifted, relations, history, least=config.min_correlation)
    runs = {r.feature: history.run(r.feature) for r in drifted}
    groups = group(drifted, related, runs, min_explained=config.min_explained)
    weights = _relative_importance(report)
    causes = [_drift_cause(item, weights, ways) for item in groups]
    return sorted(causes, key=lambda cause: (-cause.urgency, cause.root))


def health_cause(health: ModelHealth) -> Cause | None:
    """Return the cause of an alert on a model that is not healthy."""
    if health.status not in ("degraded", "unhealthy"):
        return None
    urgency = 1.0 if health.status == "unhealthy" else 0.6
    worst = health.worst
    told = [f"{r.evidence} {r.action}" for r in health.recommendations[:_ADVICE]]
    return Cause(
        "health", worst.name if worst else "health", {}, urgency, f"the model is {health.status}",
        " ".join([health.reason, *told]), ("health:",),
    )  # fmt: skip


def _drift_cause(found: Group, weights: Mapping[str, float], ways: Mapping[str, int]) -> Cause:
    root = found.root
    members = found.members
    covered = (root, *(member.result for member in members))
    features = {r.feature: change_of(r, ways.get(r.feature)) for r in covered}
    # What it brings along may matter more than the root cause itself.
    urgency = max(r.severity * min(1.0, weights.get(r.feature, 1.0)) for r in covered)
    title = f"{root.feature} {_verb(root)}"
    others = [
        f.reason for f in root.findings if f.status == "drift" and f.reason not in root.reason
    ]
    why = " ".join(_sentence(told, root.feature) for told in (root.reason, *others))
    if members:
        count = len(members)
        title += f", and {count} feature{'s' if count > 1 else ''} with it"
        told = [
            f"{m.result.feature} ({m.explained:.0%} of its change, related by {m.strength:.2f})"
            for m in members[:_NAMED]
        ]
        more = f" and {count - _NAMED} more" if count > _NAMED else ""
        why += f" It explains {', '.join(told)}{more}."
    return Cause("drift", root.feature, features, urgency, title, why, tuple(features))


def _verb(result: FeatureResult) -> str:
    if effect_of(result, "distribution") is not None:
        return "drifted"
    return {
        "missing": "has another share of missing values",
        "range": "is outside its range",
        "unseen": "holds unseen categories",
        "infinite": "holds infinite values",
        "cardinality": "has another number of categories",
    }.get(result.check, "drifted")


def _relative_importance(report: Report) -> dict[str, float]:
    """Return each feature's importance beside the average of those that matter at all."""
    weights = {result.feature: result.importance for result in report}
    counted = [weight for weight in weights.values() if weight > 0]
    mean = sum(counted) / len(counted) if counted else 1.0
    return {feature: weight / mean for feature, weight in weights.items()}


def _names(features: list[str]) -> str:
    shown = ", ".join(features[:_NAMED])
    return shown + (f" and {len(features) - _NAMED} more" if len(features) > _NAMED else "")


def _sentence(text: str, feature: str) -> str:
    told = f"{feature}: {text}" if feature and feature not in text else text
    return told if told.endswith(".") else told + "."
