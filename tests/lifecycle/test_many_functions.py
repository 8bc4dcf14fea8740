"""Many functions in one run: side by side, each with its own outcome, stopped without a trace."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from lifecycle_helpers import GOOD, WRONG, Bench, provided

from poet.gate import verify
from poet.lifecycle import estimate
from poet.testing import ModelServer, answers

FUNCTION = '''
@poet()
def f{n}(x: int) -> int:
    """Return x and {n} more."""
    return x + {n}

'''
COUNT = 24
MANY = "from poet import poet\n" + "".join(FUNCTION.format(n=n) for n in range(COUNT))


def solved(request):
    """Answer each function's own request; f7 is never solved."""
    name = request.prompt.partition("`")[2].partition("`")[0]
    number = int(name[1:]) if name[1:].isdigit() else 7
    if number == 7:
        return answers.code("def f7(x: int) -> int:\n    return x\n")
    return answers.late(answers.code(f"def {name}(x: int) -> int:\n    return {number} + x\n"), 0.3)


def test_many_functions_at_once(tmp_path, monkeypatch):
    """Functions would wait for each other's model, and one failure would end the run."""
    monkeypatch.setattr(verify, "DRAWN", 4)
    monkeypatch.setattr(verify, "DRAWN_FOR_RECIPES", 4)
    with provided() as provider, ModelServer(solved) as server:
        bench = Bench(tmp_path, MANY)
        jobs = [bench.job(f"f{n}") for n in range(COUNT)] + [bench.job("lost")]
        found = bench.run(server, jobs=jobs, parallel=10, tries=1)
    assert [r.function for r in found] == [j.qualname for j in jobs]
    assert [r.outcome for r in found] == ["promoted"] * COUNT + ["failed"]
    assert [r.function for r in found if r.generator != "http"] == ["f7", "lost"]
    assert 2 <= provider.most_flying <= 10
    assert provider.closed == 1
    assert len(server.requests) == COUNT


def test_the_runs_budget_holds_over_all_functions(tmp_path):
    """Each function in its own limits would together spend many times the cap."""
    with provided(), ModelServer([answers.usage(answers.code(WRONG), 1000, 1000)]) as server:
        bench = Bench(tmp_path, MANY)
        jobs = [bench.job(f"f{n}") for n in range(4)]
        found = bench.run(
            server, jobs=jobs, run_budget="calls=3", budget="calls=2", price="input=1,output=1"
        )
    assert sum(r.used.calls for r in found) == 3
    assert len(server.requests) == 3
    assert all(r.outcome == "promoted" and r.generator.startswith("recipe/") for r in found)


def test_it_works_inside_a_running_loop(tmp_path):
    """It could not be called from a notebook or a service."""

    async def inside():
        with provided(), ModelServer([answers.code(GOOD)]) as server:
            return Bench(tmp_path).run(server)

    assert asyncio.run(inside()).outcome == "promoted"


def test_nothing_is_left_running(tmp_path):
    """A long-lived process would gather threads and sockets with each run."""
    before = set(threading.enumerate())
    with provided(), ModelServer([answers.code(GOOD)]) as server:
        Bench(tmp_path).run(server)
    end = time.monotonic() + 5
    while set(threading.enumerate()) - before and time.monotonic() < end:
        time.sleep(0.02)
    assert not {t.name for t in set(threading.enumerate()) - before}


def test_an_estimate_asks_nobody(tmp_path):
    """A look at what a run may cost would cost."""
    with provided(), ModelServer([answers.code(GOOD)]) as server:
        bench = Bench(tmp_path)
        overrides = {"model": "openai/scripted", "api_base": server.url, "candidates": 2}
        jobs = [bench.job(), bench.job("lost")]
        first, lost = estimate(jobs, overrides=overrides)
        assert server.requests == []
        assert 0 < first.usd_least < first.usd_most <= 0.5
        assert (first.calls_most, first.recorded, first.problem) == (6, False, "")
        assert "lost" in lost.problem
        bench.run(server)
        bench.project.run("rm", "-r", ".poet/total")
        (again,) = estimate([bench.job()], overrides={**overrides, "candidates": 1})
        assert (again.recorded, again.usd_least) == (True, 0.0)
        (off,) = estimate([bench.job()], overrides={**overrides, "llm": "off"})
        assert (off.model, off.usd_most) == ("", 0.0)


