"""The components of a model's health that a report, predictions and the system tell. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from poet.errors import ConfigError, StatsInputError, nearest
from poet_domain_ml_monitoring._emit import silent
from poet_domain_ml_monitoring.health._results import Component
from poet_domain_ml_monitoring.results import FeatureResult

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.health._config import HealthConfig, Name
    from poet_domain_ml_monitoring.monitor import Report

__all__ = [
    "BROKEN", "compared_predictions", "data_quality", "feature_stability", "prediction_drift",
    "severity_of", "system_performance",
]  # fmt: skip

# Problems under which a feature cannot be used as the model was made for it.
BROKEN = frozenset({"missing_feature", "renamed_feature", "type_change", "unreadable", "infinite"})
_DISTRIBUTION = frozenset({"distribution"})
_DATA = frozenset({"range", "missing", "unseen", "infinite", "cardinality"})


def severity_of(result: FeatureResult, checks: frozenset[str]) -> float:
    """Return how severe the worst drift of these checks is, 0 where none of them found any."""
    worst = result.severity if result.status == "drift" and result.check in checks else 0.0
    for finding in result.findings:
        if finding.status != "drift" or finding.check not in checks:
            continue
        if finding.effect_size is None or not finding.min_effect:
            worst = max(worst, 0.5)
        else:
            worst = max(worst, 1 - 2 ** (-finding.effect_size / finding.min_effect))
    return worst


def feature_stability(report: Report, config: HealthConfig) -> Component:
    """Score the importance that has drifted, weighted by severity, against the limit."""
    results = [r for r in report if r.feature not in config.predictions]
    known = [r for r in results if r.status in ("ok", "warning", "drift")]
    weight = sum(r.importance for r in known)
    if report.safe_mode or not weight:
        why = (
            "safe mode: most features are new"
            if report.safe_mode
            else "no feature could be compared"
        )
        return _unknown("feature_stability", why, config)
    drifted = [r for r in known if severity_of(r, _DISTRIBUTION) > 0]
    lost = sum(r.importance * severity_of(r, _DISTRIBUTION) for r in drifted) / weight
    detail = f"{len(drifted)} of {len(known)} features drifted, {lost:.1%} of the importance"
    numbers = {"drifted": float(len(drifted)), "compared": float(len(known)), "lost": lost}
    return _known("feature_stability", 1 - lost / config.drift_limit, detail, numbers, config)


def data_quality(report: Report, config: HealthConfig) -> Component:
    """Score the importance whose data are broken: missing, out of range, unseen, infinite, unreadable.

    Of features with too little data nothing is known, and they do not count.
    """
    bad: dict[str, float] = {p.feature: 1.0 for p in report.problems if p.kind in BROKEN}
    weights: dict[str, float] = dict.fromkeys(bad, 1.0)
    for result in report:
        if result.status == "insufficient_data" and result.feature not in bad:
            continue
        weights[result.feature] = result.importance
        severity = 1.0 if result.status == "error" else severity_of(result, _DATA)
        bad[result.feature] = max(bad.get(result.feature, 0.0), severity)
    total = sum(weights.values())
    if not total:
        why = "too little data" if len(report) else "there are no features"
        return _unknown("data_quality", why, config)
    lost = sum(weights[name] * severity for name, severity in sorted(bad.items())) / total
    count = sum(severity > 0 for severity in bad.values())
    detail = (
        f"the data of {count} of {len(weights)} features are broken, {lost:.1%} of the importance"
    )
    numbers = {"broken": float(count), "features": float(len(weights)), "lost": lost}
    return _known("data_quality", 1 - lost / config.data_limit, detail, numbers, config)


def compared_predictions(
    report: Report, predictions: Any, reference: Any, config: HealthConfig
) -> list[FeatureResult]:
    """Return what the comparison of predictions with those of the reference says, if there is one.

    Args:
        report: It holds the predictions where the configuration names them as features.
        predictions: Of the window, a number or class for each row or a row of probabilities.
        reference: Those of the reference, or a monitor fitted on them as ``columns`` names them.
        config: Which features are predictions.
    """
    named = [r for r in report if r.feature in config.predictions]
    if named or predictions is None or reference is None:
        return named
    from poet_domain_ml_monitoring.monitor import Monitor

    if not isinstance(reference, Monitor):
        reference = Monitor.fit(_columns(reference), emit=silent)
    return list(reference.check(_columns(predictions)))


def prediction_drift(results: list[FeatureResult], config: HealthConfig) -> Component:
    """Score the worst drift of the model's output: 1 up to what matters, 0.5 at twice that."""
    known = [r for r in results if r.status in ("ok", "warning", "drift")]
    if not known:
        why = results[0].reason if results else "no predictions to compare"
        return _unknown("prediction_drift", why, config)
    worst = max(known, key=lambda r: (r.status == "drift", r.severity, r.feature))
    severity = worst.severity if worst.status == "drift" else 0.0
    detail = f"{worst.feature}: {worst.reason}"
    numbers = {"severity": severity}
    if worst.effect_size is not None:
        numbers["effect_size"] = worst.effect_size
    return _known("prediction_drift", 1 - max(0.0, 2 * severity - 1), detail, numbers, config)


def system_performance(system: Mapping[str, float] | None, config: HealthConfig) -> Component:
    """Score the worst measure of the system against its limit.

    Raises:
        ConfigError: A measure has no limit.
        StatsInputError: A measure is no number.
    """
    if not system:
        return _unknown("system_performance", "nothing was measured", config)
    scores = {}
    for name in sorted(system):
        value: object = system[name]
        if name not in config.limits:
            raise ConfigError(
                f"no limit for {name!r}{nearest(name, list(config.limits))}",
                where="system",
                hint=f'say when it is good and bad: HealthConfig(limits={{"{name}": Limit(good, bad)}})',
            )
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
            raise StatsInputError(
                f"{name} is {value!r}", where="system", hint="pass a finite number"
            )
        scores[name] = config.limits[name].score(value)
    worst = min(scores, key=lambda name: (scores[name], name))
    limit = config.limits[worst]
    detail = f"{worst} is {system[worst]:g}; good up to {limit.good:g}, bad from {limit.bad:g}"
    if limit.bad < limit.good:
        detail = (
            f"{worst} is {system[worst]:g}; good from {limit.good:g}, bad down to {limit.bad:g}"
        )
    numbers = {name: float(system[name]) for name in sorted(system)}
    return _known("system_performance", scores[worst], detail, numbers, config)


def _columns(predictions: Any) -> dict[str, Any]:
    """Return predictions as columns: one, or one for each class."""
    import numpy as np

    if isinstance(predictions, Mapping):
        return dict(predictions)
    if hasattr(predictions, "columns"):
        return {str(name): predictions[name] for name in predictions.columns}
    values = predictions
    if not hasattr(values, "dtype"):
        values = np.asarray(list(values))
    if getattr(values, "ndim", 1) == 2:
        return {
            f"prediction_{i}": np.ascontiguousarray(values[:, i]) for i in range(values.shape[1])
        }
    return {"prediction": values}


def _known(
    name: Name, score: float, detail: str, numbers: Mapping[str, float], config: HealthConfig
) -> Component:
    weight = config.weights.get(name, 0.0)
    return Component(name, min(1.0, max(0.0, score)), weight, detail, numbers)


def _unknown(name: Name, why: str, config: HealthConfig) -> Component:
    return Component(name, None, config.weights.get(name, 0.0), why)
