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
    evenly,
    finite,
    first_of_groups,
    kind_of,
    merge_rare,
    or_nan,
    warn_unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from poet.domain import Domain
    from poet_domain_ml_monitoring._emit import silent
    from poet_domain_ml_monitoring.agents.frames import frame_of
    from poet_domain_ml_monitoring.agents.state import MonitorState, MonitorStates
    from poet_domain_ml_monitoring.alerts import (
        Alert,
        AlertConfig,
        AlertManager,
        FalsePattern,
        Inhibit,
        Relations,
    )
    from poet_domain_ml_monitoring.anomalies import AnomalyDetector, AnomalyReport, Deviation
    from poet_domain_ml_monitoring.config import MonitorConfig, Thresholds
    from poet_domain_ml_monitoring.health import (
        Component,
        HealthConfig,
        HealthMonitor,
        Limit,
        ModelHealth,
        Recommendation,
    )
    from poet_domain_ml_monitoring.importance import (
        ContextRule,
        Importance,
        Interaction,
        find_interactions,
    )
    from poet_domain_ml_monitoring.monitor import Monitor, Report
    from poet_domain_ml_monitoring.quality import FeatureRegistry, Schema
    from poet_domain_ml_monitoring.results import FeatureResult, Finding, Problem, Sampling
    from poet_domain_ml_monitoring.seasonality import (
        SamePhase,
        Season,
        SeasonalMonitor,
        detect_season,
        detect_seasons,
    )
    from poet_domain_ml_monitoring.windows import (
        AdaptiveWindows,
        FixedWindows,
        SlidingWindows,
        StreamChange,
        StreamMonitor,
        TimeWindows,
        Window,
        Windows,
        windows_from_dict,
    )

# Loaded when used: what registers the domain must not load Polars.
_LAZY = {
    "AdaptiveWindows": "windows",
    "Alert": "alerts",
    "AlertConfig": "alerts",
    "AlertManager": "alerts",
    "AnomalyDetector": "anomalies",
    "AnomalyReport": "anomalies",
    "Component": "health",
    "ContextRule": "importance",
    "Deviation": "anomalies",
    "FalsePattern": "alerts",
    "FeatureRegistry": "quality",
    "FeatureResult": "results",
    "Finding": "results",
    "FixedWindows": "windows",
    "HealthConfig": "health",
    "HealthMonitor": "health",
    "Importance": "importance",
    "Inhibit": "alerts",
    "Interaction": "importance",
    "Limit": "health",
    "ModelHealth": "health",
    "Monitor": "monitor",
    "MonitorConfig": "config",
    "MonitorState": "agents.state",
    "MonitorStates": "agents.state",
    "Problem": "results",
    "Recommendation": "health",
    "Relations": "alerts",
    "Report": "monitor",
    "SamePhase": "seasonality",
    "Sampling": "results",
    "Schema": "quality",
    "Season": "seasonality",
    "SeasonalMonitor": "seasonality",
    "SlidingWindows": "windows",
    "StreamChange": "windows",
    "StreamMonitor": "windows",
    "Thresholds": "config",
    "TimeWindows": "windows",
    "Window": "windows",
    "Windows": "windows",
    "detect_season": "seasonality",
    "detect_seasons": "seasonality",
    "find_interactions": "importance",
    "frame_of": "agents.frames",
    "silent": "_emit",
    "windows_from_dict": "windows",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    globals()[name] = value
    return value


__all__ = [
    "AdaptiveWindows",
    "Alert",
    "AlertConfig",
    "AlertManager",
    "AnomalyDetector",
    "AnomalyReport",
    "Component",
    "ContextRule",
    "Deviation",
    "FalsePattern",
    "FeatureRegistry",
    "FeatureResult",
    "Finding",
    "FixedWindows",
    "HealthConfig",
    "HealthMonitor",
    "Importance",
    "Inhibit",
    "Interaction",
    "Limit",
    "ModelHealth",
    "Monitor",
    "MonitorConfig",
    "MonitorState",
    "MonitorStates",
    "Problem",
    "Recommendation",
    "Relations",
    "Report",
    "SamePhase",
    "Sampling",
    "Schema",
    "Season",
    "SeasonalMonitor",
    "SlidingWindows",
    "StreamChange",
    "StreamMonitor",
    "Thresholds",
    "TimeWindows",
    "Window",
    "Windows",
    "column_of",
    "columns_of",
    "detect_season",
    "detect_seasons",
    "evenly",
    "find_interactions",
    "finite",
    "first_of_groups",
    "frame_of",
    "kind_of",
    "merge_rare",
    "or_nan",
    "poet_register_commands",
    "poet_register_domains",
    "silent",
    "warn_unknown",
    "windows_from_dict",
]


@hookimpl
def poet_register_domains(register: Callable[[Domain], Any]) -> None:
    """Register the domain ``ml_monitoring``."""
    from poet_domain_ml_monitoring._domain import DOMAIN

    register(DOMAIN)


@hookimpl
def poet_register_commands(register: Callable[[str, str, str], Any]) -> None:
    """Register ``poet monitor``."""
    register(
        "monitor",
        "Compare current rows with a reference, feature by feature.",
        "poet_domain_ml_monitoring.command:monitor",
    )
