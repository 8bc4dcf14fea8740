"""Evidently: reports with its drift preset."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ["DO_NOT_TRACK"] = "1"

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.metrics import ValueDrift
from evidently.presets import DataDriftPreset

from bench import data
from bench.worker import Job, serve


def _values(snapshot: Any) -> dict[str, Any]:
    """Return the first value of the report."""
    first = snapshot.dict()["metrics"][0]
    return {"name": first["metric_name"], "value": first["value"]}


def batch(folder: Path, features: int, n: int, method: str | None, only: int = 50) -> Job:
    """Run the preset on the first columns, with `method` for all of them or as it chooses."""
    names, current, reference = data.frame(folder, features, n)
    names = names[:only]
    preset = DataDriftPreset(num_method=method) if method else DataDriftPreset()
    definition = DataDefinition(numerical_columns=names)
    sides = [
        Dataset.from_pandas(pd.DataFrame(side[:, :only], columns=names), data_definition=definition)
        for side in (current, reference)
    ]

    def run() -> Any:
        snapshot = Report([preset]).run(*sides)
        snapshot.dict()
        return snapshot

    return Job(run, len(names) * n, _values)


def categorical(folder: Path, n: int, kind: str) -> Job:
    """PSI, KL and JS of one categorical column."""
    names = np.asarray(data.words(), dtype=object)
    definition = DataDefinition(categorical_columns=["k"])
    sides = []
    for codes in data.categories(folder, n):
        column = pd.Series(names[codes])
        if kind == "codes":
            column = pd.Series(pd.Categorical.from_codes(codes, categories=names))
        table = pd.DataFrame({"k": column})
        sides.append(Dataset.from_pandas(table, data_definition=definition))
    wanted = [ValueDrift(column="k", method=m) for m in ("kl_div", "psi", "jensenshannon")]

    def run() -> Any:
        snapshot = Report(wanted).run(*sides)
        return [m["value"] for m in snapshot.dict()["metrics"]]

    return Job(run, n, lambda v: dict(zip(("KL", "PSI", "JS"), map(float, v), strict=True)))


def edge(folder: Path, name: str, method: str) -> Job:  # noqa: ARG001
    """Compare one of the hard samples by one method."""
    definition = DataDefinition(numerical_columns=["x"])
    sides = [
        Dataset.from_pandas(pd.DataFrame({"x": side}), data_definition=definition)
        for side in data.edge(name)
    ]
    wanted = [ValueDrift(column="x", method=method)]

    def run() -> Any:
        return Report(wanted).run(*sides).dict()["metrics"][0]["value"]

    return Job(run, 1, lambda v: {"p" if method == "ks" else "distance": float(v)})


if __name__ == "__main__":
    tasks = {"batch": batch, "categorical": categorical, "edge": edge}
    serve(tasks, ["evidently", "pandas", "scipy", "numpy"])
