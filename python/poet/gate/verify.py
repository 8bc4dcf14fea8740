"""The gate: audit, then verify. It returns a verdict; it stores nothing and promotes nothing."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from poet._version import VERSION
from poet.domain import CallCheck, Domain, Outcome
from poet.gate.audit import audit, known_attributes
from poet.gate.cases import Case
from poet.gate.codec import decode, encode
from poet.gate.compare import difference
from poet.gate.contract import contract_difference
from poet.gate.sandbox import Lost, Sandbox, layers
from poet.spec import FunctionSpec

__all__ = ["Check", "TestEvidence", "Verdict", "judge"]

CheckOutcome = Literal["passed", "failed", "lost", "not evidence"]
VerdictName = Literal[
    "accepted", "refused by audit", "failed verification", "insufficient evidence"
]


class Check(NamedTuple):
    """One check and what came of it.

    Attributes:
        name: Unique within the record.
        kind: ``audit``, ``contract``, ``domain``, ``case`` or ``test``.
        outcome: ``lost`` is a check that was known at the start and did not report; it counts as
            failed. ``not evidence`` is one that says nothing of the candidate; it counts as neither.
        detail: One line for a person: expected and got.
        compared: Whether a value that the candidate returned was compared.
        hidden: Whether a generator may see no more of it than its kind.
    """

    name: str
    kind: Literal["audit", "contract", "domain", "case", "test"]
    outcome: CheckOutcome
    detail: str = ""
    compared: bool = False
    hidden: bool = False


class TestEvidence(Protocol):
    """The user's tests as evidence: what runs them with a candidate in place of the function."""

    def run(self, code: str) -> Sequence[Check]:
        """Run the tests that reach the function on ``code`` and return one check for each."""
        ...


