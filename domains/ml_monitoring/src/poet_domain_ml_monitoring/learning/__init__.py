"""How executions of monitors are judged, and what is learnt from them."""

from __future__ import annotations

from poet_domain_ml_monitoring.learning._alarm import alarm
from poet_domain_ml_monitoring.learning._evidence import evidence
from poet_domain_ml_monitoring.learning._expect import expect
from poet_domain_ml_monitoring.learning._inject import inject
from poet_domain_ml_monitoring.learning._request import request
from poet_domain_ml_monitoring.learning._samples import work

__all__ = ["alarm", "evidence", "expect", "inject", "request", "work"]
