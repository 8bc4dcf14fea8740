"""Counts per category: what users pass, aligned and checked for the kernels."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from poet.errors import StatsInputError
from poet.stats._inputs import as_real, count_vector, series_library

if TYPE_CHECKING:
    from collections.abc import Hashable

    import numpy as np
    from numpy.typing import NDArray

    from poet.stats._inputs import Sample

    Counts: TypeAlias = Sample | Mapping[Hashable, int]


def total(counts: NDArray[np.uint64]) -> int:
    """Add up without wrapping around, as a sum of uint64 would."""
    if not counts.size or int(counts.max()) <= (2**64 - 1) // counts.size:
        return int(counts.sum())
    return sum(counts.tolist())


def unit_of(base: object) -> tuple[float, str]:
    """Tell what one unit of this logarithm is in nats, and its name.

    Raises:
        StatsInputError: Not a finite number above 1.
    """
    value = as_real(base)
    if not 1 < value < math.inf:
        raise StatsInputError(
            f"base is {base!r}",
            where="base",
            hint="pass a finite number above 1: math.e gives nats, 2 bits",
        )
    if value == math.e:
        return 1.0, "nats"
    return math.log(value), "bits" if value == 2 else f"log base {value:g}"


def check_pseudo_count(pseudo_count: object) -> None:
    """Refuse a pseudo-count that is no finite number of at least 0.

    Raises:
        StatsInputError: Not a number, negative, infinite or NaN.
    """
    if not 0 <= as_real(pseudo_count) < math.inf:
        raise StatsInputError(
            f"pseudo_count is {pseudo_count!r}",
            where="pseudo_count",
            hint="pass a finite number of at least 0; 0.5 is the default",
        )


def paired_counts(
    current: Counts, reference: Counts
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Align both sides: one count for each category, the same category at the same position.

    Two pandas Series must have equal indexes: `value_counts` sorts each by its own counts, so that
    positions would pair different categories.

    Raises:
        StatsInputError: Not counts, unequal lengths or indexes, or a mapping beside an array.
    """
    if isinstance(current, Mapping) and isinstance(reference, Mapping):
        a, b = _whole(current, "current"), _whole(reference, "reference")
        # Sorted by counts: the order in which categories were first seen changes no bit.
        pairs = sorted((a.get(key, 0), b.get(key, 0)) for key in a | b)
        return (
            count_vector([pair[0] for pair in pairs], "current"),
            count_vector([pair[1] for pair in pairs], "reference"),
        )
    if isinstance(current, Mapping) or isinstance(reference, Mapping):
        raise StatsInputError(
            "one side is a mapping of category to count, the other is not",
            where="current, reference",
            hint="pass two mappings, for example from category_counts(), or two arrays",
        )
    c, r = count_vector(current, "current"), count_vector(reference, "reference")
    if c.size != r.size:
        raise StatsInputError(
            f"current has shape {c.shape} and reference {r.shape}",
            where="current, reference",
            hint="give one count per category on both sides in the same order, 0 where it did not "
            "occur, or pass two mappings of category to count",
        )
    sides: tuple[Any, Any] = (current, reference)
    both_pandas = all(series_library(side) == "pandas" for side in sides)
    if both_pandas and not sides[0].index.equals(sides[1].index):
        raise StatsInputError(
            "the two Series have different indexes: a position is not one category on both sides",
            where="current, reference",
            hint="pass current.to_dict() and reference.to_dict(), which are paired by category, or "
            "current.to_numpy() and reference.to_numpy(), which are paired by position",
        )
    return c, r


def _whole(counts: Mapping[Hashable, int], argument: str) -> dict[Hashable, int]:
    whole = {}
    for category, count in counts.items():
        try:
            if isinstance(count, bool):
                raise TypeError
            whole[category] = operator.index(count)
        except TypeError:
            raise StatsInputError(
                f"{argument}[{category!r}] is {count!r}, not a whole number",
                where=argument,
                hint="pass counts, for example from category_counts(), not shares",
            ) from None
        if not 0 <= whole[category] < 2**63:
            raise StatsInputError(
                f"{argument}[{category!r}] is {count!r}",
                where=argument,
                hint="a count is at least 0 and below 2**63",
            )
    return whole
