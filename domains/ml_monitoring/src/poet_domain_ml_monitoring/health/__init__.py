"""How well a model is: components, a score, a status that does not flap, and what to do."""

from __future__ import annotations

from poet_domain_ml_monitoring.health._config import COMPONENTS, HealthConfig, Limit
from poet_domain_ml_monitoring.health._monitor import HealthMonitor
from poet_domain_ml_monitoring.health._results import Component, ModelHealth, Recommendation
from poet_domain_ml_monitoring.health._status import StatusGate

__all__ = [
    "COMPONENTS",
    "Component",
    "HealthConfig",
    "HealthMonitor",
    "Limit",
    "ModelHealth",
    "Recommendation",
    "StatusGate",
]
