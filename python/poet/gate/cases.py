"""Cases as checks of the gate: call the candidate with the inputs, judge what came of it."""

from __future__ import annotations

from typing import Any

from poet.cases import Case, unmet
from poet.cases._expect import is_predicate
from poet.codec import encode
from poet.domain import CallCheck, Outcome, Scripted
from poet.gate.compare import difference

__all__ = ["as_check", "problem_of"]


def as_check(case: Case, *, bound: bool = False) -> CallCheck:
    """Return a case as a check of the gate.

    Args:
        case: The case.
        bound: Whether the function is a method: its object is the first argument of the case.
    """
    return CallCheck(
        f"case:{case.name}",
        case.args,
        case.kwargs,
        lambda outcome: problem_of(case, outcome),
        outside={name: Scripted(steps) for name, steps in case.outside.items()},
        names=case.names,
        bound=bound,
    )


def problem_of(case: Case, outcome: Outcome) -> str | None:
    """Return what of a case does not hold of an outcome, None where all of it does."""
    expect = case.expect
    if "raises" in expect:
        wanted = expect["raises"]
        known = (outcome.error, outcome.error.rpartition(".")[2])
        if outcome.kind != "raised" or wanted not in known:
            return f"expected {wanted}, got {outcome.error or repr(outcome.value)}"
    elif outcome.kind == "raised":
        return f"expected a value, got {outcome.error}{outcome.value!r}"
    problem = None
    if "equals" in expect:
        problem = difference(encode(expect["equals"]), encode(outcome.value))
    elif "fields" in expect:
        problem = _fields_problem(expect["fields"], outcome.value)
    return problem or _bound_problem(case, outcome)


def _fields_problem(fields: dict[str, Any], value: Any) -> str | None:
    held = value.get("base", value) if isinstance(value, dict) and "__type__" in value else value
    held = {**value, **held} if isinstance(value, dict) and isinstance(held, dict) else value
    for name, wanted in fields.items():
        if not isinstance(held, dict) or name not in held:
            return f"the result has no field {name!r}"
        if is_predicate(wanted):
            broken = unmet(wanted, held[name])
            found = f"{name} is {held[name]!r:.100}, expected {broken}" if broken else None
        else:
            found = difference(encode(wanted), encode(held[name]), path=name)
        if found:
            return found
    return None


def _bound_problem(case: Case, outcome: Outcome) -> str | None:
    most = case.expect.get("seconds")
    if most is not None and outcome.seconds > most:
        return f"took {outcome.seconds:.3g} s, at most {most:g} s are allowed"
    most = case.expect.get("calls")
    count = sum(map(len, outcome.outside_calls.values()))
    if most is not None and count > most:
        return f"made {count} calls outside, at most {most:g} are allowed"
    return None
