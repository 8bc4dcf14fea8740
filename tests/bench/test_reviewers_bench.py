"""The simulated reviewers: a sample of what the docs show, and that the page is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import reviewers
from bench.reviewers import WORLDS, acted, into, main
from bench.reviewers_promotion import CANDIDATES, Candidate, promoted

WORLD = {w.name: w for w in WORLDS}


@pytest.mark.parametrize("repeats", [60, pytest.param(1000, marks=pytest.mark.soak)])
def test_healthy_functions_are_left_alone_and_a_real_problem_is_not(repeats: int) -> None:
    """The page would promise what learning does not do."""
    healthy = [acted(WORLD["healthy, 0.25 false"], s)[0] for s in range(repeats)]
    assert sum(h is not None for h in healthy) <= 0.05 * repeats
    sick = [acted(WORLD["a real problem, 0.5 false"], s)[0] or 999 for s in range(repeats)]
    assert sorted(sick)[repeats // 2] <= 50
    assert sum(s <= 100 for s in sick) >= 0.8 * repeats


def test_the_same_seed_gives_the_same_answer() -> None:
    """A figure of the page could not be had again."""
    world = WORLD["a real problem, 20 % wrong answers"]
    assert acted(world, 7) == acted(world, 7)
    assert promoted(CANDIDATES[0], 7) == promoted(CANDIDATES[0], 7)


@pytest.mark.parametrize("repeats", [8, pytest.param(1000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda c: c.name)
def test_worse_candidates_are_refused_and_better_ones_are_not(
    candidate: Candidate, repeats: int
) -> None:
    """Learning would make a function worse, or never better."""
    good = sum(promoted(candidate, s) == "better" for s in range(repeats))
    if candidate.good:
        assert good >= 0.6 * repeats
    else:
        assert good <= max(2, 0.05 * repeats)


def test_tables_replace_those_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page would keep old figures, or lose its text."""
    monkeypatch.setattr(reviewers, "WORLDS", WORLDS[:2])
    monkeypatch.setattr(reviewers, "CANDIDATES", CANDIDATES[:2])
    page = tmp_path / "learning.md"
    page.write_text("a\n<!-- reviewers:begin -->\nold\n<!-- reviewers:end -->\nz\n")
    assert main(["--repeats", "1", "--processes", "1", "--docs", str(page)]) == 0
    text = page.read_text()
    assert "old" not in text
    assert text.startswith("a\n")
    assert text.endswith("z\n")
    assert text.count("\n| ") == 2 + 2 + 2
    assert "1 repeats a row" in capsys.readouterr().out
    bare = tmp_path / "bare.md"
    bare.write_text("no marks\n")
    with pytest.raises(ValueError, match="has no"):
        into(bare, "")
