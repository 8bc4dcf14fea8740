"""The recipe for functions that compare two samples: reads one, writes a detector in its place."""

from __future__ import annotations

from poet_domain_ml_monitoring.detector._checks import checks
from poet_domain_ml_monitoring.detector._recipe import recipe
from poet_domain_ml_monitoring.detector._scoring import scoring

__all__ = ["checks", "recipe", "scoring"]
