"""What a call of a decorated function costs over a direct one, and what importing POET costs.

python -m bench.call
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable
from pathlib import Path

__all__ = ["measure"]

MODULE = """
from poet import poet

def direct(x):
    return x

@poet()
def decorated(x):
    return x
"""
LOOPS, REPEATS = 20_000, 15


def _median_us(function: Callable[[int], int]) -> float:
    """Return the median over the repeats of one call's time, in microseconds."""
    times = timeit.repeat(lambda: function(1), number=LOOPS, repeat=REPEATS)
    return statistics.median(times) / LOOPS * 1e6


def _call(events: bool) -> tuple[float, float]:
    """Return microseconds of a direct call and of a call of the promoted function."""
    os.environ["POET_EVENTS"] = "1" if events else "0"
    with tempfile.TemporaryDirectory() as folder:
        name = f"bench_call_{int(events)}"
        Path(folder, "pyproject.toml").write_text("[project]\nname = 'bench'\n", encoding="utf-8")
        Path(folder, f"{name}.py").write_text(MODULE, encoding="utf-8")
        sys.path.insert(0, folder)
        try:
            module = __import__(name)
            module.decorated(1)  # makes v1
            assert module.decorated.poet.served.version == "v1"
            return _median_us(module.direct), _median_us(module.decorated)
        finally:
            sys.path.remove(folder)


def _import_ms(code: str) -> float:
    """Return the median CPU milliseconds of a Python process that runs ``code``."""
    found = []
    for _ in range(REPEATS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found.append(spent * 1e3)
    return statistics.median(found)


def measure() -> dict[str, float]:
    """Return milliseconds of CPU for each import and microseconds for each kind of call."""
    nothing = _import_ms("pass")
    found = {}
    for code in ("import poet", "from poet import poet", "import poet.stats"):
        found[f"`{code}`, ms CPU over a bare start"] = _import_ms(code) - nothing
    for events in (False, True):
        direct, decorated = _call(events)
        what = "with its event" if events else "without events"
        found[f"direct call, {what}, µs"] = direct
        found[f"call of a version, {what}, µs over the direct call"] = decorated - direct
    for name, value in found.items():
        print(f"{name}: {value:.3f}", file=sys.stderr)
    return found


if __name__ == "__main__":
    measure()
