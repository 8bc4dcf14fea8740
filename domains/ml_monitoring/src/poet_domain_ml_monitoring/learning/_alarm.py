"""Whether an outcome raises an alarm."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from poet_domain_ml_monitoring.agents._words import health_of_word
from poet_domain_ml_monitoring.learning._reading import Part, Read, read
from poet_domain_ml_monitoring.reading.words import status_of_word

if TYPE_CHECKING:
    from poet.domain import Outcome
    from poet.spec import FunctionSpec

__all__ = ["DECISIVE", "alarm"]

# What says whether there is drift, the clearest first; numbers speak where nothing else does.
DECISIVE = (
    "decision", "stable", "drifted", "drifted_columns", "n_drifted", "status", "decisions",
    "statuses", "features", "share", "effect", "drift_score", "p_value", "effects", "scores",
    "p_values",
)  # fmt: skip
_HEALTH = {"healthy": False, "degraded": True, "unhealthy": True}
_STATUS = {"ok": False, "warning": False, "drift": True}


def alarm(spec: FunctionSpec, outcome: Outcome) -> bool | None:
    """Say whether an outcome raises an alarm.

    Returns:
        None where that cannot be said: the function raised, is not understood, or says itself that
        it cannot tell.
    """
    found = read(spec)
    if found is None or outcome.kind != "returned":
        return None
    try:
        return _of(found, found.shape, found.parts, outcome.value)
    except (AttributeError, LookupError, TypeError, ValueError):
        return None  # another form than the function's own


def _of(read: Read, shape: str, parts: Sequence[Part], value: Any) -> bool | None:
    if shape == "names":
        if isinstance(value, str | Mapping):
            raise TypeError("expected names of features")
        return len(list(value)) > 0
    if shape == "per_feature":
        return _any(_feature(read, parts, one) for one in _fields(value).values())
    if shape == "value":
        return _said(read, parts[0], value)
    by_quantity = {part.quantity: part for part in reversed(parts)}
    for quantity in DECISIVE:
        part = by_quantity.get(quantity)
        if part is None:
            continue
        held = value[part.key] if isinstance(value, Mapping) else value[int(part.key)]
        said = _said(read, part, held)
        # A part that is not filled, such as a list without anything in it where the data are too
        # few, is less clear than a status that says so.
        unknown = _unknown(by_quantity, value)
        return None if said is False and unknown else said
    return None


def _unknown(by_quantity: Mapping[str | None, Part], value: Any) -> bool:
    part = by_quantity.get("status")
    if part is None or not isinstance(value, Mapping):
        return False
    text = value.get(part.key)
    return isinstance(text, str) and _status(part, text) in ("insufficient_data", "error")


def _feature(read: Read, parts: Sequence[Part], value: Any) -> bool | None:
    if len(parts) == 1 and not parts[0].key:
        return _said(read, parts[0], value)
    return _of(read, "mapping", parts, value)


def _said(read: Read, part: Part, value: Any) -> bool | None:
    """Return what one part of a result says."""
    if value is None:
        return None
    match part.quantity:
        case "decision":
            return bool(value)
        case "stable":
            return not value
        case "drifted" | "drifted_columns":
            return len(value) > 0
        case "n_drifted" | "share":
            return bool(value > 0)
        case "status" if read.health:
            return _HEALTH.get(health_of_word(value) or "")
        case "status":
            return _STATUS.get(_status(part, value) or "")
        case "decisions":
            return _any(None if v is None else bool(v) for v in _values(value))
        case "statuses":
            return _any(_STATUS.get(_status(part, v) or "") for v in _values(value))
        case "features" if part.items:
            return _any(_feature(read, part.items, v) for v in _values(value))
        case "effect" | "drift_score":
            return _number(value, lambda v: v >= read.limit)
        case "p_value":
            return _number(value, lambda v: v < read.level)
        case "effects" | "scores":
            return _any(_number(v, lambda v: v >= read.limit) for v in _values(value))
        case "p_values":
            level = read.level / max(1, len(value))
            return _any(_number(v, lambda v: v < level) for v in _values(value))
        case _:
            return None


def _status(part: Part, text: str) -> str | None:
    own = {word: status for status, word in part.words.items()}
    return own.get(text) or status_of_word(text)


def _number(value: Any, says: Callable[[float], bool]) -> bool | None:
    if value is None or isinstance(value, bool) or math.isnan(value):
        return None
    return bool(says(float(value)))


def _fields(value: Any) -> Mapping[str, Any]:
    return {name: one for name, one in value.items() if name != "__type__"}


def _values(value: Any) -> Iterable[Any]:
    return _fields(value).values() if isinstance(value, Mapping) else value


def _any(said: Iterable[bool | None]) -> bool | None:
    """Return True where one says so, None where one cannot tell and none does, else False."""
    found = list(said)
    if True in found:
        return True
    return None if not found or None in found else False
