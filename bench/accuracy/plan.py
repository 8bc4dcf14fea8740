"""Who decides on what, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.accuracy.draws import SIZES
from bench.measure import Contestant

__all__ = ["FRAMES", "OURS", "SECTIONS", "STREAMS", "TRIALS", "Part", "parts"]

OURS = "POET"
SECTIONS = ("rules", "families", "streams", "null", "anomalies")
# Trials of each case by rows; the slow ones take the first of the same trials.
TRIALS = {
    "accuracy.ours": {100: 1_000, 500: 1_000, 10_000: 1_000, 100_000: 200},
    "accuracy.thumb": {100: 1_000, 500: 1_000, 10_000: 400, 100_000: 50},
    "peers.nannyml": {100: 200, 500: 200, 10_000: 200, 100_000: 50},
    "peers.evidently": {100: 200, 500: 200, 10_000: 100, 100_000: 20},
}
FRAMES = {
    "accuracy.ours": {"null": 1_000, "moved": 50},
    "accuracy.thumb": {"null": 50, "moved": 10},
    "peers.nannyml": {"null": 20, "moved": 5},
    "peers.evidently": {"null": 3, "moved": 1},
}
STREAMS = {
    OURS: ("accuracy.ours", "monitor", {}),
    "Evidently": ("peers.evidently", "stream", {}),
    "NannyML JS": ("peers.nannyml", "stream", {"method": "jensen_shannon"}),
    "NannyML KS": ("peers.nannyml", "stream", {"method": "kolmogorov_smirnov"}),
    "River ADWIN": ("peers.river", "stream", {"name": "ADWIN"}),
    "River KSWIN": ("peers.river", "stream", {"name": "KSWIN", "every": 3}),
}
NULL = {"1,000": (1_000, 5_000), "1,000,000": (1_000_000, 1_000)}


@dataclass(frozen=True, slots=True)
class Part:
    """One process's work: a section, its part, and who does it."""

    section: str
    key: str
    contestant: Contestant


def _small(count: int) -> int:
    return max(2, count // 50)


def parts(quick: bool) -> list[Part]:
    """Return all the work; `quick` is enough of it to see that everything runs."""
    found = []
    for module, trials in TRIALS.items():
        for n in SIZES:
            params: dict[str, Any] = {"n": n, "trials": _small(trials[n]) if quick else trials[n]}
            found.append(
                Part("rules", f"{module} {n}", Contestant(module, module, "rules", params))
            )
    for module, frames in FRAMES.items():
        used = {key: _small(count) if quick else count for key, count in frames.items()}
        task = Contestant(module, module, "families", {"trials": used})
        found.append(Part("families", module, task))
    for label, (module, name, options) in STREAMS.items():
        found.append(Part("streams", label, Contestant(label, module, name, dict(options))))
    for key, (n, windows) in NULL.items():
        params = {"n": n, "windows": _small(windows) if quick else windows}
        task = Contestant(OURS, "accuracy.ours", "null_windows", params)
        found.append(Part("null", key, task))
    found.append(Part("anomalies", OURS, Contestant(OURS, "accuracy.labelled", "detect")))
    return found
