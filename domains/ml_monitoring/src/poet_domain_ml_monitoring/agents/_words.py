"""What the keys of a monitor's result mean: of all features together, and of each."""

from __future__ import annotations

from typing import Literal, TypeAlias

from poet_domain_ml_monitoring.reading.source import tokens
from poet_domain_ml_monitoring.reading.words import quantity_of_key, status_of_word

__all__ = ["HEALTH", "Overall", "PerFeature", "health_of_word", "of_feature", "overall"]

Overall: TypeAlias = Literal[
    "decision", "stable", "status", "drifted", "n_drifted", "n_features", "share", "drift_score",
    "health_score", "components", "recommendations", "alerts", "new_features", "missing_features",
    "safe_mode", "problems", "features", "scores", "p_values", "decisions", "execution_id",
    "statuses", "severities", "level", "limit",
]  # fmt: skip
PerFeature: TypeAlias = Literal[
    "decision", "stable", "status", "p_value", "statistic", "effect", "test", "n_current",
    "n_reference", "column", "level", "limit", "reason", "severity", "importance", "is_new",
    "p_adjusted",
]  # fmt: skip

_OVERALL: dict[Overall, str] = {
    "drift_score": "drift_score overall_drift overall_drift_score overall_score drift total_drift "
    "drift_level drift_index",
    "health_score": "health_score model_health_score model_health",
    "components": "components component_scores scores_by_component health_components breakdown",
    "recommendations": "recommendations recommendation actions advice next_steps recommended_actions "
    "suggestions todo",
    "alerts": "alerts alert_messages raised_alerts notifications warnings",
    "new_features": "new_features unknown_features new_columns unseen_features discovered "
    "discovered_features extra_features unexpected_features",
    "missing_features": "missing_features missing_columns absent_features",
    "safe_mode": "safe_mode is_safe_mode in_safe_mode safemode",
    "problems": "problems issues data_problems quality_issues data_quality_issues data_quality",
    "features": "features results details by_feature feature_results per_feature columns reports "
    "feature_drift findings drift_results feature_report report",
    "drifted": "drifted drifted_features features_drifted drifting drifting_features "
    "columns_drifted drifted_columns features_with_drift",
    "n_drifted": "n_drifted num_drifted drifted_count n_drifted_features drift_count",
    "n_features": "n_features num_features features_checked features_monitored n_monitored "
    "feature_count n_columns checked",
    "share": "share drift_share share_drifted drift_ratio drifted_share drift_rate",
    "execution_id": "execution_id run_id check_id",
    "scores": "scores feature_scores drift_scores effects effect_sizes drift_by_feature_score",
    "p_values": "p_values pvalues",
    "decisions": "decisions drift_flags flags drift_by_feature",
    "statuses": "statuses feature_status status_by_feature",
    "severities": "severities severity_by_feature",
}
_BY_OVERALL = {key: quantity for quantity, keys in _OVERALL.items() for key in keys.split()}
_LISTS = {"drifted", "recommendations", "alerts", "new_features", "missing_features", "problems"}
_MAPPINGS = {"components", "features", "scores", "p_values", "decisions", "statuses", "severities"}
_NUMBERS = {"drift_score": "float", "health_score": "float", "share": "float",
            "n_drifted": "int", "n_features": "int"}  # fmt: skip
_FEATURE: dict[PerFeature, str] = {
    "reason": "reason message explanation why detail comment",
    "severity": "severity",
    "importance": "importance weight",
    "is_new": "is_new new unknown discovered",
    "p_adjusted": "p_adjusted adjusted_p q_value",
}
_BY_FEATURE = {key: quantity for quantity, keys in _FEATURE.items() for key in keys.split()}

HEALTH = ("healthy", "degraded", "unhealthy", "unknown")
_HEALTH = {
    "healthy": "healthy ok okay good green normal fine pass stable",
    "degraded": "degraded warning warn yellow amber watch moderate impaired risk drifting",
    "unhealthy": "unhealthy critical bad red fail failed failing alert poor sick drift drifted severe",
    "unknown": "unknown insufficient unsure undecided",
}
_BY_HEALTH = {word: level for level, words in _HEALTH.items() for word in words.split()}


def overall(key: str, kind: str | None, *, health: bool) -> Overall | None:
    """Return what a key of the whole result stands for, None where it is not known.

    Args:
        key: A dict key or a field's name.
        kind: The plain type of its value: bool, float, int, str, list, mapping; None if not shown.
        health: Whether the result is about a model's health, so that a score is the health's.
    """
    words = "_".join(tokens(key))
    if words in ("score", "health") and kind in (None, "float", "int"):
        return "health_score" if health else "drift_score"
    if words in ("health", "health_status") and kind == "str":
        return "status"
    found = _BY_OVERALL.get(words)
    if words in ("drift", "drifted", "drifting") and kind == "bool":
        found = None
    if found == "drift_score" and kind in ("int", "str", "list", "mapping"):
        found = "decisions" if kind == "mapping" and words == "drift" else None
    if found == "drifted" and kind == "mapping":
        return "decisions"
    if found is not None and _fits(found, kind):
        return found
    detector = quantity_of_key(key, kind)
    if detector in ("decision", "stable", "status", "level", "limit"):
        return detector
    return None


def _fits(quantity: Overall, kind: str | None) -> bool:
    if kind in (None, "none"):
        return True
    if quantity in _LISTS:
        return kind in ("list", "tuple")
    if quantity in _MAPPINGS:
        return kind in ("mapping", "list") if quantity == "features" else kind == "mapping"
    wanted = _NUMBERS.get(quantity)
    if wanted:
        return kind == wanted or {kind, wanted} == {"int", "float"}
    return kind == ("bool" if quantity == "safe_mode" else "str")


def of_feature(key: str, kind: str | None) -> PerFeature | None:
    """Return what a key of one feature's result stands for, None where it is not known."""
    words = "_".join(tokens(key))
    found = _BY_FEATURE.get(words)
    if found == "reason" and kind in (None, "str", "none"):
        return found
    if found in ("severity", "importance", "p_adjusted") and kind in (None, "float", "int", "none"):
        return found
    if found == "is_new" and kind in (None, "bool"):
        return found
    detector = quantity_of_key(key, kind)
    known = PerFeature.__args__  # type: ignore[attr-defined]  # of the Literal above
    return detector if detector in known else None  # type: ignore[return-value]  # as tested


def health_of_word(word: str) -> str | None:
    """Return which level of health a text of the user's own stands for, None where it is not clear."""
    meant = {_BY_HEALTH[p] for p in tokens(word) if p in _BY_HEALTH}
    if len(meant) == 1:
        return meant.pop()
    status = status_of_word(word)
    return {"ok": "healthy", "warning": "degraded", "drift": "unhealthy",
            "insufficient_data": "unknown"}.get(status or "")  # fmt: skip
