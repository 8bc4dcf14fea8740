"""What result keys, fields and status texts mean."""

from __future__ import annotations

from typing import Literal

from poet_domain_ml_monitoring.reading.source import tokens

__all__ = ["Quantity", "Status", "quantity_of_key", "status_of_word"]

Quantity = Literal[
    "decision", "stable", "p_value", "statistic", "effect", "status", "test", "n_current",
    "n_reference", "level", "limit", "threshold", "column", "drifted_columns", "n_drifted",
    "n_columns", "share", "p_values", "effects", "decisions",
]  # fmt: skip
Status = Literal["ok", "warning", "drift", "insufficient_data", "error"]

_KEYS: dict[Quantity, str] = {
    "decision": "drift drifted is_drift is_drifted has_drift has_drifted drift_detected detected "
    "alert alarm is_alert shifted changed has_changed different is_different significant flagged "
    "is_significant drift_found distribution_changed shift_detected is_shifted data_drift reject",
    "stable": "stable is_stable no_drift unchanged same is_same ok is_ok healthy passed",
    "p_value": "p p_value pvalue p_val pval ks_pvalue ks_p_value ks_p",
    "statistic": "statistic stat test_statistic",
    "effect": "score drift_score effect effect_size distance magnitude severity drift_magnitude "
    "total_variation drift_size ks ks_stat ks_statistic ks_distance d d_statistic",
    "status": "status state verdict result outcome",
    "test": "test method test_name test_used algorithm detector",
    "n_current": "n_current current_n n_cur current_size n_new current_samples current_count",
    "n_reference": "n_reference reference_n n_ref reference_size n_old reference_samples "
    "reference_count n_baseline baseline_size",
    "level": "alpha p_threshold significance significance_level alert_threshold",
    "limit": "min_effect effect_threshold",
    "threshold": "threshold cutoff",
    "column": "column feature name column_name feature_name field",
    "drifted_columns": "drifted_columns drifted_features columns_drifted features_drifted "
    "drift_columns drifting_columns drifting",
    "n_drifted": "n_drifted num_drifted drifted_count n_drifted_columns number_of_drifted_columns",
    "n_columns": "n_columns num_columns n_features number_of_columns",
    "share": "share drift_share share_drifted drift_ratio share_of_drifted_columns",
    "p_values": "p_values pvalues",
    "effects": "scores effects drift_scores distances effect_sizes",
    "decisions": "drift_by_column drift_by_feature by_column",
}
_BY_KEY = {key: quantity for quantity, keys in _KEYS.items() for key in keys.split()}
_DECISIVE = {"drift", "drifted", "drifting", "shift", "shifted", "changed", "alert", "alarm"}
_NUMBERS = ("float", "int")

_STATUS: dict[Status, str] = {
    "ok": "ok okay stable none normal green pass passed healthy same unchanged no nodrift fine "
    "good similar consistent steady",
    "warning": "warning warn moderate minor yellow amber watch suspicious slight",
    "drift": "drift drifted drifting alert alarm critical changed shift shifted red unstable "
    "significant different major fail failed bad yes severe",
    "insufficient_data": "insufficient unknown unsure undecided inconclusive few",
    "error": "error invalid",
}
_BY_WORD = {word: status for status, words in _STATUS.items() for word in words.split()}


def quantity_of_key(key: str, kind: str | None) -> Quantity | None:
    """Return what a key stands for, None where the recipe does not know it.

    Args:
        key: A dict key or a field's name.
        kind: The plain type of its value, None where the code does not tell.
    """
    words = "_".join(tokens(key))
    found = _BY_KEY.get(words)
    if found in ("decision", "stable", "status") and kind in _NUMBERS:
        # `{"drift": abs(a - b)}` is a score under the name of a decision.
        return "effect" if found == "decision" and kind == "float" else None
    if found in ("decision", "stable") and kind == "str":
        return "status"
    if found == "status" and kind == "bool":
        return "decision"
    if found is None and kind == "bool":
        parts = set(tokens(key))
        negated = not {"no", "not", "without"}.isdisjoint(parts)
        return None if negated or _DECISIVE.isdisjoint(parts) else "decision"
    if found in ("p_value", "statistic", "effect") and kind not in (None, *_NUMBERS, "none"):
        return None
    if found in ("test", "column") and kind not in (None, "str", "none"):
        return None
    if found == "drifted_columns" and kind not in (None, "list", "none"):
        return None
    return found


def status_of_word(word: str) -> Status | None:
    """Return the status that a text of the user's own stands for, None where it is not clear."""
    parts = tokens(word)
    negated = not {"no", "not", "non"}.isdisjoint(parts)
    meant = {_BY_WORD[p] for p in parts if p in _BY_WORD and p not in ("no", "not")}
    if "insufficient_data" in meant or (negated and {"enough", "data"} & set(parts)):
        return "insufficient_data"
    if negated:
        # "no drift", "not stable"
        if meant == {"drift"} or (not meant and len(parts) == 1):
            return "ok"
        return "drift" if meant == {"ok"} else None
    for status in ("error", "warning", "drift", "ok"):
        if status in meant and (len(meant) == 1 or status == "warning"):
            return status
    return None
