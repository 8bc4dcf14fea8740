"""The parts of the page around the cards."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from poet_domain_ml_monitoring import _numbers as numbers
from poet_domain_ml_monitoring.page import _words as words
from poet_domain_ml_monitoring.page._cards import EFFECTS, anchor, pill, text
from poet_domain_ml_monitoring.page._svg import sparkline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poet_domain_ml_monitoring.monitor import Report
    from poet_domain_ml_monitoring.page._history import Course, Point
    from poet_domain_ml_monitoring.results import FeatureResult

__all__ = [
    "all_features",
    "decided",
    "head",
    "over_time",
    "problems",
]

_MOST_ROWS = 250
_MOST_PROBLEMS = 40
_REASON = 240
_RULE = (
    "A feature drifts where its change is improbable by chance (the p-value, adjusted for all tests "
    "of the report, is below the level) <b>and</b> large enough to matter (the effect reaches its "
    "minimum). Neither alone is enough: with many rows every trifle is significant."
)
_SCORE = "The share of the features' importance that drifted, weighted by severity, from 0 to 1."
_PROBLEM_WORDS = {
    "missing_feature": "missing",
    "new_feature": "new",
    "renamed_feature": "renamed",
    "type_change": "other type",
    "unreadable": "unreadable",
    "infinite": "infinite values",
    "safe_mode": "safe mode",
    "empty": "no rows",
}


def head(report: Report, ranked: Sequence[FeatureResult]) -> str:
    """Return the verdict, the figures it rests on, and how many features are in which state."""
    found = words.verdict(report)
    lead = []
    grave = [p for p in report.problems if p.kind not in words.HARMLESS]
    if grave:
        about = f"<b><bdi>{text(grave[0].feature)}</bdi></b>: " if grave[0].feature else ""
        lead.append(about + text(grave[0].detail, 400))
    if ranked and ranked[0].status == "drift":
        name = f"<b><bdi>{text(ranked[0].feature)}</bdi></b>"
        lead.append(f"Most of all {name}: {text(ranked[0].reason, 400)}")
    said = "".join(f'<p class="lead">{line}</p>' for line in lead or [escape(found.detail)])
    facts = [
        ("Drift score", f"{report.drift_score:.2f}"),
        ("Current rows", numbers.count(report.rows_current)),
        ("Reference rows", numbers.count(report.rows_reference)),
        ("Features", numbers.count(len(report))),
    ]
    shown = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    return (
        f'<header class="verdict {found.level}"><h1>{escape(found.headline)}</h1>'
        f"{said}</header>"
        f'<dl class="facts">{shown}</dl>{_stack(report)}'
    )


def _stack(report: Report) -> str:
    counts = {s: n for s, n in words.statuses(report).items() if n}
    bars = "".join(f'<span class="{s}" style="flex:{n}"></span>' for s, n in counts.items())
    keys = "".join(
        f'<span class="key {s}">{numbers.count(n)} {words.STATUS_WORDS[s]}</span>'
        for s, n in counts.items()
    )
    return f'<div class="stack" aria-hidden="true">{bars}</div><p class="legend">{keys}</p>'


def problems(report: Report) -> str:
    """Return what is wrong with the data themselves."""
    if not report.problems:
        return ""
    items = []
    for problem in report.problems[:_MOST_PROBLEMS]:
        tone = "warning" if problem.kind == "new_feature" else "problem"
        word = _PROBLEM_WORDS.get(problem.kind, problem.kind)
        name = f"<b><bdi>{text(problem.feature)}</bdi></b> " if problem.feature else ""
        items.append(
            f'<li class="{tone}">{name}<span class="pill">{escape(word)}</span><br>'
            f"{text(problem.detail, 400)}</li>"
        )
    rest = len(report.problems) - _MOST_PROBLEMS
    more = f'<p class="note">{numbers.count(rest)} more are in the JSON.</p>' if rest > 0 else ""
    return (
        '<section><h2>Data problems</h2><p class="note">Look at these first: a change upstream often '
        f'explains the drift below.</p><ul class="problems">{"".join(items)}</ul>{more}</section>'
    )


def over_time(found: Course | None) -> str:
    """Return drift over time: the score, and each feature that ever drifted."""
    if found is None:
        return ""
    n = len(found.ids)
    left_out = f" (of {numbers.count(n + found.left_out)})" if found.left_out else ""
    spark = sparkline(
        found.scores, max(*found.scores, 0.05), f"drift score over {n} checks, the last one now"
    )
    rows = []
    for name, points in found.features.items():
        times = sum(p is not None and p.status == "drift" for p in points)
        rows.append(
            f'<tr><th scope="row"><bdi>{text(name, 60)}</bdi></th><td>{_cells(points)}</td>'
            f"<td>{times} of {n}</td></tr>"
        )
    more = (
        f'<p class="note">{words.plural(found.unshown, "more feature")} drifted at some time.</p>'
        if found.unshown
        else ""
    )
    body = (
        f'<table class="strip"><tbody><tr><th scope="row">Drift score, now {found.scores[-1]:.2f}'
        f"</th><td>{spark}</td><td>highest {max(found.scores):.2f}</td></tr>{''.join(rows)}</tbody></table>"
    )
    return (
        f'<section><h2>Over time</h2><p class="note">The last {n} checks{left_out}, this one at the '
        'right. <span class="key drift">drift</span> &nbsp;<span class="key warning">warning</span> '
        '&nbsp;<span class="key error">not compared</span></p>'
        f'<div class="panel">{body}{more}</div></section>'
    )


def _cells(points: Sequence[Point | None]) -> str:
    width, height = 10, 18
    cells = []
    for at, point in enumerate(points):
        status = "none" if point is None else point.status
        # Drift is taller the more severe; the least that counts is severity one half.
        tall = (
            height * (0.35 + 0.65 * point.severity)
            if point and status == "drift"
            else height * 0.35
        )
        cells.append(
            f'<rect class="{status}" x="{at * width}" y="{height - tall:.1f}" width="{width - 2}" '
            f'height="{tall:.1f}" rx="1.5"/>'
        )
    said = ", ".join("unknown" if p is None else words.STATUS_WORDS[p.status] for p in points[-5:])
    return (
        f'<svg class="cells" viewBox="0 0 {len(points) * width} {height}" role="img" '
        f'preserveAspectRatio="none" style="max-width:{len(points) * 18}px">'
        f"<title>the last checks: {said}</title>{''.join(cells)}</svg>"
    )


def all_features(ranked: Sequence[FeatureResult], carded: int) -> str:
    """Return a table of the features, the worst first, up to a bound."""
    rows = []
    for at, result in enumerate(ranked[:_MOST_ROWS]):
        name = f"<bdi>{text(result.feature, 80)}</bdi>"
        if at < carded:
            name = f'<a href="#{anchor(at)}">{name}</a>'
        effect = numbers.effect(result.effect_size)
        adjusted = result.p_value if result.p_adjusted is None else result.p_adjusted
        rows.append(
            f'<tr><th scope="row">{name}</th><td class="s">{pill(result.status)}</td>'
            f'<td class="n" data-l="effect">{effect}</td>'
            f'<td class="n" data-l="p">{escape(numbers.p_value(adjusted))}</td>'
            f"<td>{text(result.reason, _REASON)}</td></tr>"
        )
    rest = len(ranked) - _MOST_ROWS
    more = (
        f'<p class="note">{numbers.count(rest)} more, none of them worse than these, are in the JSON.</p>'
        if rest > 0
        else ""
    )
    return (
        '<section><h2>All features</h2><div class="panel"><table class="all"><thead><tr><th>Feature</th>'
        '<th>Status</th><th class="n">Effect</th><th class="n">Adjusted p</th><th>Why</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>{more}</div></section>"
    )


def decided(report: Report) -> str:
    """Say in plain words how the report came to its verdict."""
    rows = [("Drift", _RULE)]
    least: dict[str, Counter[float]] = {}
    for result in report:
        for finding in result.findings:
            if finding.min_effect is not None:
                least.setdefault(finding.effect_name, Counter())[finding.min_effect] += 1
    if least:
        items = [
            f"{escape(EFFECTS.get(name, name.replace('_', ' ')))} {numbers.effect(value)}"
            + (
                f" (of {words.plural(len(seen), 'value')} the most frequent)"
                if len(seen) > 1
                else ""
            )
            for name, seen in sorted(least.items())
            for value, _ in [min(seen.most_common(), key=lambda item: (-item[1], item[0]))]
        ]
        rows.append(("Smallest effects", "; ".join(items) + "."))
    tests = Counter(result.test for result in report if result.test)
    if tests:
        named = [
            f"{escape(t.replace('_', ' '))} of {words.plural(n, 'feature')}"
            for t, n in sorted(tests.items())
        ]
        rows.append(("Deciding tests", "; ".join(named) + "."))
    if report.sampling is not None:
        s = report.sampling
        how = "" if s.reproducible else " The clock decided: another run may differ."
        said = (
            f"{numbers.count(s.rows)} of {numbers.count(s.of)} rows: {text(s.reason, 300)}. With 99 % "
            f"confidence no share is off by more than {numbers.share(s.error_bound)}.{how}"
        )
        rows.append(("Sample", said))
    else:
        rows.append(("Rows", "Every row was looked at; nothing was sampled."))
    if report.safe_mode:
        rows.append(
            (
                "Safe mode",
                "More than half of the features are new, so that nothing is called drift.",
            )
        )
    few = words.statuses(report)["insufficient_data"]
    if few:
        rows.append(
            (
                "Too little data",
                f"{words.plural(few, 'feature')}: that is not the same as no drift.",
            )
        )
    rows.append(("Drift score", _SCORE))
    body = "".join(f"<dt>{name}</dt><dd>{said}</dd>" for name, said in rows)
    how = f'<div class="panel"><dl class="how">{body}</dl></div>'
    return f"<section><h2>How it was decided</h2>{how}</section>"
