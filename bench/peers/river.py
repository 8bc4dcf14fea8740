"""River: adaptive detectors, and an incremental KS over pairs of values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from river import drift, stats

from bench import data
from bench.accuracy import streams
from bench.worker import Job, serve

DETECTORS = {"ADWIN": drift.ADWIN, "PageHinkley": drift.PageHinkley}


def detector(folder: Path, n: int, name: str) -> Job:
    """Give one value a call, as its interface asks for."""
    values = data.stream(folder, n).tolist()

    def run(made: Any) -> list[int]:
        found = []
        for i, value in enumerate(values):
            made.update(value)
            if made.drift_detected:
                found.append(i)
        return found

    return Job(run, n, lambda f: {"drifts": len(f), "first": f[:3]}, setup=DETECTORS[name])


def sliding(folder: Path, m: int, window: int, steps: int = 2_000) -> Job:
    """Slide by taking a pair out and putting a pair in, both samples being equally large."""
    assert m == window, "its two samples are equally large"
    drawn, reference = data.slide(folder, m, window)
    current, pairs = drawn.tolist(), reference.tolist()

    def full() -> Any:
        made = stats.KolmogorovSmirnov(statistic="ks")
        for x, y in zip(current, pairs, strict=False):
            made.update(x, y)
        return made

    def run(made: Any) -> float:
        for i in range(steps):
            partner = pairs[i % m]
            made.revert(current[i], partner)
            made.update(current[i + window], partner)
            found = made.get()
            if i == 99:
                hundredth = found
        return float(hundredth)

    return Job(run, steps, lambda d: {"D": d}, setup=full)


def kswin(folder: Path, m: int, window: int, steps: int = 200) -> Job:
    """Test the newest values against a random part of the same size of those before."""
    current, _ = data.slide(folder, m, window)
    values = current.tolist()

    def full() -> Any:
        made = drift.KSWIN(alpha=1e-9, window_size=2 * window, stat_size=window, seed=1)
        for value in values[: 2 * window]:
            made.update(value)
        return made

    def run(made: Any) -> float:
        for value in values[2 * window : 2 * window + steps]:
            made.update(value)
        return float(made.p_value)

    return Job(run, steps, lambda p: {"p": p}, setup=full)


def edge(folder: Path, name: str) -> Job:  # noqa: ARG001
    """Compare one of the hard samples, taken in pairs."""
    current, reference = (side.tolist() for side in data.edge(name))

    def run() -> float:
        made = stats.KolmogorovSmirnov(statistic="ks")
        for x, y in zip(current, reference, strict=True):
            made.update(x, y)
        return float(made.get())

    return Job(run, 1, lambda d: {"D": d})


def stream(folder: Path, name: str, every: int = 1) -> Job:
    """Feed one in `every` streams of numbers, its reference first, one value a call."""

    def run(_: object) -> list[dict[str, object] | None]:
        found: list[dict[str, object] | None] = []
        for one, row in zip(*streams.load(folder), strict=True):
            if one.kind != "numbers" or one.position % every:
                found.append(None)
                continue
            made = drift.KSWIN(seed=1) if name == "KSWIN" else drift.ADWIN()
            alarms = []
            for i, value in enumerate(row.tolist(), 1 - streams.REFERENCE):
                made.update(value)
                if made.drift_detected and i > 0:
                    alarms.append(i)
            found.append(streams.score(one, alarms))
        return found

    return Job(run, 1, lambda scores: {"scores": scores}, setup=tuple)


if __name__ == "__main__":
    tasks = {
        "detector": detector, "sliding": sliding, "kswin": kswin, "edge": edge, "stream": stream,
    }  # fmt: skip
    serve(tasks, ["river", "scipy", "numpy"])
