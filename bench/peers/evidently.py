"""Evidently: reports with its drift preset."""

from __future__ import annotations

import gc
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
from bench.accuracy import rules, streams
from bench.worker import Job, serve


def _values(snapshot: Any) -> dict[str, Any]:
    """Return the first value of the report."""
    first = snapshot.dict()["metrics"][0]
    return {"name": first["metric_name"], "value": first["value"]}


def batch(
    folder: Path, features: int, n: int, method: str | None, only: int = 50, shift: float = 0.05
) -> Job:
    """Run the preset on the first columns, with `method` for all of them or as it chooses."""
    names, current, reference = data.frame(folder, features, n, shift)
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


def _drifted(metric: dict[str, Any]) -> bool:
    """Return what Evidently itself makes of one value: p-values are small, distances large."""
    config, value = metric["config"], metric["value"]
    if config["method"].endswith("p_value"):
        return bool(value <= config["threshold"])
    return bool(value >= config["threshold"])


def _decide(
    reference: pd.DataFrame, current: pd.DataFrame, categories: bool = False
) -> dict[str, np.ndarray]:
    """Decide on each column as the data drift preset does: its metrics, its methods, its marks."""
    names = list(reference.columns)
    key = "categorical_columns" if categories else "numerical_columns"
    definition = DataDefinition(**{key: names})
    sides = [Dataset.from_pandas(side, data_definition=definition) for side in (current, reference)]
    snapshot = Report([ValueDrift(column=name) for name in names]).run(*sides)
    gc.collect()  # its reports are full of cycles, and a timed sample collects none
    return {"Evidently": np.array([_drifted(m) for m in snapshot.dict()["metrics"]], dtype=float)}


def _arrays(reference: np.ndarray, current: np.ndarray) -> dict[str, np.ndarray]:
    names = [f"f{i}" for i in range(reference.shape[1])]
    return _decide(*(pd.DataFrame(side, columns=names) for side in (reference, current)))


def stream(folder: Path) -> Job:
    """Check every window of every stream; streams of a kind are the columns of one report."""

    def run(_: object) -> list[dict[str, object]]:
        known, values = streams.load(folder)
        alarms: dict[int, list[int]] = {one.position: [] for one in known}
        for kind in ("numbers", "categories"):
            of = [one.position for one in known if one.kind == kind]
            table = pd.DataFrame({f"s{i}": values[i] for i in of})
            if kind == "categories":
                table = "c" + table.astype(int).astype(str)
            for end, where in streams.windows():
                reference = table.iloc[: streams.REFERENCE]
                drift = _decide(reference, table.iloc[where], kind == "categories")["Evidently"]
                for i, alarm in zip(of, drift, strict=True):
                    alarms[i] += [end] if alarm else []
        return [streams.score(one, alarms[one.position]) for one in known]

    return Job(run, 1, lambda scores: {"scores": scores}, setup=tuple)


if __name__ == "__main__":
    tasks = {"batch": batch, "categorical": categorical, "edge": edge, "stream": stream}
    tasks |= rules.tasks(_arrays)
    serve(tasks, ["evidently", "pandas", "scipy", "numpy"])
