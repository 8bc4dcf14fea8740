"""Many judgements at once in threads of one process: the same verdicts, and nothing is left behind."""

from __future__ import annotations

import locale
import os
import random
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from poet.errors import SandboxUnavailableError
from poet.gate import judge
from poet.gate.sandbox import missing_layers, zygotes
from poet.registry import spec_for
from poet.spec import Options
from poet.testing import Project

needs_confinement = pytest.mark.skipif(
    bool(missing_layers()), reason=f"missing here: {'; '.join(missing_layers())}"
)
SHORTEN = """def shorten(text: str, limit: int = 5) -> str:
    if limit < 0:
        raise ValueError(limit)
    return text[:limit]
"""
# A module of a function, and bodies of candidates: the first is right.
FUNCTIONS = {
    "total": (
        "def total(values: list[int], start: int = 0) -> int:\n    return sum(values, start)\n",
        ["return sum(values) + start", "return sum(values)", "return sum(values, start) or 1"],
    ),
    "shorten": (
        SHORTEN,
        [
            "if limit < 0:\n        raise ValueError(limit)\n    return ''.join(text[:limit])",
            "return text[:limit]",
            "if limit < 0:\n        raise ValueError(limit)\n    return text[:limit].strip()",
        ],
    ),
    "scaled": (
        "import numpy as np\n\ndef scaled(x: np.ndarray) -> np.ndarray:\n    return x * 2\n",
        ["return x + x", "x *= 2\n    return x", "return x * 2.5"],
    ),
    "pairs": (
        "async def pairs(names: list[str]) -> dict[str, int]:\n    return {n: len(n) for n in names}\n",
        ["return {n: len(n) for n in names}", "return {n: len(n) for n in sorted(names)}",
         "return {n: len(n) or 1 for n in names}"],
    ),
    "grow": (
        "def grow(items: list[int]) -> None:\n    items.append(len(items))\n",
        ["items.append(len(items))", "items.append(0)", "return None"],
    ),
}  # fmt: skip


class Abandon(BaseException):
    """What a progress display raises to stop everything."""


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """Return what to judge: one function a module, in two projects, with right and wrong candidates."""
    folder = tmp_path_factory.mktemp("many")
    found = []
    for number, (name, (source, bodies)) in enumerate(FUNCTIONS.items()):
        project = Project(folder / f"project{number % 2}")
        project.write({f"many_{name}.py": source})
        path = project.folder / f"many_{name}.py"
        head = source.partition("def ")[0].replace("async ", "")
        signature = next(line for line in source.splitlines() if "def " in line)
        found += [(path, name, f"{head}{signature}\n    {body}\n") for body in bodies]
    return found


def judged(job, progress=None):
    """Judge one candidate; return all that must not depend on what runs beside it."""
    path, name, code = job
    spec, domain = spec_for(path, name, Options.parse({}, str(path)))
    found = judge(
        code, spec, domain, import_name=path.stem, filename=f"<candidate for {name}>",
        require=not missing_layers(), generator="file", progress=progress,
    )  # fmt: skip
    return (
        found.name,
        [tuple(c) for c in found.checks],
        [str(b) for b in found.behaviour],
        found.facts["inputs"]["shown"] if "inputs" in found.facts else None,
        dict(found.layers),
        found.message,
    )