INTERRUPTED = """
import json, os, sys, threading
sys.path[:0] = {helpers!r}
from pathlib import Path
from lifecycle_helpers import Bench, StreamProvider, provided

bench = Bench.__new__(Bench)
bench.folder = Path({folder!r})
bench.path = bench.folder / "app.py"
bench.steps = []
url = sys.argv[1]
names = {names!r}
with provided(StreamProvider):
    print("ready", flush=True)
    try:
        found = bench.run(
            jobs=[bench.job(n) for n in names], model="openai/scripted", api_base=url, tries=1
        )
    except KeyboardInterrupt:
        left = [t.name for t in threading.enumerate() if t.name.startswith("poet-judge")]
        children = Path(f"/proc/self/task/{{os.getpid()}}/children").read_text().split()
        print(json.dumps({{"interrupted": True, "left": left, "children": len(children)}}))
        sys.exit(130)
print(json.dumps([r.outcome + " " + r.generator for r in found]))
"""
SLOW = """
import time

from poet import poet


@poet()
def slow(x: int) -> int:
    return x + 1


@poet()
def quick(x: int) -> int:
    return x + 2


@poet()
def silent(x: int) -> int:
    return x + 3
"""
HANGS = "import time\n\n\ndef slow(x: int) -> int:\n    while True:\n        x = x + 0\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
def test_an_interrupt_leaves_a_clean_store_and_a_run_to_go_on_with(tmp_path):
    """Ctrl-C would leave processes and torn files, and what was paid for would be paid again."""
    hung = threading.Event()

    def script(request):
        name = request.prompt.partition("`")[2].partition("`")[0]
        if name == "slow":
            return answers.code(HANGS)
        if name == "silent" and not hung.is_set():
            return answers.never()
        added = {"quick": 2, "silent": 3}[name]
        return answers.code(f"def {name}(x: int) -> int:\n    return {added} + x\n")

    bench = Bench(tmp_path / "project", SLOW, "verify_timeout = 60.0\n")
    program = INTERRUPTED.format(
        helpers=[str(f) for f in Path(__file__).parents[:2]],
        folder=str(bench.folder),
        names=["quick", "slow", "silent"],
    )
    with ModelServer(script) as server:

        def start():
            return subprocess.Popen(
                [sys.executable, "-c", program, server.url],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=bench.folder,
                env={k: v for k, v in os.environ.items() if not k.startswith("POET_")},
            )

        run = start()
        end = time.monotonic() + 120
        while time.monotonic() < end and not (
            len(server.requests) >= 3 and bench.current("quick") and _judging(bench)
        ):
            assert run.poll() is None, run.communicate()
            time.sleep(0.05)
        time.sleep(0.5)
        pressed = time.monotonic()
        run.send_signal(signal.SIGINT)
        out, errors = run.communicate(timeout=60)
        took = time.monotonic() - pressed
        assert run.returncode == 130, errors
        said = json.loads(out.splitlines()[-1])
        assert said["left"] == []
        assert took < 30, "the hanging candidate and the silent server have a minute each"
        assert bench.current("quick") == "v1"
        assert bench.current("slow") is None
        assert not list((bench.folder / ".poet").rglob(".tmp-*"))
        assert len(bench.cassettes()) == 2
        # The same run once more.
        hung.set()
        asked = len(server.requests)
        assert asked == 3
        bench.project.write({"pyproject.toml": bench.project.read("pyproject.toml").replace(
            "verify_timeout = 60.0", "verify_timeout = 2.0"
        )})  # fmt: skip
        again = start()
        out, errors = again.communicate(timeout=300)
        assert again.returncode == 0, errors
        outcomes = json.loads(out.splitlines()[-1])
        new = [r.prompt.partition("`")[2].partition("`")[0] for r in server.requests[asked:]]
    assert outcomes[1].startswith("promoted recipe/")
    assert outcomes[2] == "promoted http"
    # quick has a version now, so its request is another one; slow was answered, silent was not.
    assert sorted(new) == ["quick", "silent"]


def _judging(bench):
    return len(bench.cassettes()) == 2
