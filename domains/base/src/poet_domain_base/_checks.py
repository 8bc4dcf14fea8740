"""The base domain's checks: the function is played by a script, and the guards around it are watched.

The script returns, refuses, fails and hangs; so effects outside the process are never needed to
verify what surrounds them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from poet.domain import CallCheck, Outcome, Scripted
from poet.spec import FunctionSpec, Parameter
from poet_domain_base._effects import only_calls
from poet_domain_base._recipe import Plan, make_plan
from poet_domain_base._types import NOTHING, example

__all__ = [
    "Expect",
    "checks",
    "made_up",
    "same_value",
    "timed_out",
    "value_of_another_type",
]

Expect = Callable[[Outcome], str | None]
REFUSED = ("raise", "ConnectionRefusedError", (111, "refused by the script"))
LOST = ("raise", "ConnectionResetError", (104, "reset by the script"))
BROKEN = ("raise", "ValueError", ("broken by the script", 7))


def made_up(spec: FunctionSpec, plan: Plan) -> tuple[list[Any], dict[str, Any], Any] | None:
    """Return arguments and a result that fit the function's annotations; None where none can be."""
    given = arguments(spec, plan)
    result = example(plan.returns or "")
    if result is NOTHING and not plan.strict:
        result = {"value": 1}
    return None if given is None or result is NOTHING else (*given, result)


def checks(spec: FunctionSpec) -> list[CallCheck]:
    """Return the checks for a function; none where no argument can be made up for it."""
    plan = make_plan(spec)
    sample = made_up(spec, plan)
    if sample is None:
        return []
    args, kwargs, result = sample
    found: list[CallCheck] = []

    def add(
        name: str,
        script: list[tuple[Any, ...]],
        expect: Expect,
        hidden: bool = False,
        of: Literal["every", "recipe"] = "every",
    ) -> None:
        found.append(CallCheck(name, args, kwargs, expect, Scripted(script), hidden, of=of))

    yields = "generator" in spec.kind
    answer = [result, result] if yields else result
    handed = _handed(spec, plan, args, kwargs)
    add(
        "returns_what_the_function_returns", [("return", answer)], _both(same_value(answer), handed)
    )
    every = arguments(spec, plan, optional=True) or (args, kwargs)
    second = _another(result)  # a constant would pass one value
    found.append(
        CallCheck(
            "hands_on_every_argument",
            *every,
            _both(same_value([second] if yields else second), _handed(spec, plan, *every)),
            Scripted([("return", [second] if yields else second)]),
        )
    )
    add("raises_what_the_function_raises", [BROKEN], _both(_raised(BROKEN), _calls(1)))
    if yields:
        return found
    last = plan.attempts if plan.retry.on else 1
    if last > 1:
        add("repeats_a_refused_connection", [REFUSED] * (last - 1) + [("return", answer)],
            _both(same_value(answer), _calls(last)), of="recipe")  # fmt: skip
        add(
            "gives_up_after_its_attempts",
            [REFUSED],
            _both(_raised(REFUSED), _calls(last)),
            of="recipe",
        )
    else:
        script = [REFUSED, ("return", answer)]
        add("repeats_nothing", script, _both(_raised(REFUSED), _calls(1)), of="recipe")
    if plan.retry.on == "transient" and last > 1:
        add(
            "repeats_a_reset",
            [LOST, ("return", answer)],
            _both(same_value(answer), _calls(2)),
            hidden=True,
            of="recipe",
        )
    else:
        add("never_repeats_what_may_have_happened", [LOST, ("return", answer)],
            _both(_raised(LOST), _calls(1)), hidden=True)  # fmt: skip
    if plan.timeout.how == "cancel":
        add("ends_a_call_that_hangs", [("hang", plan.seconds * 10 + 60)], timed_out, of="recipe")
    handed_to = plan.timeout.handed.calls if plan.timeout.handed else ()
    if handed_to and only_calls(spec, handed_to):
        outside = {name: Scripted([REFUSED]) for name in handed_to}
        found.append(
            CallCheck(
                "hands_a_time_out_to_its_calls",
                args,
                kwargs,
                _all_timed(plan),
                outside=outside,
                of="recipe",
            )
        )
    other = value_of_another_type(plan)
    if other is not NOTHING:
        add(
            "reports_a_result_of_another_type",
            [("return", other)],
            _mismatch(plan),
            hidden=True,
            of="every" if plan.strict else "recipe",
        )
    return found


def arguments(
    spec: FunctionSpec, plan: Plan, *, optional: bool = False
) -> tuple[list[Any], dict[str, Any]] | None:
    """Return arguments that satisfy the annotations, the optional ones too where asked for.

    None where a required one of a strict function has an annotation no value is known for.
    """
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for item in _parameters(spec):
        if item.kind == "VAR_POSITIONAL" and optional:
            args += [{"more": 1}, {"more": 2}]
        elif item.kind == "VAR_KEYWORD" and optional:
            kwargs["an_extra_argument"] = {"extra": 1}
        if item.kind.startswith("VAR") or (item.default is not None and not optional):
            continue
        value = example(plan.guards.get(item.name, ""))
        if value is NOTHING:
            if plan.strict:
                return None
            value = None
        if repr(value) == item.default:  # a forgotten argument would go unnoticed
            value = _another(value)
        if item.kind == "KEYWORD_ONLY":
            kwargs[item.name] = value
        else:
            args.append(value)
    return args, kwargs


