"""The plugin of the process that runs the user's tests: replaces functions, reports each test.

It is given its instructions over the line, and reports over it: which tests were collected, then
each test once, then that it has finished. In all modes but ``shared`` it holds no candidate.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from poet import serving
from poet.codec import encode
from poet.gate.sandbox.protocol import FrameError, frame
from pytest_poet.bridge import Key, Line, key_of
from pytest_poet.crossing import Types, obstacle, types_of
from pytest_poet.standins import Caller, poisoned

if TYPE_CHECKING:
    from poet.registry import Target

__all__ = ["TestProcess"]

MAX_RECORDED = 200  # calls of one function whose arguments are kept
MAX_RECORDED_BYTES = 4 * 1024 * 1024
Note = tuple[str, str, str, str]  # what, the function's two names, and the reason
_ORDER = ("failed", "xfailed", "skipped")


class TestProcess:
    """Replaces the functions and reports the tests.

    Args:
        descriptor: The line's, open since before any test was imported.
    """

    def __init__(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)
        line = Line(descriptor)
        given = line.receive()
        if given is None:
            raise pytest.UsageError("the process that judges has closed the line")
        self.given: dict[str, Any] = given
        self.mode: str = given["mode"]
        self.subjects: dict[Key, dict[str, Any]] = {tuple(k): r for k, r in given["subjects"]}
        self.caller = Caller(line, self._note, lambda: self.present)
        self.types: Types = types_of(given["roots"])
        self.present = ""  # node id of the test that runs now
        self.notes: set[Note] = set()
        self.by_fixture: dict[str, set[Note]] = {}  # made while a fixture of that name was set up
        self.by_file: dict[str, set[Note]] = {}  # made while that file was imported
        self.always: set[Note] = set()  # made before any file was, as by a conftest.py
        self.fixtures: dict[str, list[str]] = {}  # of each test
        self.outcomes: list[tuple[str, str]] = []
        self.errors: list[str] = []
        self.recorded: dict[Key, list[list[Any]]] = {}
        self.recorded_by: dict[Key, list[list[str]]] = {}  # the tests that gave each of them
        self.recorded_bytes = 0
        self.globals: dict[Key, dict[str, _Seen]] = {}
        self.ready = not given["confine"]
        serving.force(self._choose)

    # Replacing the functions

    def _note(self, what: str, key: Key, detail: str) -> None:
        self.notes.add((what, *key, detail))

    def _choose(self, target: Target) -> Callable[..., Any]:
        key = key_of(target.path, target.qualname)
        request = self.subjects.get(key)
        function = target.original
        if request is not None and self.mode == "worker":
            function = self.caller.proxy(key, target.original, request, self.types)
        elif request is not None and self.mode == "poison":
            function = poisoned(function)
        elif request is not None and self.mode == "shared" and self.given["code"] is not None:
            function = self._candidate(target, request)

        def reached(*args: Any, **kwargs: Any) -> Any:
            self._note("reached", key, "")
            if request is None or self.mode != "baseline":
                return function(*args, **kwargs)
            self._record(key, request, args, kwargs)
            before = self._look(key, target.original, request)
            try:
                return function(*args, **kwargs)
            finally:
                self._own_changes(key, target.original, before)

        return reached

    def _candidate(self, target: Target, request: dict[str, Any]) -> Callable[..., Any]:
        from poet.runtime._binding import load_code

        if not self.ready:
            raise RuntimeError("a candidate is called before this process is confined")
        names = request["user_names"]
        filename, name = request["filename"], request["name"]
        return load_code(self.given["code"], filename, name, target.original, names)

    def _record(
        self, key: Key, request: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Keep the arguments of a call, as far as they are plain data and not too many."""
        kept = self.recorded.setdefault(key, [])
        if len(kept) >= MAX_RECORDED or self.recorded_bytes >= MAX_RECORDED_BYTES:
            return  # so a giver beyond may be missing: what is kept back stays kept back
        if request["owner"] in ("method", "classmethod"):
            args = args[1:]
        values = [*args, *kwargs.values()]
        if any(hasattr(type(v), "__next__") for v in values):
            return
        pair = [encode(list(args)), encode(dict(kwargs))]
        by = self.recorded_by.setdefault(key, [])
        if pair in kept:
            givers = by[kept.index(pair)]
            if self.present not in givers:
                givers.append(self.present)
            return
        size = _size(pair)
        if obstacle((), pair) is None and size <= MAX_RECORDED_BYTES // 4:
            self.recorded_bytes += size
            kept.append(pair)
            by.append([self.present])

    def _look(
        self, key: Key, original: Callable[..., Any], request: dict[str, Any]
    ) -> dict[str, _Seen]:
        """Note each name of the user's module that is not what it was; return what they are."""
        namespace = getattr(original, "__globals__", {})
        now = {n: _Seen(namespace, n) for n in request["user_names"]}
        known = self.globals.setdefault(key, now)
        for name, seen in now.items():
            if seen.differs(known[name]):
                self._note("shared", key, f"{name} is patched")
        return now

    def _own_changes(
        self, key: Key, original: Callable[..., Any], before: dict[str, _Seen]
    ) -> None:
        """Take what the function itself has changed for what its names stand for from now on."""
        namespace = getattr(original, "__globals__", {})
        for name, seen in before.items():
            now = _Seen(namespace, name)
            if now.differs(seen):
                self.globals[key][name] = now

    # Collecting

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Leave the report file of the user's own run alone."""
        if getattr(config.option, "xmlpath", None):
            config.option.xmlpath = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Confine this process for ever, before any candidate is loaded, where that is wanted."""
        wanted = self.given["confine"]
        if not wanted:
            return
        from poet import _native

        try:
            rows = _native.confine(
                ["/"], wanted["write"], wanted["memory"], wanted["cpu_seconds"], False, "tests"
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, this process is not confined
            self._refuse(f"the test process cannot be confined: {error}")
        missing = [f"{name}: {state}" for name, state in rows if state != "in force"]
        if missing:
            self._refuse("; ".join(missing))
        self.ready = True

    def _refuse(self, why: str) -> None:
        self.caller.send({"op": "refused", "why": why})
        pytest.exit(why, returncode=4)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Keep the listed tests only."""
        self.fixtures = {i.nodeid: list(getattr(i, "fixturenames", ())) for i in items}
        if self.given["node_ids"] is None:
            return
        wanted = set(self.given["node_ids"])
        dropped = [i for i in items if i.nodeid not in wanted]
        items[:] = [i for i in items if i.nodeid in wanted]
        config.hook.pytest_deselected(items=dropped)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what could not be collected."""
        if report.failed:
            self.errors.append(f"{report.nodeid}: {report.longreprtext.strip()[-1500:]}")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Report what will run, and remember what the functions' names stand for."""
        self.caller.send(
            {
                "op": "collected",
                "node_ids": [i.nodeid for i in session.items],
                "errors": self.errors[:20],
                "root": str(session.config.rootpath),
            }
        )
        from poet.registry import targets

        for target in targets():
            key = key_of(target.path, target.qualname)
            if key in self.subjects and self.mode == "baseline" and key not in self.globals:
                self._look(key, target.original, self.subjects[key])

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Note what is called while a test file is imported: each of its tests may rest on it."""
        if not self.by_file:
            self.always |= self.notes
        self.notes.clear()
        report = yield
        name = collector.nodeid.partition("::")[0]
        self.by_file.setdefault(name, set()).update(self.notes)
        self.notes.clear()
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, object, object]:
        """Note what a fixture calls: each test that uses it rests on it, not only the first."""
        before = set(self.notes)
        self.notes.clear()
        try:
            return (yield)
        finally:
            self.by_fixture.setdefault(fixturedef.argname, set()).update(self.notes)
            self.notes |= before

    # Reporting

    def _rests_on(self, node_id: str) -> set[Note]:
        found = self.notes | self.always | self.by_file.get(node_id.partition("::")[0], set())
        for name in self.fixtures.get(node_id, ()):
            found |= self.by_fixture.get(name, set())
        return found

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Forget what the test before has done."""
        self.present = nodeid
        self.notes.clear()
        self.outcomes.clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the outcome of one phase of the present test."""
        expected = report.skipped and hasattr(report, "wasxfail")
        word = "xfailed" if expected else report.outcome
        self.outcomes.append((word, _reason(report) if report.failed else ""))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Report the present test."""
        words = [o for o, _ in self.outcomes]
        outcome = next((w for w in _ORDER if w in words), "passed" if words else "lost")
        detail = next((d for o, d in self.outcomes if o == "failed"), "")
        notes = sorted(self._rests_on(nodeid))
        self.caller.send(
            {
                "op": "test",
                "node_id": nodeid,
                "outcome": outcome,
                "detail": detail[:500],
                "notes": [[w, p, q, d[:300]] for w, p, q, d in notes],
            }
        )
        self.present = ""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Report what was recorded, and that the run came to its end."""
        recorded = [
            [list(key), calls, self.recorded_by[key] if calls else []]
            for key, calls in self.recorded.items()
        ]
        self.caller.send({"op": "finished", "recorded": recorded})


def _reason(report: pytest.TestReport) -> str:
    """Return what failed and where, in one line."""
    lines = report.longreprtext.strip().splitlines()
    said = [line[1:].strip() for line in lines if line.startswith("E ")]
    return f"{said[0]} ({lines[-1]})" if said else "".join(lines[-1:])


def _size(tree: Any) -> int:
    try:
        return len(frame(tree))
    except FrameError:
        return sys.maxsize


class _Seen:
    """What a name stood for: the object, and for plain containers what was in it."""

    def __init__(self, namespace: Mapping[str, Any], name: str) -> None:
        self.value = _resolved(namespace, name)
        self.content = _content(self.value)

    def differs(self, other: _Seen) -> bool:
        """Say whether it is something else than before."""
        return self.value is not other.value or self.content != other.content


_ABSENT = object()


def _resolved(namespace: Mapping[str, Any], dotted: str) -> Any:
    import inspect

    first, *rest = dotted.split(".")
    found = namespace.get(first, _ABSENT)
    for part in rest:
        # Statically: looking at a patched name must not run code of what it stands for.
        found = inspect.getattr_static(found, part, _ABSENT)
    return found


def _content(value: Any) -> Any:
    small = type(value) in (list, dict, set, bytearray) and len(value) <= 1000
    return encode(value) if small else None
