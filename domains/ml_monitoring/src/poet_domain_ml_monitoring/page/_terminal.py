"""A report on the terminal: verdict, problems, the worst features with their shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poet_domain_ml_monitoring import _numbers as numbers
from poet_domain_ml_monitoring.page import _words as words
from poet_domain_ml_monitoring.page._distributions import Histogram, distribution_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from poet_domain_ml_monitoring.monitor import Report
    from poet_domain_ml_monitoring.page._distributions import Distribution

__all__ = ["render_terminal"]

_ROWS = 20
_PROBLEMS = 10
_STYLES = {
    "drift": "bold red",
    "error": "bold magenta",
    "warning": "yellow",
    "insufficient_data": "dim",
    "ok": "green",
}
_LEVELS = {"drift": "bold red", "problem": "bold magenta", "ok": "bold green"}
_BLOCKS = " ▁▂▃▄▅▆▇█"
_SHAPE = 12


def render_terminal(
    report: Report,
    console: Console | None = None,
    *,
    charts: Mapping[str, Distribution] | None = None,
) -> None:
    """Print a report.

    Args:
        report: What to print.
        console: Where to; by default standard output, in colour where it is a terminal.
        charts: By feature, how it lies, for reports whose profile was not kept.
    """
    from rich.console import Console as Terminal
    from rich.table import Table
    from rich.text import Text

    console = console or Terminal()
    found = words.verdict(report)
    console.print(Text(found.headline, style=_LEVELS[found.level]))
    console.print(Text(f"{found.detail} Drift score {report.drift_score:.2f}.", style="dim"))
    for problem in report.problems[:_PROBLEMS]:
        line = f"! {words.clean(problem.feature)}: " if problem.feature else "! "
        console.print(
            Text(line, style="bold magenta") + Text(words.clean(problem.detail, 400), style="")
        )
    if len(report.problems) > _PROBLEMS:
        console.print(
            Text(f"! and {len(report.problems) - _PROBLEMS} more problems", style="magenta")
        )
    ranked = words.worst_first(report)
    shown = [r for r in ranked if r.status != "ok"][:_ROWS]
    if shown:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column("feature", overflow="fold", max_width=28)
        table.add_column("status", no_wrap=True)
        table.add_column("effect", justify="right", no_wrap=True)
        drawn = [_shapes(distribution_of(report, r.feature, charts)) for r in shown]
        if any(drawn):
            table.add_column("reference\n→ current", no_wrap=True)
        table.add_column("why", overflow="fold", ratio=1)
        for result, shape in zip(shown, drawn, strict=True):
            cells = [
                Text(words.clean(result.feature)),
                Text(words.STATUS_WORDS[result.status], style=_STYLES[result.status]),
                Text(numbers.effect(result.effect_size)),
            ]
            if any(drawn):
                cells.append(Text(shape))
            table.add_row(*cells, Text(words.clean(result.reason, 400)))
        console.print()
        console.print(table)
    rest = len(ranked) - len(shown)
    if rest and shown:
        ok = words.statuses(report)["ok"]
        console.print(
            Text(f"{numbers.count(ok)} of {words.plural(len(ranked), 'feature')} ok", style="dim")
        )
    if report.sampling is not None:
        s = report.sampling
        text = (
            f"sample of {numbers.count(s.rows)} of {numbers.count(s.of)} rows, shares within "
            f"{numbers.share(s.error_bound)}: {words.clean(s.reason, 300)}"
        )
        console.print(Text(text, style="dim"))


def _shapes(chart: Distribution | None) -> str:
    """Draw both sides of a histogram in a few signs each."""
    if not isinstance(chart, Histogram):
        return ""
    return "\n".join(_blocks(side) for side in (chart.reference, chart.current))


def _blocks(shares: Sequence[float]) -> str:
    # Bins are put together so that a narrow column shows them all.
    per = max(1, -(-len(shares) // _SHAPE))
    sums = [sum(shares[at : at + per]) for at in range(0, len(shares), per)]
    top = max(sums) or 1.0
    return "".join(_BLOCKS[min(8, int(8 * value / top + 0.999))] for value in sums)
