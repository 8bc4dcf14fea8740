"""Capture: outcomes, responses, costs and changed settings of a project, told as events.

Nothing here needs an outside service. Clients of such (a pager, a chat, a model registry) call the
same functions. What they tell becomes labels, patterns and evidence in :mod:`poet.learn`.
"""

from poet.capture._alerts import RESPONSES, alert_response, dismiss_alerts
from poet.capture._config import Impact, measure_impacts, track_config
from poet.capture._costs import business_impact, feature_impact, record_cost, record_value
from poet.capture._sources import FeedbackSource, Polled, poll_sources
from poet.capture._watch import WATCHED, watches

__all__ = [
    "RESPONSES",
    "WATCHED",
    "FeedbackSource",
    "Impact",
    "Polled",
    "alert_response",
    "business_impact",
    "dismiss_alerts",
    "feature_impact",
    "measure_impacts",
    "poll_sources",
    "record_cost",
    "record_value",
    "track_config",
    "watches",
]
