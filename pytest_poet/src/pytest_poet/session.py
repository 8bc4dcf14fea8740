"""One pytest run's view of POET: what it verified, what it regenerated, what comes next."""

from __future__ import annotations

import contextlib
import fnmatch
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest

from poet import serving
from poet.cases import contradictions, read_cases
from poet.errors import PoetError
from poet.handle import registered
from poet.lifecycle import Enhancement, Job, Step, enhance_many, verify_stored
from poet.settings import load_settings
from pytest_poet.bridge import Subject
from pytest_poet.evidence import FunctionTests, TestBaseline
from pytest_poet.options import SETTINGS, PoetOptions
from pytest_poet.runner import Command
from pytest_poet.summary import Told, command, summary

if TYPE_CHECKING:
    from poet.gate import Check
    from poet.handle import FunctionHandle

__all__ = ["PoetSession"]


class PoetSession:
    """Verifies and regenerates the functions that collection imported.

    Args:
        config: pytest's.
        options: The run's.
    """

    def __init__(self, config: pytest.Config, options: PoetOptions) -> None:
        self.config = config
        self.options = options
        self.results: dict[tuple[str, str], Enhancement] = {}
        self.states: dict[tuple[str, str], tuple[str, str, float]] = {}
        self.errors: list[str] = []
        self.checks: dict[tuple[str, str], list[Check]] = {}
        self.shown: set[tuple[tuple[str, str], str]] = set()  # cases that are items of this run
        self.settings = load_settings(config.rootpath, options.settings)

    def handles(self) -> list[FunctionHandle]:
        """Return the imported functions this run is about, in a fixed order."""
        folders = (self.config.rootpath, *self.options.packages)
        found = [
            h
            for h in registered()
            if any(h.target.path.is_relative_to(f) for f in folders)
            and "site-packages" not in h.target.path.parts
            and self._selected(h)
        ]
        return sorted(found, key=lambda h: h.target.key)

    def _selected(self, handle: FunctionHandle) -> bool:
        pattern = self.options.select
        name, module = handle.target.qualname, handle.target.path.stem
        return not pattern or any(
            fnmatch.fnmatchcase(n, pattern) for n in (name, f"{module}.{name}")
        )

    def fails_on(self, state: str) -> bool:
        """Say whether functions in that state make the run red."""
        return self.options.regenerate or state in self.options.fail_on

    # Verifying what is stored

    def verify(self, handle: FunctionHandle) -> tuple[str, str | None]:
        """Verify a function's current version; return its state and the problem, if any.

        What its cases are items of their own for is in the state, and no problem of the version too.
        """
        start = time.perf_counter()
        state, problem = self._verify(handle)
        failed = self.results.get(handle.target.key)
        if failed is not None and not failed.good:
            problem = f"{failed.outcome}: {failed.message}" + (f"\n{problem}" if problem else "")
            state = failed.outcome
        whole = problem
        if state == "failed" and (failed is None or failed.good):
            problem = self._beside_cases(handle)
        self.states[handle.target.key] = (state, whole or "", time.perf_counter() - start)
        return state, problem

    def _verify(self, handle: FunctionHandle) -> tuple[str, str | None]:
        target, store = handle.target, handle.store
        try:
            name = store.current()
            if name is None:
                return (
                    "missing",
                    f"{target.qualname} has no version; run: {self._command(target.qualname)}",
                )
            version = store.read(name)
            state, reason = serving.check_version(
                target.path, target.qualname, target.options, version
            )
            if state == "stale":
                return "stale", f"{reason}; run: {self._command(target.qualname)}"
            tests = self._tests(handle) if self.options.full else None
            checks = verify_stored(
                target.path,
                target.qualname,
                target.options,
                version,
                module=target.original.__module__,
                tests=tests,
                full=self.options.full,
            )
        except PoetError as error:
            return "damaged", str(error)
        self.checks[target.key] = checks
        problem = _problem(f"{target.qualname} {name}", checks)
        return ("failed", problem) if problem else ("verified", None)

    def _beside_cases(self, handle: FunctionHandle) -> str | None:
        """Return what does not hold besides the cases that are items of this run, if anything."""
        key = handle.target.key
        shown = {f"case:{case}" for of, case in self.shown if of == key}
        rest = [c for c in self.checks[key] if not (c.kind == "case" and c.name in shown)]
        return _problem(f"{handle.target.qualname} {handle.store.current_or_none()}", rest)

    def cases(self, handle: FunctionHandle) -> list[tuple[str, str]]:
        """Return a function's active cases by name, each with one that contradicts it, if any."""
        try:
            active = [c for c in read_cases(handle.store.folder / "cases") if c.status == "active"]
        except PoetError:  # its verification says so
            return []
        against = {
            case.name: next(c.name for c in group if c is not case)
            for group in contradictions(active)
            for case in group
        }
        return [(case.name, against.get(case.name, "")) for case in active]

    def case_problem(self, handle: FunctionHandle, case: str) -> str | None:
        """Return what of a case does not hold of a function's current version, if anything.

        Raises:
            Skipped: There is no version that it could be run on, or it gates no more.
            XFailed: Sources agree on it, and no version has learnt it yet.
        """
        key = handle.target.key
        if key not in self.states:
            self.verify(handle)
        state, problem, _ = self.states[key]
        if key not in self.checks:
            if self.fails_on(state):
                return problem
            pytest.skip(problem)
        found = [c for c in self.checks[key] if (c.kind, c.name) == ("case", f"case:{case}")]
        if not found and case not in dict(self.cases(handle)):
            pytest.skip("it is not active any more: poet cases list")
        if not found:
            return "the verification ended before it was reached"
        (check,) = found
        if check.outcome == "not evidence" and not self.config.getoption("runxfail"):
            pytest.xfail(check.detail)
        return None if check.outcome == "passed" else f"{check.outcome}: {check.detail}"

    def _command(self, name: str) -> str:
        return command(name, self._flags())

    def _flags(self) -> list[str]:
        """Return the flags of models, so that the command that is named does the same."""
        given = self.config.option
        names = [n for n in SETTINGS if getattr(given, f"poet_{n}", None)]
        return [f"--poet-{n.replace('_', '-')}={getattr(given, f'poet_{n}')}" for n in names]

    # Regenerating

    def regenerate(self, items: list[pytest.Item], tell: Callable[[str, bool], None]) -> None:
        """Make versions of the functions in scope; each failure is kept and the rest goes on."""
        wanted = [h for h in self.handles() if self._in_scope(h)]
        if not wanted:
            return
        node_ids = [i.nodeid for i in items if not i.nodeid.partition("::")[2].startswith("poet::")]
        tell(f"poet: {len(node_ids)} tests on the baseline, twice", True)
        self._run_baseline(wanted, node_ids)
        jobs = [self._job(handle) for handle in wanted]
        names = [handle.target.qualname for handle in wanted]
        results = enhance_many(jobs, overrides=self._overrides(), progress=_shown(tell, names))
        for handle, result in zip(wanted, results, strict=True):
            self.results[handle.target.key] = result
            handle.reload()
        counts = Counter(r.outcome for r in results)
        tell("poet: " + ", ".join(f"{n} {outcome}" for outcome, n in sorted(counts.items())), True)

    def _job(self, handle: FunctionHandle) -> Job:
        target = handle.target
        flags = [f for f in self._flags() if not f.startswith("--poet-llm=")]
        live = command(target.qualname, [*flags, "--poet-llm=live"])
        return Job(
            target.path,
            target.qualname,
            target.options,
            module=target.original.__module__,
            tests=self._tests(handle),
            reason="pytest --poet-regenerate",
            command=live,
        )

    def _overrides(self) -> dict[str, str]:
        """Return what this run says of the settings.

        Unless it says otherwise, a run of tests asks no model: what a model that is named has
        answered is replayed, and a function for which nothing is recorded fails, loudly.
        """
        given = dict(self.options.settings)
        if "llm" not in given and self.settings.llm in ("auto", "live"):
            given["llm"] = "replay" if self.settings.model else "auto"
        return given

    def _in_scope(self, handle: FunctionHandle) -> bool:
        target = handle.target
        state = serving.state_of(target.path, target.qualname, target.options)
        return serving.in_scope(state, self.options.scope)

    def _tests(self, handle: FunctionHandle) -> FunctionTests:
        if self._baseline is None:
            self._run_baseline(self.handles(), self.node_ids)
        baseline = self._baseline
        assert baseline is not None
        subject = _subject(handle)
        return FunctionTests(baseline, baseline.subjects.get(subject.key, subject))

    _baseline: TestBaseline | None = None
    node_ids: tuple[str, ...] = ()

    def _run_baseline(
        self, handles: list[FunctionHandle], node_ids: list[str] | tuple[str, ...]
    ) -> None:
        subjects = []
        for handle in handles:
            with contextlib.suppress(PoetError):  # its own verification says what is wrong
                subjects.append(_subject(handle))
        self._baseline = TestBaseline(
            Command.of(self.config),
            subjects,
            timeout=self.settings.tests_timeout,
            call_timeout=self.settings.verify_timeout,
            node_ids=node_ids,
        )
        first = self._baseline.first
        if node_ids and not first.finished:
            tail = "\n".join(first.output.strip().splitlines()[-5:])
            self.errors.append(f"the tests did not run to their end on the baseline:\n{tail}")

    # Telling

    def report(self) -> dict[str, Any]:
        """Return what this run did, as the JSON report holds it."""
        return {
            "format": 1,
            "regenerated": [r.as_json() for r in self.results.values()],
            "verified": [
                {
                    "function": key[1],
                    "path": key[0],
                    "state": state,
                    "problem": problem,
                    "seconds": round(seconds, 3),
                }
                for key, (state, problem, seconds) in self.states.items()
            ],
            "errors": list(self.errors),
        }

    def absorb(self, report: dict[str, Any]) -> None:
        """Take over the results of a run that regenerated for this one."""
        for row in report["regenerated"]:
            result = Enhancement.from_json(row)
            self.results[(row["path"], result.function)] = result
        self.errors += report["errors"]

    def save(self, path: Path) -> None:
        """Write the JSON report."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.report(), indent=2) + "\n", encoding="utf-8")

    def summary(self, tests_failed: bool = False, width: int = 0) -> list[str]:
        """Return the lines of the terminal summary, its table no wider than ``width``."""
        told = Told(
            list(self.results.values()),
            [state for state, _, _ in self.states.values()],
            self.errors,
            self.settings.run_budget,
            tests_failed,
            self._flags(),
        )
        return summary(told, width)


def _problem(version: str, checks: Sequence[Check]) -> str | None:
    bad = [f"  {c.kind} {c.name} {c.outcome}: {c.detail}" for c in checks if c.bad]
    return "\n".join([f"{version} does not hold:", *bad]) if bad else None


def _subject(handle: FunctionHandle) -> Subject:
    return Subject.of(handle.spec, handle.target.original.__module__)


def _shown(tell: Callable[[str, bool], None], names: Sequence[str]) -> Callable[[Step], None]:
    """Return what shows the steps of several functions, in whichever thread they are made."""
    lock = Lock()
    begun: dict[str, int] = {}

    def step(step: Step) -> None:
        with lock:
            first = step.function not in begun
            number = begun.setdefault(step.function, len(begun) + 1)
            head = f"poet: [{number}/{len(names)}] {step.function}"
            if first:
                tell(f"{head}: generate", True)
            text = step.verdict or step.text
            if step.candidate > 1:
                text = f"candidate {step.candidate}: {text}"
            tell(f"{head}: {text}", step.done)

    return step
