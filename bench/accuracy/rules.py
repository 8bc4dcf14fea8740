"""Counts how often a decision is "drift" over the cases of `bench.accuracy.draws`.

A side gives one function, from reference and current frame to a decision for each column.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.accuracy.draws import CASES, FAMILIES, Floats, family, frames
from bench.worker import Job

__all__ = ["Decide", "tasks"]

Decide = Callable[[Floats, Floats], dict[str, NDArray[np.float64]]]


def _rules(decide: Decide, n: int, trials: int, width: int) -> dict[str, Any]:
    """Return by case and rule how many trials there were and the sum of their decisions."""
    found: dict[str, Any] = {}
    for case in CASES:
        flagged: dict[str, float] = {}
        total = 0.0
        for reference, current in frames(case, n, trials, width):
            total += float(np.clip(current, -10, 10).sum() + np.clip(reference, -10, 10).sum())
            for rule, drift in decide(reference, current).items():
                flagged[rule] = flagged.get(rule, 0.0) + float(np.sum(drift))
        found[case.key] = {"trials": trials, "flagged": flagged, "sum": round(total, 3)}
    return found


def _families(decide: Decide, trials: dict[str, int]) -> dict[str, Any]:
    """Return by frame and rule: frames with a false alarm, false alarms, moved features found."""
    found: dict[str, Any] = {}
    for which in FAMILIES:
        rules: dict[str, dict[str, float]] = {}
        for trial in range(trials[which.key]):
            for rule, drift in decide(*family(which, trial)).items():
                wrong, right = float(drift[which.moved :].sum()), float(drift[: which.moved].sum())
                kept = rules.setdefault(rule, {"frames": 0, "wrong": 0, "right": 0})
                kept["frames"] += wrong > 0
                kept["wrong"] += wrong
                kept["right"] += right
        found[which.key] = {"trials": trials[which.key], "rules": rules}
    return found


def tasks(
    decide: Decide, width: int = 50, together: Decide | None = None
) -> dict[str, Callable[..., Job]]:
    """Return the tasks of one side.

    Args:
        decide: Decides on every column by itself.
        width: How many trials it is given at once.
        together: Decides on the columns of one frame, where that is not the same.
    """

    def rules(folder: Path, n: int, trials: int) -> Job:  # noqa: ARG001
        return Job(lambda _: _rules(decide, n, trials, width), trials, dict, setup=tuple)

    def families(folder: Path, trials: dict[str, int]) -> Job:  # noqa: ARG001
        return Job(lambda _: _families(together or decide, trials), 1, dict, setup=tuple)

    return {"rules": rules, "families": families}
