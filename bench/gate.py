"""What the gate costs: a confined verified call, fresh and kept, beside a fresh interpreter.

python -m bench.gate
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["measure"]

MODULE = """
import numpy as np
import polars as pl

def trivial(x: int) -> int:
    return x + 1

async def atrivial(x: int) -> int:
    return x + 1

def heavy(n: int) -> float:
    total = 0
    for i in range(n):
        total += i * i % 7
    values = np.arange(n, dtype=np.float64)
    return float(np.sort(values[::-1]).sum()) + total

def hog(n: int) -> int:
    blocks = []
    while True:
        blocks.append(bytearray(n))

def hang(x: int) -> int:
    while True:
        pass
"""
FRESH = "import numpy, polars; print((lambda x: x + 1)(1))"
MB = 1 << 20


def _times(work: Callable[[], object], repeats: int) -> list[float]:
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        found.append((time.perf_counter() - start) * 1e3)
    return sorted(found)


def _p95(times: list[float]) -> float:
    return times[min(len(times) - 1, int(len(times) * 0.95))]


def _rated(work: Callable[[], list[float]]) -> tuple[list[float], float]:
    """Return the times of the calls, sorted, and how many there were a second."""
    start = time.perf_counter()
    found = work()
    return sorted(found), len(found) / (time.perf_counter() - start)


def _trivial(number: int) -> int:
    return number + 1


def _unserved(*args: object) -> Any:
    raise RuntimeError(f"a call was not served by a worker: {args}")


class _Bench:
    def __init__(self, folder: Path, quick: bool) -> None:
        from poet.codec import encode
        from poet.gate.sandbox import Lost, Sandbox, missing_layers

        self.Sandbox, self.Lost, self.encode = Sandbox, Lost, encode
        self.confined = not missing_layers()
        self.path = folder / "benched.py"
        self.path.write_text(MODULE, encoding="utf-8")
        self.scale = 10 if quick else 1
        self.rows: list[dict[str, Any]] = []

    def request(self, name: str) -> dict[str, Any]:
        return {
            "path": str(self.path), "module": "benched", "qualname": name, "name": name,
            "kind": "function", "owner": None, "user_names": [], "code": None, "filename": "<bench>",
        }  # fmt: skip

    def call(self, box: Any, argument: int, timeout: float | None = None) -> Any:
        tree = {"args": self.encode([argument]), "kwargs": self.encode({})}
        return box.call(tree, timeout)

    def add(self, work: str, measured: str, aim: str, met: bool, beside: str = "") -> None:
        self.rows.append(
            {"work": work, "measured": measured, "aim": aim, "met": met, "beside": beside}
        )
        print(f"{work}: {measured} (aim {aim}: {'yes' if met else 'NO'}) {beside}", file=sys.stderr)

    def start(self) -> None:
        """The first worker of a process, its zygote included."""
        from poet.gate.sandbox import zygotes

        def cold() -> None:
            zygotes.close_all()
            with self.Sandbox(30.0) as box:
                box.load(self.request("trivial"))
                self.call(box, 1)

        times = _times(cold, 7 if self.scale == 1 else 2)
        median = statistics.median(times)
        self.add("zygote with NumPy and Polars, cold, and one call", f"{median / 1e3:.2f} s", "≤ 1.5 s",
                 median <= 1500)  # fmt: skip

    def fresh(self) -> None:
        def one() -> None:
            with self.Sandbox(30.0) as box:
                box.load(self.request("trivial"))
                assert self.call(box, 1)["value"] == 2

        def interpreter() -> None:
            subprocess.run([sys.executable, "-c", FRESH], check=True, capture_output=True)

        one()
        interpreter()
        ours, theirs = _times(one, 300 // self.scale), _times(interpreter, 20 // self.scale)
        p50, p95 = statistics.median(ours), _p95(ours)
        ratio = statistics.median(theirs) / p50
        self.add(
            "verified call in a fresh confined worker, p50 / p95", f"{p50:.1f} / {p95:.1f} ms",
            "≤ 15 / 30 ms", p50 <= 15 and p95 <= 30,
            f"a fresh interpreter with the same imports, not confined: {ratio:.0f} times as long",
        )  # fmt: skip

    def kept(self) -> None:
        with self.Sandbox(30.0) as box:
            box.load(self.request("trivial"))
            times = _times(lambda: self.call(box, 1), 5000 // self.scale)
        p50, p95 = statistics.median(times), _p95(times)
        self.add(
            "call in a kept worker, p50 / p95",
            f"{p50:.3f} / {p95:.3f} ms",
            "p95 ≤ 0.5 ms",
            p95 <= 0.5,
        )

    def pool(self) -> None:
        """The same trivial call through the pool of kept workers, and through a pool of processes."""
        import asyncio
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

        from poet.gate.types import class_finder
        from poet.workers import Limits, Remote

        size, calls = max(2, os.cpu_count() or 1), 6400 // self.scale

        def remote(name: str) -> Any:
            request = {**self.request(name), "kind": "async" if name == "atrivial" else "function"}
            return Remote(
                name, request, class_finder("benched"), Limits(30.0, 512, self.confined), size,
                _unserved, lambda: "", _unserved,
            )  # fmt: skip

        sync, other = remote("trivial"), remote("atrivial")
        with ProcessPoolExecutor(size) as peers, ThreadPoolExecutor(32) as threads:

            def peer(number: int) -> int:
                return peers.submit(_trivial, number).result()

            async def gather(call: Callable[[int], Any]) -> list[float]:
                found: list[float] = []

                async def one() -> None:
                    for n in range(calls // 32):
                        start = time.perf_counter()
                        assert await call(n) == n + 1
                        found.append((time.perf_counter() - start) * 1e3)

                await asyncio.gather(*(one() for _ in range(32)))
                return found

            async def apeer(number: int) -> int:
                return await asyncio.wrap_future(peers.submit(_trivial, number))

            def threaded(call: Callable[[int], int], count: int) -> list[float]:
                def one(number: int) -> list[float]:
                    return _times(lambda: call(number), calls // count)

                return [t for found in threads.map(one, range(count)) for t in found]

            ways: list[tuple[str, Callable[[], list[float]], Callable[[], list[float]]]] = [
                ("1 thread", lambda: threaded(sync.call, 1), lambda: threaded(peer, 1)),
                ("32 threads", lambda: threaded(sync.call, 32), lambda: threaded(peer, 32)),
                ("asyncio, 32 at once", lambda: asyncio.run(gather(other.call_async)),
                 lambda: asyncio.run(gather(apeer))),
            ]  # fmt: skip
            for text, ours, theirs in ways:
                ours(), theirs()
                mine, rate = _rated(ours)
                _, peer_rate = _rated(theirs)
                p50, p95 = statistics.median(mine), _p95(mine)
                self.add(
                    f"{size} kept workers, {text}: calls a second, p50 / p95",
                    f"{rate:,.0f}, {p50:.2f} / {p95:.2f} ms", "none", met=True,
                    beside=f"ProcessPoolExecutor({size}), not confined: {peer_rate:,.0f} a second, "
                    f"{rate / peer_rate:.2f} of its rate",
                )  # fmt: skip

    def compute(self) -> None:
        import importlib

        sys.path.insert(0, str(self.path.parent))
        heavy = importlib.import_module("benched").heavy
        n = 1_000_000
        with self.Sandbox(60.0) as box:
            box.load(self.request("heavy"))
            self.call(box, n), heavy(n)
            inside, outside = [], []
            for _ in range(
                max(3, 15 // self.scale)
            ):  # in turns, so that both meet the same machine
                outside += _times(lambda: heavy(n), 1)
                inside += _times(lambda: self.call(box, n), 1)
        over = statistics.median(i / o for i, o in zip(inside, outside, strict=True)) - 1
        self.add(
            "computing in a worker, over the same in this process",
            f"{over:+.1%}",
            "≤ 5 %",
            over <= 0.05,
        )

    def deadline(self) -> None:
        over = []
        for _ in range(max(2, 20 // self.scale)):
            with self.Sandbox(30.0) as box:
                box.load(self.request("hang"))
                start = time.perf_counter()
                found = self.call(box, 1, timeout=0.2)
                over.append((time.perf_counter() - start - 0.2) * 1e3)
                assert isinstance(found, self.Lost)
        worst = max(over)
        self.add(
            "a hang, stopped after its deadline by (worst)",
            f"{worst:.1f} ms",
            "≤ 100 ms",
            worst <= 100,
        )

    def memory(self) -> None:
        limit = 256 * MB
        with self.Sandbox(60.0, memory=limit) as box:
            box.load(self.request("hog"))
            base = _resident(box)
            found = self.call(box, 4 * MB)
            top = found["memory"] if isinstance(found, dict) else float("inf")
        over = (top - base - limit) / MB
        self.add("memory at its limit of 256 MB, over base + limit", f"{over:+.0f} MB", "≤ 64 MB",
                 over <= 64 and found["error"] == "MemoryError")  # fmt: skip

    def audit(self) -> None:
        from poet.gate import audit

        code, name = _typical()
        audit(code, name, {})
        times = _times(lambda: audit(code, name, {}), 400 // self.scale)
        p50, p95 = statistics.median(times), _p95(times)
        lines = code.count("\n")
        self.add(
            f"audit of {lines} lines, p50 / p95",
            f"{p50:.1f} / {p95:.1f} ms",
            "p95 ≤ 25 ms",
            p95 <= 25,
        )


def _resident(box: Any) -> int:
    """Return the worker's resident bytes now."""
    text = Path(f"/proc/{box.pid}/statm").read_text(encoding="utf-8")
    return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _typical() -> tuple[str, str]:
    """Return a candidate of about 150 lines: one of the recipe's, several times over."""
    body = "".join(
        f"def part_{n}(values: list[float], limit: float = {n}.5) -> dict[str, float]:\n"
        '    """Summarise the values above a limit."""\n'
        "    kept = [v for v in values if v > limit and not math.isnan(v)]\n"
        "    if not kept:\n        return {'n': 0, 'mean': math.nan, 'spread': math.nan}\n"
        "    mean = statistics.fmean(kept)\n"
        "    spread = math.sqrt(sum((v - mean) ** 2 for v in kept) / len(kept))\n"
        "    try:\n        worst = max(kept, key=lambda v: abs(v - mean))\n"
        "    except ValueError as error:\n        logger.info('no worst: %s', error)\n        worst = 0.0\n"
        "    return {'n': len(kept), 'mean': mean, 'spread': spread, 'worst': worst}\n\n\n"
        for n in range(10)
    )
    head = "import logging\nimport math\nimport statistics\n\nlogger = logging.getLogger(__name__)\n\n\n"
    tail = "def work(values: list[float]) -> list[dict[str, float]]:\n    return [part_0(values)]\n"
    return head + body + tail, "work"


def measure(quick: bool = False) -> dict[str, Any]:
    """Return what was measured, each with its aim and whether that is met."""
    with tempfile.TemporaryDirectory() as folder:
        bench = _Bench(Path(folder), quick)
        for work in (bench.start, bench.fresh, bench.kept, bench.pool, bench.compute, bench.deadline,
                     bench.memory, bench.audit):  # fmt: skip
            work()
        return {"confined": bench.confined, "rows": bench.rows}


if __name__ == "__main__":
    measure()
