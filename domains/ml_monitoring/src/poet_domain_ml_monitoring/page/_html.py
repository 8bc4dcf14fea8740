"""One self-contained page for a report: verdict, problems, worst features, time, how it was decided."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from poet_domain_ml_monitoring.page import _sections as sections
from poet_domain_ml_monitoring.page._cards import card
from poet_domain_ml_monitoring.page._distributions import distribution_of
from poet_domain_ml_monitoring.page._history import course
from poet_domain_ml_monitoring.page._judgement import alerts_section, health_section
from poet_domain_ml_monitoring.page._style import STYLE
from poet_domain_ml_monitoring.page._words import clean, verdict, worst_first

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poet_domain_ml_monitoring.alerts import Alert
    from poet_domain_ml_monitoring.health import ModelHealth
    from poet_domain_ml_monitoring.monitor import Report
    from poet_domain_ml_monitoring.page._distributions import Distribution
    from poet_domain_ml_monitoring.page._history import Past

__all__ = ["CARDS", "to_html"]

CARDS = 12
_SHOWN = ("drift", "error", "warning")
# Where nothing is wrong, a few features show what "nothing wrong" looks like.
_CALM = 4


def to_html(
    report: Report,
    *,
    history: Sequence[Report | Past] = (),
    alerts: Sequence[Alert] = (),
    health: ModelHealth | None = None,
    charts: Mapping[str, Distribution] | None = None,
    title: str = "",
) -> str:
    """Return a page that needs nothing else: no script, no font, no picture from elsewhere.

    It is light or dark as the reader's system is, prints, and stays below about 400 kB whatever the
    number of features: 12 charts, 250 rows of the table, 60 checks of history.

    Args:
        report: What to show. Distributions are drawn where it holds `profile` and `window`, or
            `charts` has them.
        history: Earlier reports, or what `Past` keeps of them, the oldest first, this one not among them.
        alerts: What an `AlertManager` made of the report.
        health: What a `HealthMonitor` made of it.
        charts: By feature, how it lies, for reports whose profile was not kept.
        title: What was checked, such as the name of a file.

    Returns:
        The page; the same arguments give the same text.
    """
    ranked = worst_first(report)
    bad = [r for r in ranked if r.status in _SHOWN]
    shown = bad[:CARDS] or [r for r in ranked if r.status == "ok"][:_CALM]
    found = course(history, report)
    cards = "".join(
        card(at, r, distribution_of(report, r.feature, charts), found) for at, r in enumerate(shown)
    )
    heading = "Worst features" if bad else "A look at the largest changes"
    keys = '<span class="key ref">reference</span><span class="key cur">current</span>'
    legend = f'<p class="legend">{keys}</p>'
    worst = (
        f'<section><h2>{heading}</h2>{legend}<div class="cards">{cards}</div></section>'
        if cards
        else ""
    )
    said = verdict(report).headline
    name = f"{clean(title)}: {said}" if title else said
    # The table links to the cards only where its first rows are theirs.
    linked = len(shown) if bad else 0
    body = [
        sections.head(report, ranked),
        sections.problems(report),
        alerts_section(alerts),
        worst,
        sections.over_time(found),
        health_section(health),
        sections.all_features(ranked, linked),
        sections.decided(report),
    ]
    about = [clean(title)] if title else []
    foot = (
        f"<footer>{escape(' · '.join([*about, f'report {clean(report.execution_id)}']))}</footer>"
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(name)}</title><style>{STYLE}</style></head>\n"
        f"<body><main>{''.join(part for part in body if part)}{foot}</main></body></html>\n"
    )
