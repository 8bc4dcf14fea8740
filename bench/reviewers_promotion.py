"""Simulated candidates: what the paired comparison promotes, and what it does not."""

from __future__ import annotations

import random
from typing import NamedTuple

__all__ = ["CANDIDATES", "Candidate", "promoted"]

DRIFTS = 0.15  # share of windows with real drift
QUIET = 0.12  # share of quiet windows on which the parent alarms: 0.4 of its alarms are false
FINDS = 0.97  # share of real drifts that the parent finds
WINDOWS = 600
INJECTED = 30
REVIEWED, AUDITED = 0.8, 0.1  # shares of alarms and of silent windows that people judge


class Candidate(NamedTuple):
    """One kind of candidate.

    Attributes:
        name: For the table.
        keeps: Share of the parent's false alarms that it raises too.
        adds: Share of the parent's silent quiet windows on which it raises a false one.
        misses: Share of the real drifts the parent finds that it misses.
        learnt_by_heart: Whether it knows the answers of the part that was not held back.
        cost: Times the parent's.
        wrong: Share of wrong answers of each reviewer.
        hostile: What one of three reviewers always says instead: ``false`` or ``real``.
        good: Whether it is to be promoted.
    """

    name: str
    keeps: float
    adds: float = 0.0
    misses: float = 0.0
    learnt_by_heart: bool = False
    cost: float = 1.0
    wrong: float = 0.0
    hostile: str = ""
    good: bool = False


CANDIDATES = (
    Candidate("another detector, as noisy (other false alarms, as many)", 0.12, 0.12),
    Candidate("the same, with a false alarm here and there", 0.95, 0.01),
    Candidate("a third more false alarms", 0.9, 0.055),
    Candidate("knows the earlier part by heart, else as noisy", 1.0, 0.02, learnt_by_heart=True),
    Candidate("knows the earlier part by heart, else another as noisy", 0.12, 0.12, learnt_by_heart=True),
    Candidate("half the false alarms, misses 20 % of the drifts", 0.5, misses=0.2),
    Candidate("hardly any alarm: misses half of the drifts", 0.05, misses=0.5),
    Candidate("as noisy, 20 % wrong answers", 0.9, 0.02, wrong=0.2),
    Candidate("misses 30 %, one of three reviewers always says false", 0.5, misses=0.3, hostile="false"),
    Candidate("half the false alarms, 1.5 times the cost", 0.5, cost=1.5),
    Candidate("half the false alarms", 0.5, good=True),
    Candidate("a tenth of the false alarms", 0.1, good=True),
    Candidate("a tenth, 20 % wrong answers", 0.1, wrong=0.2, good=True),
    Candidate("a tenth, one of three reviewers always says real", 0.1, hostile="real", good=True),
)  # fmt: skip


def promoted(candidate: Candidate, seed: int, *, windows: int = WINDOWS) -> str:
    """Return the verdict of one paired comparison.

    The windows run on the parent; people judge most of its alarms and a sample of its silence, in
    part wrongly; their answers become labels as in a learning pass; the later half is held back.
    """
    from poet.learn import Paired, agreed, compare, reliabilities

    draw = random.Random(seed)
    votes: dict[str, dict[str, bool]] = {}
    rows = []
    for i in range(windows):
        real = draw.random() < DRIFTS
        parent = draw.random() < (FINDS if real else QUIET)
        if real:
            says = parent and draw.random() >= candidate.misses
        else:
            says = draw.random() < (candidate.keeps if parent else candidate.adds)
        if candidate.learnt_by_heart and i < windows // 2:
            says = real
        rows.append((f"x{i}", real, parent, says))
        if draw.random() < (REVIEWED if parent else AUDITED):
            reviewers = draw.sample(range(3), 1 + (draw.random() < 0.4))
            votes[f"x{i}"] = {f"s{r}": _says(candidate, r, real, draw) for r in reviewers}
    trusted = reliabilities(votes.values())
    pairs = []
    for i, (name, _, parent, says) in enumerate(rows):
        truth, sure = agreed(votes[name], trusted) if name in votes else (None, 1.0)
        pairs.append(
            Paired(
                name, float(i), truth, parent, says, sure, hidden=i >= windows // 2,
                parent_cost=1.0, candidate_cost=candidate.cost,
            )
        )  # fmt: skip
    for i in range(INJECTED):
        parent = draw.random() < FINDS
        says = parent and draw.random() >= candidate.misses
        pairs.append(
            Paired(f"i{i}", float(windows + i), True, parent, says, hidden=True, injected=True)
        )
    return compare(pairs).verdict


def _says(candidate: Candidate, reviewer: int, real: bool, draw: random.Random) -> bool:
    if reviewer == 0 and candidate.hostile:
        return candidate.hostile == "real"
    return real ^ (draw.random() < candidate.wrong)
