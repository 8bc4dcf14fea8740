"""The domain behind a bare ``@poet()``: guards, time-outs, retries and output checks.

It keeps what the function does and surrounds it: every decision it takes is in the version's notes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from poet.domain import (
    REVIEWED,
    CallCheck,
    ConfigKey,
    Domain,
    Grants,
    ObjectiveKey,
    Recipe,
    Scoring,
)
from poet.hookspecs import hookimpl
from poet.spec import FunctionSpec

__all__ = ["DOMAIN", "poet_register_domains"]


def _recipe(spec: FunctionSpec) -> Recipe:
    from poet_domain_base._recipe import write

    return write(spec)


def _checks(spec: FunctionSpec) -> list[CallCheck]:
    from poet_domain_base._checks import checks

    return checks(spec)


def _scoring(spec: FunctionSpec) -> list[Scoring]:
    from poet_domain_base._scoring import scoring

    return scoring(spec)


def _grants(spec: FunctionSpec) -> Grants:
    """Grant the reviewed libraries, and of other modules just what the function itself uses."""
    from poet_domain_base._recipe import make_plan

    modules = dict.fromkeys(("numpy", "polars", "pandas", "scipy"), REVIEWED)
    handed = make_plan(spec).timeout.handed
    for module, names in handed.grants.items() if handed else ():
        modules[module] = modules.get(module, frozenset()) | names
    return Grants(modules)


def _number(low: float, high: float) -> Callable[[Any], str | None]:
    def check(value: Any) -> str | None:
        good = isinstance(value, (int, float)) and not isinstance(value, bool)
        return None if good and low <= value <= high else f"a number from {low:g} to {high:g}"

    return check


def _attempts(value: Any) -> str | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 20
    return None if good else "a whole number from 1 to 20"


REQUIREMENTS = tuple(
    """\
Keep what the function returns and raises wherever it works today.
Report an argument or result that does not match its annotation with `expect(name, value, *types)`, the \
name `return` for the result; never reject it, unless strict_types is true: then hand `strict=True` on.
Repeat a failure with `retry(Retry(attempts, delay), baseline, ...)`, for a coroutine with \
`await retry_async(...)`, only if nothing can have taken effect: one outside call that fails to connect. \
With idempotent true, and only then, `Retry(..., on="transient")`. Else call once, and write no loop of \
your own around a call with effects.
What reaches files, network or a database stays inside of the user's function or helpers: call them, do \
not write them anew, and surround them with what makes them safe.
An async function that waits for something outside is ended after timeout_s with `asyncio.timeout`; an \
ordinary call cannot be ended safely, so leave it be.
Plain computing needs no retry and no time-out: make it simpler, faster or sturdier, or leave it.
""".splitlines()
)

DOMAIN = Domain(
    name="base",
    summary="guards, time-outs, retries and output checks around any function",
    version="0.1.0",
    recipe_epoch=1,
    mode="preserve",
    recipe=_recipe,
    checks=_checks,
    config={
        "attempts": ConfigKey(3, "calls in all where a failure is repeated", _attempts),
        "delay_s": ConfigKey(
            0.1, "seconds, the longest wait before the second call", _number(0, 60)
        ),
        "timeout_s": ConfigKey(
            30.0, "seconds one call may take, where it can be ended", _number(0.001, 86_400)
        ),
    },
    objectives={
        "reliability": ObjectiveKey(
            "Answers where the function fails for a passing reason: it repeats what is safe to "
            "repeat, waits for no outside service without end, and reports what does not fit."
        ),
        "latency": ObjectiveKey(
            "Answers as the function does, in less time: better algorithms and data structures, "
            "work done once, vectorised arithmetic.",
            "minimize",
            "ms",
        ),
    },
    constraints=frozenset({"duration_ms"}),
    grants=_grants,
    scoring=_scoring,
    requirements=REQUIREMENTS,
)


@hookimpl
def poet_register_domains(register: Callable[[Domain], None]) -> None:
    """Register the domain ``base``."""
    register(DOMAIN)
