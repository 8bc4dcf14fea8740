"""Everything read from one function, and the values it is built with."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal, NamedTuple

from poet_domain_ml_monitoring.detector._result import read_schema
from poet_domain_ml_monitoring.detector._roles import Roles, read_roles
from poet_domain_ml_monitoring.detector._schema import Schema, quantities_of, slots_of
from poet_domain_ml_monitoring.reading.options import DEFAULTS
from poet_domain_ml_monitoring.reading.source import Reading, comparisons, refuse
from poet_domain_ml_monitoring.reading.strategy import (
    CATEGORIES_ON_REQUEST,
    Strategy,
    read_strategy,
)

if TYPE_CHECKING:
    from poet.spec import FunctionSpec

__all__ = ["Plan", "make_plan"]


class Plan(NamedTuple):
    """What the text is written from.

    Attributes:
        kinds: What the samples may hold, as far as the annotations tell.
        strategy: What production asks to be done otherwise.
        corrected: Whether the level is divided by the number of columns.
        needs_baseline: Whether a part of the result is the user's own.
        says_unknown: Whether the result itself can say that there is too little data.
    """

    roles: Roles
    schema: Schema
    kinds: tuple[Literal["continuous", "categorical"], ...]
    alert_threshold: float
    min_effect: float
    min_samples: int
    max_categories: int
    strategy: Strategy
    corrected: bool
    needs_baseline: bool
    says_unknown: bool
    notes: tuple[str, ...]


def make_plan(spec: FunctionSpec) -> Plan:
    """Read a function.

    Raises:
        RecipeRefusedError: It is not understood; the message says what and the way out.
    """
    if spec.kind != "function":
        kind = "a generator" if spec.kind == "generator" else f"an {spec.kind} function"
        refuse(spec, f"it is {kind}", "write a plain function that returns its verdict")
    asked = sorted(set(spec.options.capabilities) - {"drift"})
    if asked:
        refuse(
            spec,
            f"the recipe writes drift detectors; it has none for the capability {asked[0]!r}",
            "ask for capabilities=['drift'], or have a model or a person write this one",
        )
    reading = Reading(spec)
    roles = read_roles(spec, reading)
    schema = read_schema(spec, reading, roles)
    config = {**DEFAULTS, **spec.options.config}
    notes = list(roles.notes)
    level = config["alert_threshold"]
    shown = _own_level(reading)
    if shown is not None and level == DEFAULTS["alert_threshold"] != shown and roles.level is None:
        notes.append(f"alert_threshold is {shown}: the baseline compares its p-value with it")
        level = shown
    objectives = {o.name for o in spec.options.objectives} | {spec.options.optimize_for}
    notes += _notes(spec, roles, schema, objectives)
    elements = {roles.current_form.element, roles.reference_form.element}
    kinds: tuple[Literal["continuous", "categorical"], ...] = ("continuous", "categorical")
    if elements == {"float"}:
        kinds = ("continuous",)
    elif elements <= {"str", "bool"}:
        kinds = ("categorical",)
    strategy = read_strategy(spec)
    most = config["max_categories"]
    if strategy.all_categories:
        kinds = ("categorical",) if kinds == ("categorical",) else ("continuous", "categorical")
        most = max(most, CATEGORIES_ON_REQUEST)
    notes += strategy.notes
    slots = slots_of(schema)
    says = any(s.quantity == "status" or (s.quantity == "decision" and s.optional) for s in slots)
    return Plan(
        roles=roles,
        schema=schema,
        kinds=kinds,
        alert_threshold=strategy.level or level,
        min_effect=strategy.min_effect or config["min_effect"],
        min_samples=max(strategy.min_samples or 0, config["min_samples"]),
        max_categories=most,
        strategy=strategy,
        corrected=roles.selection.how == "many" and "recall" not in objectives,
        needs_baseline=None in quantities_of(schema),
        says_unknown=says,
        notes=tuple(notes),
    )


def _own_level(reading: Reading) -> float | None:
    """Return the number that the baseline compares a p-value with, None where there is not one."""
    found = {
        float(side.value)
        for side, other in comparisons(reading.node)
        if isinstance(side, ast.Constant)
        and isinstance(side.value, float)
        and 0 < side.value < 0.5
        and reading.says_p(other)
    }
    return found.pop() if len(found) == 1 else None


def _notes(
    spec: FunctionSpec, roles: Roles, schema: Schema, objectives: set[str | None]
) -> list[str]:
    notes = [f"{roles.current} is the current sample, {roles.reference} the reference"]
    many = roles.selection.how == "many"
    if many and "recall" in objectives:
        notes.append("recall: each column has the full level, so that more columns alert by chance")
    elif many:
        notes.append("the level is divided by the number of columns (Bonferroni)")
    for name in sorted(o for o in objectives if o):
        if name == "recall" and many:
            continue
        if name == "precision" and many:
            notes.append("precision: what the division of the level serves; nothing else changes")
        else:
            notes.append(f"{name}: changes nothing here; the tests are exact and made in one pass")
    if spec.options.constraints:
        notes.append("duration_ms: checked by running, changes nothing in the text")
    kept = [s.key for s in slots_of(schema) if s.quantity is None]
    if kept:
        notes.append(f"taken from the baseline as they are: {', '.join(kept)}")
    if roles.extra and not kept:
        notes.append(f"unused, as in the baseline: {', '.join(roles.extra)}")
    if any(s.quantity == "status" and s.words for s in slots_of(schema)):
        notes.append("the status texts are the baseline's; too little data has a text of its own")
    return notes