class Verdict(NamedTuple):
    """What the gate says of a candidate.

    Attributes:
        name: Only ``accepted`` may be stored.
        checks: Every check known at the start, with its outcome.
        seconds: Wall time of the whole judgement.
        environment: What it ran in.
        layers: Each layer of confinement, ``in force`` or why it is missing.
        differences: In mode ``enhance``, where the candidate behaves otherwise than the baseline
            on the inputs of the checks; one line each, for a reviewer.
    """

    name: VerdictName
    checks: tuple[Check, ...]
    seconds: float
    environment: dict[str, str]
    layers: dict[str, str]
    differences: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the candidate may become a version."""
        return self.name == "accepted"

    def failures(self) -> list[Check]:
        """Return the checks that speak against the candidate."""
        return [c for c in self.checks if c.outcome in ("failed", "lost")]

    def explain(self) -> str:
        """Return the verdict and its reasons as lines of text."""
        passed = sum(c.outcome == "passed" for c in self.checks)
        lines = [f"{self.name}: {passed} of {len(self.checks)} checks passed"]
        lines += [f"  {c.kind} {c.name} {c.outcome}: {c.detail}" for c in self.failures()]
        if self.name == "insufficient evidence":
            lines.append(
                "  no check compared a value the candidate returned: write a test that calls it"
            )
        return "\n".join(lines)


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
    progress: Callable[[str], None] | None = None,
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
        progress: Told each step, one short line.
    """
    import time

    start = time.perf_counter()
    tell = progress or (lambda _: None)

    def verdict(
        name: VerdictName, checks: Sequence[Check], differences: Sequence[str] = ()
    ) -> Verdict:
        seconds = round(time.perf_counter() - start, 3)
        return Verdict(name, tuple(checks), seconds, environment(), layers(), tuple(differences))

    tell("audit")
    findings = audit(code, spec.name, domain.grants_for(spec).modules, known_attributes(spec))
    if findings:
        refused = [Check(f"{f.rule}:{f.line}", "audit", "failed", str(f)) for f in findings]
        return verdict("refused by audit", refused)
    checks = [Check("audit", "audit", "passed")]
    cases, domain_checks, answers = list(cases), domain.checks(spec), dict[str, Any]()
    checks += run_checks(
        code, spec, domain_checks, cases, import_name, filename, timeout, tell, answers
    )
    if tests is not None and not _failed(checks):
        tell("the user's tests")
        checks += tests.run(code)
    if _failed(checks):
        return verdict("failed verification", checks)
    if not any(c.compared and c.outcome == "passed" for c in checks):
        return verdict("insufficient evidence", checks)
    if spec.mode == "preserve":
        return verdict("accepted", checks)
    tell("differences from the baseline")
    real = [
        c
        for c in domain_checks
        if c.stand_in is None and not c.outside and c.subject == "candidate"
    ]
    before = dict[str, Any]()
    run_checks(None, spec, real, cases, import_name, filename, timeout, lambda _: None, before)
    return verdict("accepted", checks, _differences(before, answers))


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return where the candidate's answers differ from the baseline's, one line for each input."""
    lines = []
    for name, old in before.items():
        new = after.get(name)
        if old is None or new is None:
            lines.append(f"{name}: the baseline gives no answer")
        elif old["kind"] != new["kind"]:
            lines.append(f"{name}: the baseline {_ended(old)}, the candidate {_ended(new)}")
        elif found := difference(old["value"], new["value"]):
            lines.append(f"{name}: {found.replace(', expected', ', the baseline gives')}")
    return lines


def _ended(answer: dict[str, Any]) -> str:
    return f"raises {answer['error']}" if answer["kind"] == "raised" else "returns"


def _failed(checks: Iterable[Check]) -> bool:
    return any(c.outcome in ("failed", "lost") for c in checks)


def run_checks(
    code: str | None,
    spec: FunctionSpec,
    domain_checks: Sequence[CallCheck],
    cases: Iterable[Case],
    import_name: str,
    filename: str,
    timeout: float,
    tell: Callable[[str], None],
    answers: dict[str, Any] | None = None,
) -> list[Check]:
    """Run the contract, the domain's checks and the cases in a worker; judge them here.

    With ``code`` None the baseline itself is run. What the worker answered to each check goes into
    ``answers``, None where it gave no answer.
    """
    planned: list[tuple[Literal["domain", "case"], CallCheck]] = [
        ("domain", c) for c in domain_checks
    ]
    planned += [("case", case.as_check()) for case in cases]
    names = [check.name for _, check in planned]
    assert len(set(names)) == len(names), f"two checks of one name: {sorted(names)}"
    request = {
        "path": spec.path,
        "module": import_name,
        "qualname": spec.qualname,
        "name": spec.name,
        "kind": spec.kind,
        "owner": spec.owner,
        "user_names": list(spec.user_names),
        "code": code,
        "filename": filename,
    }
    with Sandbox(timeout) as sandbox, Sandbox(timeout) as other:
        tell("contract")
        loaded = sandbox.load(request)
        problem = _contract_problem(loaded)
        if problem:
            lost = [
                Check(c.name, kind, "lost", "not reached", hidden=c.hidden) for kind, c in planned
            ]
            return [Check("contract", "contract", "failed", problem), *lost]
        done = [Check("contract", "contract", "passed")]
        for number, (kind, check) in enumerate(planned, start=1):
            tell(f"{kind} check {number}/{len(planned)}: {check.name}")
            if check.subject == "baseline":
                if not other.loaded:
                    other.load({**request, "code": None})
                result, _ = _run_one(other, kind, check)
                done.append(result._replace(compared=False))
                continue
            result, answer = _run_one(sandbox, kind, check)
            done.append(result)
            if answers is not None:
                answers[check.name] = answer
    return done


def _contract_problem(loaded: dict[str, Any] | Lost) -> str | None:
    if isinstance(loaded, Lost):
        return f"loading {loaded.message}"
    if "failed" in loaded:
        return str(loaded["failed"])
    if loaded["candidate"] is None:
        return None
    return contract_difference(loaded["baseline"], loaded["candidate"])


def _run_one(
    sandbox: Sandbox, kind: Literal["domain", "case"], check: CallCheck
) -> tuple[Check, dict[str, Any] | None]:
    request: dict[str, Any] = {
        "args": encode(list(check.args)),
        "kwargs": encode(dict(check.kwargs)),
    }
    if check.stand_in is not None:
        request["stand_in"] = [_script_step(step) for step in check.stand_in.steps]
    request["outside"] = {
        name: [_script_step(step) for step in script.steps]
        for name, script in check.outside.items()
    }
    answer = sandbox.call(request)
    if isinstance(answer, Lost):
        return _result(check, kind, f"the candidate {answer.message}"), None
    try:
        outcome = _outcome(answer)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return _result(check, kind, f"its answer cannot be read: {error}"), None
    try:
        problem = check.expect(outcome)
    except Exception as error:  # noqa: BLE001 - a value of an unexpected shape is a failed check
        problem = f"the outcome is not of the expected form ({error!r}); got {_short(outcome)}"
    return _result(check, kind, problem, compared=outcome.kind == "returned"), answer


def _result(
    check: CallCheck,
    kind: Literal["domain", "case"],
    problem: str | None,
    *,
    compared: bool = False,
) -> Check:
    outcome: CheckOutcome = "failed" if problem else "passed"
    return Check(check.name, kind, outcome, problem or "", compared, check.hidden)


def _outcome(answer: dict[str, Any]) -> Outcome:
    return Outcome(
        kind=answer["kind"],
        value=decode(answer["value"]),
        error=str(answer["error"]),
        seconds=float(answer["seconds"]),
        stand_in_calls=[(decode(a), decode(k)) for a, k in answer["stand_in_calls"]],
        warnings=[str(w) for w in answer["warnings"]],
        outside_calls={
            str(name): [(decode(a), decode(k)) for a, k in calls]
            for name, calls in answer["outside_calls"].items()
        },
    )


def _script_step(step: Sequence[Any]) -> list[Any]:
    """Return one step of a stand-in's script as data that crosses to the worker."""
    if step[0] == "return":
        return ["return", encode(step[1])]
    if step[0] == "raise":
        return ["raise", step[1], encode(list(step[2]))]
    return list(step)


def _short(outcome: Outcome) -> str:
    text = f"{outcome.error}{outcome.value!r}" if outcome.error else repr(outcome.value)
    return text if len(text) < 200 else text[:197] + "..."


def environment() -> dict[str, str]:
    """Return what a record says of the machine: interpreter, platform and library versions."""
    from importlib.metadata import PackageNotFoundError, version

    found = {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "platform": f"{sys.platform}-{platform.machine()}",
        "poet": VERSION,
    }
    for package in ("numpy", "polars", "pandas"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
