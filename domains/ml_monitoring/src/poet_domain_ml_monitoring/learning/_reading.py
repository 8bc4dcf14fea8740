"""Which function it is, as far as learning needs it: its slots, whichever recipe reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from poet.errors import RecipeRefusedError
from poet_domain_ml_monitoring.reading.options import DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poet.spec import FunctionSpec
    from poet_domain_ml_monitoring.agents._result import Result
    from poet_domain_ml_monitoring.detector._schema import Schema

__all__ = ["Part", "Read", "read"]


class Part(NamedTuple):
    """One value of a result.

    Attributes:
        key: Its key, field, or position.
        quantity: What it is.
        words: For a status, the user's own text for each.
        items: What it holds for each feature.
    """

    key: str
    quantity: str | None
    words: Mapping[str, str] = {}
    items: tuple[Part, ...] = ()


class Read(NamedTuple):
    """What is known of a function's parameters and result.

    Attributes:
        shape: Of the result; ``per_feature`` is a dict from feature to parts.
        parts: Its parts, or those of one feature.
        current: The parameter with the current rows.
        reference: The parameter with the reference; empty where the function holds it.
        health: Whether a status is about a model's health.
        columns: The columns that it names; empty for all of its frames.
        skipped: Columns that it passes over by name.
        min_samples: Values needed of each sample, as the options say.
        max_categories: Distinct whole numbers up to which a column is categorical.
        usual_limit: The smallest effect that is drift, as the options say.
        level: P-values below it are improbable.
        limit: The smallest effect that is drift.
    """

    shape: Literal["value", "mapping", "object", "tuple", "per_feature", "names"]
    parts: tuple[Part, ...]
    current: str
    reference: str
    health: bool
    level: float
    limit: float
    columns: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    min_samples: int = 20
    max_categories: int = 20
    usual_limit: float = 0.1


_LAST: list[tuple[tuple[str, str, object], Read | None]] = []


def read(spec: FunctionSpec) -> Read | None:
    """Return what a recipe reads of a function; None where it refuses it.

    The last function is remembered: learning asks for each of its executions.
    """
    key = (spec.fingerprint, spec.qualname, spec.evidence)
    for held, found in _LAST:
        if held == key:
            return found
    try:
        made = _read(spec)
    except RecipeRefusedError:
        made = None
    _LAST[:] = [(key, made), *_LAST][:8]
    return made


def _read(spec: FunctionSpec) -> Read:
    from poet_domain_ml_monitoring.agents import watches

    if watches(spec):
        from poet_domain_ml_monitoring.agents._plan import make_plan as plan_monitor

        watched = plan_monitor(spec)
        shape, parts = _of_result(watched.result)
        t = watched.thresholds
        data, health = watched.roles.data, watched.result.health
        return Read(
            shape,  # type: ignore[arg-type]  # one of the shapes
            parts,
            data,
            "",
            health,
            t.alpha,
            t.min_effect,
            min_samples=t.min_samples,
        )
    from poet_domain_ml_monitoring.detector._plan import make_plan

    plan = make_plan(spec)
    shape, parts = _of_schema(plan.schema)
    return Read(
        shape,  # type: ignore[arg-type]  # one of the shapes
        parts,
        plan.roles.current,
        plan.roles.reference,
        False,
        plan.alert_threshold,
        plan.min_effect,
        plan.roles.selection.literal,
        plan.roles.selection.skipped,
        spec.options.config.get("min_samples", DEFAULTS["min_samples"]),
        plan.max_categories,
        spec.options.config.get("min_effect", DEFAULTS["min_effect"]),
    )


def _of_schema(schema: Schema) -> tuple[str, tuple[Part, ...]]:
    if schema.shape == "per_column":
        assert schema.item is not None
        return "per_feature", _items(schema.item)
    return schema.shape, tuple(Part(s.key, s.quantity, _plain(s.words)) for s in schema.slots)


def _of_result(result: Result) -> tuple[str, tuple[Part, ...]]:
    if result.shape == "per_feature":
        assert result.item is not None
        return "per_feature", _items(result.item)
    parts = []
    for slot in result.slots:
        items = _items(slot.item) if slot.item is not None else ()
        parts.append(Part(slot.key, slot.quantity, _plain(slot.words), items))
    return result.shape, tuple(parts)


def _items(item: Schema | Result) -> tuple[Part, ...]:
    """Return the parts of the result for one feature; of a plain value one without a key."""
    if item.shape == "value":
        return (Part("", item.slots[0].quantity, _plain(item.slots[0].words)),)
    return tuple(Part(s.key, s.quantity, _plain(s.words)) for s in item.slots)


def _plain(words: Mapping[Any, str]) -> dict[str, str]:
    return dict(words)
