"""One run of the user's tests in a process of their own, as the process that judges sees it.

The verdict is computed from complete frames only: a test that was known and did not report once,
and once only, has no outcome; nor has any test of a run whose reports cannot be trusted.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from poet.gate.sandbox import Lost
from pytest_poet.bridge import Key, Line, LineError, Subject, Workers
from pytest_poet.guard import Guard

if TYPE_CHECKING:
    import pytest

__all__ = ["GRACE", "VARIABLE", "Command", "Mode", "Plan", "TestRun", "run_tests", "stop_runs"]

VARIABLE = "POET_TEST_RUNNER"
# A process with more than one thread cannot be confined, and these start some when imported.
ONE_THREAD = {
    f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB", "BLIS")
}
GRACE = 5.0  # seconds a process may take to end after its last report
Mode = Literal["baseline", "worker", "poison", "shared"]
_OUTCOMES = ("passed", "failed", "skipped", "xfailed", "lost")


class Command(NamedTuple):
    """A pytest command that can be run again.

    Attributes:
        args: Its arguments, after ``python -m pytest``.
        cwd: Where it runs.
        cache: Whether pytest's cache is in use, and must be kept out of the project.
    """

    args: tuple[str, ...]
    cwd: Path
    cache: bool = True

    @classmethod
    def of(cls, config: pytest.Config) -> Command:
        """Return the command of the present run, without what belongs to that run alone."""
        plugins = config.pluginmanager
        args = [*map(str, config.invocation_params.args), "--maxfail=0", "-q"]
        args += ["-n0"] if plugins.hasplugin("xdist") else []
        args += ["--no-cov"] if plugins.hasplugin("_cov") else []
        return cls(tuple(args), config.invocation_params.dir, plugins.hasplugin("cacheprovider"))

    @classmethod
    def in_folder(cls, root: Path) -> Command:
        """Return the command that runs the tests of the project in ``root``, by its own settings."""
        from importlib.util import find_spec

        auto = not os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
        args = ["--maxfail=0", "-q"]
        args += [] if auto else ["-p", "poet"]
        args += ["-n0"] if auto and find_spec("xdist") else []
        args += ["--no-cov"] if auto and find_spec("pytest_cov") else []
        return cls(tuple(args), root)


class Plan(NamedTuple):
    """What one run does.

    Attributes:
        mode: What stands for the subjects: the functions as written; what calls their workers; a
            function that returns an object equal to nothing; the candidate, in the same process.
        subjects: The functions meant; all others run as written.
        node_ids: The tests to run; None for all.
        code: With ``shared``, the candidate; None for the function as written.
        confined: Confine the process for ever before a candidate is loaded.
        roots: Top-level packages whose classes the process may rebuild.
    """

    mode: Mode
    subjects: tuple[Subject, ...] = ()
    node_ids: tuple[str, ...] | None = None
    code: str | None = None
    confined: bool = False
    roots: tuple[str, ...] = ()


class TestRun(NamedTuple):
    """What one run of the tests reported.

    Attributes:
        node_ids: The tests that were collected, in order.
        outcomes: Node id to ``passed``, ``failed``, ``skipped``, ``xfailed``.
        details: Node id to the last line of a failure.
        notes: Node id to what it did: (``reached`` | ``shared`` | ``lost``, function, why).
        lost: Calls that the worker did not answer: node id (empty outside of tests), why.
        refused: Why the process would not run; empty if it did.
        errors: What could not be collected.
        problem: Why no report of this run counts; empty if they do.
        recorded: Encoded arguments of the calls of each function.
        recorded_by: For each of them, the tests that made the call.
        root: pytest's rootdir.
        output: The end of what the run printed, for a person.
        seconds: Wall time.
    """

    node_ids: tuple[str, ...]
    outcomes: dict[str, str]
    details: dict[str, str]
    notes: dict[str, list[tuple[str, Key, str]]]
    lost: list[tuple[str, str]]
    refused: str
    errors: tuple[str, ...]
    problem: str
    recorded: dict[Key, list[tuple[Any, Any]]]
    recorded_by: dict[Key, list[tuple[str, ...]]]
    root: str
    output: str
    seconds: float

    @property
    def finished(self) -> bool:
        """Whether the run came to its end and its reports count."""
        return not self.problem

    def outcome(self, node_id: str) -> str | None:
        """Return a test's outcome; None where it has none that counts."""
        if self.problem or self.loss(node_id):
            return None
        found = self.outcomes.get(node_id)
        return None if found == "lost" else found

    def reached(self, node_id: str, key: Key) -> bool:
        """Say whether the test called the function."""
        return any(w == "reached" and k == key for w, k, _ in self.notes.get(node_id, ()))

    def note(self, node_id: str, key: Key) -> str:
        """Return why the function's values did not cross in that test, empty if they did."""
        found = (d for w, k, d in self.notes.get(node_id, ()) if w == "shared" and k == key)
        return next(found, "")

    def loss(self, node_id: str) -> str:
        """Return why a call of the test got no answer, as either process saw it; empty if all did."""
        seen = (why for where, why in self.lost if where in (node_id, ""))
        told = (d for w, _, d in self.notes.get(node_id, ()) if w == "lost")
        return next(seen, "") or next(told, "")

    def tail(self) -> str:
        """Return why there is no outcome, in one line."""
        lines = self.output.strip().splitlines()
        return self.problem or f"the run ended with: {lines[-1] if lines else 'nothing'}"