def children(pid: int) -> list[int]:
    """Return the processes below one."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found += [int(c) for c in (task / "children").read_text().split()]
        except OSError:
            continue
    return found + [c for f in found if Path(f"/proc/{f}").exists() for c in children(f)]


def workers() -> int:
    """Return how many processes are below the zygotes; one that has just ended may take a moment."""
    end = time.monotonic() + 10
    while True:
        mothers = [z for z in zygotes._zygotes.values() if z.alive]
        walls = sum(len(z._namespaces) > 0 for z in mothers)  # a zygote with a wall around is two
        found = sum(len(children(z._process.pid)) for z in mothers) - walls
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.01)


def state() -> dict[str, object]:
    """Return what of this process a judgement must leave as it was."""
    return {
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
        "workers": workers(),
        "users": [z.users for z in zygotes._zygotes.values() if z.users],
        "zygotes": {z._process.pid for z in zygotes._zygotes.values()},
        "children": set(children(os.getpid())),
        "filters": list(warnings.filters),
        "environment": dict(os.environ),
        "path": list(sys.path),
        "folder": Path.cwd(),
        "locale": locale.setlocale(locale.LC_ALL),
        "random": random.getstate(),
    }


@needs_confinement
def test_verdicts_are_the_same_at_once_and_one_after_another(jobs):
    """A candidate would be promoted, or turned away, for what was judged beside it."""
    alone = [judged(job) for job in jobs]
    assert {found[0] for found in alone} == {"accepted", "failed verification"}
    assert [f[0] for f in alone[::3]] == ["accepted"] * len(FUNCTIONS), "the right ones"
    before = state()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        with ThreadPoolExecutor(8) as threads:
            mixed = random.Random(5).sample(range(len(jobs)), len(jobs))
            found = dict(zip(mixed, threads.map(lambda n: judged(jobs[n]), mixed), strict=True))
    finally:
        sys.setswitchinterval(interval)
    for number, expected in enumerate(alone):
        for here, there in zip(found[number], expected, strict=True):
            assert here == there, jobs[number]
    assert state() == before


@needs_confinement
def test_two_projects_keep_their_zygotes(jobs):
    """Functions of two folders in turns would start Python and its libraries anew for each check."""
    for job in jobs[:6:3]:
        judged(job)
    before = {z._process.pid for z in zygotes._zygotes.values()}
    for job in jobs[:6:3] * 2:
        judged(job)
    assert {z._process.pid for z in zygotes._zygotes.values()} == before


def test_no_more_zygotes_are_kept_than_are_wanted(tmp_path, monkeypatch):
    """A service with many projects would hold a hundred megabytes for each."""
    monkeypatch.setattr(zygotes, "KEPT", 2)
    for number in range(zygotes.KEPT + 2):
        folder = tmp_path / str(number)
        zygotes.zygote(frozenset(), 0, (folder,)).release()
        assert len(zygotes._zygotes) <= zygotes.KEPT
    held = zygotes.zygote(frozenset(), 0, (tmp_path / "held",))
    for number in range(zygotes.KEPT):
        zygotes.start_zygotes(frozenset(), [0], (tmp_path / str(number),))
    assert held.alive, "one that is in use is left alone"
    held.release()


@needs_confinement
def test_a_zygote_is_started_once_for_all_threads(tmp_path):
    """Eight threads that begin together would load the libraries eight times."""
    made = []

    def use(_):
        mother = zygotes.zygote(frozenset(), 0, (tmp_path,))
        made.append(mother)
        mother.release()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(use, range(8)))
    assert len({id(m) for m in made}) == 1
    assert made[0].users == 0


def test_a_zygote_that_does_not_start_is_named_by_those_who_need_it(tmp_path, monkeypatch):
    """A broken installation would end in a wait without end, or spoil the checks that come later."""
    monkeypatch.setattr(zygotes, "BOOT", "raise SystemExit('a library is missing')  # {added}")
    zygotes.start_zygotes(frozenset(), [0], (tmp_path,))
    for _ in range(2):
        with pytest.raises(SandboxUnavailableError, match="a library is missing"):
            zygotes.zygote(frozenset(), 0, (tmp_path,))
    monkeypatch.undo()
    before = len(list(Path("/proc/self/fd").iterdir()))
    found = zygotes.zygote(frozenset(), 0, (tmp_path,))
    assert found.alive
    found.release()
    assert len(list(Path("/proc/self/fd").iterdir())) == before + 2, "its socket and its errors"


@needs_confinement
def test_a_judgement_can_be_abandoned_at_each_step(jobs):
    """Ctrl-C would leave workers that hold memory, or a gate that judges nothing any more."""
    steps: list[str] = []
    expected = judged(jobs[0], steps.append)
    assert len(steps) > 4
    before = state()
    for number in range(len(steps)):
        seen: list[str] = []

        def stop(step: str, seen: list[str] = seen, number: int = number) -> None:
            seen.append(step)
            if len(seen) > number:
                raise Abandon(step)

        with pytest.raises(Abandon) as info:
            judged(jobs[0], stop)
        info.value.__traceback__ = None
        assert state() == before, steps[number]
    assert judged(jobs[0]) == expected


@needs_confinement
def test_threads_that_are_abandoned_leave_the_others_alone(jobs):
    """One function's Ctrl-C would end the workers of all others, and turn good candidates away."""
    alone = [judged(job) for job in jobs[::3]]
    before = state()

    def work(number: int):
        if number % 2:
            with pytest.raises(Abandon):
                judged(jobs[3 * (number // 2)], _raise_at("candidate"))
            return None
        return judged(jobs[3 * (number // 2)])

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(work, range(2 * len(alone))))
    assert found[::2] == alone
    assert state() == before


def _raise_at(word: str):
    def stop(step: str) -> None:
        if step.startswith(word):
            raise Abandon(step)

    return stop
