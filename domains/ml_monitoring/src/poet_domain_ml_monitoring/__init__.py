"""POET's ML monitoring domain: drift detection that chooses its test by the data.

Generated detectors import the helpers below; the domain itself comes through the plugin hook.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from poet.hookspecs import hookimpl
from poet_domain_ml_monitoring._features import (
    column_of,
    columns_of,
    finite,
    kind_of,
    merge_rare,
    warn_unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from poet.domain import Domain
    from poet_domain_ml_monitoring.config import MonitorConfig, Thresholds
    from poet_domain_ml_monitoring.monitor import Monitor, Report
    from poet_domain_ml_monitoring.results import FeatureResult, Finding, Problem, Sampling

# Loaded when used: what registers the domain must not load Polars.
_LAZY = {
    "FeatureResult": "results",
    "Finding": "results",
    "Monitor": "monitor",
    "MonitorConfig": "config",
    "Problem": "results",
    "Report": "monitor",
    "Sampling": "results",
    "Thresholds": "config",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    globals()[name] = value
    return value


__all__ = [
    "FeatureResult",
    "Finding",
    "Monitor",
    "MonitorConfig",
    "Problem",
    "Report",
    "Sampling",
    "Thresholds",
    "column_of",
    "columns_of",
    "finite",
    "kind_of",
    "merge_rare",
    "poet_register_domains",
    "warn_unknown",
]


@hookimpl
def poet_register_domains(register: Callable[[Domain], Any]) -> None:
    """Register the domain ``ml_monitoring``."""
    from poet_domain_ml_monitoring._domain import DOMAIN

    register(DOMAIN)
