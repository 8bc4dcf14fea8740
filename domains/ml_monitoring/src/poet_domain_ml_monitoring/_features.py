"""What generated detectors call by name: column access, kinds of data, rare categories, warnings.

Nothing here decides whether there is drift: that stands in the generated text, where a reviewer
reads it. NumPy is imported inside functions, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from numbers import Real
from typing import Any, Literal

from poet.errors import PoetWarning, StatsInputError, nearest

__all__ = [
    "column_of",
    "columns_of",
    "evenly",
    "finite",
    "first_of_groups",
    "kind_of",
    "merge_rare",
    "or_nan",
    "warn_unknown",
]

# Fewer expected counts than this make the chi-square approximation of the G-test too eager.
MIN_EXPECTED = 5
# A number seen less often than this on average is a measurement, not a code.
MIN_REPEATS = 5


def kind_of(
    reference: Any, current: Any = (), *, max_categories: int
) -> Literal["continuous", "categorical"]:
    """Say how a column is compared; the reference decides.

    Text, booleans, categorical columns and columns of mixed types are categorical. So are whole
    numbers with at most `max_categories` distinct values, each seen five times on average: codes
    and small counts. All other numbers are continuous.

    Args:
        reference: shape (n,): a list, a tuple, a NumPy array, a Polars or a pandas Series.
        current: Asked instead where the reference holds no value at all.
        max_categories: Distinct whole numbers up to which numbers are categories.

    Raises:
        StatsInputError: Dates and times, which are neither.
    """
    for sample in (reference, current):
        values = _plain(sample)
        if values is None:
            return "categorical"
        if len(values):
            return _kind_of_values(values, max_categories)
    return "continuous"


def _plain(sample: Any) -> Any:
    """Return the values that are not missing as an array of numbers, None for other categories."""
    import numpy as np

    dtype = str(getattr(sample, "dtype", ""))
    if dtype.lower().startswith(("datetime", "date", "time", "duration")):
        raise StatsInputError(
            f"a column of {dtype} is neither a measurement nor a category",
            where="kind_of",
            hint="compare a number derived from it, such as the hour or the age in days",
        )
    if dtype.lower().startswith(("str", "cat", "enum", "bool", "<u", "<s", "|s", "|b")):
        return None
    if isinstance(sample, list | tuple) or dtype.lower() == "object":
        items = [v for v in sample if not _is_missing(v)]
        if any(isinstance(v, bool | np.bool_) or not _is_number(v) for v in items):
            return None
        return np.array([float(v) for v in items])
    if hasattr(sample, "drop_nulls"):
        sample = sample.drop_nulls()
    elif hasattr(sample, "dropna"):
        sample = sample.dropna()
    array = np.asarray(sample)
    if array.dtype.kind not in "iuf":
        return None
    return array[~np.isnan(array)] if array.dtype.kind == "f" else array


def _kind_of_values(values: Any, max_categories: int) -> Literal["continuous", "categorical"]:
    import numpy as np

    if values.dtype.kind == "f" and not bool(np.all(np.mod(values, 1) == 0)):
        return "continuous"
    distinct = len(np.unique(values))
    few = distinct <= max_categories and distinct * MIN_REPEATS <= len(values)
    return "categorical" if few else "continuous"


def _is_number(value: object) -> bool:
    return isinstance(value, Real | Decimal)


def _is_missing(value: object) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, Real | Decimal) and math.isnan(value)


def merge_rare(
    current_counts: Mapping[Hashable, int], reference_counts: Mapping[Hashable, int]
) -> tuple[dict[Hashable, int], dict[Hashable, int]]:
    """Pool the categories that are too rare for a test into one, None.

    A category is rare if fewer than 5 are expected of it on the smaller side: free text, ids and
    long tails would otherwise look like drift, whatever happens.

    Returns:
        The counts of both sides. Both are empty where no category is common enough: there is
        nothing to compare then, which a test reports as too little data.
    """
    n, m = sum(current_counts.values()), sum(reference_counts.values())
    pooled: tuple[dict[Hashable, int], dict[Hashable, int]] = ({}, {})
    for category in dict.fromkeys([*reference_counts, *current_counts]):
        counts = (current_counts.get(category, 0), reference_counts.get(category, 0))
        common = sum(counts) * min(n, m) >= MIN_EXPECTED * (n + m)
        for side, count in zip(pooled, counts, strict=True):
            name = category if common else None
            side[name] = side.get(name, 0) + count
    return ({}, {}) if pooled[0].keys() <= {None} else pooled


def columns_of(frame: Any) -> list[str]:
    """Return the names of a frame's columns: a Polars or pandas frame, or a dict of columns."""
    return list(frame) if isinstance(frame, Mapping) else list(frame.columns)


def column_of(frame: Any, name: str) -> Any:
    """Return one column of a Polars or pandas frame or of a dict of columns.

    Raises:
        StatsInputError: The frame has no such column.
    """
    columns = columns_of(frame)
    if name not in columns:
        raise StatsInputError(
            f"no column {name!r}{nearest(str(name), [str(c) for c in columns])}",
            where="column_of",
            hint=f"the frame has: {', '.join(str(c) for c in columns) or 'no columns'}",
        )
    return frame[name]


def evenly(sample: Any, rows: int) -> Any:
    """Return at most so many values of a sample, evenly over the whole of it."""
    step = -(-len(sample) // rows)
    return sample[::step] if step > 1 else sample


def first_of_groups(names: Sequence[str], groups: Sequence[Sequence[str]]) -> list[str]:
    """Return names, of those of one group the first only: what moves together is told once."""
    group_of = {name: number for number, group in enumerate(groups) for name in group}
    kept: dict[Hashable, str] = {}
    for name in names:
        kept.setdefault(("group", group_of[name]) if name in group_of else name, name)
    return list(kept.values())


def finite(value: float) -> float | None:
    """Return a plain float, or None for NaN and infinities, which JSON does not have."""
    return float(value) if math.isfinite(value) else None


def or_nan(value: float | None) -> float:
    """Return a plain float: NaN for None, where it could not be told."""
    return math.nan if value is None else float(value)


def warn_unknown(function: str, reason: str) -> None:
    """Warn that a call could not tell whether there is drift, where its return value cannot say so.

    Args:
        function: Its name.
        reason: What was missing, with the numbers.
    """
    message = f"{function} cannot tell whether there is drift: {reason}"
    warnings.warn(message, PoetWarning, stacklevel=3)
