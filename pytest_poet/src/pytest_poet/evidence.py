"""The user's tests as evidence for the gate: which runs they need, and what the runs say.

The tests run on the functions as written, here and with the functions in workers. A test that says
the same both times runs on a candidate that is *isolated* in a worker. One that does not runs
*shared*, in one process with the candidate: it patches what the function uses, passes what cannot
cross, or looks at identity. One that differs from itself is flaky and says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from poet.errors import PoetError, SandboxUnavailableError
from poet.gate import Check, function_of, missing_layers
from pytest_poet.bridge import Key, Subject, Workers
from pytest_poet.excerpts import file_tree, source_of
from pytest_poet.once import Once
from pytest_poet.runner import Command, Plan, TestRun, run_tests, stop_runs

__all__ = ["FunctionTests", "Need", "TestBaseline"]


class Need(NamedTuple):
    """How a test must be run on a candidate.

    Attributes:
        kind: ``isolated``; ``shared``; ``nothing`` where it is no evidence.
        why: One line for all but ``isolated``.
    """

    kind: Literal["isolated", "shared", "nothing"]
    why: str = ""


class TestBaseline:
    """The tests on the functions as written; one for all functions of a run.

    Each of its runs is made once, when it is first needed, whatever thread asks; runs for different
    functions are made side by side.

    Args:
        command: The pytest command.
        subjects: The functions.
        timeout: Seconds one run may take.
        call_timeout: Seconds one call in a worker may take.
        node_ids: The tests that are known to exist; None for those the command collects.
    """

    def __init__(
        self,
        command: Command,
        subjects: Sequence[Subject],
        *,
        timeout: float,
        call_timeout: float,
        node_ids: Sequence[str] | None = None,
    ) -> None:
        self.command = command
        self.subjects: dict[Key, Subject] = {s.key: s for s in subjects}
        self.timeout = timeout
        self.call_timeout = call_timeout
        self.wanted = None if node_ids is None else tuple(node_ids)
        self._runs: Once[TestRun] = Once()
        self._needs: Once[dict[str, Need]] = Once()

    def join(self, subject: Subject) -> bool:
        """Take in one more function; say whether it was in time, before the tests ran."""
        if self._runs.begun("first"):
            return False
        self.subjects.setdefault(subject.key, subject)
        return True

    @property
    def roots(self) -> tuple[str, ...]:
        """The top-level modules of the project."""
        tops = {s.request["module"].partition(".")[0] for s in self.subjects.values()}
        return tuple(sorted({*tops, *_packages(self.command.cwd)}))

    @property
    def first(self) -> TestRun:
        """One run in a process of its own, all functions as written."""
        return self._runs.get("first", self._first)

    def _first(self) -> TestRun:
        found = self._run("baseline", self.wanted, tuple(self.subjects))
        if self.wanted is None and (found.errors or (found.problem and not found.node_ids)):
            text = "\n".join(found.errors) or found.output.strip()
            raise PoetError(
                "the tests cannot be collected",
                where=str(self.command.cwd),
                hint="mend this, or leave the tests out with --no-tests:\n" + _tail(text, 15),
            )
        return found

    @property
    def crossed(self) -> TestRun:
        """One run with all functions in workers, as written, of the tests that reach one."""
        return self._runs.get("crossed", self._crossed)

    def _crossed(self) -> TestRun:
        names = [n for n in self.node_ids if any(self.first.reached(n, k) for k in self.subjects)]
        return self._run("worker", names, tuple(self.subjects))

    @property
    def node_ids(self) -> tuple[str, ...]:
        """The tests that are known."""
        return self.first.node_ids if self.wanted is None else self.wanted

    @property
    def limit(self) -> float:
        """Seconds a later run may take: a test that waits for a right value waits for ever."""
        return min(self.timeout, 30.0 + 10.0 * self.first.seconds)

    def reaching(self, key: Key) -> list[str]:
        """Return the tests that called the function, in order."""
        return [n for n in self.node_ids if self.first.reached(n, key)]

    def vanished(self) -> list[str]:
        """Return the tests that are known and did not report: what they reach is not known."""
        return [n for n in self.node_ids if self.first.outcome(n) is None]

    def _run(
        self, mode: Literal["baseline", "worker"], names: Sequence[str] | None, keys: Sequence[Key]
    ) -> TestRun:
        subjects = {k: self.subjects[k] for k in keys}
        node_ids = None if names is None else tuple(names)
        plan = Plan(mode, tuple(subjects.values()), node_ids, roots=self.roots)
        limit = self.timeout if mode == "baseline" else self.limit
        if mode == "baseline":
            return run_tests(self.command, plan, timeout=limit)
        workers = Workers(subjects, {}, timeout=self.call_timeout)
        try:
            return run_tests(self.command, plan, timeout=limit, workers=workers)
        finally:
            workers.close()

    def poison(self, subject: Subject) -> TestRun:
        """Return the run of a function's tests on one whose result is of no use."""

        def run() -> TestRun:
            names = [n for n, need in self.needs(subject.key).items() if need.kind != "nothing"]
            plan = Plan("poison", (subject,), tuple(names), roots=self.roots)
            return run_tests(self.command, plan, timeout=self.limit)

        return self._runs.get(("poison", subject.key), run)

    def confined(self, subject: Subject, names: Sequence[str]) -> TestRun:
        """Return the run of those tests on the function as written, in a confined process."""
        plan = Plan("shared", (subject,), tuple(names), confined=True, roots=self.roots)
        return self._runs.get(
            ("confined", subject.key, plan.node_ids),
            lambda: run_tests(self.command, plan, timeout=self.limit),
        )

    def needs(self, key: Key) -> dict[str, Need]:
        """Return how each test that reaches the function must be run on a candidate of it."""
        return self._needs.get(key, lambda: self._find_needs(key))

    def _find_needs(self, key: Key) -> dict[str, Need]:
        found: dict[str, Need] = {}
        alone, doubtful = list[str](), dict[str, str]()
        for name in self.reaching(key):
            if self.first.outcome(name) in ("skipped", "xfailed"):
                found[name] = Need("nothing", f"{self.first.outcome(name)} on the baseline")
            elif self.first.note(name, key):
                doubtful[name] = self.first.note(name, key)
            elif not self._agrees(self.crossed, name, key):
                alone.append(name)
            else:
                found[name] = Need("isolated")
        again: dict[str, TestRun] = {}
        if alone and len(self.subjects) > 1:
            # Another function of the run may be the reason.
            run = self._run("worker", alone, (key,))
            again = dict.fromkeys(alone, run)
            agreed = [n for n in alone if self._agrees(run, n, key)]
            found.update((n, Need("isolated")) for n in agreed)
            alone = [n for n in alone if n not in agreed]
        differing = list[str]()
        for name in alone:
            run = again.get(name, self.crossed)
            doubtful[name] = run.note(name, key) or "differs where the function is in a worker"
            if not run.note(name, key):
                differing.append(name)
        if doubtful:
            third = self._run("baseline", list(doubtful), tuple(self.subjects))
            fourth = self._run("worker", differing, (key,)) if differing else None
            for name, why in doubtful.items():
                before, after = self.first.outcome(name), third.outcome(name)
                if before != after:
                    found[name] = Need("nothing", f"flaky on the baseline: {before}, then {after}")
                elif name in differing and fourth and self._agrees(fourth, name, key):
                    found[name] = Need("nothing", "flaky on the baseline: lost in one run of two")
                else:
                    found[name] = Need("shared", why)
        return found

    def _agrees(self, run: TestRun, name: str, key: Key) -> bool:
        """Say whether the test calls the function across the line, and says what it says here."""
        same = run.outcome(name) == self.first.outcome(name)
        return same and run.reached(name, key) and not run.note(name, key)


