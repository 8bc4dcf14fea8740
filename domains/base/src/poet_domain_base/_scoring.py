"""How reliable a candidate is: what it makes of failures that pass.

The function, or the one call outside of it, is played by a script that fails and then answers. Only
what may be repeated is asked to be repeated; where nothing may, and nothing can hang, there is nothing
to measure, and that is said.
"""

from __future__ import annotations

from typing import Any

from poet.domain import CallCheck, Outcome, Scoring, Scripted
from poet.spec import FunctionSpec
from poet_domain_base._checks import (
    LOST,
    REFUSED,
    Expect,
    made_up,
    same_value,
    timed_out,
    value_of_another_type,
)
from poet_domain_base._effects import connecting_calls, only_calls
from poet_domain_base._handed import TAKES
from poet_domain_base._recipe import Plan, make_plan
from poet_domain_base._types import NOTHING

__all__ = ["scoring"]

NO_NAME = ("raise", "socket.gaierror", (-3, "temporary failure in name resolution, by the script"))
TIMED_OUT = ("raise", "TimeoutError", ("timed out by the script",))


def scoring(spec: FunctionSpec) -> list[Scoring]:
    """Return how candidates for a function are scored; latency is measured by the gate."""
    plan = make_plan(spec)
    calls = _calls(spec, plan)
    why = "" if calls else _why(spec, plan)
    return [Scoring("reliability", tuple(calls), why=why)]


def _why(spec: FunctionSpec, plan: Plan) -> str:
    if plan.retry.on and plan.attempts > 1:
        return (
            f"no arguments can be made up for {spec.name}: annotate its parameters and its result"
        )
    reason = plan.retry.reason.removeprefix("no retries: ")
    if plan.retry.on:
        reason = "attempts=1 says that nothing is to be repeated"
    return f"there is no failure it could recover from: {reason}"


def _calls(spec: FunctionSpec, plan: Plan) -> list[CallCheck]:
    sample = made_up(spec, plan)
    if sample is None:
        return []
    args, kwargs, result = sample
    found: list[CallCheck] = []

    def add(
        name: str,
        expect: Expect,
        script: list[tuple[Any, ...]],
        outside: tuple[str, ...] = (),
    ) -> None:
        steps = Scripted(script)
        played = {"outside": dict.fromkeys(outside, steps)} if outside else {"stand_in": steps}
        found.append(CallCheck(name, args, kwargs, expect, hidden=True, **played))

    if plan.retry.on and plan.attempts > 1:
        failures: dict[str, tuple[Any, ...]] = {"refused": REFUSED, "name not found": NO_NAME}
        if plan.retry.on == "transient":
            failures |= {"reset": LOST, "timed out": TIMED_OUT}
        for name, failure in failures.items():
            add(f"{name} once", same_value(result), [failure, ("return", result)])
        if plan.attempts > 2:
            add("refused twice", same_value(result), [REFUSED, REFUSED, ("return", result)])
        names = connecting_calls(spec)
        if names and only_calls(spec, names):
            add("tries the connection again", _again, [REFUSED], names)
    if plan.timeout.how == "cancel":
        add("ends a wait", timed_out, [("hang", plan.seconds * 10 + 60)])
    handed = plan.timeout.handed.calls if plan.timeout.handed else ()
    if handed and only_calls(spec, handed):
        add("waits for no service without end", _all_timed, [REFUSED], tuple(handed))
    other = value_of_another_type(plan)
    if found and other is not NOTHING:
        add("reports a result of another type", _reported, [("return", other)])
    return found


def _again(outcome: Outcome) -> str | None:
    """Expect a connection that is refused to be tried again, whoever calls it."""
    made = sum(map(len, outcome.outside_calls.values()))
    return None if made > 1 else f"expected another try, got {made}"


def _all_timed(outcome: Outcome) -> str | None:
    for name, calls in outcome.outside_calls.items():
        for given, named in calls:
            if named.get("timeout") is None and len(given) <= TAKES[name]:
                return f"{name} was called without a time-out"
    return None


def _reported(outcome: Outcome) -> str | None:
    reported = outcome.warnings or outcome.error.endswith("RuntimeTypeError")
    return None if reported else "expected a warning or RuntimeTypeError"
