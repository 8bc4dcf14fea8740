"""Frames and monitors for the tests of the monitor's core."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from poet_domain_ml_monitoring import Monitor, Report
from poet_domain_ml_monitoring._emit import silent

Generator = np.random.Generator
Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
Scenario = Callable[[NDArray[np.float64], NDArray[np.float64], Generator], Pair]


def fitted(reference: Any, **options: Any) -> Monitor:
    """Fit without writing events."""
    return Monitor.fit(reference, emit=silent, **options)


def table(rows: int, seed: int, shift: float = 0.0) -> pl.DataFrame:
    """Return a frame with a column of every kind, apart from nested ones and objects."""
    g = np.random.default_rng(seed)
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    return pl.DataFrame({
        "number": g.standard_normal(rows) + shift,
        "count": g.poisson(3, rows),
        "letter": g.choice(list("abcd"), rows),
        "flag": g.random(rows) < 0.3,
        "when": [start + dt.timedelta(minutes=37 * i) for i in range(rows)],
        "text": [f"{'x' * int(k)} {i}" for i, k in enumerate(g.integers(0, 20, rows))],
        "sparse": np.where(g.random(rows) < 0.97, 0, g.exponential(1, rows)),
        "constant": [5] * rows,
        "gaps": np.where(g.random(rows) < 0.1, np.nan, g.standard_normal(rows)),
    })  # fmt: skip


def statuses(report: Report) -> dict[str, str]:
    """Return each feature's status."""
    return {result.feature: result.status for result in report}


def one_outlier(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values with the first one at 1e9."""
    changed = values.copy()
    changed[0] = 1e9
    return changed


def _tail(values: NDArray[np.float64], g: Generator) -> NDArray[np.float64]:
    moved = max(1, len(values) // 50)
    changed = values.copy()
    changed[:moved] = 8 + 0.1 * g.standard_normal(moved)
    return changed


SCENARIOS: dict[str, Scenario] = {
    "null": lambda x, r, g: (x, r),
    "shift 0.02": lambda x, r, g: (x + 0.02, r),
    "shift 0.2": lambda x, r, g: (x + 0.2, r),
    "shift 0.2, outlier in the reference": lambda x, r, g: (x + 0.2, one_outlier(r)),
    "scale 1.2": lambda x, r, g: (x * 1.2, r),
    "2 % at 8 sd": lambda x, r, g: (_tail(x, g), r),
    "2 % at 8 sd, outlier in the reference": lambda x, r, g: (_tail(x, g), one_outlier(r)),
    "outlier": lambda x, r, g: (one_outlier(x), r),
    "outlier in the reference": lambda x, r, g: (x, one_outlier(r)),
}


def flagged(scenario: str, rows: int, draws: int, *, reference_rows: int = 0) -> float:
    """Return the share of draws, each a report of its own, in which drift is called."""
    found = 0
    for at in range(draws):
        g = np.random.default_rng([rows, at, len(scenario)])
        current, reference = SCENARIOS[scenario](
            g.standard_normal(rows), g.standard_normal(reference_rows or rows), g
        )
        found += fitted({"x": reference}, threads=1).check({"x": current}).drift_detected
    return found / draws
