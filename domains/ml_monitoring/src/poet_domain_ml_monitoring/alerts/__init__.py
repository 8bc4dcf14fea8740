"""Few alerts, each with its cause: grouped, held back where known or quiet, escalated where ignored."""

from __future__ import annotations

from poet_domain_ml_monitoring.alerts._alert import Alert, Held
from poet_domain_ml_monitoring.alerts._config import AlertConfig, Inhibit
from poet_domain_ml_monitoring.alerts._manager import AlertManager
from poet_domain_ml_monitoring.alerts._patterns import FalsePattern
from poet_domain_ml_monitoring.alerts._relations import Relations

__all__ = ["Alert", "AlertConfig", "AlertManager", "FalsePattern", "Held", "Inhibit", "Relations"]
