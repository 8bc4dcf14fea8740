"""What a function returns, as far as the recipe needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poet_domain_ml_monitoring.reading.words import Quantity, Status

__all__ = ["SHAPES", "Schema", "Slot", "quantities_of", "slots_of"]

SHAPES = "a bool, a float, a status text, a dict with fixed keys, a tuple, or a dataclass"


class Slot(NamedTuple):
    """One value of the result.

    Attributes:
        key: Its dict key, field, or position in a tuple.
        quantity: What it is; None takes it from the baseline.
        optional: Whether None may stand for "cannot be told".
        words: For a status, the user's own text for each; empty for ours.
    """

    key: str
    quantity: Quantity | None
    optional: bool = False
    words: Mapping[Status, str] = {}


class Schema(NamedTuple):
    """The shape of the result.

    Attributes:
        shape: ``value``, ``mapping``, ``object`` and ``tuple`` hold slots; ``per_column`` is a
            dict from column to ``item``; ``names`` is a collection of the drifted columns.
        slots: In order.
        built_by: The user's class of an object; ``list``, ``set`` or ``tuple`` for names.
        item: The result for one column.
    """

    shape: Literal["value", "mapping", "object", "tuple", "per_column", "names"]
    slots: tuple[Slot, ...] = ()
    built_by: str = ""
    item: Schema | None = None


def slots_of(schema: Schema) -> tuple[Slot, ...]:
    """Return the slots of a schema and of the result it holds per column."""
    return schema.slots + (slots_of(schema.item) if schema.item else ())


def quantities_of(schema: Schema) -> set[Quantity | None]:
    """Return all quantities a result holds."""
    return {slot.quantity for slot in slots_of(schema)}