# What each run of tests under way is made of, so that another thread can end it.
_under_way: list[tuple[Command, subprocess.Popen[bytes], Workers | None]] = []


def stop_runs(command: Command) -> None:
    """End the runs of a command that are under way, from any thread; they are lost."""
    for mine, process, workers in _under_way.copy():
        if mine is command:
            if workers is not None:
                workers.kill()
            process.kill()


def run_tests(
    command: Command, plan: Plan, *, timeout: float, workers: Workers | None = None
) -> TestRun:
    """Run tests in a process of their own and serve the calls they make across the line.

    Args:
        command: The pytest command.
        plan: What the run does.
        timeout: Seconds the whole run may take.
        workers: What answers the calls of a run in mode ``worker``; the caller closes it.
    """
    start = time.monotonic()
    with Guard() as guard:
        folder = guard.folder
        ours, theirs = socket.socketpair()
        with ours, (Path(folder) / "output").open("w+b") as said:
            with theirs:
                process = _start(command, plan, folder, theirs.fileno(), said)
            guard.watch(process.pid)
            if workers is not None:
                workers.deadline = start + timeout
            judge = _Judge(Line(ours.fileno(), secrets.token_hex(16)), plan, folder, workers)
            thread = threading.Thread(target=judge.serve, daemon=True)
            thread.start()
            under_way = (command, process, workers)
            _under_way.append(under_way)
            try:
                stopped = _wait(process, judge, start + timeout)
            finally:
                _end_group(process)
                _under_way.remove(under_way)
                # A call that lasts ends by its own time-out; a test may have left a process in a
                # session of its own that holds the line.
                thread.join((workers.timeout if workers else 0.0) + GRACE)
                with contextlib.suppress(OSError):
                    ours.shutdown(socket.SHUT_RDWR)
                thread.join()
            if stopped:
                said.seek(0, os.SEEK_END)
                said.write(f"\nstopped after {timeout:g} s\n".encode())
            said.seek(max(0, said.seek(0, os.SEEK_END) - 4000))
            output = said.read().decode(errors="replace")
    return judge.result(output, time.monotonic() - start)


def _start(
    command: Command, plan: Plan, folder: str, descriptor: int, said: Any
) -> subprocess.Popen[bytes]:
    environment = {**os.environ, VARIABLE: str(descriptor)}
    if plan.confined:
        environment.update(ONE_THREAD, TMPDIR=folder, HOME=folder)
    cache = ["-o", f"cache_dir={folder}/cache"] if command.cache else []
    return subprocess.Popen(  # noqa: S603 - the command the user gave, once more
        [sys.executable, "-m", "pytest", *command.args, *cache],
        cwd=command.cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=said,  # a file, for what a test leaves running would hold a pipe open
        stderr=subprocess.STDOUT,
        pass_fds=(descriptor,),
        start_new_session=True,
    )


