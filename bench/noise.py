"""How often "faster" is said of code that is not, and how often a real speed-up is found.

python -m bench.noise [TRIALS] [--busy N]    N processes keep the machine busy meanwhile
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["measure"]

LOOPS = 17_000  # about one millisecond
TEXT = """
def work(n: int) -> int:
    total = 0
    for i in range({count}):
        total += i * i % 7
    return total
"""
OTHER = """
def work(n: int) -> int:
    # Other words for the same: names, order of the lines and an annotation.
    found: int = 0
    last = n
    for number in range(last):
        found = found + number * number % 7
    return found
"""
TRIALS = {
    "the same code": TEXT.format(count="n"),
    "the same, written otherwise": OTHER,
    "1.3 times as fast": TEXT.format(count="n * 10 // 13"),
}


def _spin() -> None:
    while True:
        sum(range(10_000))


@contextlib.contextmanager
def _busy(count: int) -> Iterator[None]:
    others = [multiprocessing.Process(target=_spin, daemon=True) for _ in range(count)]
    for process in others:
        process.start()
    try:
        yield
    finally:
        for process in others:
            process.terminate()
            process.join()


def measure(trials: int, busy: int, inputs: int) -> list[dict[str, Any]]:
    """Return for each kind of candidate what was said of it, and the seconds a comparison took.

    Args:
        trials: Comparisons of each kind.
        busy: Processes that compute meanwhile.
        inputs: Inputs there are to time.
    """
    from poet.codec import encode
    from poet.gate.inputs import Input
    from poet.gate.scoring.latency import compare_latency
    from poet.spec import Options, build_spec
    from poet.testing import Project

    rows = []
    with tempfile.TemporaryDirectory() as folder, _busy(busy):
        Project(Path(folder)).write({"app.py": TEXT.format(count="n")})
        spec = build_spec(
            Path(folder) / "app.py", "work", Options.parse({}, ""),
            recipe_epoch=1, default_mode="preserve",
        )  # fmt: skip
        given = [Input(f"{n}", "generated", encode([LOOPS + n]), encode({})) for n in range(inputs)]
        for what, code in TRIALS.items():
            said: dict[str, int] = {}
            ratios, noises, seconds = [], [], []
            for _ in range(trials):
                start = time.perf_counter()
                found = compare_latency(code, None, spec, given, "app", "<candidate>", timeout=30)
                seconds.append(time.perf_counter() - start)
                verdict = found.decision.verdict if found.decision else found.why
                said[verdict] = said.get(verdict, 0) + 1
                if found.decision:
                    ratios.append(found.decision.ratio)
                    noises.append(found.decision.noise)
            row = {"candidate": what, "busy": busy, "trials": trials, "inputs": inputs} | said
            row |= {"ratio": statistics.median(ratios), "noise": statistics.median(noises)}
            row |= {"seconds": statistics.median(seconds)}
            rows.append(row)
            print(row, flush=True)
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trials", type=int, nargs="?", default=100)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--inputs", type=int, default=12)
    given = parser.parse_args()
    measure(given.trials, given.busy, given.inputs)
