"""What a generation costs besides the model's own time: its parts, many at once, the first version.

python -m bench.generate

The model is a scripted server that speaks its protocol over HTTP. What is measured runs in processes
of its own, so that the server counts for nothing. CPU is that of the process and of all below it,
the dead included: workers are children of the processes they are forked from, so both are read from
``/proc``, whose clock ticks a hundred times a second.
"""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

__all__ = ["measure"]

# Bodies that differ in their text alone: each is a candidate of its own.
FUNCTIONS = {
    "above": (
        "def above(values: list[float], limit: float = 0.5) -> dict[str, float]:",
        (
            "    kept = [v for v in values if v > limit]\n"
            '    return {"n": float(len(kept)), "sum": sum(kept)}\n'
        ),
    ),
    "words": (
        "def words(text: str, least: int = 1) -> dict[str, int]:",
        (
            "    found: dict[str, int] = {}\n    for word in text.lower().split():\n"
            "        if len(word) >= least:\n            found[word] = found.get(word, 0) + 1\n"
            "    return found\n"
        ),
    ),
    "overlap": (
        "def overlap(a: tuple[int, int], b: tuple[int, int]) -> int:",
        "    return max(0, min(a[1], b[1]) - max(a[0], b[0]))\n",
    ),
    "scaled": (
        "def scaled(x: np.ndarray, factor: float = 2.0) -> np.ndarray:",
        "    return x * factor\n",
    ),
    "grouped": (
        "def grouped(rows: list[tuple[str, int]]) -> dict[str, list[int]]:",
        (
            "    found: dict[str, list[int]] = {}\n    for name, value in rows:\n"
            "        found.setdefault(name, []).append(value)\n    return found\n"
        ),
    ),
}
PROJECT = '[project]\nname = "benched"\nversion = "0"\n\n[tool.poet]\nevents = false\n'
TESTS = "import benched\n\n\ndef test_overlap():\n    assert benched.overlap((0, 4), (2, 9)) == 2\n"
PRICE = "input=1,output=2"
MODEL = "openai/scripted"
# A model that was told to take its time: what most real ones need for an answer of this length.
THINKING = 2.0
TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def _module(copies: int = 1) -> str:
    """Return a module of the functions, each ``copies`` times under a name of its own."""
    parts = ["import numpy as np\n\nfrom poet import poet\n"]
    for name, (head, body) in FUNCTIONS.items():
        for n in range(copies):
            own = head.replace(f"def {name}", f"def {name}{n or ''}")
            parts.append(f"@poet()\n{own}\n{body}")
    return "\n\n".join(parts)


def _candidate(name: str, number: int, called: str = "") -> str:
    head, body = FUNCTIONS[name]
    imports = "import numpy as np\n\n\n" if "np." in head + body else ""
    head = head.replace(f"def {name}", f"def {called or name}")
    return f'{imports}{head}\n    """Candidate {number}."""\n{body}'


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of a process and of all below it, the dead included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICK + sum(map(cpu_seconds, _below(pid)))


def _below(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text(encoding="utf-8").split())
    return found


def _memory(pid: int) -> float:
    """Return the MB of a process and of all below it; a page that is shared counts once in all."""
    text = ""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    own = next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
    return own / 1024 + sum(map(_memory, _below(pid)))


class _Meter:
    """CPU and wall milliseconds of pieces of work."""

    def __init__(self) -> None:
        self.found: dict[str, list[tuple[float, float]]] = {}

    def run(self, name: str, work: Callable[[], Any]) -> Any:
        cpu, wall = cpu_seconds(os.getpid()), time.perf_counter()
        done = work()
        wall = time.perf_counter() - wall
        cpu = cpu_seconds(os.getpid()) - cpu
        self.found.setdefault(name, []).append((cpu * 1e3, wall * 1e3))
        return done


# Jobs: each runs in a process of its own and prints one JSON document.


def _parts(folder: Path, candidates: int, tested: int) -> dict[str, Any]:
    """One candidate after another of each function, without a model: what each part takes."""
    from poet.gate import audit, known_attributes
    from poet.lifecycle import prompt_for, submit
    from poet.plugins import find_tests
    from poet.registry import spec_for
    from poet.spec import Options

    meter, path, options = _Meter(), folder / "benched.py", Options.parse({}, "")

    def hand_in(label: str, name: str, number: int, tests: Any = None) -> None:
        code = _candidate(name, number).encode()
        done = meter.run(label, partial(submit, path, name, options, code, tests=tests))
        assert done.enhancement.outcome == "promoted", done.enhancement.message

    for name in FUNCTIONS:
        spec, domain = spec_for(path, name, options)
        grants, known = domain.grants_for(spec).modules, known_attributes(spec)
        for number in range(candidates):
            code, late = _candidate(name, number), "" if number else "first "
            meter.run(f"{late}prompt", partial(prompt_for, path, name, options))
            meter.run(f"{late}audit", partial(audit, code, spec.name, grants, known))
            hand_in(f"{late}submit", name, number)
    evidence = find_tests(path, "overlap", options)
    for number in range(tested):
        hand_in("tested" if number else "first tested", "overlap", 1000 + number, evidence)
    return meter.found


