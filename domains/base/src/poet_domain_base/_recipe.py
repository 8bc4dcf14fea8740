"""The recipe ``guarded_call``: the user's function, with what production needs around it."""

from __future__ import annotations

import ast
import sys
from typing import Any, NamedTuple

from poet.domain import Recipe
from poet.errors import RecipeRefusedError
from poet.generate import (
    fixed_defaults,
    is_literal,
    passing,
    render_call,
    render_def,
    render_import,
)
from poet.spec import FunctionSpec, Parameter
from poet_domain_base._effects import RetryDecision, decide_retry
from poet_domain_base._handed import Handed, hand_timeouts
from poet_domain_base._types import Guard, guard_for

__all__ = ["Plan", "make_plan", "write"]

SECONDS_NAMES = {"timeout", "timeout_s", "timeout_sec", "timeout_secs", "timeout_seconds"}


class Timeout(NamedTuple):
    """How a call is ended in time, if it can be, and the reason for a reviewer.

    Attributes:
        how: ``cancel`` (async), ``hand`` (to the parameter), ``calls`` (to calls inside), or None.
        parameter: The parameter a time-out is handed to.
        reason: One line.
        handed: The function with time-outs in its calls, for ``calls``.
    """

    how: str | None
    parameter: str
    reason: str
    handed: Handed | None = None


class Plan(NamedTuple):
    """What the recipe decided; the checks of the candidate follow from the same plan."""

    guards: dict[str, Guard]
    returns: Guard | None
    retry: RetryDecision
    attempts: int
    delay: float
    timeout: Timeout
    seconds: float
    strict: bool
    notes: tuple[str, ...]


_KEPT = 32
_plans: dict[tuple[str, ...], Plan] = {}


def make_plan(spec: FunctionSpec) -> Plan:
    """Decide what to put around the function.

    Grants, checks, scoring and recipe all ask, for each candidate: the last plans are kept.
    """
    # The fingerprint covers source, helpers and options; imports stand in the module's text.
    key = (spec.path, spec.qualname, spec.fingerprint, spec.module_source)
    plan = _plans.get(key)
    if plan is None:
        plan = _plans[key] = _make_plan(spec)
        for old in list(_plans)[:-_KEPT]:
            _plans.pop(old, None)
    return plan


def _make_plan(spec: FunctionSpec) -> Plan:
    config = spec.options.config
    limits = {c.name: c.limit for c in spec.options.constraints}
    seconds = (
        limits["duration_ms"] / 1000 if "duration_ms" in limits else float(config["timeout_s"])
    )
    notes = []
    guards: dict[str, Guard] = {}
    for item in _own_parameters(spec):
        if item.kind in ("VAR_POSITIONAL", "VAR_KEYWORD"):
            continue
        guard = guard_for(item.annotation, spec)
        if not isinstance(guard, str):
            guard = _visible(guard, spec)
        if isinstance(guard, str):
            notes.append(f"no guard on {item.name}: {guard}")
            continue
        if item.default is not None and item.default == "None" and "None" not in guard.types:
            guard = guard._replace(types=(*guard.types, "None"))
        elif item.default is not None and not is_literal(item.default):
            notes.append(f"no guard on {item.name}: its default {item.default} is not a literal")
            continue
        guards[item.name] = guard
    found = guard_for(spec.returns, spec)
    found = found if isinstance(found, str) else _visible(found, spec)
    returns = None if isinstance(found, str) or "generator" in spec.kind else found
    if returns is None:
        reason = "it yields its results" if "generator" in spec.kind else found
        notes.append(f"no output check: {reason}")
    retry = decide_retry(spec)
    timeout = _timeout(spec, seconds)
    return Plan(
        guards=guards,
        returns=returns,
        retry=retry,
        attempts=int(config["attempts"]),
        delay=float(config["delay_s"]),
        timeout=timeout,
        seconds=seconds,
        strict=spec.options.strict_types,
        notes=(retry.reason, timeout.reason, *notes),
    )


def _visible(guard: Guard, spec: FunctionSpec) -> Guard | str:
    """Return the guard, or why none where a parameter's name hides a class it tests for."""
    taken = {p.name for p in spec.parameters} | {spec.name}
    for name in guard.types:
        head = name.partition(".")[0]
        if head in taken and head != "user":
            return f"{head} means something else inside {spec.name}"
    return guard