def _wait(process: subprocess.Popen[bytes], judge: _Judge, deadline: float) -> bool:
    """Wait for the process, and no longer than it may take; say whether that was too long."""
    while True:
        left = deadline - time.monotonic()
        if judge.done_at:
            left = min(left, judge.done_at + GRACE - time.monotonic())
        if left <= 0:
            return not judge.done_at
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(min(left, 0.5))
            return False


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and all it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class _Judge:
    """The judging end of one run: takes its reports, answers its calls."""

    def __init__(self, line: Line, plan: Plan, folder: str, workers: Workers | None) -> None:
        self.line = line
        self.plan = plan
        self.folder = folder
        self.workers = workers
        self.node_ids: tuple[str, ...] | None = None
        self.errors: tuple[str, ...] = ()
        self.root = ""
        self.outcomes: dict[str, str] = {}
        self.details: dict[str, str] = {}
        self.notes: dict[str, list[tuple[str, Key, str]]] = {}
        self.lost: list[tuple[str, str]] = []
        self.refused = ""
        self.recorded: dict[Key, list[tuple[Any, Any]]] = {}
        self.recorded_by: dict[Key, list[tuple[str, ...]]] = {}
        self.problem = ""
        self.done_at = 0.0

    def serve(self) -> None:
        """Send the instructions, then take frames until the line is closed."""
        plan = self.plan
        confine = {"write": [self.folder], "memory": 4 << 30, "cpu_seconds": 0}
        try:
            self.line.send(
                {
                    "mode": plan.mode,
                    "subjects": [[list(s.key), s.request] for s in plan.subjects],
                    "node_ids": None if plan.node_ids is None else list(plan.node_ids),
                    "code": plan.code,
                    "confine": confine if plan.confined else None,
                    "roots": list(plan.roots),
                }
            )
            while (frame := self.line.receive()) is not None:
                self._take(frame)
        except (LineError, OSError) as error:
            self.problem = self.problem or f"its reports cannot be read: {error}"
        except Exception as error:  # noqa: BLE001 - a frame of another shape than ours
            self.problem = self.problem or f"its reports cannot be read: {error!r}"

    def _take(self, frame: Mapping[str, Any]) -> None:
        op = frame["op"]
        if op == "call":
            self.line.send(self._answer(frame))
        elif self.done_at:
            self.problem = f"a report ({op}) came after the last one"
        elif op == "collected" and self.node_ids is None:
            self.node_ids = tuple(str(n) for n in frame["node_ids"])
            self.errors = tuple(str(e) for e in frame["errors"])
            self.root = str(frame["root"])
        elif op == "test" and self.node_ids is not None:
            self._take_test(frame)
        elif op == "refused":
            self.refused = str(frame["why"])
        elif op == "finished":
            for key, calls, *by in frame["recorded"]:
                self.recorded[(key[0], key[1])] = [(a, k) for a, k in calls]
                givers = by[0] if by else []
                self.recorded_by[(key[0], key[1])] = [tuple(map(str, names)) for names in givers]
            self.done_at = time.monotonic()
        else:
            self.problem = f"a report of kind {op!r} that is not due"

    def _take_test(self, frame: Mapping[str, Any]) -> None:
        name, outcome = frame["node_id"], frame["outcome"]
        listed = self.plan.node_ids
        if name not in (self.node_ids or ()) or (listed is not None and name not in listed):
            self.problem = f"a report of a test that was not to run: {name}"
        elif outcome not in _OUTCOMES:
            self.problem = f"a report of {name} with the outcome {outcome!r}"
        elif name in self.outcomes:
            self.outcomes[name] = "lost"
            self.details[name] = "reported twice"
        else:
            self.outcomes[name] = outcome
            self.details[name] = str(frame["detail"])
            self.notes[name] = [(w, (p, q), d) for w, p, q, d in frame["notes"]]

    def _answer(self, frame: Mapping[str, Any]) -> dict[str, Any]:
        key = (frame["key"][0], frame["key"][1])
        if self.workers is None or key not in self.workers.subjects:
            raise LineError(f"a call of {key[1]}, which has no worker")
        request = {"args": frame["args"], "kwargs": frame["kwargs"]}
        if frame["self"]:
            request["self"] = frame["self"][0]
        answer = self.workers.call(key, request)
        if isinstance(answer, Lost):
            self.lost.append((str(frame["test"]), answer.message))
            return {"lost": [answer.kind, answer.message]}
        return {"answer": answer}

    def result(self, output: str, seconds: float) -> TestRun:
        """Return what came of the run, once its process has ended."""
        problem = self.problem
        if not problem and not self.done_at:
            problem = f"it did not come to its end: {_last(output)}"
        return TestRun(
            self.node_ids or (),
            self.outcomes,
            self.details,
            self.notes,
            list(self.lost),
            self.refused,
            self.errors,
            problem,
            self.recorded,
            self.recorded_by,
            self.root,
            output,
            seconds,
        )


def _last(output: str) -> str:
    lines: Sequence[str] = output.strip().splitlines()
    return lines[-1] if lines else "it printed nothing"
