"""Reading a verdict back from what a candidate returned, as plain data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from poet_domain_ml_monitoring.reading.words import Quantity, status_of_word

if TYPE_CHECKING:
    from poet.domain import Outcome
    from poet_domain_ml_monitoring.detector._plan import Plan
    from poet_domain_ml_monitoring.detector._schema import Schema, Slot

__all__ = ["Verdict", "read_verdict"]


class Verdict(NamedTuple):
    """What a result says.

    Attributes:
        drift: Whether it says drift; None where it says nothing.
        unknown: Whether it says that it cannot be told.
        p_value: None where it has none.
        effect: None where it has none.
        sizes: Of current and reference; None where it does not say.
        shown: The result, shortened, for a message.
    """

    drift: bool | None
    unknown: bool
    p_value: float | None
    effect: float | None
    sizes: tuple[int | None, int | None]
    shown: str


def read_verdict(plan: Plan, outcome: Outcome, column: str, limit: float) -> Verdict | str:
    """Return what a result says of a column, or one line on what is wrong with its schema."""
    shown = repr(outcome.value)
    shown = shown if len(shown) <= 120 else shown[:117] + "..."
    if outcome.kind != "returned":
        return f"expected a result, got {outcome.error}: {shown}"
    try:
        values = _values(plan.schema, outcome.value, column)
    except (KeyError, IndexError, TypeError, ValueError) as problem:
        return f"expected the baseline's return schema, got {shown} ({problem})"
    return _verdict(values, plan, limit, shown)


def _values(schema: Schema, value: Any, column: str) -> dict[Quantity, Any]:
    if schema.shape == "names":
        if isinstance(value, str | Mapping) or not hasattr(value, "__iter__"):
            raise TypeError("expected names of columns")
        return {"decision": column in list(value)}
    if schema.shape == "per_column":
        assert schema.item is not None
        return _values(schema.item, value[column], column)
    found: dict[Quantity, Any] = {}
    if schema.shape == "mapping" and set(value) - {"__type__"} != {s.key for s in schema.slots}:
        raise ValueError("other keys")
    if schema.shape == "tuple" and len(value) != len(schema.slots):
        raise ValueError("another length")
    for index, slot in enumerate(schema.slots):
        if schema.shape == "value":
            part = value
        elif isinstance(value, Mapping):
            part = value[slot.key]
        else:
            part = value[index]
        if slot.quantity is not None:
            found[slot.quantity] = _checked(slot, part)
    return found


def _checked(slot: Slot, value: Any) -> Any:
    name = slot.key or "the result"
    match slot.quantity:
        case "decision" | "stable":
            if not (isinstance(value, bool) or (slot.optional and value is None)):
                raise TypeError(f"{name} is no bool")
        case "p_value" | "effect" | "statistic":
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, int | float)
            ):
                raise TypeError(f"{name} is no number")
        case "status":
            return _status(slot, value)
        case "drifted_columns" | "p_values" | "effects" | "decisions":
            len(value)
        case _:
            pass
    return value


def _status(slot: Slot, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{slot.key or 'the result'} is no text")
    own = {text: status for status, text in slot.words.items()}
    status = own.get(value) or status_of_word(value)
    if status is None:
        raise ValueError(f"the status {value!r} is none that is known")
    return status


def _verdict(values: Mapping[Quantity, Any], plan: Plan, limit: float, shown: str) -> Verdict:
    drift: bool | None = None
    unknown = False
    p_value, effect = values.get("p_value"), values.get("effect")
    status = values.get("status")
    if status is not None:
        unknown, drift = status in ("insufficient_data", "error"), status == "drift"
    for quantity in ("decision", "stable"):
        if quantity in values:
            said = values[quantity]
            if said is None:
                unknown = True
            else:
                said = said if quantity == "decision" else not said
                # Two answers of one result that differ are no verdict.
                drift = said if drift in (None, said) else None
    if "drifted_columns" in values and drift is None and status is None:
        drift = bool(values["drifted_columns"])
    unsaid = not {"status", "decision", "stable", "drifted_columns"} & values.keys()
    if unsaid:
        drift, unknown = _from_numbers(values, plan, limit)
    numbers = [v if v is not None and math.isfinite(v) else None for v in (p_value, effect)]
    sizes = (values.get("n_current"), values.get("n_reference"))
    return Verdict(drift, unknown, numbers[0], numbers[1], sizes, shown)


def _from_numbers(
    values: Mapping[Quantity, Any], plan: Plan, limit: float
) -> tuple[bool | None, bool]:
    """Return drift and unknown where only numbers are given: NaN or None is "unknown"."""
    for quantity in ("effect", "p_value", "statistic"):
        if quantity in values:
            value = values[quantity]
            if value is None or math.isnan(value):
                return False, True
            if quantity == "effect":
                return value >= limit, False
            if quantity == "p_value":
                return value < plan.alert_threshold, False
    level = plan.alert_threshold
    tests: dict[Quantity, Callable[[Any, int], bool]] = {
        "decisions": lambda value, _: bool(value),
        "effects": lambda value, _: value >= limit,
        "p_values": lambda value, count: value < level / count,
    }
    for several, says in tests.items():
        found = values.get(several)
        if found:
            known = [v for v in found.values() if v is not None]
            return any(says(v, len(found)) for v in known), len(known) < len(found)
    statistic = values.get("statistic")
    return (None if statistic is None else statistic >= limit), False
