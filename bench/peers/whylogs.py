"""whylogs: KS between quantile sketches."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ["WHYLOGS_NO_ANALYTICS"] = "True"

import pandas as pd
import whylogs as why
from whylogs.viz.drift.column_drift_algorithms import KS, calculate_drift_scores

from bench import data
from bench.worker import Job, serve


def batch(folder: Path, features: int, n: int) -> Job:
    """Profile the current frame and score it against the reference's kept profile."""
    names, current, reference = data.frame(folder, features, n)
    kept = why.log(pd.DataFrame(reference, columns=names)).profile().view()
    table = pd.DataFrame(current, columns=names)
    algorithms = {name: KS() for name in names}

    def run() -> Any:
        view = why.log(table).profile().view()
        return calculate_drift_scores(view, kept, drift_map=algorithms)

    def say(scores: Any) -> dict[str, Any]:
        first = scores["f000"]
        return {
            "drifted": sum(bool(score["pvalue"] < 0.05) for score in scores.values()),
            "D of f000": float(first["statistic"]),
        }

    return Job(run, features * n, say)


def edge(folder: Path, name: str) -> Job:  # noqa: ARG001
    """Test one of the hard samples."""
    sides = [pd.DataFrame({"x": side}) for side in data.edge(name)]

    def run() -> Any:
        current, reference = (why.log(side).profile().view() for side in sides)
        return calculate_drift_scores(current, reference, drift_map={"x": KS()})["x"]

    def say(found: Any) -> dict[str, Any]:
        if found is None:
            return {"score": "None"}
        return {"D": float(found["statistic"]), "p": float(found["pvalue"])}

    return Job(run, 1, say)


if __name__ == "__main__":
    serve({"batch": batch, "edge": edge}, ["whylogs", "pandas", "numpy"])
