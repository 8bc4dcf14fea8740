"""What the recipes' options are where the user says nothing."""

from __future__ import annotations

__all__ = ["DEFAULTS"]

DEFAULTS = {"alert_threshold": 0.05, "min_effect": 0.1, "min_samples": 20, "max_categories": 20}
