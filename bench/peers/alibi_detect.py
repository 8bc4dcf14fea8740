"""alibi-detect: KS of every feature, with the raw reference kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alibi_detect.cd import KSDrift

from bench import data
from bench.worker import Job, serve


def batch(folder: Path, features: int, n: int) -> Job:
    """Decide feature by feature."""
    _, current, reference = data.frame(folder, features, n)
    detector = KSDrift(reference, p_val=0.05)

    def say(result: Any) -> dict[str, Any]:
        return {"drifted": int(result["data"]["is_drift"].sum())}

    return Job(lambda: detector.predict(current, drift_type="feature"), features * n, say)


def edge(folder: Path, name: str) -> Job:  # noqa: ARG001
    """Test one of the hard samples."""
    current, reference = data.edge(name)

    def run() -> Any:
        detector = KSDrift(reference.reshape(-1, 1), p_val=0.05)
        return detector.predict(current.reshape(-1, 1), drift_type="feature")["data"]

    def say(found: Any) -> dict[str, Any]:
        return {"D": float(found["distance"][0]), "p": float(found["p_val"][0])}

    return Job(run, 1, say)


if __name__ == "__main__":
    serve({"batch": batch, "edge": edge}, ["alibi-detect", "scipy", "numpy"])
