"""A reference frame fitted once, and windows checked against it."""

from __future__ import annotations

from poet_domain_ml_monitoring.monitor._monitor import Monitor
from poet_domain_ml_monitoring.monitor._report import Report
from poet_domain_ml_monitoring.monitor._source import Batched

__all__ = ["Batched", "Monitor", "Report"]
