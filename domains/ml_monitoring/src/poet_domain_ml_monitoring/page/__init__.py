"""Reports for people: on the terminal, as JSON, and as one self-contained page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from poet_domain_ml_monitoring.page._distributions import (
    Bar,
    Bars,
    Distribution,
    Histogram,
    distribution,
)
from poet_domain_ml_monitoring.page._history import Past
from poet_domain_ml_monitoring.page._html import to_html
from poet_domain_ml_monitoring.page._terminal import render_terminal
from poet_domain_ml_monitoring.page._words import Verdict, verdict

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.monitor import Report

__all__ = [
    "Bar",
    "Bars",
    "Distribution",
    "Histogram",
    "Past",
    "Verdict",
    "distribution",
    "render_terminal",
    "to_html",
    "to_json",
    "verdict",
]


def to_json(report: Report) -> str:
    """Return a report as one JSON document, the same for the same report; NaN and ∞ are null."""
    return (
        json.dumps(_finite(report.to_dict()), indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    )


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not -1e999 < value < 1e999:
        return None
    return value
