"""The checks that call a candidate: contract, the domain's checks, cases. Judged outside its process."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from poet.cases import Case
from poet.codec import decode, encode
from poet.domain import CallCheck, Outcome, Receiver
from poet.gate.cases import as_check
from poet.gate.contract import contract_difference
from poet.gate.sandbox import Lost, Sandbox
from poet.gate.verdict import NOT_REACHED, Check
from poet.spec import FunctionSpec

__all__ = [
    "NO_CALL",
    "Boxes",
    "Planned",
    "ask_check",
    "judged",
    "load_request",
    "place",
    "planned_checks",
    "run_checks",
    "run_planned",
]

NO_DESIGN = "describes the recipe's own design"
NO_CALL = "it does not call the function"
REPEATS = 5


class Boxes(Protocol):
    """Makes sandboxes: :class:`poet.gate.sandbox.Sandbox` itself, or one with the same arguments."""

    def __call__(
        self, timeout: float = ..., *, hash_seed: int = ..., require: bool = ...
    ) -> Sandbox:
        """Return a sandbox that has loaded nothing yet."""
        ...


class Planned(NamedTuple):
    """A check that is to be run.

    Attributes:
        kind: ``domain`` or ``case``.
        check: What is called and what must hold.
        skip: Why it says nothing of this candidate; empty where it is run.
        seconds: The most a call may take. The best of a few is taken: a busy machine is no slow code.
    """

    kind: Literal["domain", "case"]
    check: CallCheck
    skip: str = ""
    seconds: float | None = None

    def result(self, problem: str | None, *, compared: bool = False) -> Check:
        """Return the check with its outcome: passed where there is no problem."""
        c = self.check
        outcome: Literal["failed", "passed"] = "failed" if problem else "passed"
        return Check(c.name, self.kind, outcome, problem or "", compared, c.hidden)

    def lost(self) -> Check:
        """Return the check as one that has not reported."""
        return Check(self.check.name, self.kind, "lost", NOT_REACHED, hidden=self.check.hidden)


def planned_checks(
    checks: Iterable[CallCheck],
    cases: Iterable[Case],
    code: str | None,
    *,
    recipe: bool = True,
    hidden: frozenset[str] = frozenset(),
    bound: bool = False,
) -> list[Planned]:
    """Return the checks to run; what describes a recipe's design is no evidence of other code.

    Args:
        checks: The domain's.
        cases: The active ones.
        code: The candidate.
        recipe: Whether a recipe made it.
        hidden: Names of the cases that are kept from the generator.
        bound: Whether the function is a method: the first argument of a case is its object.
    """
    calls = recipe or code is None or _calls_the_function(code)
    planned = []
    for check in checks:
        skip = ""
        if not recipe and check.of == "recipe":
            skip = NO_DESIGN
        elif not calls and check.stand_in is not None:
            skip = NO_CALL
        planned.append(Planned("domain", check, skip))
    planned += [
        Planned(
            "case",
            as_check(case, bound=bound)._replace(hidden=f"case:{case.name}" in hidden),
            seconds=case.expect.get("seconds"),
        )
        for case in cases
    ]
    names = [p.check.name for p in planned]
    assert len(set(names)) == len(names), f"two checks of one name: {sorted(names)}"
    return planned


def _calls_the_function(code: str) -> bool:
    """Say whether a candidate's text uses the function it is made for."""
    names = {"baseline", "played"}
    return any(
        (isinstance(n, ast.ImportFrom) and n.module == "poet.runtime" and names & {a.name for a in n.names})
        or (isinstance(n, ast.Attribute) and n.attr in names)
        for n in ast.walk(ast.parse(code))
    )  # fmt: skip


