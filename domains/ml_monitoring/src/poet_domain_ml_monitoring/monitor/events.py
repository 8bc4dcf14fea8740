"""What a check with drift tells: the payload of ``drift.detected``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.monitor._report import Report

__all__ = ["drift_event"]

_MOST = 20


def drift_event(report: Report) -> dict[str, Any]:
    """Return the facts of a report with drift; of the features the 20 worst."""
    return {
        "execution_id": report.execution_id,
        "drifted": report.counts["drift"],
        "features": [
            {
                "feature": result.feature,
                "check": result.check,
                "severity": result.severity,
                "effect_size": result.effect_size,
                "p_adjusted": result.p_adjusted,
                "reason": result.reason,
            }
            for result in report.of_status("drift", most=_MOST)
        ],
        "drift_score": report.drift_score,
        "rows_current": report.rows_current,
        "rows_reference": report.rows_reference,
    }
