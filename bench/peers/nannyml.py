"""NannyML: univariate drift; its KS statistic comes from bins where the reference is large."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

import nannyml as nml
import numpy as np
import pandas as pd

from bench import data
from bench.accuracy import rules, streams
from bench.worker import Job, serve


def batch(folder: Path, features: int, n: int, shift: float = 0.05) -> Job:
    """Compute the KS statistic of every column in one chunk; the fit is not timed."""
    names, current, reference = data.frame(folder, features, n, shift)
    calculator = nml.UnivariateDriftCalculator(
        column_names=names, continuous_methods=["kolmogorov_smirnov"], chunk_number=1
    ).fit(pd.DataFrame(reference, columns=names))
    table = pd.DataFrame(current, columns=names)

    def say(result: Any) -> dict[str, Any]:
        found = result.filter(period="analysis").to_df()
        return {"D of f000": float(found["f000"]["kolmogorov_smirnov"]["value"].iloc[0])}

    return Job(lambda: calculator.calculate(table), features * n, say)


def categorical(folder: Path, n: int, kind: str) -> Job:
    """Compute the Jensen-Shannon distance of one categorical column, one chunk."""
    names = np.asarray(data.words(), dtype=object)
    sides = []
    for codes in data.categories(folder, n):
        column = pd.Series(names[codes])
        if kind == "codes":
            column = pd.Series(pd.Categorical.from_codes(codes, categories=names))
        sides.append(pd.DataFrame({"k": column}))
    calculator = nml.UnivariateDriftCalculator(
        column_names=["k"],
        treat_as_categorical=["k"],
        categorical_methods=["jensen_shannon"],
        chunk_number=1,
    ).fit(sides[1])

    def say(result: Any) -> dict[str, Any]:
        found = result.filter(period="analysis").to_df()
        return {"JS": float(found["k"]["jensen_shannon"]["value"].iloc[0])}

    return Job(lambda: calculator.calculate(sides[0]), n, say)


def edge(folder: Path, name: str) -> Job:  # noqa: ARG001
    """Compare one of the hard samples."""
    current, reference = data.edge(name)

    def run() -> Any:
        calculator = nml.UnivariateDriftCalculator(
            column_names=["x"], continuous_methods=["kolmogorov_smirnov"], chunk_number=1
        ).fit(pd.DataFrame({"x": reference}))
        return calculator.calculate(pd.DataFrame({"x": current}))

    def say(result: Any) -> dict[str, Any]:
        found = result.filter(period="analysis").to_df()["x"]["kolmogorov_smirnov"]
        return {"D": float(found["value"].iloc[0])}

    return Job(run, 1, say)


METHODS = {"jensen_shannon": "NannyML JS", "kolmogorov_smirnov": "NannyML KS"}


def _decide(reference: np.ndarray, current: np.ndarray) -> dict[str, np.ndarray]:
    """Decide on each column: ten chunks a side, each alerting or not; share and any of them."""
    names = [f"f{i}" for i in range(reference.shape[1])]
    calculator = nml.UnivariateDriftCalculator(
        column_names=names, continuous_methods=list(METHODS)
    ).fit(pd.DataFrame(reference, columns=names))
    found = calculator.calculate(pd.DataFrame(current, columns=names))
    table = found.filter(period="analysis").to_df()
    said = {}
    for method, label in METHODS.items():
        alerts = np.column_stack([table[name][method]["alert"].to_numpy() for name in names])
        said[label] = alerts.mean(axis=0)
        said[f"{label}, any chunk"] = alerts.any(axis=0).astype(float)
    return said


def stream(folder: Path, method: str) -> Job:
    """Check the windows of every stream as chunks, with thresholds from the reference's chunks."""

    def run(_: object) -> list[dict[str, object]]:
        known, values = streams.load(folder)
        alarms: dict[int, list[int]] = {}
        for kind in ("numbers", "categories"):
            of = [one.position for one in known if one.kind == kind]
            names = [f"s{i}" for i in of]
            table = pd.DataFrame({f"s{i}": values[i] for i in of})
            used = "jensen_shannon"
            if kind == "categories":
                table = "c" + table.astype(int).astype(str)
            else:
                used = method
            calculator = nml.UnivariateDriftCalculator(
                column_names=names, continuous_methods=[method], chunk_size=streams.WINDOW
            ).fit(table.iloc[: streams.REFERENCE])
            found = calculator.calculate(table.iloc[streams.REFERENCE :].reset_index(drop=True))
            alerts = found.filter(period="analysis").to_df()
            for i, name in zip(of, names, strict=True):
                alarm = alerts[name][used]["alert"].to_numpy()
                alarms[i] = [streams.WINDOW * int(k + 1) for k in np.flatnonzero(alarm)]
        return [streams.score(one, alarms[one.position]) for one in known]

    return Job(run, 1, lambda scores: {"scores": scores}, setup=tuple)


if __name__ == "__main__":
    tasks = {"batch": batch, "categorical": categorical, "edge": edge, "stream": stream}
    tasks |= rules.tasks(_decide, 100)
    serve(tasks, ["nannyml", "pandas", "scipy", "numpy"])
