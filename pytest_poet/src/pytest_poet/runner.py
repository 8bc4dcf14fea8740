"""The test runner: the user's tests in a process of their own, on the baseline or on a candidate.

The same pytest command is run again with ``POET_TEST_RUNNER`` naming a file of instructions. That
process runs the listed tests with the function replaced, and writes one line per test: its outcome
and which decorated functions it reached. The verdict is computed by the parent, from complete lines
only: a test that was known at the start and did not report is lost.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pytest

if TYPE_CHECKING:
    from poet.gate import Check
    from poet.registry import Target

__all__ = ["VARIABLE", "Baseline", "ChildRunner", "FunctionTests", "TestRun", "run_tests"]

VARIABLE = "POET_TEST_RUNNER"
Mode = Literal["baseline", "poison", "candidate"]
Key = tuple[str, str]


class TestRun(NamedTuple):
    """What one run of the tests reported.

    Attributes:
        outcomes: Node id to ``passed``, ``failed`` or ``skipped``; a lost test has no entry.
        details: Node id to the last line of a failure.
        reached: Node id to the functions it called.
        finished: Whether the run came to its end.
        output: The end of what the run printed, for a person.
        seconds: Wall time.
    """

    outcomes: dict[str, str]
    details: dict[str, str]
    reached: dict[str, set[Key]]
    finished: bool
    output: str
    seconds: float = 0.0


def run_tests(
    config: pytest.Config,
    node_ids: Sequence[str],
    mode: Mode,
    *,
    key: Key | None = None,
    code: str | None = None,
    user_names: Sequence[str] = (),
    timeout: float,
) -> TestRun:
    """Run tests of this pytest command in a process of their own.

    Args:
        config: The present run's; its own command line is repeated.
        node_ids: The tests to run; those collected besides are deselected.
        mode: What stands for the function ``key``: the baseline, a function that returns an
            object equal to nothing, or the candidate. All other functions are their baselines.
        key: File and qualified name of the function.
        code: The candidate's text.
        user_names: What the candidate may use of the user's module.
        timeout: Seconds the whole run may take.
    """
    with tempfile.TemporaryDirectory(prefix="poet-tests-") as folder:
        report = Path(folder) / "report.jsonl"
        instructions = Path(folder) / "instructions.json"
        instructions.write_text(
            json.dumps(
                {
                    "mode": mode,
                    "key": key,
                    "code": code,
                    "user_names": list(user_names),
                    "node_ids": list(node_ids),
                    "report": str(report),
                }
            ),
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "pytest", *map(str, config.invocation_params.args)]
        command += ["--maxfail=0", "-q"]
        if config.pluginmanager.hasplugin("cacheprovider"):
            command += ["-o", f"cache_dir={folder}/cache"]
        command += ["-n0"] if config.pluginmanager.hasplugin("xdist") else []
        command += ["--junitxml="] if config.getoption("xmlpath", None) else []
        command += ["--no-cov"] if config.pluginmanager.hasplugin("_cov") else []
        said = Path(folder) / "output"
        start = time.monotonic()
        with said.open(
            "wb"
        ) as file:  # a file, for what a test leaves running would hold a pipe open
            process = subprocess.Popen(  # noqa: S603 - the command the user gave, once more
                command,
                cwd=config.invocation_params.dir,
                env={**os.environ, VARIABLE: str(instructions)},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                file.write(f"\nstopped after {timeout:g} s\n".encode())
            finally:
                _end_group(process)
        output = said.read_bytes()
        run = _read(report, output.decode(errors="replace")[-4000:])
        return run._replace(seconds=time.monotonic() - start)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and all it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _read(report: Path, output: str) -> TestRun:
    run = TestRun({}, {}, {}, False, output)
    try:
        lines = report.read_text(encoding="utf-8").splitlines()
    except OSError:
        return run
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry.get("finished"):
            return run._replace(finished=True)
        name = entry["node_id"]
        run.outcomes[name] = entry["outcome"]
        run.details[name] = entry["detail"]
        run.reached[name] = {(a, b) for a, b in entry["reached"]}
    return run


class Baseline(NamedTuple):
    """The tests on the baselines: run twice, for a test that differs says nothing.

    Attributes:
        node_ids: The tests that were collected.
        first: One run.
        second: Another.
    """

    node_ids: tuple[str, ...]
    first: TestRun
    second: TestRun

    def reaching(self, key: Key) -> list[str]:
        """Return the tests that called the function in either run, in order."""
        runs = (self.first.reached, self.second.reached)
        return [n for n in self.node_ids if any(key in r.get(n, ()) for r in runs)]

    def vanished(self) -> list[str]:
        """Return the tests that were collected and did not report: what they reach is not known."""
        return [n for n in self.node_ids if n not in self.first.outcomes]


class FunctionTests:
    """The user's tests of one function, as evidence for the gate.

    Args:
        config: The present pytest run's.
        target: The function.
        baseline: The tests on the baselines.
        mode: ``preserve`` or ``enhance``.
        user_names: What a candidate may use of the user's module.
        timeout: Seconds one run may take.
    """

    def __init__(
        self,
        config: pytest.Config,
        target: Target,
        baseline: Baseline,
        mode: str,
        user_names: Sequence[str],
        timeout: float,
    ) -> None:
        self.config = config
        self.target = target
        self.baseline = baseline
        self.mode = mode
        self.user_names = user_names
        self.timeout = timeout
        self.names = baseline.reaching(target.key)

    def run(self, code: str) -> list[Check]:
        """Run the tests that reach the function on ``code``; one check for each."""
        from poet.gate import Check

        lost = [
            Check(
                n, "test", "lost", "collected, but not there when the tests ran again: fix its id"
            )
            for n in self.baseline.vanished()
        ]
        if not self.names or lost:
            return lost
        # A test that waits for a right value would wait for ever on a wrong one.
        limit = min(self.timeout, 30.0 + 10.0 * self.baseline.first.seconds)
        poison = run_tests(self.config, self.names, "poison", key=self.target.key, timeout=limit)
        found = run_tests(
            self.config,
            self.names,
            "candidate",
            key=self.target.key,
            code=code,
            user_names=self.user_names,
            timeout=limit,
        )
        return [self._judge(name, found, poison) for name in self.names]

    def _judge(self, name: str, found: TestRun, poison: TestRun) -> Check:
        from poet.gate import Check

        first = self.baseline.first.outcomes.get(name)
        second = self.baseline.second.outcomes.get(name)
        got = found.outcomes.get(name)
        if first != second:
            return Check(
                name, "test", "not evidence", f"flaky on the baseline: {first}, then {second}"
            )
        if first in ("skipped", "xfailed"):
            return Check(name, "test", "not evidence", f"{first} on the baseline")
        if got is None:
            tail = found.output.strip().splitlines()
            return Check(
                name, "test", "lost", f"no outcome; the run ended with: {tail[-1] if tail else ''}"
            )
        if got in ("skipped", "xfailed"):
            return Check(name, "test", "lost", f"{got} only with the candidate")
        if got == "failed":
            if first == "failed" and self.mode == "preserve":
                return Check(name, "test", "not evidence", "fails on the baseline too")
            return Check(name, "test", "failed", found.details.get(name, ""))
        if self.target.key not in found.reached.get(name, ()):
            return Check(name, "test", "lost", "no longer reaches the function")
        compared = poison.outcomes.get(name) == "failed"
        detail = "" if compared else "passes whatever the function returns"
        return Check(name, "test", "passed", detail, compared)


class Poison:
    """What a poisoned function returns: equal to nothing, and of no use."""


class ChildRunner:
    """The plugin of the process that runs the tests: replaces the functions, reports each test."""

    def __init__(self, instructions: Path) -> None:
        from poet import serving

        self.given: dict[str, Any] = json.loads(instructions.read_text(encoding="utf-8"))
        self.key: Key | None = tuple(self.given["key"]) if self.given["key"] else None
        self.reached: set[Key] = set()
        self.by_fixture: dict[str, set[Key]] = {}  # called while a fixture of that name was set up
        self.by_file: dict[str, set[Key]] = {}  # called while that file was imported
        self.always: set[Key] = set()  # called before any file was, as by a conftest.py
        self.fixtures: dict[str, list[str]] = {}  # of each test
        self.outcomes: list[tuple[str, str]] = []
        # Opened before any test runs; a test that closes descriptors loses its own report.
        self.report = Path(self.given["report"]).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115
        serving.force(self._choose)

    def _choose(self, target: Target) -> Callable[..., Any]:
        key = target.key
        function = target.original
        if key == self.key and self.given["mode"] == "poison":
            function = _poisoned(function)
        elif key == self.key and self.given["mode"] == "candidate":
            from poet.runtime._binding import load_code

            name = target.qualname.rpartition(".")[2]
            filename = f"<candidate for {target.qualname}>"
            names = self.given["user_names"]
            function = load_code(self.given["code"], filename, name, function, names)

        def recorded(*args: Any, **kwargs: Any) -> Any:
            self.reached.add(key)
            return function(*args, **kwargs)

        return recorded

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Keep the listed tests only."""
        self.fixtures = {i.nodeid: list(getattr(i, "fixturenames", ())) for i in items}
        wanted = set(self.given["node_ids"])
        dropped = [i for i in items if i.nodeid not in wanted]
        items[:] = [i for i in items if i.nodeid in wanted]
        config.hook.pytest_deselected(items=dropped)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Note what is called while a test file is imported: each of its tests may rest on it."""
        if not self.by_file:
            self.always |= self.reached
        self.reached.clear()
        report = yield
        name = collector.nodeid.partition("::")[0]
        self.by_file.setdefault(name, set()).update(self.reached)
        self.reached.clear()
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, object, object]:
        """Note what a fixture calls: each test that uses it rests on it, not only the first."""
        before = set(self.reached)
        self.reached.clear()
        try:
            return (yield)
        finally:
            self.by_fixture.setdefault(fixturedef.argname, set()).update(self.reached)
            self.reached |= before

    def _rests_on(self, node_id: str) -> set[Key]:
        found = self.reached | self.always | self.by_file.get(node_id.partition("::")[0], set())
        for name in self.fixtures.get(node_id, ()):
            found |= self.by_fixture.get(name, set())
        return found

    def pytest_runtest_logstart(self) -> None:
        """Forget what the test before has reached."""
        self.reached.clear()
        self.outcomes.clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the outcome of one phase of the present test."""
        expected = report.skipped and hasattr(report, "wasxfail")
        word = "xfailed" if expected else report.outcome
        self.outcomes.append((word, _reason(report) if report.failed else ""))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Report the present test."""
        words = [o for o, _ in self.outcomes]
        order = ("failed", "xfailed", "skipped")
        outcome = next((w for w in order if w in words), "passed")
        detail = next((d for o, d in self.outcomes if o == "failed"), "")
        entry = {
            "node_id": nodeid,
            "outcome": outcome,
            "detail": detail[:500],
            "reached": sorted(self._rests_on(nodeid)),
        }
        self.report.write(json.dumps(entry) + "\n")

    def pytest_sessionfinish(self) -> None:
        """Report that the run came to its end."""
        self.report.write('{"finished": true}\n')
        self.report.close()


def _reason(report: pytest.TestReport) -> str:
    """Return what failed and where, in one line."""
    lines = report.longreprtext.strip().splitlines()
    said = [line[1:].strip() for line in lines if line.startswith("E ")]
    return f"{said[0]} ({lines[-1]})" if said else "".join(lines[-1:])


def _poisoned(original: Callable[..., Any]) -> Callable[..., Any]:
    import inspect

    async def poisoned_async(*_: Any, **__: Any) -> Poison:
        return Poison()

    def poisoned_generator(*_: Any, **__: Any) -> Iterator[Poison]:
        yield Poison()

    async def poisoned_async_generator(*_: Any, **__: Any) -> Any:
        yield Poison()

    if inspect.isasyncgenfunction(original):
        return poisoned_async_generator
    if inspect.iscoroutinefunction(original):
        return poisoned_async
    if inspect.isgeneratorfunction(original):
        return poisoned_generator
    return lambda *_, **__: Poison()
