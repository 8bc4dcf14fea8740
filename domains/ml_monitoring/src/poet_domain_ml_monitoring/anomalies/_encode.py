"""A frame as a matrix of deviations, one column a feature."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from poet.errors import StatsInputError
from poet_domain_ml_monitoring.anomalies._scales import CategoryScale, Floats, NumberScale

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Encoder", "columns_of"]

# A text column with more distinct values than this share of its rows names rows, not groups.
_IDENTIFIERS = 0.5


def columns_of(frame: Any, argument: str) -> dict[str, pl.Series]:
    """Return the columns of a Polars, pandas or Arrow frame or of a mapping, by name.

    Raises:
        StatsInputError: It is none of these, or its columns differ in length.
    """
    import polars as pl

    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, pl.DataFrame):
        return {name: frame[name] for name in frame.columns}
    if hasattr(frame, "to_numpy") and hasattr(frame, "columns"):  # pandas; PyArrow is not needed
        found = {}
        for place, name in enumerate(frame.columns):
            values = frame.iloc[:, place]
            plain = values.to_numpy() if values.dtype.kind in "bfiuM" else values.tolist()
            found[str(name)] = _series(str(name), plain)
        return found
    if isinstance(frame, Mapping):
        found = {str(name): _series(str(name), values) for name, values in frame.items()}
    elif hasattr(frame, "__arrow_c_stream__") or hasattr(frame, "__arrow_c_array__"):
        table = pl.DataFrame(frame)
        found = {name: table[name] for name in table.columns}
    else:
        raise StatsInputError(
            f"{type(frame).__name__} is no frame", where=argument,
            hint="pass a Polars or pandas frame, a pyarrow Table, or a mapping of name to column",
        )  # fmt: skip
    if len({len(column) for column in found.values()}) > 1:
        raise StatsInputError(
            "the columns differ in length", where=argument,
            hint=str({name: len(column) for name, column in found.items()}),
        )  # fmt: skip
    return found


def _series(name: str, values: Any) -> pl.Series:
    import polars as pl

    if not isinstance(values, np.ndarray | pl.Series):
        values = [None if isinstance(v, float) and math.isnan(v) else v for v in values]
    try:
        return pl.Series(name, values)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        return pl.Series(name, list(values), dtype=pl.Object)


def _read(column: pl.Series) -> Floats | list[str | None] | str:
    """Return numbers with NaN for missing ones, categories with None, or why neither is possible."""
    import polars as pl

    dtype = column.dtype
    if dtype.is_numeric():
        numbers: Floats = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
        return numbers
    if dtype == pl.Boolean or dtype in (pl.String, pl.Categorical) or isinstance(dtype, pl.Enum):
        return column.cast(pl.String).to_list()
    if dtype == pl.Null:
        return np.full(len(column), np.nan)
    return f"{dtype} is neither a number nor a category"


@dataclass(frozen=True, slots=True)
class Encoder:
    """The scales of a reference's features.

    Attributes:
        scales: By feature, how far its values are from the usual.
        skipped: By feature, why it is not looked at.
    """

    scales: Mapping[str, NumberScale | CategoryScale]
    skipped: Mapping[str, str]

    @classmethod
    def fit(cls, columns: Mapping[str, pl.Series]) -> Encoder:
        """Choose each feature's scale."""
        scales: dict[str, NumberScale | CategoryScale] = {}
        skipped = {}
        for name, column in columns.items():
            values = _read(column)
            if isinstance(values, str):
                skipped[name] = values
            elif isinstance(values, list):
                given = [value for value in values if value is not None]
                counts: dict[str, int] = {}
                for value in given:
                    counts[value] = counts.get(value, 0) + 1
                if len(counts) > max(2, _IDENTIFIERS * len(given)):
                    skipped[name] = (
                        f"{len(counts):,} distinct texts in {len(given):,} rows name rows"
                    )
                else:
                    scales[name] = CategoryScale.fit(counts)
            elif np.isfinite(values).any():
                scales[name] = NumberScale.fit(values)
            else:
                skipped[name] = "no finite value in the reference"
        return cls(scales, skipped)

    def matrix(self, columns: Mapping[str, pl.Series], rows: int) -> Floats:
        """Return rows by features: deviations, NaN where a value is missing or its column is.

        Raises:
            StatsInputError: A feature has become text where it was a number, or the reverse.
        """
        found = np.full((rows, len(self.scales)), np.nan)
        for place, (name, scale) in enumerate(self.scales.items()):
            if name not in columns:
                continue
            values = _read(columns[name])
            if isinstance(values, np.ndarray) and isinstance(scale, NumberScale):
                found[:, place] = scale.deviations(values)
                continue
            if isinstance(values, list) and isinstance(scale, CategoryScale):
                found[:, place] = scale.deviations(values)
                continue
            if not (isinstance(values, np.ndarray) and np.isnan(values).all()):
                kind = "numbers" if isinstance(scale, NumberScale) else "categories"
                raise StatsInputError(
                    f"feature {name!r} was {kind} in the reference, now it is {columns[name].dtype}",
                    where="current", hint="convert it, or fit the detector anew",
                )  # fmt: skip
        return found
