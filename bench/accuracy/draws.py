"""Seeded pairs of samples whose change is known: the rule table, and frames of many features.

Only NumPy is imported, because this runs in the environment of every peer: each side draws the same
numbers from the same seeds and says their sum, which must agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CASES", "FAMILIES", "SIZES", "Case", "family", "frames", "pair"]

Floats = NDArray[np.float64]
OUTLIER = 1e9
SIZES = (100, 500, 10_000, 100_000)


@dataclass(frozen=True, slots=True)
class Case:
    """One change of a standard normal sample.

    Attributes:
        key: Its name in the results.
        title: Its name on the page.
        want: "quiet" where nothing material changed, "found" where it must be seen from 10,000 rows
            on, "open" in between.
        shift: Added to every current value, in standard deviations.
        scale: Factor of every current value.
        far: Share of current rows moved by 8 standard deviations.
        outlier: Which side has one value of 1e9.
    """

    key: str
    title: str
    want: str
    shift: float = 0.0
    scale: float = 1.0
    far: float = 0.0
    outlier: str = ""


CASES = (
    Case("null", "nothing", "quiet"),
    Case("shift-0.02", "shift of 0.02 sd", "quiet", shift=0.02),
    Case("outlier-current", "one 1e9 in the window", "quiet", outlier="current"),
    Case("outlier-reference", "one 1e9 in the reference", "quiet", outlier="reference"),
    Case("shift-0.1", "shift of 0.1 sd", "open", shift=0.1),
    Case("shift-0.2", "shift of 0.2 sd", "found", shift=0.2),
    Case(
        "shift-0.2-outlier", "shift of 0.2 sd, one 1e9 in the reference", "found", 0.2,
        outlier="reference",
    ),
    Case("scale-1.2", "scale × 1.2", "found", scale=1.2),
    Case("far-2%", "2 % of rows moved by 8 sd", "found", far=0.02),
)  # fmt: skip


def pair(case: Case, n: int, trial: int) -> tuple[Floats, Floats]:
    """Return reference and current window, `n` values each; every trial has its own two draws."""
    rng = np.random.default_rng([11, CASES.index(case), n, trial])
    reference, current = rng.normal(size=n), rng.normal(size=n) * case.scale + case.shift
    if case.far:
        current[rng.choice(n, round(case.far * n), replace=False)] += 8.0
    if case.outlier:
        side = reference if case.outlier == "reference" else current
        side[rng.integers(n)] = OUTLIER
    return reference, current


@dataclass(frozen=True, slots=True)
class Family:
    """Frames of many features, of which the first few have moved by 0.2 standard deviations."""

    key: str
    features: int
    moved: int
    n: int


FAMILIES = (
    Family("null", 200, 0, 1_000),
    Family("moved", 200, 10, 10_000),
)


def family(which: Family, trial: int) -> tuple[Floats, Floats]:
    """Return reference and current frame, rows by features, columns contiguous."""
    rng = np.random.default_rng([12, FAMILIES.index(which), trial])
    reference = rng.normal(size=(which.features, which.n))
    current = rng.normal(size=(which.features, which.n))
    current[: which.moved] += 0.2
    return reference.T, current.T


def frames(case: Case, n: int, trials: int, width: int) -> Iterator[tuple[Floats, Floats]]:
    """Yield the trials as columns of frames at most `width` wide, for those who decide by column."""
    for first in range(0, trials, width):
        pairs = [pair(case, n, trial) for trial in range(first, min(trials, first + width))]
        yield np.column_stack([p[0] for p in pairs]), np.column_stack([p[1] for p in pairs])
