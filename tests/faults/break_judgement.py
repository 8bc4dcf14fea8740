"""Faults of what a judgement rests on: workers, zygotes, their frames, the reports of tests, kills."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from bench_project import BenchProject, BrokenError, family, gone

import pytest_poet.evidence as evidence_module
from poet.codec import encode
from poet.errors import PoetError, SandboxUnavailableError
from poet.gate.sandbox import Lost, Sandbox, parent, zygotes
from poet.gate.sandbox.protocol import frame
from poet.registry import spec_for
from pytest_poet.bridge import Line, Subject, Workers
from pytest_poet.evidence import FunctionTests, TestBaseline
from pytest_poet.runner import Command, Plan, TestRun, _Judge

DAMAGES = (
    *("flip", "cut", "twice", "again", "huge", "empty", "noise", "forged", "late", "closed"),
)


def _right(bench: BenchProject, number: int) -> bool:
    """Choose right or wrong code; wrong code is judged to its first difference only."""
    del number
    return bench.random.random() < 0.3


def _judged_cycle(bench: BenchProject, right: bool) -> None:
    """Run a whole cycle with the real gate and look at what came of it."""
    before = bench.current()
    bench.prepare(right)
    bench.real = True
    try:
        result = bench.enhance()
    except PoetError as error:
        result = None
        if not str(error):
            raise BrokenError("an error without words") from None
    finally:
        bench.real = False
    if result is not None:
        if result.good and not right:
            raise BrokenError(f"WRONG PROMOTION: {result}")
        if not result.good and not result.message:
            raise BrokenError(f"without a message: {result}")
    bench.look({before, result.after if result else before})
    bench.age()


class _Damaged:
    """A socket whose n-th chunk from the worker arrives damaged."""

    def __init__(self, real: socket.socket, generator: random.Random, kind: str, at: int) -> None:
        self.real, self.random, self.kind, self.at = real, generator, kind, at
        self.seen = 0
        self.last = b""
        self.hits = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def recv(self, size: int) -> bytes:
        data = self.real.recv(size)
        self.seen += 1
        before, self.last = self.last, data
        if self.seen != self.at or not data:
            return data
        self.hits += 1
        generator = self.random
        if self.kind == "flip":
            place = generator.randrange(len(data))
            return (
                data[:place]
                + bytes([data[place] ^ (1 << generator.randrange(8))])
                + data[place + 1 :]
            )
        if self.kind == "late":  # it never comes
            raise BlockingIOError
        return {
            "cut": data[: generator.randrange(len(data))],
            "twice": data + data,
            "again": before or data + data,
            "huge": b"\xff\xff\xff\xff" + data,
            "empty": b"\0\0\0\0",
            "noise": generator.randbytes(len(data)),
            "forged": frame({"nonce": b"\0" * 16, "answer": {"kind": "returned", "value": 7}}),
            "closed": b"",
        }[self.kind]


def frames(bench: BenchProject, count: int) -> Iterator[str]:
    """Damage what a worker says, on its way to the parent."""
    real = Sandbox._start
    made: list[_Damaged] = []
    plan = ["", 0]

    def start(self: Sandbox, *args: Any) -> None:
        real(self, *args)
        damaged = _Damaged(self._socket, bench.random, *plan)  # type: ignore[arg-type]
        made.append(damaged)
        self._socket = damaged  # type: ignore[assignment]

    done = 0
    while done < count:
        made.clear()
        kind = DAMAGES[done % len(DAMAGES)]
        plan[:] = [kind, bench.random.choice((1, 1, 2, 2, 3, 5, 8))]
        Sandbox._start = start  # type: ignore[method-assign]
        try:
            _judged_cycle(bench, _right(bench, done))
        finally:
            Sandbox._start = real  # type: ignore[method-assign]
        if any(m.hits for m in made):
            done += 1
            yield f"frame {kind}"


def signals(bench: BenchProject, count: int) -> Iterator[str]:
    """Kill or stop the worker or the zygote at random instants of a judgement."""
    zygotes.ANSWER_TIMEOUT = 1.0
    real = Sandbox._start
    boxes: list[Sandbox] = []

    def start(self: Sandbox, *args: Any) -> None:
        real(self, *args)
        boxes.append(self)

    Sandbox._start = start  # type: ignore[method-assign]
    done = 0
    try:
        while done < count:
            boxes.clear()
            whom = bench.random.choice(("worker", "worker", "worker", "zygote"))
            what = bench.random.choice(
                (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP)
            )
            wait = bench.random.uniform(0, 0.06)
            over = threading.Event()
            hit: list[int] = []

            def shoot(
                whom: str = whom,
                what: int = what,
                wait: float = wait,
                over: threading.Event = over,
                hit: list[int] = hit,
            ) -> None:
                over.wait(wait)
                while not boxes and not over.wait(0.001):
                    pass
                with contextlib.suppress(OSError, AttributeError, IndexError):
                    box = boxes[-1]
                    with box._ending:
                        pid = box.pid if whom == "worker" else box._zygote._process.pid  # type: ignore[union-attr]
                        if box._socket is not None:
                            os.kill(pid, what)
                            hit.append(pid)

            thread = threading.Thread(target=shoot)
            thread.start()
            try:
                _judged_cycle(bench, _right(bench, done))
            finally:
                over.set()
                thread.join()
            if hit:
                done += 1
                yield f"{signal.Signals(what).name} to a {whom}"
    finally:
        Sandbox._start = real  # type: ignore[method-assign]


def whole(bench: BenchProject, count: int) -> Iterator[str]:
    """Kill the whole process at any instant of a judgement, its workers being under way."""
    _judged_cycle(bench, True)
    for number in range(count):
        right = _right(bench, number)
        before = bench.current()
        bench.prepare(right)
        bench.real = True
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                if number % 2:  # with a zygote that is warm
                    zygotes.zygote(frozenset(), 0)
                os.write(writing, b"x")
                bench.enhance()
            finally:
                os._exit(0)
        bench.real = False
        os.close(writing)
        os.read(reading, 1)
        os.close(reading)
        time.sleep(bench.random.uniform(0, 1.0))
        pids = family(pid)[1:]
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        left = gone(pids)
        if left:
            raise BrokenError(f"LEAK: processes {left} outlive their parent")
        newest = bench.store.names()[-1]
        bench.look({before, newest} if right else {before})
        bench.next_works()
        yield "kill of a whole judgement"


# Reports of tests. The process that would run them is played: it speaks over a real line.

TESTS = ("test_app.py::test_one", "test_app.py::test_two", "test_app.py::test_three")
CALLS = {TESTS[0]: (1, 2), TESTS[1]: (5, 7), TESTS[2]: (0, -1)}
REPORT_FAULTS = (
    *("lost", "twice", "unknown", "outcome", "late", "early", "unfinished", "renamed"),
    *("raw-twice", "raw-lost", "raw-swapped", "raw-cut", "raw-noise", "raw-huge", "no-nonce"),
    *("killed", "collected twice", "no list"),
)


class _Player:
    """Plays the process that runs the tests, with one fault."""

    def __init__(self, generator: random.Random, subject: Subject) -> None:
        self.random = generator
        self.subject = subject
        self.fault = ""
        self.broken_mode = "worker"

    def run(
        self, command: Command, plan: Plan, *, timeout: float, workers: Workers | None = None
    ) -> TestRun:
        """Stand for ``run_tests``."""
        del command, timeout
        ours, theirs = socket.socketpair()
        judge = _Judge(Line(ours.fileno(), "nonce-of-this-run"), plan, "/nowhere", workers)
        thread = threading.Thread(target=judge.serve)
        thread.start()
        try:
            with theirs, contextlib.suppress(OSError):
                self._play(theirs, plan)
        finally:
            thread.join()
            ours.close()
        return judge.result("played", 0.1)

    def _play(self, end: socket.socket, plan: Plan) -> None:
        line = Line(end.fileno())
        line.receive()
        names = list(plan.node_ids or TESTS)
        fault = self.fault if plan.mode == self.broken_mode else ""
        key = list(self.subject.key)
        contents = [{"op": "collected", "node_ids": names, "errors": [], "root": "/"}]
        for name in names:
            outcome = "passed"
            args = CALLS[name]
            if plan.mode == "worker":
                line.send({"op": "call", "key": key, "args": encode(list(args)),
                           "kwargs": encode({}), "self": None, "test": name})  # fmt: skip
                got = (line.receive() or {}).get("answer", {})
                outcome = "passed" if got.get("value") == sum(args) else "failed"
            elif plan.mode == "poison":
                outcome = "failed"
            notes = [["reached", *key, ""]]
            contents.append(
                {"op": "test", "node_id": name, "outcome": outcome, "detail": "", "notes": notes}
            )
        recorded = [[key, [[encode(list(CALLS[n])), encode({})] for n in names]]]
        contents.append({"op": "finished", "recorded": recorded})
        self._damage(line, end, contents, fault)

    def _damage(
        self, line: Line, end: socket.socket, contents: list[dict[str, Any]], fault: str
    ) -> None:
        place = self.random.randrange(1, len(contents) - 1)
        one = contents[place]
        good = {**one, "outcome": "passed"}
        if fault == "lost":
            del contents[place]
        elif fault == "twice":
            contents.insert(self.random.randrange(place, len(contents) - 1), good)
        elif fault == "unknown":
            contents.insert(place, {**good, "node_id": "test_app.py::test_other"})
        elif fault == "renamed":
            contents[place] = {**good, "node_id": contents[1 + place % len(TESTS)]["node_id"]}
        elif fault == "outcome":
            contents[place] = {
                **one,
                "outcome": self.random.choice(["PASSED", "ok", True, 0, None]),
            }
        elif fault == "late":
            contents.append(contents.pop(place))
        elif fault == "early":
            contents.insert(place, contents.pop())
        elif fault == "unfinished":
            contents.pop()
        elif fault == "collected twice":
            contents.insert(place, contents[0])
        elif fault == "no list":
            del contents[0]
        for number, content in enumerate(contents):
            if number != place or not fault.startswith(("raw", "no-nonce", "killed")):
                line.send(content)
                continue
            data = frame({"nonce": line.nonce, "number": line._sent + 1, "content": content})
            if fault == "killed":
                return
            if fault == "raw-lost":
                line._sent += 1
            elif fault == "raw-twice":
                end.sendall(data + data)
                line._sent += 1
            elif fault == "raw-swapped":
                line._sent += 1
                line.send(contents[number + 1])
                end.sendall(data)
            elif fault == "raw-cut":
                end.sendall(data[: self.random.randrange(1, len(data))])
                return
            elif fault == "raw-noise":
                end.sendall(self.random.randbytes(len(data)))
            elif fault == "raw-huge":
                end.sendall(b"\xff" * 4 + data)
            else:
                line.nonce = "another"
                line.send(content)


def reports(bench: BenchProject, count: int) -> Iterator[str]:
    """Lose, repeat, forge, delay and damage the reports of tests; judge as the gate does."""
    spec, _ = spec_for(bench.path, "f", bench.options)
    subject = Subject.of(spec, "app")
    player = _Player(bench.random, subject)
    command = Command((), bench.folder)
    evidence_module.run_tests = player.run  # type: ignore[assignment]
    baseline = TestBaseline(command, [subject], timeout=60, call_timeout=2)
    found = FunctionTests(baseline, subject)
    bench.prepare(True)
    clean = found.run(bench.code)
    if [(c.outcome, c.compared) for c in clean] != [("passed", True)] * len(TESTS):
        raise BrokenError(f"without a fault: {clean}")
    for number in range(count):
        player.fault = REPORT_FAULTS[number % len(REPORT_FAULTS)]
        right = bench.random.random() < 0.5
        bench.prepare(right)
        if number % 6 == 0:  # the runs on the function as it was written are hit too
            player.broken_mode = "baseline"
            twice = TestBaseline(command, [subject], timeout=60, call_timeout=2, node_ids=TESTS)
            checks = FunctionTests(twice, subject).run(bench.code)
            player.broken_mode = "worker"
        else:
            checks = found.run(bench.code)
        if all(c.outcome in ("passed", "not evidence") for c in checks):
            raise BrokenError(f"WRONG PROMOTION: {player.fault} (right={right}): {checks}")
        yield f"report {player.fault}"


def workers(bench: BenchProject, count: int) -> Iterator[str]:
    """Run workers, kept and fresh, of which some are lost in each way there is."""
    spec, _ = spec_for(bench.path, "f", bench.options)
    request = Subject.of(spec, "app").request
    texts = {
        "answers": "return a + b",
        "raises": "raise ValueError(a)",
        "exits": "import os\n    os._exit(3)",
        "hangs": "import time\n    time.sleep(60)",
        "leaves a thread": "import threading, time\n    threading.Thread(target=time.sleep, "
        "args=(60,), daemon=True).start()\n    return a + b",
        "prints": "print('x' * 2000000)\n    return a + b",
        "is killed": "import os\n    os.kill(os.getpid(), 9)",
        "opens": "return open('/etc/passwd').read()",
    }
    odds = (30, 5, 3, 1, 3, 1, 3, 2)
    done = 0
    while done < count:
        kind = bench.random.choices(list(texts), odds)[0]
        code = f"def f(a: int, b: int = 2) -> int:\n    {texts[kind]}\n"
        with Sandbox(0.15 if kind == "hangs" else 5.0) as box:
            loaded = box.load({**request, "code": code})
            if isinstance(loaded, Lost):
                raise BrokenError(f"a worker did not load: {loaded}")
            kept = bench.random.choice((1, 1, 3, 20)) if kind in ("answers", "raises") else 1
            for _ in range(kept):
                answer = box.call({"args": encode([3, 4]), "kwargs": encode({})})
                lost = isinstance(answer, Lost)
                if kind == "answers" and (lost or answer["value"] != 7):  # type: ignore[call-overload]
                    raise BrokenError(f"{kind}: {answer}")
                if kind in ("exits", "hangs", "is killed", "prints") and not lost:
                    raise BrokenError(f"{kind}: {answer}")
                done += 1
                yield f"worker that {kind}"
        if done % 97 == 0:
            with contextlib.suppress(SandboxUnavailableError):
                parent.zygote(frozenset(), bench.random.randrange(2)).release()


KINDS = {
    "frames": frames,
    "signals": signals,
    "whole": whole,
    "reports": reports,
    "workers": workers,
}
