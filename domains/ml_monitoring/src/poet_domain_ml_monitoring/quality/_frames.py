"""The columns of a frame, whatever its library, without a copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poet.errors import StatsInputError

__all__ = ["as_series", "columns"]


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
        hint="pass a Polars or pandas frame, a pyarrow Table, or a mapping of name to column",
    )


def as_series(values: Any) -> Any:
    """Return a column as a Polars Series: in place where it is one or of Arrow, else copied."""
    import polars as pl

    if isinstance(values, pl.Series):
        return values
    if type(values).__module__.partition(".")[0] == "pandas":
        import numpy as np

        plain = isinstance(values.dtype, np.dtype)
        if plain and values.dtype.kind != "O":
            return pl.Series(values.to_numpy())
        values = values.astype(object).where(values.notna(), None).tolist()
    if hasattr(values, "dtype") and getattr(values.dtype, "kind", "") == "O":
        values = values.tolist()
    if isinstance(values, range):
        values = list(values)
    return (
        pl.Series(values, strict=False) if isinstance(values, list | tuple) else pl.Series(values)
    )
