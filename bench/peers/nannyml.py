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
from bench.worker import Job, serve


def batch(folder: Path, features: int, n: int) -> Job:
    """Compute the KS statistic of every column in one chunk; the fit is not timed."""
    names, current, reference = data.frame(folder, features, n)
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


if __name__ == "__main__":
    tasks = {"batch": batch, "categorical": categorical, "edge": edge}
    serve(tasks, ["nannyml", "pandas", "scipy", "numpy"])
