"""Frames of any library: as columns without a copy, and as Polars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from poet.errors import StatsInputError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["as_frame", "as_series", "columns", "is_lazy", "is_pandas", "named"]

_HINT = "pass a Polars or pandas frame, a pyarrow Table, or a mapping of name to column"


def is_lazy(frame: object) -> bool:
    """Tell whether this is a lazy frame, without importing Polars."""
    return hasattr(frame, "collect_schema") and hasattr(frame, "collect")


def is_pandas(data: object) -> bool:
    """Tell whether this is a frame or a column of pandas, without importing it."""
    return type(data).__module__.partition(".")[0] == "pandas"


def as_frame(rows: Any, argument: str = "rows") -> pl.DataFrame:
    """Return rows as a Polars frame; a lazy one is collected.

    Columns of values of several types take the type that holds all, text at the last.

    Raises:
        StatsInputError: Not a frame.
    """
    import polars as pl

    if isinstance(rows, pl.DataFrame):
        return rows
    try:
        if rows is None:
            raise TypeError("None was passed")
        if isinstance(rows, pl.LazyFrame):
            return rows.collect()
        if is_pandas(rows):
            # Column by column: Polars' own way needs pyarrow for text.
            at = enumerate(rows.columns)
            return pl.DataFrame([named(str(name), rows.iloc[:, i]) for i, name in at])
        if isinstance(rows, Mapping) and all(map(_is_column, rows.values())):
            return pl.DataFrame([named(str(name), values) for name, values in rows.items()])
        if isinstance(rows, str | bytes):
            raise TypeError("it is text")
        return pl.DataFrame(rows, strict=False)
    except (pl.exceptions.PolarsError, TypeError, ValueError, AttributeError) as error:
        raise StatsInputError(
            f"{argument} is no frame: {error}", where=argument, hint=_HINT
        ) from error


def columns(frame: Any, argument: str = "frame") -> dict[str, Any]:
    """Return the columns by name; of a name that occurs twice the last one.

    Raises:
        StatsInputError: Not a frame.
    """
    if isinstance(frame, Mapping):
        return {str(name): column for name, column in frame.items()}
    if hasattr(frame, "get_columns"):
        return {column.name: column for column in frame.get_columns()}
    if hasattr(frame, "column_names") and hasattr(frame, "columns"):
        return dict(zip(frame.column_names, frame.columns, strict=True))
    if hasattr(frame, "items") and hasattr(frame, "columns"):
        return {str(name): column for name, column in frame.items()}
    if hasattr(frame, "__arrow_c_stream__") and not hasattr(frame, "dtype"):
        import polars as pl

        return columns(pl.DataFrame(frame))
    kind = type(frame)
    raise StatsInputError(
        f"{argument} must be a frame, got {kind.__module__}.{kind.__qualname__}",
        where=argument,
        hint=_HINT,
    )


def named(name: str, values: Any) -> pl.Series:
    """Return a column under a name; one that Polars cannot hold as text, so that no row is lost."""
    import polars as pl

    try:
        return as_series(values).alias(name)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        # Such as intervals; what is missing is so in the words of each library.
        lost = values.isna().tolist() if is_pandas(values) else [value is None for value in values]
        texts = [None if gone else str(value) for value, gone in zip(values, lost, strict=True)]
        return pl.Series(name, texts, dtype=pl.String)


def _is_column(values: object) -> bool:
    return hasattr(values, "__len__") and not isinstance(values, str | bytes)


def as_series(values: Any) -> pl.Series:
    """Return a column as a Polars Series: in place where it is one or of Arrow, else copied."""
    import polars as pl

    if isinstance(values, pl.Series):
        return values
    if is_pandas(values):
        import numpy as np

        plain = isinstance(values.dtype, np.dtype)
        if plain and values.dtype.kind != "O":
            return pl.Series(_readable(values.to_numpy()))
        values = values.astype(object).where(values.notna(), None).tolist()
    if hasattr(values, "dtype") and getattr(values.dtype, "kind", "") == "O":
        values = values.tolist()
    if isinstance(values, range):
        values = list(values)
    if hasattr(values, "dtype"):
        values = _readable(values)
    return _of_list(values) if isinstance(values, list | tuple) else pl.Series(values)


def _readable(values: Any) -> Any:
    """Return times in a unit that Polars has."""
    if getattr(values.dtype, "kind", "") not in ("M", "m"):
        return values
    import numpy as np

    kind, (unit, _) = values.dtype.kind, np.datetime_data(values.dtype)
    days = kind == "M" and unit == "D"
    return values if days or unit in ("ms", "us", "ns") else values.astype(f"{kind}8[us]")


def _of_list(values: list[Any] | tuple[Any, ...]) -> pl.Series:
    import polars as pl

    made = pl.Series(values, strict=False)
    if not made.null_count() or made.null_count() == values.count(None):
        return made
    # Some did not fit the type of the first: whole numbers of more than 64 bits, mostly.
    floats = pl.Series(values, dtype=pl.Float64, strict=False)
    if floats.null_count() == values.count(None):
        return floats
    return pl.Series([None if v is None else str(v) for v in values], dtype=pl.String)
