"""How much each feature matters: given, from a model, or learned from what drift did."""

from __future__ import annotations

from poet_domain_ml_monitoring.importance._context import ContextRule
from poet_domain_ml_monitoring.importance._importance import Importance
from poet_domain_ml_monitoring.importance._interactions import Interaction, find_interactions

__all__ = ["ContextRule", "Importance", "Interaction", "find_interactions"]