def _another(value: Any) -> Any:
    """Return another value of the same type, the same where none is known."""
    match value:
        case bool():
            return not value
        case int() | float() | complex():
            return value + 1
        case str():
            return value + " and more"
        case list() | tuple() | bytes():
            return value * 2
        case dict():
            return {**value, "another": 2}
        case set() | frozenset():
            return value | {2}
    return value


def _parameters(spec: FunctionSpec) -> tuple[Parameter, ...]:
    """Return what a caller gives, without ``self`` and ``cls``."""
    bound = spec.owner in ("method", "classmethod")
    return spec.parameters[1:] if bound else spec.parameters


def _handed(spec: FunctionSpec, plan: Plan, args: list[Any], kwargs: dict[str, Any]) -> Expect:
    """Expect the function to be called once, with every argument as it was given."""
    bound = len(spec.parameters) - len(_parameters(spec))
    names = [
        p.name
        for p in _parameters(spec)
        if p.kind not in ("KEYWORD_ONLY", "VAR_KEYWORD", "VAR_POSITIONAL")
    ]
    wanted = _by_name(names, args) | kwargs
    if plan.timeout.how == "hand" and wanted.get(plan.timeout.parameter) is None:
        wanted[plan.timeout.parameter] = plan.seconds

    def expect(outcome: Outcome) -> str | None:
        if len(outcome.stand_in_calls) != 1:
            return f"expected one call of the function, got {len(outcome.stand_in_calls)}"
        got_args, got_kwargs = outcome.stand_in_calls[0]
        got = _by_name(names, got_args[bound:]) | got_kwargs
        for name, value in wanted.items():
            if name not in got or not _same(got[name], value):
                return f"expected {name}={value!r} to be handed on, got {got.get(name)!r}"
        return None

    return expect


def _by_name(names: list[str], args: list[Any]) -> dict[str, Any]:
    """Return positional arguments by their names, those beyond by their places."""
    beyond = [f"positional argument {n}" for n in range(len(names), len(args))]
    return dict(zip([*names, *beyond], args, strict=False))


def value_of_another_type(plan: Plan) -> Any:
    """Return a value that the output guard has to report, ``NOTHING`` where none is known."""
    types = set(plan.returns.types) if plan.returns else set()
    if types and not types & {"complex", "Hashable"}:
        return 1j
    lists = {"list", "Sequence", "MutableSequence", "Iterable", "Collection", "Sized"}
    return [1j] if types and not types & lists else NOTHING


def _same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if hasattr(a, "equals"):
        return bool(a.equals(b))
    return bool((a == b).all()) if hasattr(a, "all") else bool(a == b)


def _both(*parts: Expect) -> Expect:
    def expect(outcome: Outcome) -> str | None:
        return next((problem for part in parts if (problem := part(outcome))), None)

    return expect


def same_value(expected: Any) -> Expect:
    def expect(outcome: Outcome) -> str | None:
        if outcome.kind == "returned" and _same(outcome.value, expected):
            return None
        return f"expected {expected!r}, got {outcome.error or ''}{outcome.value!r}"

    return expect


def _raised(step: tuple[Any, ...]) -> Expect:
    def expect(outcome: Outcome) -> str | None:
        if (
            outcome.kind == "raised"
            and outcome.error == step[1]
            and tuple(outcome.value) == step[2]
        ):
            return None
        return f"expected {step[1]}{step[2]!r}, got {outcome.error or 'a value'} {outcome.value!r}"

    return expect


def _calls(count: int) -> Expect:
    def expect(outcome: Outcome) -> str | None:
        got = len(outcome.stand_in_calls)
        return None if got == count else f"expected {count} calls of the function, got {got}"

    return expect


def _all_timed(plan: Plan) -> Expect:
    """Expect each call that takes a time-out to be given it; none of them is really made."""

    def expect(outcome: Outcome) -> str | None:
        for name, calls in outcome.outside_calls.items():
            for _, given in calls:
                if given.get("timeout") != plan.seconds:
                    got = given.get("timeout")
                    return f"{name} was called with timeout={got!r}, expected {plan.seconds!r}"
        return None

    return expect


def timed_out(outcome: Outcome) -> str | None:
    if outcome.kind == "raised" and outcome.error == "TimeoutError":
        return None
    return f"expected TimeoutError, got {outcome.error or 'a value'} {outcome.value!r}"


def _mismatch(plan: Plan) -> Expect:
    def expect(outcome: Outcome) -> str | None:
        if plan.strict:
            wanted = outcome.kind == "raised" and outcome.error.endswith("RuntimeTypeError")
            return None if wanted else f"expected RuntimeTypeError, got {outcome.value!r}"
        if outcome.kind != "returned":
            return f"expected the value to be handed through, got {outcome.error}"
        return None if outcome.warnings else "expected a warning, got none"

    return expect
