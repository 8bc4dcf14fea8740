"""The gate: audit, then verify. It returns a verdict; it stores nothing and promotes nothing."""

from __future__ import annotations

import hashlib
import platform
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from poet._version import VERSION
from poet.cases import Case
from poet.codec import encode
from poet.domain import CallCheck, Domain
from poet.errors import PoetError, SandboxUnavailableError
from poet.gate.audit import audit, known_attributes
from poet.gate.cheats import cheats
from poet.gate.checks import Boxes, load_request, planned_checks, run_checks, run_planned
from poet.gate.differential import GROUPS, Comparison, compare
from poet.gate.hidden import hidden, hides
from poet.gate.inputs import Drawn, Input, draw, rebuilds_classes
from poet.gate.inputs.quiet import why_not_quiet
from poet.gate.measure import Measurement, measure
from poet.gate.parsing import parse_in_turns
from poet.gate.runs import Pair
from poet.gate.sandbox import Sandbox, layers, start_early
from poet.gate.verdict import NOT_REACHED, Check, Plan, TestEvidence, Verdict, VerdictName
from poet.spec import FunctionSpec

__all__ = ["Check", "TestEvidence", "Verdict", "judge", "repeat_inputs", "run_checks"]

DRAWN = 60
DRAWN_FOR_RECIPES = 20
Tell = Callable[[str], None]