class FunctionTests:
    """The user's tests of one function, as evidence for the gate.

    Args:
        baseline: The tests on the functions as written.
        subject: The function.
    """

    def __init__(self, baseline: TestBaseline, subject: Subject) -> None:
        self.baseline = baseline
        self.subject = subject

    def recorded(self) -> list[tuple[Any, Any]]:
        """Return the arguments the tests call the function with, encoded: positional, by name."""
        return list(self.baseline.first.recorded.get(self.subject.key, ()))

    def recorded_by(self) -> list[tuple[str, ...]]:
        """Return the tests that gave each of the recorded arguments."""
        return list(self.baseline.first.recorded_by.get(self.subject.key, ()))

    def sources(self) -> list[str]:
        """Return the texts of the test files that reach the function."""
        return list(self._files().values())

    def test_sources(self) -> dict[str, str]:
        """Return the text of each test function that reaches the function, by its node id.

        Before it stand the fixtures and helpers of its file that it uses, as far as they are small.
        """
        trees = {name: file_tree(text) for name, text in self._files().items()}
        found: dict[str, str] = {}
        for node_id in map(function_of, self.baseline.reaching(self.subject.key)):
            file, *within = node_id.split("::")
            tree = trees.get(file)
            text = source_of(tree, within) if tree else ""
            if text:
                found[node_id] = text
        return found

    def _files(self) -> dict[str, str]:
        """Return the test files that reach the function: name below the root to text."""
        names = [n.partition("::")[0] for n in self.baseline.reaching(self.subject.key)]
        root = Path(self.baseline.first.root or self.baseline.command.cwd)
        return {
            n: (root / n).read_text(encoding="utf-8", errors="replace")
            for n in dict.fromkeys(names)
            if (root / n).is_file()
        }

    @property
    def needs(self) -> dict[str, Need]:
        """How each test must be run on a candidate."""
        return self.baseline.needs(self.subject.key)

    @property
    def poison(self) -> TestRun:
        """The tests on a function whose result is of no use: which of them look at it?"""
        return self.baseline.poison(self.subject)

    def planned(self) -> list[str]:
        """Return the names of the checks that :meth:`run` reports."""
        return self.baseline.vanished() or self.baseline.reaching(self.subject.key)

    def run(self, code: str, *, confined: bool = False) -> list[Check]:
        """Run the tests that reach the function on ``code``; one check for each.

        Args:
            code: The candidate's text.
            confined: All layers of confinement are required, for the worker and for a process
                that holds test and candidate.

        Raises:
            SandboxUnavailableError: A layer that is required is missing.
            PoetError: The tests cannot be collected.
        """
        vanished = self.baseline.vanished()
        if vanished:
            why = self.baseline.first.problem or self.baseline.first.loss(vanished[0])
            detail = why or "collected, but not there when the tests ran again: fix its id"
            return [Check(n, "test", "lost", detail) for n in vanished]
        isolated = [n for n, need in self.needs.items() if need.kind == "isolated"]
        shared = [n for n, need in self.needs.items() if need.kind == "shared"]
        done: dict[str, Check] = {}
        if isolated:
            done.update(self._isolated(code, isolated, confined))
        if shared:
            done.update(self._shared(code, shared, confined))
        return [
            done.get(n) or Check(n, "test", "not evidence", self.needs[n].why)
            for n in self.baseline.reaching(self.subject.key)
        ]

    def stop(self) -> None:
        """End the runs of tests under way, from any thread: what they would say is lost."""
        stop_runs(self.baseline.command)

    def _isolated(self, code: str, names: list[str], confined: bool) -> Mapping[str, Check]:
        base, key = self.baseline, self.subject.key
        workers = Workers(
            {key: self.subject}, {key: code}, timeout=base.call_timeout, require=confined, losses=1
        )
        try:
            lost = workers.prepare(key)
            if lost is not None:
                return {n: Check(n, "test", "lost", f"the candidate {lost.message}") for n in names}
            plan = Plan("worker", (self.subject,), tuple(names), roots=base.roots)
            found = run_tests(base.command, plan, timeout=base.limit, workers=workers)
            called = workers.answered[key] > 0
        finally:
            workers.close()
        if not called:
            detail = found.problem or "the candidate was never called"
            found = found._replace(problem=detail)
        return {n: self._judge(n, found, shared=False) for n in names}

    def _shared(self, code: str, names: list[str], confined: bool) -> Mapping[str, Check]:
        base = self.baseline
        plan = Plan(
            "shared", (self.subject,), tuple(names), code=code, confined=confined, roots=base.roots
        )
        done: dict[str, Check] = {}
        if confined:
            _require_confinement()
            before = base.confined(self.subject, names)
            if before.refused and missing_layers():
                raise _unavailable(before.refused)
            if before.refused:  # for what the project itself does before its tests run
                detail = f"its process cannot be confined: {before.refused}"
                return {n: Check(n, "test", "not evidence", detail, shared=True) for n in names}
            for name in names:
                outcome = before.outcome(name)
                if outcome != base.first.outcome(name):
                    why = before.details.get(name) or before.tail()
                    detail = f"{outcome or 'lost'} on the baseline in a confined process: {why}"
                    done[name] = Check(name, "test", "not evidence", detail, shared=True)
            plan = plan._replace(node_ids=tuple(n for n in names if n not in done))
            if not plan.node_ids:
                return done
        found = run_tests(base.command, plan, timeout=base.limit)
        if found.refused:
            raise _unavailable(found.refused)
        done.update((n, self._judge(n, found, shared=True)) for n in plan.node_ids or ())
        return done

    def _judge(self, name: str, found: TestRun, *, shared: bool) -> Check:
        key = self.subject.key
        first, got = self.baseline.first.outcome(name), found.outcome(name)
        why = self.needs[name].why

        def check(
            outcome: Literal["passed", "failed", "lost", "not evidence"],
            detail: str,
            compared: bool = False,
        ) -> Check:
            return Check(name, "test", outcome, detail, compared, shared=shared)

        if got is None:
            loss = found.loss(name)
            return check(
                "lost", f"the candidate {loss}" if loss else found.details.get(name) or found.tail()
            )
        if not shared and found.note(name, key):
            return check("failed", found.note(name, key))
        if got in ("skipped", "xfailed"):
            return check("lost", f"{got} only with the candidate")
        if got == "failed":
            if first == "failed" and self.subject.mode == "preserve":
                return check("not evidence", "fails on the baseline too")
            return check("failed", found.details.get(name, ""))
        if not found.reached(name, key):
            return check("lost", "no longer reaches the function")
        compared = self.poison.outcomes.get(name) == "failed"
        details = [] if compared else ["passes whatever the function returns"]
        details += [f"in one process with the candidate: {why}"] if shared else []
        return check("passed", "; ".join(details), compared)


def _packages(folder: Path) -> list[str]:
    """Return the names of the modules and packages in a project's folder and its ``src``.

    Those of the tests are left out: a candidate could return a helper that equals everything.
    """
    found = []
    for base in (folder, folder / "src"):
        if base.is_dir():
            found += [p.stem for p in base.iterdir() if p.suffix == ".py" or p.is_dir()]
    return [n for n in found if n.isidentifier() and not n.startswith(("test", "conftest"))]


def _require_confinement() -> None:
    from poet import _native

    if not hasattr(_native, "confine"):
        raise _unavailable("process confinement: not part of this build")


def _unavailable(row: str) -> SandboxUnavailableError:
    return SandboxUnavailableError(
        f"a test that shares its process with the candidate cannot be confined here: {row}",
        hint="poet doctor lists the layers; or write a test whose arguments are plain data",
    )


def _tail(text: str, lines: int) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
