"""Rows unlike any of the reference: in one feature, or in how features go together."""

from __future__ import annotations

from poet_domain_ml_monitoring.anomalies._detector import AnomalyDetector
from poet_domain_ml_monitoring.anomalies._report import AnomalyReport, Deviation

__all__ = ["AnomalyDetector", "AnomalyReport", "Deviation"]
