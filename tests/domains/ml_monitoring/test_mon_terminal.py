"""A report on the terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import mon_page_helpers as helpers
import numpy as np
import polars as pl
from rich.console import Console

from poet_domain_ml_monitoring import Problem, Sampling
from poet_domain_ml_monitoring.page import render_terminal


def shown(report, width=100, **options):
    out = io.StringIO()
    render_terminal(report, Console(file=out, width=width, **options))
    return out.getvalue()


def test_verdict_then_worst_features_with_reasons():
    """Whoever looks at a log would have to open the page to learn what happened."""
    report = helpers.drifted()
    lines = shown(report).splitlines()
    assert lines[0] == f"Drift in {len(report.drifted)} of 9 features"
    assert "5,000 current rows against 20,000 reference rows" in lines[1]
    body = "\n".join(lines[2:])
    places = [body.index(result.feature) for result in report.drifted]
    assert places == sorted(places)
    assert "▁" in body


def test_nothing_wrong_takes_two_lines():
    """A log of quiet nights would be full of tables."""
    assert shown(helpers.calm()).splitlines()[0] == "No drift in 9 features"
    assert len(shown(helpers.calm()).strip().splitlines()) == 2


def test_problems_and_samples_are_said():
    """A missing column, or a verdict on a sample, would go unnoticed."""
    report = replace(
        helpers.calm(),
        problems=(Problem("missing_feature", "tenure", "The reference has it, current does not."),)
        * 12,
        sampling=Sampling(1000, 50_000, 0.05, True, "by the plan"),
    )
    text = shown(report)
    assert "! tenure: The reference has it, current does not." in text
    assert "and 2 more problems" in text
    assert "sample of 1,000 of 50,000 rows, shares within 5 %: by the plan" in text


def test_names_cannot_steer_the_terminal():
    """A column's name could clear the screen, recolour it, or be read as rich's own markup."""
    random = np.random.default_rng(0)
    names = [helpers.HOSTILE, "[red]x[/red]", "[/]"]
    frames = [pl.DataFrame({name: random.normal(at, 1, 400) for name in names}) for at in (0, 3)]
    text = shown(helpers.check(*frames), width=160)
    assert "\x1b" not in text
    assert "[red]x[/red]" in text
    assert "[/]" in text


def test_narrow_terminal_keeps_every_word():
    """On 60 columns the reason would be cut off."""
    text = shown(helpers.drifted(), width=60)
    assert max(len(line) for line in text.splitlines()) <= 60
    assert "…" not in text