def judge(
    code: str,
    spec: FunctionSpec,
    domain: Domain,
    *,
    import_name: str,
    filename: str,
    cases: Iterable[Case] = (),
    tests: TestEvidence | None = None,
    timeout: float = 30.0,
    require: bool = False,
    generator: str = "recipe/unnamed",
    sandbox: Boxes = Sandbox,
    progress: Tell | None = None,
) -> Verdict:
    """Judge a candidate.

    Args:
        code: The candidate's text, exactly as it would be stored.
        spec: The function it is for.
        domain: Brings grants and checks.
        import_name: The name under which the user's module is imported.
        filename: The candidate's name in tracebacks.
        cases: Active cases.
        tests: The user's tests; run last, and only on a candidate that passed all else.
        timeout: Seconds one check may take.
        require: Judge only where every layer of confinement is in force.
        generator: What made the candidate; what is not ``recipe/…`` is judged as written by a model.
        sandbox: Makes the workers.
        progress: Told each step, one short line.
    """
    run = _Judgement(code, spec, import_name, filename, timeout, require, generator, sandbox)
    run.tell = progress or (lambda _: None)
    parse_in_turns()
    try:
        return run.judge(domain, list(cases), tests)
    except SandboxUnavailableError as error:
        return run.verdict("sandbox unavailable", [], message=str(error))
    except (PoetError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - data of the worker's own making is no reason to pass
        where = traceback.extract_tb(error.__traceback__)[-1]
        detail = f"what its worker said cannot be judged: {error!r} ({where.name})"
        return run.verdict("failed verification", [Check("answers", "contract", "failed", detail)])


def repeat_inputs(
    code: str,
    spec: FunctionSpec,
    domain_checks: Sequence[CallCheck],
    cases: Iterable[Case],
    import_name: str,
    filename: str,
    timeout: float,
    *,
    tests: TestEvidence | None = None,
    require: bool = False,
    generator: str = "recipe/unnamed",
    sandbox: Boxes = Sandbox,
) -> list[Check]:
    """Compare a stored candidate with its baseline again, on the inputs of its own seed.

    Returns:
        The checks of kind ``input`` and ``constraint``, and the return schema.
    """
    run = _Judgement(code, spec, import_name, filename, timeout, require, generator, sandbox)
    comparison = run.compare(domain_checks, list(cases), tests)
    return [*comparison.checks, *[m.check() for m in run.measure(comparison.pairs)]]


class _Judgement:
    """One judgement of one candidate."""

    def __init__(
        self,
        code: str,
        spec: FunctionSpec,
        import_name: str,
        filename: str,
        timeout: float,
        require: bool,
        generator: str,
        sandbox: Boxes,
    ) -> None:
        self.start = time.perf_counter()
        self.code, self.spec = code, spec
        self.import_name, self.filename = import_name, filename
        self.timeout, self.require, self.sandbox = timeout, require, sandbox
        self.recipe = generator.startswith("recipe/")
        self.hides = hides(generator)
        self.tell: Tell = lambda _: None
        self.layers = layers()
        self.facts: dict[str, Any] = {}
        self.drawn = Drawn((), "")
        self.measurable: tuple[Input, ...] = ()
        self.played: frozenset[str] = frozenset()  # checks that say nothing of a real answer

    def verdict(
        self,
        name: VerdictName,
        checks: Sequence[Check],
        behaviour: Sequence[Any] = (),
        message: str = "",
    ) -> Verdict:
        seconds = round(time.perf_counter() - self.start, 3)
        return Verdict(
            name, tuple(checks), seconds, environment(), self.layers, tuple(behaviour), self.facts, message,
            self.measurable,
        )  # fmt: skip

    def judge(self, domain: Domain, cases: list[Case], tests: TestEvidence | None) -> Verdict:
        spec = self.spec
        self.tell("audit")
        grants = domain.grants_for(spec)
        known = known_attributes(spec, grants)
        findings = audit(self.code, spec.name, grants.modules, known)
        kept_back = frozenset[str]()
        if not findings:
            kept_back = self._kept_back(cases, tests)
        if not findings and not self.recipe:
            findings = cheats(
                self.code, spec, sources=_offered(tests, "sources"), cases=cases,
                recorded=_offered(tests, "recorded"), kept_back=kept_back if self.hides else None,
            )  # fmt: skip
        if findings:
            refused = [Check(f"{f.rule}:{f.line}", "audit", "failed", str(f)) for f in findings]
            return self.verdict("refused by audit", refused)
        domain_checks = self._hide(domain.checks(spec))
        planned = planned_checks(
            domain_checks, cases, self.code, recipe=self.recipe, hidden=kept_back,
            bound=spec.owner in ("method", "classmethod"),
        )  # fmt: skip
        lost = [p.lost() for p in planned]
        inputs = [Check(n, "input", "lost", hidden=n == "hidden") for n in GROUPS]
        limits = [Check(c.name, "constraint", "lost") for c in spec.options.constraints]
        named = [
            Check(str(n), "test", "lost", hidden=n in kept_back) for n in _offered(tests, "planned")
        ]
        plan = Plan([
            Check("audit", "audit", "lost"), Check("contract", "contract", "lost"), *lost, *inputs,
            Check("returns", "contract", "lost"), *limits, *named,
        ])  # fmt: skip
        plan.report(Check("audit", "audit", "passed"))
        done = run_planned(
            planned, self._request(), self.tell, self.timeout,
            recipe=self.recipe, require=self.require, sandbox=self.sandbox,
        )  # fmt: skip
        plan.report(*done)
        if _failed(done):
            return self.verdict("failed verification", plan.close(NOT_REACHED))
        comparison = self.compare(domain_checks, cases, tests)
        plan.report(*comparison.checks)
        self.measurable = _measurable(comparison.pairs)
        if comparison.pairs and all(p.before["kind"] == "raised" for p in comparison.pairs):
            # Here the function never answers; that code calls a script in its place is no answer.
            self.played = frozenset(c.name for c in domain_checks if c.stand_in or c.outside)
        if not _failed(comparison.checks):
            measured = self.measure(comparison.pairs)
            self.facts["constraints"] = [m._asdict() for m in measured]
            plan.report(*[m.check() for m in measured])
        checks = plan.close(NOT_REACHED)
        if _failed(c for c in checks if c.kind != "test"):
            return self.verdict("failed verification", checks, comparison.behaviour)
        if tests is not None:
            self.tell("the user's tests")
            ran = [
                c._replace(hidden=c.hidden or c.name in kept_back)
                for c in tests.run(self.code, confined=self.require)
            ]
            if not named:
                plan = Plan([*checks, *{c.name: c for c in ran}.values()])
                plan.report(*checks)
            plan.report(*ran)
            checks = plan.close()
        if _failed(checks):
            return self.verdict("failed verification", checks, comparison.behaviour)
        if not any(self._evidence(c) for c in checks):
            message = self._what_to_write(checks)
            return self.verdict("insufficient evidence", checks, comparison.behaviour, message)
        return self.verdict("accepted", checks, comparison.behaviour)

    def compare(
        self, domain_checks: Sequence[CallCheck], cases: Sequence[Case], tests: TestEvidence | None
    ) -> Comparison:
        """Compare the candidate with the baseline on given and drawn inputs."""
        self.tell("inputs")
        kept_back = self._kept_back(cases, tests)
        bound = self.spec.owner in ("method", "classmethod")
        given = _given(domain_checks, cases, kept_back, bound=bound)
        recorded = _offered(tests, "recorded")
        by = enumerate(_offered(tests, "recorded_by"))
        count = DRAWN_FOR_RECIPES if self.recipe else DRAWN
        effect = None if self._confined() else why_not_quiet(self.spec)
        if effect:
            recorded, count = (), 0
        if given or recorded or count:
            # It loads its libraries while the inputs are drawn.
            start_early(self._request(), [1])
        self.drawn = draw(
            self.spec, self.import_name, self.code, recorded=recorded, given=given, count=count,
            rebuilt=rebuilds_classes(),
            kept_back=frozenset(n for n, names in by if names and kept_back.issuperset(names)),
        )  # fmt: skip
        problem = self.drawn.problem
        if effect:
            problem = f"no inputs are drawn where no sandbox holds effects back: {effect}"
        found = compare(
            self.code, self.spec, self.drawn.inputs, self.import_name, self.filename,
            mode=self.spec.mode, timeout=self.timeout, require=self.require, sandbox=self.sandbox,
            problem="" if self.drawn.inputs else problem, tell=self.tell,
        )  # fmt: skip
        self.facts["seeds"] = {"inputs": self.drawn.seed, "hash_seeds": [0, 1]}
        self.facts["inputs"] = {
            "counts": found.counts,
            "compared": len(found.pairs),
            "left_out": found.left_out,
            "problem": problem,
            "shown": {i.name: i.shown for i in self.drawn.inputs},
            "hidden": [i.name for i in self.drawn.inputs if i.hidden],
        }
        return found

    def measure(self, pairs: Sequence[Pair]) -> list[Measurement]:
        """Measure the constraints on inputs to which the function returns."""
        if not self.spec.options.constraints:
            return []
        self.tell("constraints")
        return measure(
            self.code, self.spec, _measurable(pairs), self.import_name, self.filename,
            timeout=self.timeout, require=self.require, sandbox=self.sandbox,
        )  # fmt: skip

    def _request(self) -> dict[str, Any]:
        return load_request(self.spec, self.code, self.import_name, self.filename)

    def _hide(self, checks: Sequence[CallCheck]) -> list[CallCheck]:
        """Hide about a third of the domain's checks from a generator that learns from failures."""
        if self.recipe:
            return list(checks)

        def chosen(name: str) -> bool:
            digest = hashlib.sha256(f"{self.spec.fingerprint}{name}".encode()).digest()
            return digest[0] % 3 == 0

        return [c._replace(hidden=c.hidden or chosen(c.name)) for c in checks]

    def _kept_back(self, cases: Sequence[Case], tests: TestEvidence | None) -> frozenset[str]:
        """Return the tests and cases of which the generator may see no more than their kind."""
        if not self.hides:
            return frozenset()
        return hidden(self.spec, [str(n) for n in _offered(tests, "planned")]) | hidden(
            self.spec, [f"case:{c.name}" for c in cases]
        )

    def _confined(self) -> bool:
        return all(self.layers.get(n) == "in force" for n in ("landlock", "seccomp"))

    def _evidence(self, check: Check) -> bool:
        """Say whether a check is evidence by itself; shared evidence is none of a model's code."""
        own = self.recipe or not (check.shared or check.name in self.played)
        return check.compared and check.outcome == "passed" and own

    def _what_to_write(self, checks: Sequence[Check]) -> str:
        name = self.spec.qualname
        groups = [c for c in checks if c.kind == "input"]
        # The reason of the drawn inputs comes before that of recorded ones, of which there are none.
        groups.sort(key=lambda c: c.name == "recorded")
        reasons = [c.detail for c in groups if c.outcome == "not evidence"]
        reasons += [
            f"{c.detail}, and no test or case says which is right"
            for c in groups
            if " differ" in c.detail
        ]
        reason = f" ({reasons[-1]})" if reasons else ""
        if any(c.compared and c.shared for c in checks):
            reason = " outside of its own interpreter: each test that does runs in one with it"
        return (
            f"no check compared a value the candidate returned{reason}\n"
            f"  next: write a test that calls {name} with plain values and asserts on what it returns, "
            f"or a case: .poet/{name}/cases/first.json with "
            '{"status": "active", "args": […], "expect": {"equals": …}}'
        )


def _offered(tests: TestEvidence | None, name: str) -> Any:
    """Return what the evidence's optional method ``name`` gives, nothing where it has none."""
    method = getattr(tests, name, None)
    return list(method()) if callable(method) else []


def _given(
    checks: Sequence[CallCheck],
    cases: Sequence[Case],
    kept_back: frozenset[str],
    *,
    bound: bool = False,
) -> list[Input]:
    """Return the inputs of the domain's checks and of the cases."""
    found = []
    for check in checks:
        plain = not (check.stand_in or check.outside or check.receiver or check.names)
        if plain and check.subject == "candidate":
            args, kwargs = encode(list(check.args)), encode(dict(check.kwargs))
            found.append(Input(check.name, "domain", args, kwargs, "", check.hidden))
    for case in cases:
        if bound or case.names:
            continue  # a call that needs more than arguments
        args, kwargs = encode(list(case.args)), encode(dict(case.kwargs))
        name = f"case:{case.name}"
        shown = "arguments of the case"
        found.append(Input(name, "case", args, kwargs, shown, name in kept_back))
    return found


def _measurable(pairs: Iterable[Pair]) -> tuple[Input, ...]:
    """Return the inputs to which the function returns."""
    return tuple(p.input for p in pairs if p.before["kind"] == "returned")


def _failed(checks: Iterable[Check]) -> bool:
    return any(c.bad for c in checks)


def environment() -> dict[str, str]:
    """Return what a record says of the machine: interpreter, platform and library versions."""
    return dict(_environment())


@lru_cache(maxsize=1)
def _environment() -> tuple[tuple[str, str], ...]:
    from importlib.metadata import PackageNotFoundError, version

    found = {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "platform": f"{sys.platform}-{platform.machine()}",
        "poet": VERSION,
    }
    for package in ("hypothesis", "numpy", "polars", "pandas"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return tuple(found.items())
