"""Scouter: PSI over ten quantile bins, or over categories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scouter.drift import Drifter, PsiDriftConfig

from bench import data
from bench.worker import Job, serve


def batch(folder: Path, features: int, n: int) -> Job:
    """Compute the drift of an array against a kept profile; the fit is not timed."""
    _, current, reference = data.frame(folder, features, n)
    drifter = Drifter()
    profile = drifter.create_drift_profile(reference, PsiDriftConfig())

    def run() -> Any:
        return drifter.compute_drift(current, profile)

    def say(result: Any) -> dict[str, Any]:
        return {"PSI of feature 0": float(result.features["feature_0"])}

    return Job(run, features * n, say)


def fit(folder: Path, kind: str, n: int, m: int) -> Job:
    """Make the profile of one column."""
    _, reference = data.sample(folder, kind, n, m)
    table = np.ascontiguousarray(reference.reshape(-1, 1))
    drifter = Drifter()
    return Job(lambda: drifter.create_drift_profile(table, PsiDriftConfig()), m)


def categorical(folder: Path, n: int, kind: str) -> Job:
    """Compute the PSI of one string column; codes are not accepted as such."""
    names = np.asarray(data.words(), dtype=object)
    dtype = pl.Enum(data.words()) if kind == "codes" else pl.String
    current, reference = (
        pl.DataFrame({"k": pl.Series("k", names[codes], dtype=dtype)})
        for codes in data.categories(folder, n)
    )
    drifter = Drifter()
    config = PsiDriftConfig(categorical_features=["k"])
    profile = drifter.create_drift_profile(reference, config)
    return Job(
        lambda: drifter.compute_drift(current, profile), n, lambda r: {"PSI": r.features["k"]}
    )


def edge(folder: Path, name: str) -> Job:  # noqa: ARG001
    """Compute the PSI of one of the hard samples."""
    current, reference = (side.reshape(-1, 1) for side in data.edge(name))
    drifter = Drifter()

    def run() -> Any:
        return drifter.compute_drift(
            current, drifter.create_drift_profile(reference, PsiDriftConfig())
        )

    return Job(run, 1, lambda r: {"PSI": float(next(iter(r.features.values())))})


if __name__ == "__main__":
    tasks = {"batch": batch, "fit": fit, "categorical": categorical, "edge": edge}
    serve(tasks, ["scouter-ml", "polars", "numpy"])
