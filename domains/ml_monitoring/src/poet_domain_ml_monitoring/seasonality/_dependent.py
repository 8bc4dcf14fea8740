"""A report with p-values that allow for neighbouring rows being alike."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from poet.stats import benjamini_hochberg, ks_p_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poet_domain_ml_monitoring.config import MonitorConfig
    from poet_domain_ml_monitoring.monitor import Report
    from poet_domain_ml_monitoring.results import FeatureResult, Finding, Status

__all__ = ["allow_for_dependence"]

_LOWERED = "not beyond chance where neighbouring rows are alike"
_RANK = ("ok", "insufficient_data", "warning", "drift", "error")


def allow_for_dependence(
    report: Report,
    inflation: Mapping[str, float],
    levels: Mapping[str, float],
    notes: Mapping[str, str],
    config: MonitorConfig,
) -> Report:
    """Decide a report once more, each value counting as a part of an independent one.

    Kolmogorov-Smirnov p-values are those of samples smaller by the factor; others, whose tails fall
    off like exp(-n x) too, become ``2 (p / 2) ** (1 / factor)``. Of a distribution the level is
    tested as well, and twice the smaller of both p-values counts.

    Args:
        report: What rows taken for independent gave.
        inflation: By feature, the variance inflation factor; 1 for all others.
        levels: By feature, the p-value of its level.
        notes: By feature, what its reasons end with.
        config: What the features are held to.
    """
    results = list(report.results)
    findings = [list(result.findings) for result in results]
    places = [(i, j) for i, made in enumerate(findings) for j in range(len(made))]
    p_values = []
    for i, j in places:
        factor = inflation.get(results[i].feature, 1.0)
        level = levels.get(results[i].feature, math.nan)
        p_values.append(_p_value(findings[i][j], results[i], factor, level))
    adjusted = p_values
    if config.adjust and p_values:
        known = [math.nan if p is None else p for p in p_values]
        adjusted = [
            None if math.isnan(p) else float(p) for p in benjamini_hochberg(known).p_adjusted
        ]
    for (i, j), p_value, p_adjusted in zip(places, p_values, adjusted, strict=True):
        finding = findings[i][j]
        status = _status(finding, p_value, p_adjusted, config.of(finding.feature).alpha)
        lowered = status != finding.status
        findings[i][j] = finding._replace(
            p_value=p_value,
            p_adjusted=p_adjusted,
            status=status,
            reason=f"{_LOWERED}: {finding.reason}" if lowered else finding.reason,
        )
    return replace(
        report,
        results=tuple(
            _decided(result, made, notes.get(result.feature, ""))
            for result, made in zip(results, findings, strict=True)
        ),
    )


def _p_value(finding: Finding, result: FeatureResult, factor: float, level: float) -> float | None:
    p_value = finding.p_value
    if p_value is None or math.isnan(p_value) or factor <= 1:
        return p_value
    if finding.test == "ks" and finding.statistic is not None:
        n, m = (max(int(size / factor), 1) for size in (result.n_current, result.n_reference))
        found = ks_p_value(min(finding.statistic, 1.0), n, m)
        if not math.isnan(level):
            found = min(2 * min(found, level), 1.0)
        return max(found, p_value)
    return min(1.0, 2 * math.exp(math.log(max(p_value, 5e-324) / 2) / factor))


def _status(
    finding: Finding, p_value: float | None, p_adjusted: float | None, alpha: float
) -> Status:
    """Apply the rule of the monitor; more is never called drift than with independent rows."""
    if finding.status not in ("drift", "warning") or p_value is None or p_adjusted is None:
        return finding.status
    reach = (finding.effect_size or 0.0) / (finding.min_effect or math.inf)
    if p_adjusted < alpha and reach >= 1:
        return finding.status
    nearly = p_value < alpha and p_adjusted < math.sqrt(alpha)
    return "warning" if (p_adjusted < alpha and reach >= 0.5) or (nearly and reach >= 1) else "ok"


def _decided(result: FeatureResult, findings: list[Finding], note: str) -> FeatureResult:
    noted = [f._replace(reason=_with_note(f, note)) for f in findings]
    if not noted:
        return result
    # The first one decided; it still does, unless another is worse by now.
    noted.sort(key=lambda f: -_RANK.index(f.status))
    first = noted[0]
    changes: dict[str, Any] = {
        name: getattr(first, name)
        for name in (
            "check", "test", "statistic", "p_value", "p_adjusted", "effect_size", "effect_name",
            "min_effect", "reason", "status",
        )
    }  # fmt: skip
    reach = (first.effect_size or 0.0) / first.min_effect if first.min_effect else 0.0
    decided = first.status in ("ok", "warning", "drift")
    changes["severity"] = 1 - 2 ** (-max(reach, 0.0)) if decided else 0.0
    return replace(result, findings=tuple(noted), **changes)


def _with_note(finding: Finding, note: str) -> str:
    if not note or finding.status in ("insufficient_data", "error"):
        return finding.reason
    if finding.p_adjusted is None:
        return f"{finding.reason} ({note})"
    return f"{finding.reason} ({note}; p adjusted for dependence {finding.p_adjusted:.2g})"
