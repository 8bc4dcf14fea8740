"""A small project whose function is enhanced again and again while something breaks.

Candidates come in right and wrong ones; the hashes of the right ones are kept in memory, so that
what is current or served is judged without asking POET. A candidate of each kind is judged by the
real gate first. Where a fault is about the store alone, later candidates, which differ from those in
their serial number only, get that verdict, so that a promotion takes milliseconds.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import random
import re
import shutil
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import poet.gate.sandbox.parent as sandbox_parent
from poet import lifecycle, serving
from poet.gate import verify
from poet.gate.sandbox import zygotes
from poet.generate import Candidate
from poet.lifecycle import _ladder, _making
from poet.registry import Target
from poet.spec import Options
from poet.store import approve, locate
from poet.workers import _pool as workers_pool

APP = """from poet import poet


@poet()
def f(a: int, b: int = 2) -> int:
    return a + b
"""
PYPROJECT = """[project]
name = "bench"
version = "0"

[tool.poet]
mode = "locked"
lock_timeout = 5.0
verify_timeout = 1.0
sandbox = "best-effort"
"""
CASE = {"status": "active", "args": [3, 4], "expect": {"equals": 7}}
BODIES = {True: ("return b + a", "return a + b + 0"), False: ("return a - b", "return a * b")}
CODE = "def f(a: int, b: int = 2) -> int:\n    # serial {serial}\n    {body}\n"
SERIAL = re.compile(r"# serial \d+")


class BrokenError(AssertionError):
    """An invariant that a fault broke."""


class BenchProject:
    """The project, its candidates and what must hold of it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        self.path = folder / "app.py"
        self.base = folder / ".poet"
        self.options = Options.parse({}, "app.py")
        self.serial = 0
        self.right: set[str] = set()
        self.known: dict[str, verify.Verdict] = {}
        self.real = False
        self.at_step: dict[str, object] = {}
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text(PYPROJECT)
        self.path.write_text(APP)
        (folder / "test_app.py").write_text(
            "import app\n\n\ndef test_f():\n    assert app.f(1) == 3\n"
        )
        store = self.store = locate(self.path, "f")
        (store.folder / "cases").mkdir(parents=True)
        (store.folder / "cases" / "one.json").write_text(json.dumps(CASE))
        self._judge = verify.judge
        self.listen()
        # What a fault makes hang shall not cost minutes.
        sandbox_parent.IMPORT_TIME = 1.0
        verify.DRAWN = 4
        self.name = "recipe"
        warnings.simplefilter("ignore")
        specification = importlib.util.spec_from_file_location("bench_app", self.path)
        assert specification
        assert specification.loader
        module = importlib.util.module_from_spec(specification)
        sys.modules["bench_app"] = module
        sys.dont_write_bytecode = True
        specification.loader.exec_module(module)
        self.target = Target(module.f.__wrapped__, self.path, "f", self.options)
        self.baseline_tree = self.tree()
        for right in (True, False):
            for body in BODIES[right]:
                self.learn(right, body)
        self.reset()

    def listen(self) -> None:
        """Be what the lifecycle asks for candidates and verdicts."""
        _making.judge = self._judged  # type: ignore[attr-defined]
        setattr(_ladder, "RecipeProvider", lambda: self)  # noqa: B010

    # Candidates

    def generate(self, spec: object, domain: object) -> Candidate:
        """Be the recipe: give the code that was prepared."""
        del spec, domain
        return Candidate("file", "none", self.code, self.code, {}, (), False)

    def prepare(self, right: bool, body: str | None = None) -> str:
        """Make the next candidate and return its hash."""
        self.serial += 1
        body = body or self.random.choice(BODIES[right])
        self.code = CODE.format(serial=self.serial, body=body)
        digest = hashlib.sha256(self.code.encode()).hexdigest()
        if right:
            self.right.add(digest)
        return digest

    def learn(self, right: bool, body: str) -> None:
        """Have the real gate judge one candidate of a kind."""
        self.prepare(right, body)
        self.real = True
        result = self.enhance()
        self.real = False
        if result.good != right:
            raise BrokenError(f"without a fault: {result}")

    def _judged(self, code: str, *args: object, **more: object) -> verify.Verdict:
        key = SERIAL.sub("# serial", code)
        if self.real:
            verdict = self._judge(code, *args, **more)  # type: ignore[arg-type]
            self.known.setdefault(key, verdict)  # a later one may be that of a fault
        else:
            verdict = self.known[key]  # a candidate that was never judged is an error
        self.step("judged")
        return verdict

    def step(self, name: str) -> None:
        """Do what a fault wants at an instant of the cycle."""
        action = self.at_step.pop(name, None)
        if callable(action):
            action()

    def enhance(self) -> lifecycle.Enhancement:
        """Run the lifecycle on the prepared candidate."""
        return lifecycle.enhance(self.path, "f", self.options, module="app", force=True)

    # State

    def reset(self) -> None:
        """Put back what an edit damaged: two right versions, the second current."""
        shutil.rmtree(self.base, ignore_errors=True)
        (self.store.folder / "cases").mkdir(parents=True)
        (self.store.folder / "cases" / "one.json").write_text(json.dumps(CASE))
        for _ in range(2):
            self.prepare(True, BODIES[True][0])
            result = self.enhance()
            if not result.good:
                raise BrokenError(f"the project cannot be put back: {result}")
            approve(self.store, str(result.after), "read")
        self.kept = self.folder.with_name(self.folder.name + "-kept")
        shutil.rmtree(self.kept, ignore_errors=True)
        shutil.copytree(self.base, self.kept)

    def put_back(self) -> None:
        """Put back the folder as ``reset`` left it."""
        shutil.rmtree(self.base)
        shutil.copytree(self.kept, self.base)

    def age(self) -> None:
        """Make all versions old enough for retention."""
        for name in self.store.names():
            os.utime(self.store.folder / name, (1_000_000_000, 1_000_000_000))

    def tree(self) -> dict[str, str]:
        """Return a hash of each file outside ``.poet/``."""
        return {
            str(p.relative_to(self.folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(self.folder.rglob("*"))
            if ".poet" not in p.parts and ".git" not in p.parts and p.is_file()
        }

    # The oracle: it reads files itself.

    def current(self) -> str | None:
        """Return the name in ``current``."""
        try:
            return (self.store.folder / "current").read_text().strip()
        except FileNotFoundError:
            return None

    def look(self, allowed: set[str | None] | None = None) -> None:
        """Check that what is current was judged, is right, and is whole.

        Raises:
            BrokenError: It is not.
        """
        name = self.current()
        if allowed is not None and name not in allowed:
            raise BrokenError(f"current is {name}, neither of {allowed}")
        if name is not None:
            folder = self.store.folder / name
            digest = hashlib.sha256((folder / "code.py").read_bytes()).hexdigest()
            record = json.loads((folder / "record.json").read_text())
            if digest not in self.right:
                raise BrokenError(f"WRONG PROMOTION: {name} is current and not right")
            if record["verdict"] != "accepted" or record["code_sha256"] != digest:
                raise BrokenError(f"WRONG PROMOTION: {name} has another record")
            if any(c["outcome"] not in ("passed", "not evidence") for c in record["checks"]):
                raise BrokenError(f"WRONG PROMOTION: {name} did not pass")
            if not any(c["compared"] and c["outcome"] == "passed" for c in record["checks"]):
                raise BrokenError(f"WRONG PROMOTION: {name} was compared with nothing")
        self.look_outside()

    def look_outside(self) -> None:
        """Check that nothing outside of ``.poet/`` changed."""
        if self.tree() != self.baseline_tree:
            raise BrokenError("a file outside .poet/ changed")

    def look_served(self) -> str:
        """Check that what calls run is right and unedited; return the state."""
        served = serving.resolve(self.target)
        if served.version is not None:
            code = (self.store.folder / served.version / "code.py").read_bytes()
            if hashlib.sha256(code).hexdigest() not in self.right:
                raise BrokenError(f"WRONG PROMOTION: {served.version} is served and not right")
        if served.function(3, 4) != 7:
            raise BrokenError("WRONG PROMOTION: calls give another value")
        return served.state

    def next_works(self) -> None:
        """Check that the next promotion works and leaves nothing of the one before."""
        self.prepare(True)
        result = self.enhance()
        if result.outcome != "promoted":
            raise BrokenError(f"the next promotion: {result.outcome}: {result.message}")
        self.look({result.after})
        left = [p.name for p in self.base.rglob(".tmp-*") if "home" not in p.parts]
        if left:
            raise BrokenError(f"left behind: {left}")
        self.age()


def held() -> dict[str, object]:
    """Return what this process holds: descriptors, threads, processes, temporary files."""
    fds = {}
    for entry in Path("/proc/self/fd").iterdir():
        try:
            name = str(entry.readlink()).partition(":[")[0]
            # The log of events goes on in a new file after a failure; it is one descriptor.
            fds[entry.name] = "the events" if "/events/pending/" in name else name
        except OSError:
            continue
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return {
        "descriptors": sorted(v for v in fds.values() if not v.startswith("/proc/")),
        "threads": threading.active_count(),
        "processes": sum(len(family(int(c))) for c in children),
        "temporary": sorted(p.name for p in Path(tempfile.gettempdir()).iterdir()),
    }


def family(pid: int) -> list[int]:
    """Return a process and all below it."""
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += family(int(child))
    except OSError:
        pass
    return found


def alive(pid: int) -> bool:
    """Say whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def gone(pids: list[int], seconds: float = 10.0) -> list[int]:
    """Wait until processes are gone; return those that stay."""
    end = time.monotonic() + seconds
    while (left := [p for p in pids if alive(p)]) and time.monotonic() < end:
        time.sleep(0.01)
    return left


def fresh_zygotes() -> None:
    """End what is kept warm, so that what a process holds can be compared."""
    if workers_pool._pool:
        workers_pool._pool[0].close()
    zygotes.close_all()
