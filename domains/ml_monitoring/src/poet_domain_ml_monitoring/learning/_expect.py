"""What must hold of an outcome so that a label is met, in the function's own form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poet_domain_ml_monitoring.agents._words import health_of_word
from poet_domain_ml_monitoring.learning._alarm import DECISIVE
from poet_domain_ml_monitoring.learning._reading import Part, Read, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poet.domain import Observed
    from poet.spec import FunctionSpec

__all__ = ["expect"]


def expect(spec: FunctionSpec, observed: Observed) -> Mapping[str, Any] | None:
    """Return what a case holds the outcome to; None where no case can say it.

    A window that should have raised no alarm may also be answered with "too little data": what is
    asked for is that it does not say drift.
    """
    found = read(spec)
    if found is None or observed.label is None:
        return None
    if found.shape == "names":
        # Nothing but an empty collection is no drift; which names there should be nobody said.
        held = observed.outcome.value
        empty = type(held)() if isinstance(held, list | tuple | set | frozenset) else []
        return None if observed.label else {"equals": empty}
    if found.shape == "value":
        part = found.parts[0]
        if part.quantity in ("decision", "stable"):
            return {"equals": observed.label is (part.quantity == "decision")}
        return None
    if found.shape not in ("mapping", "object"):
        return None
    by_quantity = {part.quantity: part for part in reversed(found.parts)}
    for quantity in DECISIVE:
        clearest = by_quantity.get(quantity)
        if clearest is not None:
            wanted = _wanted(found, clearest, observed)
            return None if wanted is None else {"fields": {clearest.key: wanted}}
    return None


def _wanted(read: Read, part: Part, observed: Observed) -> Any:
    drift = observed.label
    match part.quantity:
        case "decision" | "stable":
            right = drift is (part.quantity == "decision")
            return right if drift else {"not": not right}
        case "drifted" | "drifted_columns":
            return {"not": []} if drift else []
        case "n_drifted":
            return {"at_least": 1} if drift else 0
        case "status" if read.health:
            value = observed.outcome.value
            said = value.get(part.key) if isinstance(value, dict) else None
            if drift or not isinstance(said, str):
                return None
            return {"not": said} if health_of_word(said) in ("degraded", "unhealthy") else None
        case "status":
            word = part.words.get("drift", "drift")
            return word if drift else {"not": word}
        case "effect" | "drift_score" if drift:
            return {"at_least": read.limit}
        case "p_value" if drift:
            return {"at_most": read.level}
        case _:
            return None
