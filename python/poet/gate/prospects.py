"""Whether any check could ever be evidence of a model's code, before anybody pays for some.

The gate accepts code of a model only where a check compared a value that it returned outside of the
tests' interpreter. For some functions there is no such check, whatever a model writes: a method
whose object crosses to no other process, a function whose arguments nobody can make up. What is
not certain counts as possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from poet.cases import Case
from poet.codec import decode
from poet.domain import Domain
from poet.errors import SandboxUnavailableError
from poet.gate.checks import Boxes
from poet.gate.inputs import draw, rebuilds_classes
from poet.gate.inputs.quiet import why_not_quiet
from poet.gate.runs import Pair, Runs
from poet.gate.sandbox import Sandbox, layers
from poet.gate.verdict import TestEvidence
from poet.spec import FunctionSpec

__all__ = ["why_no_evidence"]

DRAWN = 60  # as many as for a candidate: fewer could miss those on which the function returns
_BOUND = ("method", "classmethod")


def why_no_evidence(
    spec: FunctionSpec,
    domain: Domain,
    *,
    import_name: str,
    cases: Iterable[Case] = (),
    tests: TestEvidence | None = None,
    timeout: float = 30.0,
    require: bool = False,
    sandbox: Boxes = Sandbox,
    tell: Callable[[str], None] = lambda _: None,
) -> str:
    """Return why no candidate of a model could be accepted, and what to write; empty where one may.

    What is cheap is looked at first: for most functions nothing runs.

    Args:
        spec: The function.
        domain: Brings checks.
        import_name: The name under which the user's module is imported.
        cases: Active cases.
        tests: The user's tests.
        timeout: Seconds one call may take.
        require: Run the function only where every layer of confinement is in force.
        sandbox: Makes the workers.
        tell: Told each step.
    """
    if any(True for _ in cases):
        return ""
    checks = [c for c in domain.checks(spec) if c.subject == "candidate" and c.of != "recipe"]
    if any(c.stand_in is None and not c.outside for c in checks):
        return ""
    bound = spec.owner in _BOUND
    if checks and not bound:
        return ""  # code that calls the function passes them
    reason = ""
    with suppress(SandboxUnavailableError):  # the judge says what is missing
        reason = _why_no_input(
            spec, import_name, tests, bool(checks), timeout, require, sandbox, tell
        )
    if not reason or _crosses(tests):
        return ""
    return f"{reason}{_shared(tests)}; {_what_to_write(spec)}"


def _why_no_input(
    spec: FunctionSpec,
    import_name: str,
    tests: TestEvidence | None,
    wraps: bool,
    timeout: float,
    require: bool,
    sandbox: Boxes,
    tell: Callable[[str], None],
) -> str:
    """Return why no input can be evidence; empty where one may, or code that calls the function."""
    recorded = list(getattr(tests, "recorded", list)())
    count = DRAWN
    confined = all(layers().get(n) == "in force" for n in ("landlock", "seccomp"))
    effect = "" if confined else why_not_quiet(spec)
    if effect:
        recorded, count = [], 0
    drawn = draw(
        spec, import_name, spec.source, recorded=recorded, count=count, rebuilt=rebuilds_classes()
    )
    if not drawn.inputs:
        effect = effect and f"no inputs are drawn where no sandbox holds effects back: {effect}"
        return "" if wraps else effect or drawn.problem
    if spec.owner not in _BOUND:
        return ""
    tell(f"the function without its object, on {len(drawn.inputs)} inputs")
    runs = Runs(spec, import_name, "<baseline>", timeout, require, sandbox)
    pairs, _ = runs.baseline(drawn.inputs)
    if not pairs or not all(map(_lacks_its_object, pairs)):
        return ""
    return (
        f"the object of {spec.qualname} reaches no other process, and without it the function "
        f"raises {pairs[0].before['error']} on every input"
    )


def _lacks_its_object(pair: Pair) -> bool:
    """Say whether the function failed for the None that stands in its object's place."""
    answer = pair.before
    if answer["kind"] != "raised" or answer["error"] not in ("AttributeError", "TypeError"):
        return False
    try:
        return "NoneType" in repr(decode(answer["value"]))
    except ValueError:
        return False


def _crosses(tests: TestEvidence | None) -> bool:
    """Say whether a test may hold without the candidate in its interpreter; runs them once."""
    if tests is None:
        return False
    needs = _needs(tests)
    if needs is None:  # evidence of another kind, or of tests that are gone: the judge says
        return True
    return any(need.kind == "isolated" for need in needs.values())


def _needs(tests: TestEvidence) -> Any:
    """Return how each test must be run; None where the evidence does not say."""
    planned = getattr(tests, "planned", None)
    needs = getattr(tests, "needs", None)
    return None if planned is None or needs is None or set(planned()) != set(needs) else needs


def _shared(tests: TestEvidence | None) -> str:
    shared = [n for n in (_needs(tests) or {}).values() if n.kind == "shared"] if tests else []
    if not shared:
        return ""
    each = "its test shares" if len(shared) == 1 else f"each of its {len(shared)} tests shares"
    return f"; {each} an interpreter with the candidate: {shared[0].why}"


def _what_to_write(spec: FunctionSpec) -> str:
    name = spec.qualname
    if spec.owner in _BOUND:
        return (
            f"write a test that calls {name} on an object of plain fields with plain values, "
            "patches nothing, and asserts on what it returns; or move the work into a function of "
            "its own"
        )
    return (
        f"write a test that calls {name} with plain values and asserts on what it returns, or "
        f'a case: .poet/{name}/cases/first.json with {{"status": "active", "args": […], "expect": '
        '{"equals": …}}'
    )