def load_request(
    spec: FunctionSpec, code: str | None, import_name: str, filename: str
) -> dict[str, Any]:
    """Return the request that loads a candidate, or with ``code`` None the baseline."""
    return {
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


def run_checks(
    code: str | None,
    spec: FunctionSpec,
    domain_checks: Sequence[CallCheck],
    cases: Iterable[Case],
    import_name: str,
    filename: str,
    timeout: float,
    tell: Callable[[str], None],
    *,
    recipe: bool = True,
    require: bool = False,
    sandbox: Boxes = Sandbox,
) -> list[Check]:
    """Run the contract, the domain's checks and the cases in a worker; judge them here.

    With ``code`` None the baseline itself is run.
    """
    bound = spec.owner in ("method", "classmethod")
    planned = planned_checks(domain_checks, cases, code, recipe=recipe, bound=bound)
    request = load_request(spec, code, import_name, filename)
    return run_planned(
        planned, request, tell, timeout, recipe=recipe, require=require, sandbox=sandbox
    )


def run_planned(
    planned: Sequence[Planned],
    request: dict[str, Any],
    tell: Callable[[str], None],
    timeout: float,
    *,
    recipe: bool = True,
    require: bool = False,
    sandbox: Boxes = Sandbox,
) -> list[Check]:
    """Run planned checks on what ``request`` loads; the contract first."""
    with (
        sandbox(timeout=timeout, require=require) as box,
        sandbox(timeout=timeout, require=require) as other,
    ):
        tell("contract")
        problem = _contract_problem(box.load(request))
        if problem:
            return [Check("contract", "contract", "failed", problem), *[p.lost() for p in planned]]
        done = [Check("contract", "contract", "passed")]
        for number, item in enumerate(planned, start=1):
            tell(f"{item.kind} check {number}/{len(planned)}: {item.check.name}")
            if item.skip:
                done.append(item.result(None)._replace(outcome="not evidence", detail=item.skip))
            elif item.check.subject == "baseline":
                if not other.loaded:
                    other.load({**request, "code": None})
                done.append(_run_one(other, item, recipe=True)._replace(compared=False))
            else:
                done.append(_run_one(box, item, recipe=recipe))
    return done


def _contract_problem(loaded: dict[str, Any] | Lost) -> str | None:
    if isinstance(loaded, Lost):
        return f"loading {loaded.message}"
    if "failed" in loaded:
        return str(loaded["failed"])
    if loaded["candidate"] is None:
        return None
    return contract_difference(loaded["baseline"], loaded["candidate"])


def ask_check(
    box: Sandbox, check: CallCheck, timeout: float | None = None, *, brief: bool = False
) -> Outcome | str:
    """Make the call of a check in a worker; return what came of it, or why nothing did.

    Args:
        box: Has loaded what is called.
        check: Its arguments, stand-in and what is replaced outside.
        timeout: Seconds it may take, where not those of the worker.
        brief: Whether only the outcome counts, and nothing of what the call did besides.
    """
    asked = _asked(box, check, timeout, brief=brief)
    return asked if isinstance(asked, str) else asked[0]


def _asked(
    box: Sandbox, check: CallCheck, timeout: float | None = None, *, brief: bool = False
) -> tuple[Outcome, str] | str:
    """Return what came of a call, with where in the candidate an error came from."""
    args = list(check.args)
    bound = check.bound and bool(args)
    request: dict[str, Any] = {
        "args": encode(args[1:] if bound else args),
        "kwargs": encode(dict(check.kwargs)),
    }
    if check.stand_in is not None:
        request["stand_in"] = [_script_step(step) for step in check.stand_in.steps]
    request["outside"] = {
        name: [_script_step(step) for step in script.steps]
        for name, script in check.outside.items()
    }
    request["names"] = encode(dict(check.names))
    if brief:
        request["brief"] = True
    if bound:
        request["self"] = encode(args[0])
    if check.receiver is not None:
        request["receiver"] = _receiver(check.receiver)
    return _read(box.call(request, timeout))


def _read(answer: dict[str, Any] | Lost) -> tuple[Outcome, str] | str:
    if isinstance(answer, Lost):
        return f"the candidate {answer.message}"
    try:
        return _outcome(answer), place(answer)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return f"its answer cannot be read: {error}"


def judged(check: CallCheck, outcome: Outcome) -> str | None:
    """Return what is wrong with an outcome, None where nothing is."""
    try:
        return check.expect(outcome)
    except Exception as error:  # noqa: BLE001 - a value of an unexpected shape is a failed check
        return f"the outcome is not of the expected form ({error!r}); got {_short(outcome)}"


def _run_one(box: Sandbox, item: Planned, *, recipe: bool) -> Check:
    check = item.check
    asked = _asked(box, check)
    if isinstance(asked, str):
        return item.result(asked)
    outcome, where = asked
    if item.seconds is not None:
        outcome = _at_best(box, item, outcome)
    if not recipe and check.stand_in is not None and not outcome.stand_in_calls:
        return item.result(None)._replace(outcome="not evidence", detail=NO_CALL)
    problem = judged(check, outcome)
    if problem:
        problem += where
    return item.result(problem, compared=outcome.kind == "returned")


def _at_best(box: Sandbox, item: Planned, outcome: Outcome) -> Outcome:
    """Return the outcome with the shortest time of a few calls, as many as it takes."""
    assert item.seconds is not None
    for _ in range(REPEATS - 1):
        if outcome.seconds <= item.seconds:
            break
        asked = _asked(box, item.check)
        if isinstance(asked, str):
            break
        outcome = outcome._replace(seconds=min(outcome.seconds, asked[0].seconds))
    return outcome


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


def place(answer: dict[str, Any]) -> str:
    """Say where in the candidate an error came from, with its text; empty where that is not known."""
    if answer["kind"] != "raised" or not answer.get("at"):
        return ""
    try:
        frames = [f"line {int(n)}, in {str(name)[:60]}" for n, name in answer["at"]]
        said = ", ".join(repr(v) for v in decode(answer["value"]))[:160]
    except (KeyError, TypeError, ValueError):
        return ""
    return f" with ({said}) at the candidate's {' > '.join(frames)}"


def _receiver(receiver: Receiver) -> dict[str, Any]:
    """Return how the worker makes a method's object, as data that crosses to it."""
    return {
        "args": encode(list(receiver.args)),
        "kwargs": encode(dict(receiver.kwargs)),
        "before": [
            [encode(list(a)), encode(dict(k)), encode(dict(s))] for a, k, s in receiver.before
        ],
        "set": encode(dict(receiver.set)),
    }


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
