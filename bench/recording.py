"""What recording inputs adds to a call: ``python -m bench.recording``, on a quiet machine.

Each kind of argument is called with and without a recorder in turn, so that both see the same
machine; the thread that writes is left time in between, as calls of a service leave it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

APP = """
from poet import poet


@poet(record="on_feedback")
def call(*args):
    return {"alarm": False}
"""
CALLS = 300
PAUSE = 0.003


def arguments() -> dict[str, tuple[Any, ...]]:
    """Return what is called, by a name."""
    import numpy as np
    import polars as pl

    columns = {f"c{n}": np.random.default_rng(n).normal(size=10_000) for n in range(10)}
    reference = pl.DataFrame(columns)
    return {
        "a number": (1,),
        "a dict of 100 floats": ({str(n): float(n) for n in range(100)},),
        "frames of 1,000 and 10,000 rows, 10 columns": (reference.head(1000), reference),
        "an array of 800 kB": (reference.to_numpy(),),
    }


def added(call: Callable[..., Any], args: tuple[Any, ...]) -> tuple[float, float]:
    """Return the median microseconds of a call without and with recording."""
    handle = call.poet  # type: ignore[attr-defined]  # a decorated function has it
    call(*args)
    recorder, times = handle.recorder, (list[int](), list[int]())
    for n in range(2 * CALLS):
        handle.recorder = recorder if n % 2 else None
        time.sleep(PAUSE)
        start = time.perf_counter_ns()
        call(*args)
        times[n % 2].append(time.perf_counter_ns() - start)
    handle.recorder = recorder
    return median(times[0]) / 1e3, median(times[1]) / 1e3


def main() -> None:
    """Measure and print, with ``--json`` as one document."""
    from poet.cases import recordings

    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"POET_HOME": f"{folder}/home", "POET_MODE": "locked"}
        (Path(folder) / "pyproject.toml").write_text('[project]\nname = "bench"\nversion = "0"\n')
        (Path(folder) / "recorded_app.py").write_text(APP)
        sys.path.insert(0, folder)
        from recorded_app import call  # type: ignore[import-not-found]

        rows = {}
        for name, args in arguments().items():
            without, with_it = added(call, args)
            rows[name] = {"without_us": round(without, 1), "with_us": round(with_it, 1)}
        start = time.perf_counter()
        found = sum(1 for _ in recordings(Path(folder) / "home", "call", "recorded_app.py"))
        each = (time.perf_counter() - start) / found * 1e3
    if "--json" in sys.argv[1:]:
        print(json.dumps({"calls": rows, "read_ms": round(each, 3)}, indent=2))
        return
    print(f"{'median microseconds of a call':46} {'without':>9} {'recorded':>9}")
    for name, row in rows.items():
        print(f"{name:46} {row['without_us']:9} {row['with_us']:9}")
    print(f"reading one of {found:,} back: {each:.2f} ms")


if __name__ == "__main__":
    main()
