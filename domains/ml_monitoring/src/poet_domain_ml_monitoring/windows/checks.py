"""Checked settings of windows, and the times of rows."""

from __future__ import annotations

import operator
from datetime import date, datetime
from typing import TYPE_CHECKING

from poet.errors import ConfigError, StatsInputError, nearest

if TYPE_CHECKING:
    import polars as pl

__all__ = ["memory_limit", "name_of_column", "share", "time_column", "times_of", "whole"]


def whole(value: object, argument: str, *, least: int = 1) -> int:
    """Return a whole number of at least `least`.

    Raises:
        ConfigError: Anything else.
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # refused below
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or not least <= number < 2**63:
        raise ConfigError(
            f"{argument} is {value!r}",
            where=argument,
            hint=f"pass a whole number of at least {least}",
        )
    return number


def name_of_column(value: object, argument: str) -> str:
    """Return the name of a column.

    Raises:
        ConfigError: Not a text.
    """
    if isinstance(value, str):
        return value
    raise ConfigError(f"{argument} is {value!r}", where=argument, hint="pass a column's name")


def share(value: object, argument: str) -> float:
    """Return a number between 0 and 1.

    Raises:
        ConfigError: Anything else.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1:
        return float(value)
    raise ConfigError(
        f"{argument} is {value!r}", where=argument, hint="pass a number between 0 and 1"
    )


def memory_limit(value: object) -> int:
    """Return a limit in bytes that leaves room for a few rows.

    Raises:
        ConfigError: Not a whole number, or below 4,096.
    """
    return whole(value, "max_bytes", least=4096)


def time_column(frame: pl.DataFrame, name: str) -> pl.Series:
    """Return the column of times.

    Raises:
        StatsInputError: There is none of this name, or it holds no times.
    """
    import polars as pl

    if name not in frame.columns:
        raise StatsInputError(
            f"no time column {name!r}{nearest(name, frame.columns)}",
            where=name,
            hint=f"there are {frame.columns[:20]}",
        )
    column = frame.get_column(name)
    if column.dtype not in (pl.Datetime, pl.Date):
        raise StatsInputError(
            f"column {name!r} holds {column.dtype}, not times",
            where=name,
            hint="convert it first, text by pl.col(...).str.to_datetime()",
        )
    return column


def times_of(frame: pl.DataFrame, name: str) -> tuple[datetime | None, datetime | None]:
    """Return the earliest and the latest time of rows; None without any.

    Raises:
        StatsInputError: As for `time_column`.
    """
    column = time_column(frame, name)
    return _moment(column.min()), _moment(column.max())


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a date has no zone
    return None
