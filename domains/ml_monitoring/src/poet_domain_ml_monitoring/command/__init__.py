"""The command ``poet monitor``."""

from __future__ import annotations

from poet_domain_ml_monitoring.command._command import EXIT_CODES, monitor

__all__ = ["EXIT_CODES", "monitor"]
