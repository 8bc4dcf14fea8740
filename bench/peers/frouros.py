"""frouros: SciPy's test in a detector, and a streaming KS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from frouros.detectors.data_drift import IncrementalKSTest, KSTest

from bench import data
from bench.worker import Job, serve


def batch(folder: Path, features: int, n: int) -> Job:
    """One fitted detector a feature; the fit is not timed."""
    _, current, reference = data.frame(folder, features, n)
    detectors = []
    for i in range(features):
        detector = KSTest()
        detector.fit(X=reference[:, i])
        detectors.append(detector)

    def run() -> int:
        found = [d.compare(X=current[:, i])[0] for i, d in enumerate(detectors)]
        return sum(float(result.p_value) < 0.05 for result in found)

    return Job(run, features * n, lambda k: {"drifted": k})


def sliding(folder: Path, m: int, window: int, steps: int = 100) -> Job:
    """Give one value a call, timed once the window is full."""
    current, reference = data.slide(folder, m, window)

    def full() -> Any:
        detector = IncrementalKSTest(window_size=window)
        detector.fit(X=reference)
        for value in current[:window]:
            detector.update(value=value)
        return detector

    def run(detector: Any) -> Any:
        for value in current[window : window + steps]:
            test, _ = detector.update(value=value)
        return test

    def say(test: Any) -> dict[str, Any]:
        return {"D": float(test.statistic), "p": float(test.p_value)}

    return Job(run, steps, say, setup=full)


def edge(folder: Path, name: str) -> Job:  # noqa: ARG001
    """Test one of the hard samples."""
    current, reference = data.edge(name)

    def run() -> Any:
        detector = KSTest()
        detector.fit(X=reference)
        return detector.compare(X=current)[0]

    def say(found: Any) -> dict[str, Any]:
        return {"D": float(found.statistic), "p": float(found.p_value)}

    return Job(run, 1, say)


if __name__ == "__main__":
    serve({"batch": batch, "sliding": sliding, "edge": edge}, ["frouros", "scipy", "numpy"])
