"""Counts per category, the input of the categorical comparisons."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from poet.stats._inputs import is_missing, series_library, unusable, unusable_type

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from numpy.typing import NDArray

    from poet.stats._inputs import Sample

_WANTED = "a 1-D array of categories (text, booleans, numbers)"
_HINT = "pass one column of plain values, for example after a cast to text"


def category_counts(values: Sample) -> dict[Hashable, int]:
    """Count how often each category occurs.

    Missing values (None, NaN, null, ``pandas.NA``, masked entries) are dropped and not counted: to
    watch how many are missing, compare that number on its own. Categories that do not occur,
    such as unused levels of a categorical column, are not listed. Categories that Python holds
    equal are one: 1, 1.0 and True, or 0.0 and -0.0.

    Args:
        values: shape (n,), text, booleans or numbers: a list or tuple, a NumPy array, or a Polars
            or pandas Series, categorical ones included.

    Returns:
        Category to count, each count 1 or more; equal input gives the keys in equal order.

    Raises:
        StatsInputError: Not one-dimensional, or values that are no categories, such as lists.

    Example:
        >>> from poet.stats import category_counts
        >>> category_counts(["red", "blue", None, "red"])
        {'red': 2, 'blue': 1}
    """
    import numpy as np

    library = series_library(values)
    series: Any = values
    if library == "polars":
        if series.dtype.is_nested():
            raise unusable(f"dtype {series.dtype}", "values", _WANTED, _HINT)
        present = series.drop_nulls()
        if str(series.dtype) == "Object":
            return _count(present.to_list())
        categories = present.unique(maintain_order=True).to_list()
        # Polars 1.30 does not count booleans.
        counted = present.cast(int) if str(series.dtype) == "Boolean" else present
        return _add_up(zip(categories, counted.unique_counts().to_list(), strict=True))
    if library == "pandas":
        if str(series.dtype) == "object":
            return _count(series.tolist())
        counted = series.value_counts(sort=False)
        return _add_up(zip(counted.index.tolist(), counted.tolist(), strict=True))
    if isinstance(values, np.ndarray):
        return _count_array(values)
    if isinstance(values, list | tuple):
        return _count(values)
    raise unusable_type(values, "values", _WANTED)


def _count_array(array: NDArray[Any]) -> dict[Hashable, int]:
    import numpy as np

    if array.ndim != 1 or array.dtype.kind not in "biufUSTO":
        raise unusable(f"dtype {array.dtype}, shape {array.shape}", "values", _WANTED, _HINT)
    if isinstance(array, np.ma.MaskedArray):
        array = array.compressed()
    if array.dtype.kind in "OT":
        return _count(array.tolist())
    categories, counts = np.unique(array, return_counts=True)
    return _add_up(zip(categories.tolist(), counts.tolist(), strict=True))


def _count(values: Iterable[Any]) -> dict[Hashable, int]:
    try:
        return dict(Counter(value for value in values if not is_missing(value)))
    except TypeError as error:
        raise unusable(str(error), "values", _WANTED, _HINT) from None


def _add_up(pairs: Iterable[tuple[Any, int]]) -> dict[Hashable, int]:
    counts: dict[Hashable, int] = {}
    for category, count in pairs:
        if count and not is_missing(category):
            counts[category] = counts.get(category, 0) + count
    return counts
