"""What alerts and a model's health say, for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poet_domain_ml_monitoring import _numbers as numbers
from poet_domain_ml_monitoring.page._cards import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poet_domain_ml_monitoring.alerts import Alert
    from poet_domain_ml_monitoring.health import ModelHealth

__all__ = ["alerts_section", "health_section"]

_MOST_ALERTS = 20
_MOST_NAMED = 12
_MOST_ADVICE = 10
_LEVEL_TONES = {"info": "insufficient_data", "warning": "warning", "critical": "drift"}
_HEALTH_TONES = {"healthy": "ok", "degraded": "warning", "unhealthy": "drift"}


def alerts_section(alerts: Sequence[Alert]) -> str:
    """Return alerts: title, why, and the features that each covers."""
    items = []
    for alert in alerts[:_MOST_ALERTS]:
        names = [text(name, 60) for name in alert.features]
        shown = ", ".join(f"<bdi>{name}</bdi>" for name in names[:_MOST_NAMED])
        rest = len(names) - _MOST_NAMED
        covers = shown + (f" and {numbers.count(rest)} more" if rest > 0 else "")
        items.append(
            f'<li class="{_LEVEL_TONES[alert.severity]}"><b>{text(alert.title)}</b> '
            f'<span class="pill">{alert.severity}</span><br>{_lines(alert.why)}'
            f'<br><span class="note">{covers}</span></li>'
        )
    if not items:
        return ""
    more = len(alerts) - _MOST_ALERTS
    note = f'<p class="note">{numbers.count(more)} more.</p>' if more > 0 else ""
    return f'<section><h2>Alerts</h2><ul class="problems">{"".join(items)}</ul>{note}</section>'


def health_section(health: ModelHealth | None) -> str:
    """Return the model's health: status, what to do, and each component."""
    if health is None:
        return ""
    tone = _HEALTH_TONES.get(health.status, "insufficient_data")
    rows = "".join(
        f"<dt>{text(one.name.replace('_', ' '))} <b>{_score(one.score)}</b></dt>"
        f"<dd>{text(one.detail, 400)}</dd>"
        for one in health.components
    )
    advice = "".join(
        f'<li>{text(one.action, 400)} <span class="soft">{text(one.evidence, 400)}</span></li>'
        for one in health.recommendations[:_MOST_ADVICE]
    )
    todo = f"<h3>What to do</h3><ul>{advice}</ul>" if advice else ""
    return (
        f'<section><h2>Model health <span class="pill {tone}">{health.status}</span></h2>'
        f'<div class="panel"><p>Score <b>{_score(health.score)}</b> of 1. {text(health.reason, 400)}'
        f'</p>{todo}<dl class="how">{rows}</dl></div></section>'
    )


def _lines(why: str) -> str:
    """Return the reasons of an alert, or of each that a summary stands for, line by line."""
    return "<br>".join(text(line, 400) for line in why.splitlines()[:_MOST_NAMED])


def _score(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"
