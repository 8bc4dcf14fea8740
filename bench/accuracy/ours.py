"""Our side: what `Monitor` says by default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from bench.accuracy import streams
from bench.accuracy.draws import Floats
from bench.accuracy.rules import tasks
from bench.worker import Job, serve
from poet_domain_ml_monitoring import Monitor


def _fit(reference: pl.DataFrame) -> Monitor:
    """Fit with all defaults, but write no event of every drift into the project's log."""
    return Monitor.fit(reference, emit=lambda *_: None)


def _statuses(reference: pl.DataFrame, current: pl.DataFrame) -> list[str]:
    return _fit(reference).check(current).to_frame()["status"].to_list()


def _frame(values: Floats) -> pl.DataFrame:
    return pl.DataFrame({f"f{i}": values[:, i] for i in range(values.shape[1])})


def _each(reference: Floats, current: Floats) -> dict[str, NDArray[np.float64]]:
    """Decide on every column by a monitor of its own."""
    drift = [
        _statuses(_frame(reference[:, [i]]), _frame(current[:, [i]])) == ["drift"]
        for i in range(reference.shape[1])
    ]
    return {"POET": np.array(drift, dtype=float)}


def _together(reference: Floats, current: Floats) -> dict[str, NDArray[np.float64]]:
    """Decide on the columns of one frame by one monitor."""
    statuses = _statuses(_frame(reference), _frame(current))
    return {"POET": np.array([status == "drift" for status in statuses], dtype=float)}


def _column(values: Floats, kind: str) -> pl.DataFrame:
    if kind == "numbers":
        return pl.DataFrame({"x": values})
    return pl.DataFrame({"x": [f"c{int(value)}" for value in values]})


def monitor(folder: Path) -> Job:
    """Check every window of every stream with one monitor a stream."""

    def run(_: object) -> list[dict[str, object]]:
        found = []
        for stream, row in zip(*streams.load(folder), strict=True):
            fitted = _fit(_column(row[: streams.REFERENCE], stream.kind))
            alarms = [
                end
                for end, where in streams.windows()
                if fitted.check(_column(row[where], stream.kind)).drift_detected
            ]
            found.append(streams.score(stream, alarms))
        return found

    return Job(run, 1, lambda scores: {"scores": scores}, setup=tuple)


MIXED = 5
CATEGORIES = pl.Series([str(i) for i in range(20)], dtype=pl.Enum([str(i) for i in range(20)]))


def _mixed(rng: np.random.Generator, n: int) -> pl.DataFrame:
    """Draw a frame of unlike features: light and heavy tails, whole numbers, categories."""
    return pl.DataFrame(
        {
            "normal": rng.standard_normal(n),
            "exponential": rng.standard_exponential(n),
            "uniform": rng.random(n),
            "counts": rng.poisson(3.0, n).astype(np.int32),
            "category": CATEGORIES.gather(rng.integers(0, 20, n)),
        }
    )


def null_windows(folder: Path, n: int, windows: int) -> Job:  # noqa: ARG001
    """Check windows in which nothing has changed, against a reference of the same size."""

    def run(_: object) -> dict[str, Any]:
        drifted = features = 0
        for first in range(0, windows, 100):
            # A fresh reference now and then: one unlucky reference would decide them all.
            rng = np.random.default_rng([14, n, first])
            fitted = _fit(_mixed(rng, n))
            for _i in range(first, min(windows, first + 100)):
                report = fitted.check(_mixed(rng, n))
                found = sum(status == "drift" for status in report.to_frame()["status"])
                drifted += found > 0
                features += found
        return {"windows": windows, "drifted": drifted, "features": features, "of": MIXED * windows}

    return Job(run, windows, dict, setup=tuple)


if __name__ == "__main__":
    serve(
        {**tasks(_each, together=_together), "monitor": monitor, "null_windows": null_windows},
        ["poet-domain-ml-monitoring", "poet-ml", "numpy", "polars"],
    )
