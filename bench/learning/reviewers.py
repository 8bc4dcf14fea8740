"""Reviewers: people who know their plant, look at alarms late, are wrong at times, and audit silence."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.learning.streams import open_stream
from bench.learning.truth import Stretch, Window

__all__ = ["Opinion", "Reviewer", "main", "opinions", "reviewers"]

AUDITED = 0.3
"""Share of silent windows that are looked at."""


class Reviewer(NamedTuple):
    """One source of feedback.

    Attributes:
        name: As feedback names it.
        looks: Share of alarms it looks at.
        errs: Share of its judgements that are the wrong way round.
        delay: Windows until it gets round to it, on average.
        by_alert: Whether it names the alert rather than the execution.
    """

    name: str
    looks: float
    errs: float
    delay: float
    by_alert: bool


class Opinion(NamedTuple):
    """What one reviewer says of one window, and when, in windows."""

    window: int
    source: str
    due: int
    real: bool
    reason: str
    by_alert: bool


def reviewers(seed: int) -> list[Reviewer]:
    """Return the four of a seed: how good and how quick they are is drawn."""
    rng = np.random.default_rng([seed, 6])
    bounds = [(0.02, 0.06), (0.04, 0.1), (0.08, 0.15), (0.15, 0.25)]
    return [
        Reviewer(
            name=f"reviewer-{number}",
            looks=float(rng.uniform(0.5, 0.9)),
            errs=float(rng.uniform(*errs)),
            delay=float(rng.uniform(2, 12)),
            by_alert=number == 2,
        )
        for number, errs in enumerate(bounds, 1)
    ]


def opinions(
    stretch: Stretch, first: int, notes: Mapping[int, Mapping[str, Any]], seed: int
) -> Iterator[Opinion]:
    """Yield what will be said of a stretch's windows.

    Args:
        stretch: With the truth, which the reviewers know but for their errors.
        first: The number of its first window.
        notes: By window, what the function said.
        seed: Of the reviewers.
    """
    team = reviewers(seed)
    for number, window in enumerate(stretch.windows, first):
        noted = notes.get(number)
        if noted is None or window.state == "unclear":
            continue
        rng = np.random.default_rng([seed, 7, number])
        audited = rng.random() < AUDITED
        for one in team:
            looks, errs = rng.random() < one.looks, rng.random() < one.errs
            due = number + 1 + int(rng.exponential(one.delay))
            told = bool(rng.random() < 0.8)
            if not looks or not (noted["alarm"] or audited):
                continue
            real = (window.state == "drift") != errs
            reason = _reason(window, noted["features"], stretch.roles) if told and not real else ""
            yield Opinion(number, one.name, due, real, reason, one.by_alert and noted["alarm"])


def _reason(window: Window, named: list[str], roles: Mapping[str, str]) -> str:
    """Return why an alarm is none, as somebody sees it who knows the features it names."""
    blamed = {roles[name] for name in named}
    if not blamed:
        return ""
    if window.outage:
        return "outage"
    if blamed & {"seasonal", "shared"}:
        return "seasonal_pattern"
    return "irrelevant" if "useless" in blamed else "too_sensitive"


def main(stream: str, seed: int, now: int, notes: Path, said: Path) -> int:
    """Say all that is due and was not said before; return how much that is.

    Args:
        stream: Its name.
        seed: Its seed.
        now: The windows that production has seen.
        notes: The operator's.
        said: What was said before, a line each; written on.
    """
    from poet import feedback

    noted = {row["window"]: row for row in map(json.loads, notes.read_text().splitlines())}
    before = set(said.read_text().split("\n")) if said.exists() else set()
    source, count = open_stream(stream, seed), 0
    jobs = json.loads(notes.with_suffix(".jobs").read_text())
    with said.open("a", encoding="utf-8") as file:
        for first, windows in jobs:
            for one in opinions(source.stretch(first, windows), first, noted, seed):
                key = f"{one.source} {one.window}"
                if one.due > now or key in before:
                    continue
                row = noted[one.window]
                feedback(
                    None if one.by_alert else row["id"],
                    alert_id=row["alert"] if one.by_alert else None,
                    source=one.source,
                    was_real_drift=one.real,
                    reason=one.reason or None,
                    audit=None if row["alarm"] else True,
                )
                file.write(key + "\n")
                count += 1
    return count


if __name__ == "__main__":
    print(
        main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]), Path(sys.argv[5]))
    )
