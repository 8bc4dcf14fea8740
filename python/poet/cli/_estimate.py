"""``poet generate --dry-run``: what a run may cost, before anything is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from poet.lifecycle.telling import money

if TYPE_CHECKING:
    from poet.lifecycle import Estimate
    from poet.settings import Settings

__all__ = ["show"]


def show(
    estimates: Sequence[Estimate],
    problems: Sequence[str],
    settings: Settings,
    as_json: bool,
    left: Mapping[str, int],
) -> int:
    """Show the estimates and their sum; return the exit status."""
    asked = [e for e in estimates if not e.problem]
    unknown = [e for e in asked if e.usd_most is None]
    least = sum(e.usd_least or 0.0 for e in asked)
    most = sum(e.usd_most or 0.0 for e in asked)
    calls = sum(e.calls_most for e in asked)
    bad = [*problems, *(f"{e.function}: {e.problem}" for e in estimates if e.problem)]
    code = 1 if bad else 0
    if as_json:
        document = {
            "format": 1,
            "dry_run": True,
            "exit_code": code,
            "functions": [e._asdict() for e in estimates],
            "problems": list(problems),
            "left": dict(left),
            "usd_least": least,
            "usd_most": None if unknown else most,
            "calls_most": calls,
            "run_budget": settings.run_budget._asdict(),
        }
        click.echo(json.dumps(document, indent=2))
        return code
    for line in _table(estimates):
        click.echo(line)
    for problem in bad:
        click.echo(problem, err=True)
    if asked:
        click.echo(_sum(least, None if unknown else most, calls, settings))
    return code


def _table(estimates: Sequence[Estimate]) -> list[str]:
    if not estimates:
        return []
    rows = [("function", "model", "recorded", "tokens", "least", "most", "calls")]
    rows += [
        (
            e.function,
            e.model or "-",
            "yes" if e.recorded else "no" if e.model else "-",
            f"{e.input_tokens:,}",
            _usd(e.usd_least),
            _usd(e.usd_most),
            str(e.calls_most),
        )
        for e in estimates
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            c.rjust(w) if i > 2 else c.ljust(w)
            for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _usd(value: float | None) -> str:
    return "?" if value is None else money(value)


def _sum(least: float, most: float | None, calls: int, settings: Settings) -> str:
    cap = settings.run_budget
    text = (
        f"together {_usd(least)} to {_usd(most)} of {money(cap.usd)}, "
        f"at most {calls:,} of {cap.calls:,} calls"
    )
    if (most or 0.0) > cap.usd or calls > cap.calls:
        text += "; the run ends asking at its budget (--run-budget)"
    return text
