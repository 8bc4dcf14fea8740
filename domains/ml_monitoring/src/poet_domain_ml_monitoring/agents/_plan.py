"""Everything read from one function, and the values its monitor is built with."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from poet.spec import definitions
from poet_domain_ml_monitoring.agents._own import After, check_before, read_after
from poet_domain_ml_monitoring.agents._result import Result, read_result
from poet_domain_ml_monitoring.agents._roles import Roles, read_roles
from poet_domain_ml_monitoring.config import Thresholds
from poet_domain_ml_monitoring.reading.options import DEFAULTS
from poet_domain_ml_monitoring.reading.source import Reading, refuse
from poet_domain_ml_monitoring.reading.strategy import Strategy, read_strategy

if TYPE_CHECKING:
    from poet.spec import FunctionSpec

__all__ = ["Plan", "make_plan"]

# What is raised where a window cannot be read.
UNREADABLE = "StatsInputError"


class Plan(NamedTuple):
    """What the text is written from.

    Attributes:
        thresholds: What every feature is held to.
        health: Whether the model's health is assessed.
        alerts: Whether alerts are made.
        needs_baseline: Whether a part of the result comes from the user's own function.
        says_unknown: Whether the result itself can say that there is too little data.
        strategy: What production asks to be done otherwise.
    """

    roles: Roles
    result: Result
    after: After
    thresholds: Thresholds
    health: bool
    alerts: bool
    needs_baseline: bool
    says_unknown: bool
    strategy: Strategy
    notes: tuple[str, ...]


def make_plan(spec: FunctionSpec) -> Plan:
    """Read a function.

    Raises:
        RecipeRefusedError: It is not understood; the message says what and the way out.
    """
    if spec.kind != "function":
        kind = "a generator" if spec.kind == "generator" else f"an {spec.kind} function"
        refuse(spec, f"it is {kind}", "write a plain function that returns its result")
    reading = Reading(spec)
    roles = read_roles(spec, reading)
    after = read_after(spec, reading)
    check_before(spec, reading, after)
    result = read_result(spec, reading, roles)
    quantities = result.quantities()
    health = bool(quantities & {"health_score", "components", "recommendations"})
    health = health or (result.health and "status" in quantities)
    alerts = "alerts" in quantities
    asked = set(spec.options.capabilities)
    _check_capabilities(spec, asked, roles, quantities)
    needs = None in quantities
    if needs and after.lines:
        keys = ", ".join(repr(s.key) for s in result.slots if s.quantity is None)
        refuse(
            spec,
            f"what it returns under {keys} is not known, and asking the function itself for it would "
            "do twice what it does after its result is made",
            "drop the key, or make it of the arguments and of what its object holds",
        )
    strategy = _learnt(spec)
    thresholds = _stricter(_thresholds(spec), strategy)
    item = next((s.item for s in result.slots if s.item is not None), result.item)
    said = {s.quantity for s in item.slots} if item else set()
    optional = (
        any(s.optional and s.quantity in ("decision", "stable") for s in item.slots)
        if item
        else False
    )
    # That a model is healthy says nothing of a window that was too small to tell.
    status = "status" in said or ("status" in quantities and not result.health)
    says = status or optional or "statuses" in quantities
    return Plan(
        roles=roles,
        result=result,
        after=after,
        thresholds=thresholds,
        health=health,
        alerts=alerts,
        needs_baseline=needs,
        says_unknown=says,
        strategy=strategy,
        notes=(*_notes(spec, roles, result, after, thresholds), *strategy.notes),
    )


def _check_capabilities(
    spec: FunctionSpec, asked: set[str], roles: Roles, quantities: set[str | None]
) -> None:
    if "anomaly" in asked:
        refuse(
            spec,
            "the recipe for monitors looks for drift and health, not for single odd rows",
            "ask for capabilities=['drift'] here, and find odd rows in a function of their own "
            "with AnomalyDetector",
        )
    if "performance" in asked and roles.predictions is None:
        refuse(
            spec,
            "it has the capability 'performance', but no parameter with the model's predictions",
            "take them as predictions, and labels where there are some, or drop the capability",
        )
    if "performance" in asked and not quantities & {"health_score", "status", "components"}:
        refuse(
            spec,
            "it has the capability 'performance', but its result has no place to say it",
            "add a key such as 'health_score', 'components' or 'status'",
        )


def _thresholds(spec: FunctionSpec) -> Thresholds:
    """Return the thresholds: the user's, where the user gives any, else those of a monitor.

    A detector compares two samples and has other defaults than a monitor of many features; what
    stands in the options is either, and only the decorator's own text tells.
    """
    usual = Thresholds()
    config, written = spec.options.config, _written(spec)

    def chosen(key: str, ours: float) -> float:
        value = config.get(key)
        given = value is not None and (value != DEFAULTS[key] or key in written)
        return float(config[key]) if given else ours

    return Thresholds(
        alpha=chosen("alert_threshold", usual.alpha),
        min_effect=chosen("min_effect", usual.min_effect),
        min_samples=int(chosen("min_samples", usual.min_samples)),
    )


def _learnt(spec: FunctionSpec) -> Strategy:
    """Return what production asks for; too many false alarms alone ask for a larger effect.

    What the object holds as its reference is in no recorded call, so that the effects of its
    executions cannot be measured once more: a version made for false alarms asks for twice the least.
    """
    found = _survivor(spec, read_strategy(spec))
    rate = next((e for e in spec.evidence if e.name == "false_positive_rate"), None)
    if rate is None or found.min_effect is not None or rate.value is None:
        return found
    note = f"false alarms, {rate.hits} of {rate.total}: twice the smallest effect, a fifth of the level"
    usual = _thresholds(spec)
    effect, level = min(2 * usual.min_effect, 0.5), usual.alpha / 5
    return found._replace(min_effect=effect, level=level, notes=(*found.notes, note))


def _survivor(spec: FunctionSpec, found: Strategy) -> Strategy:
    """Return a strategy that outlives what a window cannot be read of, where calls failed of it."""
    error = next((e for e in spec.evidence if e.name == "error"), None)
    types = error.facts.get("types") if error is not None else None
    if not isinstance(types, Mapping) or UNREADABLE not in types:
        return found
    note = (
        f"calls raised {UNREADABLE}: a feature that comes as one value is too little data, no error"
    )
    return found._replace(single=True, notes=(*found.notes, note))


def _stricter(usual: Thresholds, strategy: Strategy) -> Thresholds:
    return replace(
        usual,
        alpha=strategy.level or usual.alpha,
        min_effect=strategy.min_effect or usual.min_effect,
        min_samples=max(usual.min_samples, strategy.min_samples or 0),
    )


def _written(spec: FunctionSpec) -> str:
    """Return the text of the decorators of the function and of its class."""
    owner = spec.qualname.rpartition(".")[0]
    nodes = [
        d.node
        for d in definitions(ast.parse(spec.module_source))
        if d.qualname in (spec.qualname, owner)
    ]
    return " ".join(ast.unparse(d) for n in nodes for d in n.decorator_list)


def _notes(
    spec: FunctionSpec, roles: Roles, result: Result, after: After, thresholds: Thresholds
) -> list[str]:
    notes = list(roles.notes)
    notes.append(
        f"a feature has drifted where the adjusted p-value is below {thresholds.alpha:g} and the "
        f"effect at least {thresholds.min_effect:g}"
    )
    if roles.predictions:
        against = roles.reference_predictions
        held = f"compared with {against.text}" if against else "compared with earlier calls"
        notes.append(f"{roles.predictions} are the model's predictions, {held}")
    if roles.importance:
        notes.append(f"features are weighed by {roles.importance.text}")
    own = [s.key for s in result.slots if s.quantity == "own"]
    if own:
        notes.append(f"kept as they are written: {', '.join(own)}")
    unknown = [s.key for s in result.slots if s.quantity is None]
    if unknown:
        notes.append(f"taken from the baseline as they are: {', '.join(unknown)}")
    if after.lines:
        notes.append(f"what follows the result is kept as it is written: {after.lines[0]}")
    names = {o.name for o in spec.options.objectives} | {spec.options.optimize_for}
    nothing = "changes nothing here; every test is exact, all features in one pass"
    return [*notes, *(f"{name}: {nothing}" for name in sorted(n for n in names if n))]
