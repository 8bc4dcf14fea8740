"""The recipe for functions and classes that watch a model's features against a reference they hold."""

from __future__ import annotations

from poet_domain_ml_monitoring.agents._checks import checks
from poet_domain_ml_monitoring.agents._recipe import recipe, scoring, watches

__all__ = ["checks", "recipe", "scoring", "watches"]
