"""Windows of features as a frame, whatever they arrive in, and what tells one reference from another."""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from poet.errors import StatsInputError
from poet_domain_ml_monitoring._frames import as_frame, is_lazy, named

if TYPE_CHECKING:
    import polars as pl

__all__ = ["frame_of", "mark_of", "ragged"]


def frame_of(window: Any, *, without: Sequence[str] = (), single: bool = False) -> pl.DataFrame:
    """Return a window of features as a Polars frame, a column a feature.

    Args:
        window: A Polars frame (a lazy one is collected), a pandas frame, a mapping of feature to its
            values, or a list of rows, each a mapping. Values of unequal number are filled up with nulls.
        without: Features that are left out, where they are there.
        single: Take a feature that is one value as a window of that value, which is too little data.

    Returns:
        shape (n, features). A column of objects that Polars cannot hold is one of nulls and texts.

    Raises:
        StatsInputError: None of these, or single values where a window of them is needed, unless
            `single` says otherwise.
    """
    if without:
        whole = frame_of(window, single=single)
        return whole.drop(name for name in without if name in whole.columns)
    if isinstance(window, Mapping):
        return _frame_of_columns(_windows(window) if single else window)
    if isinstance(window, Sequence) and not isinstance(window, str | bytes):
        if all(isinstance(row, Mapping) for row in window):
            names = dict.fromkeys(name for row in window for name in row)
            return _frame_of_columns({n: [row.get(n) for row in window] for n in names})
    elif is_lazy(window) or hasattr(window, "columns") or hasattr(window, "__arrow_c_stream__"):
        return as_frame(window, "features")
    raise StatsInputError(
        f"a window of features cannot be a {type(window).__name__}",
        where="frame_of",
        hint="pass a Polars or pandas frame, or a dict from each feature to its values",
    )


def _frame_of_columns(columns: Mapping[Any, Any]) -> pl.DataFrame:
    import polars as pl

    made = {str(name): _series(str(name), values) for name, values in columns.items()}
    height = max((len(series) for series in made.values()), default=0)
    return pl.DataFrame(
        [series.extend_constant(None, height - len(series)) for series in made.values()]
    )


def _windows(columns: Mapping[Any, Any]) -> dict[Any, Any]:
    return {name: [v] if _is_single(v) else v for name, v in columns.items()}


def _is_single(values: Any) -> bool:
    return isinstance(values, str | bytes | Mapping) or not hasattr(values, "__len__")


def _series(name: str, values: Any) -> pl.Series:
    if isinstance(values, str | bytes) or not hasattr(values, "__len__"):
        raise StatsInputError(
            f"the feature {name!r} is one value, {values!r:.40}, where a window of them is needed",
            where="frame_of",
            hint="collect values of several calls, and pass a list for each feature",
        )
    return named(name, values)


def ragged(*windows: Any) -> frozenset[str]:
    """Return the features that have fewer values than others of the same mapping.

    What fills them up cannot be told from missing values.
    """
    short: set[str] = set()
    for window in windows:
        if isinstance(window, Mapping):
            sizes = {str(n): 1 if _is_single(v) else len(v) for n, v in window.items()}
            longest = max(sizes.values(), default=0)
            short |= {name for name, size in sizes.items() if size < longest}
    return frozenset(short)


def mark_of(reference: Any) -> Hashable:
    """Return what changes when a reference is replaced, as a whole or in a part.

    Polars frames and series count as replaced when they are other objects; lists, arrays and pandas
    objects, which may change in place, when their content is another one.
    """
    if isinstance(reference, Mapping):
        return tuple((str(name), mark_of(values)) for name, values in reference.items())
    if hasattr(reference, "iloc"):
        columns = getattr(reference, "columns", None)
        if columns is None:
            return _content(reference.to_numpy())
        parts = (_content(reference.iloc[:, i].to_numpy()) for i in range(len(columns)))
        return (*map(str, columns), *parts)
    if hasattr(reference, "tobytes") and hasattr(reference, "dtype"):
        return _content(reference)
    if isinstance(reference, list | tuple):
        return len(reference), _hash(reference)
    return id(reference), getattr(reference, "shape", None)


def _content(array: Any) -> Hashable:
    if array.dtype.hasobject:
        return str(array.dtype), _hash(array.tolist())
    return str(array.dtype), array.shape, zlib.crc32(array.tobytes())


def _hash(values: Sequence[Any]) -> int:
    try:
        return hash(tuple(values))
    except TypeError:  # rows, each a dict
        return hash(repr(values))