def _own_parameters(spec: FunctionSpec) -> tuple[Parameter, ...]:
    """Return the parameters a caller gives: without ``self`` or ``cls``."""
    bound = spec.owner in ("method", "classmethod")
    return spec.parameters[1:] if bound else spec.parameters


def _timeout(spec: FunctionSpec, seconds: float) -> Timeout:
    if spec.kind == "async":
        return Timeout("cancel", "", f"ends after {seconds:g} s by cancelling the coroutine")
    for item in spec.parameters:
        if item.name in SECONDS_NAMES and item.default == "None":
            reason = f"hands {seconds:g} s to {item.name} where the caller gives none"
            return Timeout("hand", item.name, reason)
    if "generator" in spec.kind:
        return Timeout(None, "", "no time-out: the caller decides when the next value is asked for")
    handed = hand_timeouts(spec)
    if isinstance(handed, Handed):
        reason = f"hands {seconds:g} s to {', '.join(handed.calls)}, which takes a time-out"
        return Timeout("calls", "", reason, handed)
    return Timeout(
        None,
        "",
        "no time-out: it is not async, it has no timeout=None parameter to hand one to, and "
        f"{handed} (a thread cannot be ended safely)",
    )


def write(spec: FunctionSpec) -> Recipe:
    """Return the candidate for a function.

    Raises:
        RecipeRefusedError: An async generator that uses what is sent or thrown into it.
    """
    if spec.kind == "async generator" and _uses_what_comes_in(spec.source):
        raise RecipeRefusedError(
            f"{spec.qualname} uses values or exceptions that asend() or athrow() brings to its yield",
            where=f"{spec.path}:{spec.line}",
            hint="hand the values in as an argument, such as an async iterator",
        )
    plan = make_plan(spec)
    names = _Names(spec)
    body = _perceive(plan, names) + _operate(spec, plan, names) + _enforce_train(spec, plan, names)
    fixed = fixed_defaults(spec, names["default"]) if fixed_defaults(spec) else []
    head = [
        f'"""{spec.name} with guards around it: the work is still done by the function itself."""',
        "",
    ]
    head += ["from __future__ import annotations", ""]
    head += names.import_lines(plan)
    head += ["", *names.constants(plan, fixed)]
    work = ["", *plan.timeout.handed.lines, "", ""] if plan.timeout.handed else [""]
    text = "\n".join([*head, *work, render_def(spec), *body])
    params: dict[str, Any] = {
        "retry_on": plan.retry.on,
        "attempts": plan.attempts if plan.retry.on else 1,
        "delay_s": plan.delay,
        "timeout": plan.timeout.how,
        "timeout_s": plan.seconds if plan.timeout.how else None,
        "strict_types": plan.strict,
    }
    return Recipe("guarded_call", text + "\n", params, plan.notes)


def _uses_what_comes_in(source: str) -> bool:
    tree = ast.parse(source)
    plain = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    caught = {
        id(n)
        for block in ast.walk(tree)
        if isinstance(block, (ast.Try, ast.TryStar)) and block.handlers
        for statement in block.body
        for n in ast.walk(statement)
    }
    return any(
        isinstance(n, ast.Yield) and (id(n) not in plain or id(n) in caught) for n in ast.walk(tree)
    )


