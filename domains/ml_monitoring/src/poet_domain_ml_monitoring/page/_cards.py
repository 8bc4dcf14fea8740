"""A card for each of the worst features: what changed, how it lies, the numbers behind it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from poet_domain_ml_monitoring import _numbers as numbers
from poet_domain_ml_monitoring.page import _words as words
from poet_domain_ml_monitoring.page._axes import label
from poet_domain_ml_monitoring.page._distributions import Bars, Histogram
from poet_domain_ml_monitoring.page._svg import histogram

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.page._distributions import Distribution
    from poet_domain_ml_monitoring.page._history import Course
    from poet_domain_ml_monitoring.results import FeatureResult, Status

__all__ = ["EFFECTS", "anchor", "card", "pill", "text"]

EFFECTS = {"kuiper_v": "Kuiper's V"}
_REASON = 400
_MOST_FINDINGS = 4


def text(value: str, limit: int = 160) -> str:
    """Return text of the data's making for the page."""
    return escape(words.clean(value, limit))


def pill(status: Status) -> str:
    """Return a status as a coloured word."""
    return f'<span class="pill {status}">{words.STATUS_WORDS[status]}</span>'


def anchor(at: int) -> str:
    """Return the place on the page of the card of this number."""
    return f"f{at}"


def card(
    at: int, result: FeatureResult, chart: Distribution | None, over_time: Course | None
) -> str:
    """Return the card of a feature."""
    name = text(result.feature)
    head = (
        f'<article class="card" id="{anchor(at)}"><h3><bdi>{name}</bdi>{pill(result.status)}'
        f'{_new(result)}<span class="note">{text(result.kind or "")}</span></h3>'
    )
    parts = [
        head,
        f'<p class="why">{text(result.reason, _REASON)}</p>',
        _since(result, over_time),
    ]
    if isinstance(chart, Histogram):
        parts.append(histogram(chart, words.clean(result.feature), result.dtype))
        parts += [f'<p class="note">{line}</p>' for line in _captions(chart, result.dtype)]
    elif isinstance(chart, Bars):
        parts.append(_bars(chart))
    parts.append(_findings(result))
    parts.append(_numbers(result))
    return "".join(parts) + "</article>"


def _new(result: FeatureResult) -> str:
    return '<span class="pill warning">new feature</span>' if result.is_new else ""


def _since(result: FeatureResult, over_time: Course | None) -> str:
    if over_time is None or result.status != "drift":
        return ""
    checks = over_time.since(result.feature)
    if checks <= 1:
        return '<p class="note">First seen in this check.</p>'
    start = "at least the last" if checks == len(over_time.ids) else "the last"
    return f'<p class="note">Drifting for {start} {checks} checks in a row.</p>'


def _captions(chart: Histogram, dtype: str | None) -> list[str]:
    """Say what the drawing leaves out or adds."""
    width = chart.edges[-1] - chart.edges[0]

    def said(value: float) -> str:
        return escape(label(value, dtype, width))

    found = []
    if chart.scale == "log":
        found.append("Logarithmic axis: each bar spans an equal ratio.")
    ends = (
        ("below", chart.below, chart.lowest, min, 0),
        ("above", chart.above, chart.highest, max, -1),
    )
    for word, shares, extremes, worst, edge in ends:
        far = worst(extremes)
        if far < chart.edges[0] or far > chart.edges[-1]:
            # Of the window no more is kept than that it reaches there.
            side = "at least, current" if far == extremes[1] else "reference"
            found.append(
                f"Outliers clipped: {numbers.share(shares[1])} of current and {numbers.share(shares[0])} of "
                f"reference rows lie {word} {said(chart.edges[edge])}, as far as {said(far)} ({side})."
            )
    for word, value, extreme in zip(
        ("below", "above"), chart.outside, (chart.lowest[0], chart.highest[0]), strict=True
    ):
        if value >= 0.01:
            found.append(
                f"{numbers.share(value)} of current rows lie {word} every reference value "
                f"({said(extreme)}); they are drawn evenly up to the farthest."
            )
    return found


def _bars(chart: Bars) -> str:
    top = max(
        [max(b.reference, b.current) for b in chart.bars]
        + [chart.others_reference, chart.others_current]
    )
    rows = [
        _row(text(b.label, 40), b.reference, b.current, top, is_new=b.is_new) for b in chart.bars
    ]
    if chart.others:
        some = words.plural(chart.others, "other")
        rows.append(_row(some, chart.others_reference, chart.others_current, top, is_new=False))
    head = (
        '<caption class="note" style="text-align:left">Share of rows, reference → current</caption>'
    )
    return f'<table class="bars">{head}<tbody>{"".join(rows)}</tbody></table>'


def _row(name: str, reference: float, current: float, top: float, *, is_new: bool) -> str:
    tag = '<span class="pill warning">unseen</span>' if is_new else ""
    bars = [
        f'<i style="width:{100 * v / top if top else 0:.1f}%"></i>' for v in (reference, current)
    ]
    return (
        f'<tr><th scope="row"><bdi>{name}</bdi>{tag}</th><td aria-hidden="true">'
        f"{''.join(bars)}</td>"
        f"<td>{numbers.share(reference)} → {numbers.share(current)}</td></tr>"
    )


def _findings(result: FeatureResult) -> str:
    rest = [
        f for f in result.findings if f.status in ("drift", "warning") and f.reason != result.reason
    ]
    items = "".join(
        f"<li><b>{text(f.check)}</b>: {text(f.reason, _REASON)}</li>" for f in rest[:_MOST_FINDINGS]
    )
    return f'<ul class="more">{items}</ul>' if items else ""


def _numbers(result: FeatureResult) -> str:
    found = []
    if result.effect_size is not None:
        name = EFFECTS.get(
            result.effect_name or "", (result.effect_name or "effect").replace("_", " ")
        )
        least = f", matters from {numbers.effect(result.min_effect)}" if result.min_effect else ""
        found.append(f"{text(name)} <b>{numbers.effect(result.effect_size)}</b>{least}")
    if result.p_value is not None:
        adjusted = result.p_adjusted if result.p_adjusted is not None else result.p_value
        word = "adjusted p" if result.p_adjusted is not None else "p"
        found.append(f"{word} <b>{escape(numbers.p_value(adjusted))}</b>")
    if result.test:
        why = f' title="{text(result.test_reason, _REASON)}"' if result.test_reason else ""
        found.append(f"<span{why}>test <b>{text(result.test.replace('_', ' '))}</b></span>")
    found.append(
        f"values <b>{numbers.count(result.n_reference)} → {numbers.count(result.n_current)}</b>"
    )
    missing = [
        (gone, gone + there)
        for gone, there in (
            (result.missing_reference, result.n_reference),
            (result.missing_current, result.n_current),
        )
    ]
    if any(gone for gone, _ in missing):
        shares = [numbers.share(gone / n if n else 0.0) for gone, n in missing]
        found.append(f"missing <b>{escape(shares[0])} → {escape(shares[1])}</b>")
    return f'<div class="numbers">{"".join(f"<span>{item}</span>" for item in found)}</div>'