def _many(folder: Path, url: str, functions: int, parallel: int) -> dict[str, Any]:
    """Generate for many functions at once by the model behind ``url``."""
    from poet.lifecycle import Job, enhance_many
    from poet.spec import Options

    path, options = folder / "benched.py", Options.parse({}, "")
    names = [f"{n}{c or ''}" for c in range(-(-functions // len(FUNCTIONS))) for n in FUNCTIONS]
    jobs = [Job(path, name, options) for name in names[:functions]]
    overrides = {
        "model": MODEL, "llm": "live", "api_base": url, "parallel": parallel,
        "price": {"input": 1, "output": 2}, "candidates": 1, "tries": 1,
        "run_budget": {"usd": 100.0, "tokens": 10**9, "calls": 10**4, "seconds": 3000.0},
    }  # fmt: skip
    cpu, wall = cpu_seconds(os.getpid()), time.perf_counter()
    done = enhance_many(jobs, overrides=overrides)
    wall = time.perf_counter() - wall
    by_model = sum(d.outcome == "promoted" and not d.generator.startswith("recipe") for d in done)
    return {
        "wall": wall,
        "cpu": cpu_seconds(os.getpid()) - cpu,
        "by_model": by_model,
        "other": sorted(
            {f"{d.outcome}: {d.message}"[:300] for d in done if d.outcome != "promoted"}
        ),
    }


def _first_call(folder: Path) -> dict[str, Any]:
    """Import a module and call its function: seconds until the call has returned."""
    sys.path.insert(0, str(folder))
    start = time.perf_counter()
    module = importlib.import_module("benched")
    module.overlap((0, 4), (2, 9))
    wall = time.perf_counter() - start
    state = module.overlap.poet
    return {"wall": wall, "version": str(state.current)}


_JOBS = {"parts": _parts, "many": _many, "first_call": _first_call}


def _job(name: str, *arguments: Any, env: dict[str, str] | None = None) -> tuple[Any, float]:
    """Run a job in a process of its own; return what it found, and the most memory it held."""
    command = [sys.executable, "-m", "bench.generate", name, *map(str, arguments)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, **(env or {})},
        cwd=Path(__file__).resolve().parents[1],
    )  # fmt: skip
    top, ended = 0.0, threading.Event()

    def watch() -> None:
        nonlocal top
        while not ended.wait(0.1):
            top = max(top, _memory(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        out = process.communicate()[0]
    finally:
        ended.set()
        watcher.join()
    if process.returncode:
        raise RuntimeError(f"the job {name} ended with status {process.returncode}")
    return json.loads(out.splitlines()[-1]), top


def _spread(values: list[float]) -> str:
    ordered = sorted(values)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    return f"{statistics.median(ordered):,.0f} / {at(0.95):,.0f} / {at(0.99):,.0f} ms"


@contextmanager
def _project(copies: int = 1, tests: bool = False) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="poet-bench-") as name:
        folder = Path(name).resolve()
        (folder / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
        (folder / "benched.py").write_text(_module(copies), encoding="utf-8")
        if tests:
            (folder / "test_benched.py").write_text(TESTS, encoding="utf-8")
        yield folder


class _Bench:
    def __init__(self, quick: bool) -> None:
        self.quick = quick
        self.rows: list[dict[str, Any]] = []

    def add(
        self, work: str, measured: str, aim: str = "none", met: bool = True, beside: str = ""
    ) -> None:
        self.rows.append(
            {"work": work, "measured": measured, "aim": aim, "met": met, "beside": beside}
        )
        print(f"{work}: {measured} (aim {aim}: {'yes' if met else 'NO'}) {beside}", file=sys.stderr)

    def parts(self) -> None:
        """The parts of one candidate's generation, all but the model's."""
        candidates, tested = (3, 2) if self.quick else (21, 11)
        with _project(tests=True) as folder:
            found, _ = _job("parts", folder, candidates, tested)
        later = {n: [tuple(p) for p in found[n]] for n in ("prompt", "audit", "submit")}
        whole = [
            (a[0] + b[0], a[1] + b[1])
            for a, b in zip(later["prompt"], later["submit"], strict=True)
        ]
        cpu = [c for c, _ in whole]
        self.add(
            "our part of a candidate (prompt, audit, verify, store), CPU: median / p95 / p99",
            _spread(cpu), "median ≤ 500 ms", statistics.median(cpu) <= 500,
            f"{len(whole)} candidates of {len(FUNCTIONS)} functions, each function's first left out",
        )  # fmt: skip
        self.add("the same, wall", _spread([w for _, w in whole]))
        for name, text in (("prompt", "of it the prompt"), ("audit", "of it the audit")):
            self.add(f"{text}, wall", _spread([w for _, w in later[name]]))
        first = found["first submit"]
        self.add(
            "the first candidate of a process, CPU", f"{first[0][0]:,.0f} ms",
            beside="it starts the processes that workers are forked from",
        )  # fmt: skip
        self.add(
            "with the user's tests, CPU: median of later candidates; the first",
            f"{statistics.median(c for c, _ in found['tested']):,.0f} ms; "
            f"{found['first tested'][0][0]:,.0f} ms",
            beside="the tests run in pytest processes of their own: one a candidate, more before the first",
        )  # fmt: skip

    def many(self) -> None:
        """Many generations at once, by a model that takes two seconds for an answer."""
        from poet.testing import ModelServer, answers

        flying, most, lock = 0, 0, threading.Lock()

        def script(received: Any) -> Any:
            nonlocal flying, most
            name = _asked_for(received.body)
            base = name.rstrip("0123456789")
            with lock:
                flying += 1
                most = max(most, flying)
            time.sleep(THINKING)
            with lock:
                flying -= 1
            return answers.code(_candidate(base, 0, name))

        env = {"OPENAI_API_KEY": "sk-bench-0123456789abcdef"}
        held: dict[int, float] = {}
        for functions, parallel in (
            ((1, 1), (10, 10)) if self.quick else ((1, 1), (50, 50), (100, 8))
        ):
            most = 0
            with ModelServer(script) as server, _project(20) as folder:
                found, memory = _job("many", folder, server.url, functions, parallel, env=env)
            held[functions] = memory
            assert found["by_model"] == functions, found
            if functions == 1:
                continue
            rate = functions / found["wall"] * 60
            self.add(
                f"{functions} functions, at most {parallel} calls in flight: generations a minute",
                f"{rate:,.0f}", "≥ 100", rate >= 100,
                f"{found['wall']:.1f} s wall, {found['cpu'] / functions * 1e3:,.0f} ms CPU each, the "
                f"model's client included; the model takes {THINKING:g} s, {most} at once",
            )  # fmt: skip
            self.add(
                "memory of that run, all its processes; more than for one function, each",
                f"{memory:,.0f} MB; {(memory - held[1]) / functions:,.1f} MB",
            )

    def first_version(self) -> None:
        """From the decorator to a version that serves."""
        from poet.testing import ModelServer, answers

        times: list[float] = []
        served: list[float] = []
        for _ in range(1 if self.quick else 5):
            with _project() as folder:
                for found in (times, served):
                    done, _ = _job("first_call", folder, env={"POET_MODE": "auto"})
                    assert "v1" in done["version"], done
                    found.append(done["wall"])
        self.add(
            "from import to the answer of the first call, the recipe's version made in it",
            f"{statistics.median(times):.1f} s",
            beside=f"in the next process, which serves it: {statistics.median(served):.2f} s",
        )
        times = []
        command = [
            sys.executable, "-m", "poet", "generate", "overlap", "--model", MODEL, "--price", PRICE,
            "--llm", "live", "--no-tests",
        ]  # fmt: skip
        with ModelServer([answers.code(_candidate("overlap", 0))]) as server:
            for _ in range(1 if self.quick else 5):
                with _project() as folder:
                    start = time.perf_counter()
                    done = subprocess.run(
                        [*command, "--api-base", server.url], cwd=folder, capture_output=True,
                        text=True, check=False, env={**os.environ, "OPENAI_API_KEY": "sk-bench-0123456789"},
                    )  # fmt: skip
                    assert done.returncode == 0, done.stdout + done.stderr
                    times.append(time.perf_counter() - start)
        self.add(
            "`poet generate` by a model that answers at once, the whole command",
            f"{statistics.median(times):.1f} s", beside="most of it is the import of litellm",
        )  # fmt: skip


def _asked_for(body: dict[str, Any]) -> str:
    """Return the name of the function that a request asks for."""
    text = "\n".join(str(m["content"]) for m in body["messages"])
    found = [w.partition("(")[0] for w in text.split("def ")[1:]]
    names = [w for w in found if w.rstrip("0123456789") in FUNCTIONS]
    assert names, "the prompt names no function of ours"
    return names[0]


def measure(quick: bool = False) -> dict[str, Any]:
    """Return what was measured, each with its aim and whether that is met."""
    bench = _Bench(quick)
    bench.parts()
    if importlib.util.find_spec("litellm") is None:
        bench.add("generations by a model", "not measured", beside="litellm is not installed")
    else:
        bench.many()
    bench.first_version()
    return {"rows": bench.rows}


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in _JOBS:
        given = [Path(sys.argv[2]), *[int(a) if a.isdecimal() else a for a in sys.argv[3:]]]
        print(json.dumps(_JOBS[sys.argv[1]](*given)))  # type: ignore[operator]
    else:
        measure("--quick" in sys.argv)
