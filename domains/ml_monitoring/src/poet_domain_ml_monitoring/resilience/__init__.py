"""Checks that must be done in time: rows planned by a cost model, drawn by the data themselves."""

from __future__ import annotations

from poet_domain_ml_monitoring.resilience.budget import Budget
from poet_domain_ml_monitoring.resilience.plan import Plan, error_bound, plan
from poet_domain_ml_monitoring.resilience.sample import sample

__all__ = ["Budget", "Plan", "error_bound", "plan", "sample"]
