"""Patterns that come back every day, week or year, and drift told apart from them."""

from __future__ import annotations

from poet_domain_ml_monitoring.seasonality._detect import detect_season, detect_seasons
from poet_domain_ml_monitoring.seasonality._monitor import SeasonalMonitor
from poet_domain_ml_monitoring.seasonality._phase import SamePhase
from poet_domain_ml_monitoring.seasonality._season import Season

__all__ = ["SamePhase", "Season", "SeasonalMonitor", "detect_season", "detect_seasons"]
