"""What to do: each recommendation names a feature, the evidence and the action. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from poet_domain_ml_monitoring.health._components import BROKEN, severity_of
from poet_domain_ml_monitoring.health._results import Action, Component, Recommendation
from poet_domain_ml_monitoring.results import FeatureResult, Finding

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.health._config import HealthConfig
    from poet_domain_ml_monitoring.monitor import Report
    from poet_domain_ml_monitoring.results import Problem

__all__ = ["recommend"]

# Below this a component is worth an action of its own.
_POOR = 0.8
_CHECKS: dict[str, tuple[Action, str]] = {
    "range": ("fix_data", "Check the unit and the source of {feature}; clip or reject what cannot be."),
    "missing": ("check_source", "Look at the feed or the join that fills {feature}."),
    "unseen": ("map_categories", "Map the new categories of {feature} to known ones, or retrain with them."),
    "infinite": ("fix_data", "Find the division or the overflow that makes {feature} infinite."),
    "cardinality": ("check_source", "Look for a change of format or of keys in {feature}."),
}  # fmt: skip
_PROBLEMS: dict[str, tuple[Action, str]] = {
    "missing_feature": ("fix_data", "Restore {feature} in the feed, or serve a model that does without it."),
    "renamed_feature": ("fix_data", "Rename {other} back to {feature} where the data come in."),
    "type_change": ("fix_data", "Convert {feature} where the data come in, as it was for the reference."),
    "unreadable": ("fix_data", "Look at the values of {feature}; it was not compared."),
    "infinite": ("fix_data", "Find the division or the overflow that makes {feature} infinite."),
    "new_feature": ("review", "Decide whether {feature} belongs to the model; if so, fit a new reference."),
    "safe_mode": ("review", "Fit a new reference: most of the features are new."),
    "empty": ("check_source", "See whether the feed has stopped, or what filters all of its rows out."),
}  # fmt: skip


def recommend(
    report: Report,
    components: Mapping[str, Component],
    config: HealthConfig,
) -> tuple[Recommendation, ...]:
    """Return what to do, the most urgent first, each feature and action once."""
    weights = [r.importance for r in report if r.importance > 0]
    mean = sum(weights) / len(weights) if weights else 1.0
    found = [
        *_about_problems(report, mean), *_about_data(report, mean),
        *_about_model(report, components, mean), *_about_system(components, config),
    ]  # fmt: skip
    found.sort(key=lambda r: (-r.priority, r.component, r.feature, r.kind))
    once: dict[tuple[str, str], Recommendation] = {}
    for item in found:
        once.setdefault((item.kind, item.feature), item)
    return tuple(once.values())[: config.recommendations]


def _about_problems(report: Report, mean: float) -> Iterator[Recommendation]:
    weights = {r.feature: r.importance / mean for r in report}
    told = set()
    for problem in report.problems:
        told.add(problem.feature)
        kind, action = _PROBLEMS.get(problem.kind, ("review", "Look at {feature}."))
        urgent = 0.95 if problem.kind in BROKEN else 0.4
        yield Recommendation(
            kind, "data_quality", problem.feature, _whole(problem.detail, problem.feature),
            _filled(action, problem), urgent * min(1.0, weights.get(problem.feature, 1.0)),
        )  # fmt: skip
    for result in report:
        if result.status == "error" and result.feature not in told:
            kind, action = _PROBLEMS["unreadable"]
            yield Recommendation(
                kind, "data_quality", result.feature, _whole(result.reason, result.feature),
                action.format(feature=result.feature), 0.95 * min(1.0, result.importance / mean),
            )  # fmt: skip


def _about_data(report: Report, mean: float) -> Iterator[Recommendation]:
    for result in report:
        for check, (kind, action) in _CHECKS.items():
            severity = severity_of(result, frozenset({check}))
            if not severity:
                continue
            evidence, numbers = _evidence(result, check)
            yield Recommendation(
                kind, "data_quality", result.feature, evidence,
                action.format(feature=result.feature),
                0.9 * severity * min(1.0, result.importance / mean), numbers,
            )  # fmt: skip


def _about_model(
    report: Report, components: Mapping[str, Component], mean: float
) -> Iterator[Recommendation]:
    quality, output = components["prediction_quality"], components["prediction_drift"]
    drifted = [r for r in report.drifted if severity_of(r, frozenset({"distribution"}))]
    fell = quality.score is not None and quality.score < _POOR
    if fell:
        with_it = f" while {', '.join(r.feature for r in drifted[:3])} drifted" if drifted else ""
        yield Recommendation(
            "retrain", "prediction_quality", drifted[0].feature if drifted else "prediction",
            f"{_upper(quality.detail)}{with_it}.", "Retrain on rows from after the change.",
            1 - 0.5 * (quality.score or 0.0), quality.numbers,
        )  # fmt: skip
    moved = output.score is not None and output.score < _POOR
    if moved and not drifted:
        yield Recommendation(
            "check_pipeline", "prediction_drift", "prediction",
            f"{_upper(output.detail)}, and no feature drifted.",
            "Compare the version of the model and its preprocessing with what was released.",
            0.85, output.numbers,
        )  # fmt: skip
    for result in drifted:
        evidence, numbers = _evidence(result, "distribution")
        action = (
            "Find out whether {0} really changed at its source; if so, retrain with recent rows."
        )
        if not fell and quality.score is not None:
            action = "Predictions are still good: watch {0}, and retrain if their quality falls."
        priority = (0.5 if quality.score is not None and not fell else 0.8) * result.severity
        yield Recommendation(
            "review", "feature_stability", result.feature, evidence,
            action.format(result.feature), priority * min(1.0, result.importance / mean), numbers,
        )  # fmt: skip
    if quality.score is None and (drifted or moved):
        first = drifted[0].feature if drifted else "prediction"
        count = f"{len(drifted)} feature{'s' if len(drifted) != 1 else ''} drifted"
        yield Recommendation(
            "collect_labels", "prediction_quality", first,
            f"{count if drifted else 'The predictions drifted'}, and {quality.detail}.",
            f"Label some rows of this window, those with the most changed {first} first: "
            "then it is known whether predictions suffer.", 0.45,
        )  # fmt: skip


def _about_system(
    components: Mapping[str, Component], config: HealthConfig
) -> Iterator[Recommendation]:
    system = components["system_performance"]
    if system.score is None or system.score >= _POOR:
        return
    for name, value in system.numbers.items():
        limit = config.limits[name]
        score = limit.score(value)
        if score < _POOR:
            yield Recommendation(
                "check_system", "system_performance", name,
                f"{name} is {value:g}; good is {limit.good:g}, bad {limit.bad:g}.",
                f"Look at what changed {name}: load, the last release, what the service calls.",
                0.9 * (1 - score), {name: value},
            )  # fmt: skip


def _evidence(result: FeatureResult, check: str) -> tuple[str, dict[str, float]]:
    """Return the sentence of a check, with the counts where it has none, and its numbers."""
    finding: Finding | None = next((f for f in result.findings if f.check == check), None)
    reason = finding.reason if finding else result.reason
    effect = finding.effect_size if finding else result.effect_size
    least = finding.min_effect if finding else result.min_effect
    numbers = {"importance": result.importance}
    if effect is not None:
        numbers["effect_size"] = effect
    if least is not None:
        numbers["min_effect"] = least
    if check == "missing":
        now, before = result.missing_current, result.missing_reference
        rows, rows_before = result.n_current + now, result.n_reference + before
        numbers |= {"missing": float(now), "rows": float(rows)}
        if rows and rows_before:
            share = f"{now:,} of {rows:,} values are missing ({now / rows:.1%}), before "
            return f"{result.feature}: {share}{before / rows_before:.1%}.", numbers
    return _whole(reason, result.feature), numbers


def _filled(action: str, problem: Problem) -> str:
    return action.format(feature=problem.feature, other=problem.other or "the new name")


def _whole(text: str, feature: str) -> str:
    told = f"{feature}: {text}" if feature and feature not in text else text
    return told if told.endswith(".") else told + "."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