class _Names:
    """The imported names, each moved aside where the function has a parameter of that name."""

    def __init__(self, spec: FunctionSpec) -> None:
        self.taken = {p.name for p in spec.parameters} | {spec.name}
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.used.add(name)
        return self.moved(name)

    def moved(self, name: str) -> str:
        """Return the name, or one beside it where the function has a parameter of that name."""
        return f"{name}_" if name in self.taken else name

    def import_lines(self, plan: Plan) -> list[str]:
        wanted = self.used & {
            "Retry", "baseline", "default", "expect", "observe", "retry", "retry_async",
        }  # fmt: skip
        guards = [g for g in (*plan.guards.values(), plan.returns) if g is not None]
        if plan.retry.on:
            wanted.add("Retry")
        handed = plan.timeout.handed
        if handed:
            wanted.add("played")
        if any(g.user for g in guards) or (handed and handed.user):
            wanted.add("user")
        third = sorted({i for g in guards for i in g.imports if i.startswith("import ")})
        standard: dict[str, set[str]] = {}
        for line in {i for g in guards for i in g.imports if i.startswith("from ")}:
            _, module, _, name = line.split(" ")
            standard.setdefault(module, set()).add(name)
        if "aclosing" in self.used:
            standard.setdefault("contextlib", set()).add("aclosing")
        lines = [line for m in sorted(standard) for line in self._from(m, standard[m])]
        if plan.timeout.how == "cancel":
            moved = self.moved("asyncio")
            lines.insert(0, "import asyncio" + (f" as {moved}" if moved != "asyncio" else ""))
        for line in reversed(handed.imports if handed else ()):
            standard_one = line.split()[1].partition(".")[0] in sys.stdlib_module_names
            (lines if standard_one else third).insert(0, line)
        ours = self._from("poet.runtime", wanted)
        return [*lines, *([""] if lines else []), *third, *ours]

    def _from(self, module: str, names: set[str]) -> list[str]:
        return render_import(module, {n: self.moved(n) for n in names})

    def constants(self, plan: Plan, fixed: list[str]) -> list[str]:
        lines = list(fixed)
        if plan.retry.on:
            policy = f'attempts={plan.attempts}, delay={plan.delay!r}, on="{plan.retry.on}"'
            lines.append(f"{self.moved('RETRY')} = {self['Retry']}({policy})")
        if plan.timeout.how:
            lines.append(f"{self.moved('TIMEOUT_S')} = {plan.seconds!r}")
        return [*lines, ""] if lines else []


def _expect(names: _Names, name: str, value: str, guard: Guard, strict: bool) -> str:
    types = [t.replace("user.", f"{names['user']}.") for t in guard.types]
    arguments = [f'"{name}"', value, *types, *(["strict=True"] if strict else [])]
    return render_call(names["expect"], arguments)


def _perceive(plan: Plan, names: _Names) -> list[str]:
    verb = "refused" if plan.strict else "reported, never refused"
    lines = [f"    # Perceive: an argument that does not match its annotation is {verb}."]
    lines += [_expect(names, n, n, g, plan.strict) for n, g in plan.guards.items()]
    if not plan.guards:
        lines = ["    # Perceive: no argument has an annotation that a guard can test."]
    if plan.timeout.how == "hand":
        p = plan.timeout.parameter
        lines.append(f"    {p} = {names.moved('TIMEOUT_S')} if {p} is None else {p}")
    return lines


def _operate(spec: FunctionSpec, plan: Plan, names: _Names) -> list[str]:
    lines = (
        [f"    # Operate: {plan.notes[0]}."]
        if plan.retry.on
        else ["    # Operate: the function as it was written."]
    )
    if len(lines[0]) > 88:
        lines = ["    # Operate: the function as it was written, repeated where that is safe."]
    handed = passing(spec.parameters)
    if spec.kind == "generator":
        return [*lines, render_call(f"result = yield from {names['baseline']}", handed)]
    if spec.kind == "async generator":
        opened = f"async with {names['aclosing']}({names['baseline']}"
        return [
            *lines,
            render_call(opened, handed, tail=")) as items:"),
            "        async for item in items:",
            "            yield item",
        ]
    retry = names["retry_async" if spec.kind == "async" else "retry"] if plan.retry.on else ""
    work = "work" if plan.timeout.handed else names["baseline"]
    head = retry or work
    arguments = [names.moved("RETRY"), work, *handed] if retry else handed
    wait = "await " if spec.kind == "async" else ""
    if plan.timeout.how == "cancel":
        lines.append(
            f"    async with {names.moved('asyncio')}.timeout({names.moved('TIMEOUT_S')}):"
        )
        return [*lines, render_call(f"result = {wait}{head}", arguments, "        ")]
    return [*lines, render_call(f"result = {wait}{head}", arguments)]


def _enforce_train(spec: FunctionSpec, plan: Plan, names: _Names) -> list[str]:
    if spec.kind == "async generator":
        return ["    # Enforce, Train: each value went to the caller as it came."]
    lines = []
    if plan.returns is not None:
        lines.append("    # Enforce: what comes back is held against the annotation.")
        lines.append(_expect(names, "return", "result", plan.returns, plan.strict))
    else:
        lines.append("    # Enforce: the annotation promises nothing that can be tested.")
    if names.moved("type") == "type":
        lines.append("    # Train: what this call can teach travels with its execution.")
        lines.append(f"    {names['observe']}(returned=type(result).__name__)")
    else:
        lines.append("    # Train: nothing to note, for `type` means something else here.")
    return [*lines, "    return result"]
