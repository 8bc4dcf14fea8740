"""What of a feature is really compared: lengths of text, times of day, what lies beside the zeros."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from poet_domain_ml_monitoring._dtypes import Family, dtype_name, family, is_polars
from poet_domain_ml_monitoring._frames import as_series
from poet_domain_ml_monitoring.config import Kind

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Derived", "derive", "derived", "label", "part_of"]

# Between a feature's name and a part's; no column is named so.
_SEPARATOR = "\x1fpart\x1f"
_HOURS_PER_DAY = 24
_MICROSECONDS = 1_000_000
_DAY = _HOURS_PER_DAY * 3600 * _MICROSECONDS
# With fewer whole days or weeks the part of the day or week that a window happens to cover would
# look like drift.
_MIN_DAYS = 2
_MIN_WEEKS = 2
_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
# What Python calls their values.
_PLAIN: dict[Family, str] = {
    "number": "float", "boolean": "bool", "text": "str", "zoned datetime": "datetime",
    "duration": "timedelta", "null": "NoneType", "binary": "bytes",
}  # fmt: skip
_WIDE = ("UInt64", "Int128", "UInt128", "Decimal")


class Derived(NamedTuple):
    """What is compared of a frame.

    Attributes:
        columns: By feature one column of its own name, which alone holds the feature's missing
            values, and any further parts of it; see `part_of`. Parts may be shorter than the frame.
        reasons: By feature, why nothing of it can be compared.
    """

    columns: dict[str, Any]
    reasons: dict[str, str]


def derived(columns: Mapping[str, Any], kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """Return what is really compared; see `derive`."""
    return derive(columns, kinds).columns


def derive(columns: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Derived:
    """Turn columns into what is compared of them.

    | kind | column of the feature's own name | further parts |
    |---|---|---|
    | text | its length in characters | its last character |
    | datetime | whether there is a value | hour of the day, weekday |
    | sparse | whether the value is zero | `value`: those that are not |
    | mixed | the type of each value | `number`: the numbers among them |
    | categorical, where the column holds numbers | the number as text | |
    | all others | the column itself, not copied | |

    Hours and weekdays are taken from the last whole days or weeks of the column, and left out where
    it spans less than two of them: half a day or half a week would look like drift.

    Args:
        columns: By name, a column of any library.
        kinds: By name, its kind; a column without one is passed on as it is.

    Returns:
        The columns to compare. One that is not of its kind any more is named with the reason.
    """
    made: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for name, column in columns.items():
        kind = kinds.get(name)
        make = None if kind is None else _MAKERS.get(kind, _number)
        if make is None:
            made[name] = column
            continue
        try:
            made |= {
                f"{name}{_SEPARATOR}{part}" if part else name: values
                for part, values in make(column).items()
            }
        except BaseException as error:  # whatever a column holds, the others go on
            # A panic within Polars is no Exception.
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            reasons[name] = f"the column is not {kind} any more: {_first_line(error)}"
    return Derived(made, reasons)


def part_of(name: str) -> tuple[str, str]:
    """Return the feature a derived column belongs to, and which part of it, empty for its own.

    Example:
        >>> [part_of(name) for name in derived({"x": [0] * 99 + [1.5]}, {"x": "sparse"})]
        [('x', ''), ('x', 'value')]
    """
    feature, _, part = name.partition(_SEPARATOR)
    return feature, part


def label(name: str) -> str:
    """Name a derived column for people: ``when (weekday)``."""
    feature, part = part_of(name)
    return f"{feature} ({part})" if part else feature


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _number(column: Any) -> dict[str, Any]:
    if is_polars(column) and str(column.dtype).startswith(_WIDE):
        most, least = column.max(), column.min()
        if most is not None and not (least >= -(2**63) and most < 2**63):
            import polars as pl

            column = column.cast(pl.Float64)
    elif getattr(getattr(column, "dtype", None), "kind", "") == "u":
        column = _narrow(column)
    return {"": column}


def _narrow(column: Any) -> Any:
    """Make float64 of a NumPy or pandas column of uint64 that int64 cannot hold."""
    large = column.dtype.itemsize == 8 and len(column) and column.max() >= 2**63
    return column.astype("float64") if large else column


def _text(column: Any) -> dict[str, Any]:
    import polars as pl

    series = as_series(column)
    if series.dtype in (pl.Categorical, pl.Enum):
        series = series.cast(pl.String)
    if series.dtype == pl.Null:
        return {"": series}
    if series.dtype != pl.String:
        raise TypeError(f"it holds {series.dtype}")
    # A row by itself tells both, so that neither the order nor the batches of rows matter.
    parts = {"": series.str.len_chars().cast(pl.Int64)}
    parts["last character"] = series.drop_nulls().str.tail(1)
    return parts


def _categorical(column: Any) -> dict[str, Any]:
    import polars as pl

    if family(dtype_name(column)) in ("text", "boolean"):
        return {"": column}
    series = as_series(column)
    return {"": series.cast(pl.String) if series.dtype.is_numeric() else column}


def _sparse(column: Any) -> dict[str, Any]:
    import polars as pl

    series = as_series(column)
    if series.dtype == pl.Null:
        return {"": series}
    if not series.dtype.is_numeric():
        raise TypeError(f"it holds {series.dtype}")
    if series.dtype.is_float():
        series = series.fill_nan(None)
    zero = series == 0
    (values,) = _number(series.filter(~zero)).values()
    return {"": zero, "value": values}


def _mixed(column: Any) -> dict[str, Any]:
    import polars as pl

    if is_polars(column) and str(column.dtype) != "Object":
        return _of_one_type(column)
    values = column.to_list() if is_polars(column) else list(column)
    names = [None if _is_missing(value) else type(value).__name__ for value in values]
    numbers = [
        float(value)
        for value, name in zip(values, names, strict=True)
        if name in ("int", "float", "Decimal") and _is_held(value)
    ]
    parts: dict[str, Any] = {"": pl.Series(names, dtype=pl.String)}
    if numbers:
        parts["number"] = pl.Series(numbers, dtype=pl.Float64)
    return parts


def _of_one_type(series: pl.Series) -> dict[str, Any]:
    """Name the type of each value without making Python objects of them."""
    import polars as pl

    dtype = series.dtype
    if dtype.is_float():
        series = series.fill_nan(None)
    name = _PLAIN.get(family(str(dtype)), str(dtype.base_type()).lower())
    if dtype.is_integer():
        name = "int"
    names = pl.Series([name], dtype=pl.String).new_from_index(0, len(series))
    gone = series.is_null()
    parts = {"": names.set(gone, None) if gone.any() else names}
    if dtype.is_numeric():
        numbers = series.drop_nulls().cast(pl.Float64)
        if len(numbers):
            parts["number"] = numbers
    return parts


def _is_missing(value: Any) -> bool:
    kind = type(value).__name__
    if value is None or kind in ("NAType", "NaTType"):
        return True
    # Only a NaN differs from itself; an array has no single answer, but is no number either.
    return kind in ("float", "float32", "float64", "Decimal") and bool(value != value)


def _is_held(value: Any) -> bool:
    try:
        float(value)
    except OverflowError:
        return False
    return True


def _datetime(column: Any) -> dict[str, Any]:
    import polars as pl

    series = as_series(column)
    if series.dtype == pl.Null:
        return {"": series}
    if not (isinstance(series.dtype, pl.Datetime) or series.dtype == pl.Date):
        raise TypeError(f"it holds {series.dtype}")
    present = pl.Series(series.name, [True], dtype=pl.Boolean).new_from_index(0, len(series))
    gone = series.is_null()
    parts: dict[str, Any] = {"": present.set(gone, None) if gone.any() else present}
    times = series.filter(~gone) if gone.any() else series
    if not len(times):
        return parts
    # The wall clock's: a day of a zone may have 23 hours, and its noon stays noon.
    local = times.dt.replace_time_zone(None) if isinstance(times.dtype, pl.Datetime) else times
    moments = local.cast(pl.Datetime("us")).to_physical()
    if series.dtype != pl.Date:
        hours = _whole(moments, _DAY, _MIN_DAYS)
        if hours is not None:
            parts["hour"] = (hours % _DAY).cast(pl.Float64) / (3600 * _MICROSECONDS)
    days = _whole(moments, 7 * _DAY, _MIN_WEEKS)
    if days is not None:
        # 1970-01-01 was a Thursday.
        weekday = (days // _DAY + 3) % 7
        names = pl.Series(_WEEKDAYS, dtype=pl.String)
        parts["weekday"] = names.gather(weekday.cast(pl.UInt32))
    return parts


def _whole(moments: pl.Series, period: int, periods: int) -> pl.Series | None:
    """Return the moments of the last whole periods, None where there are fewer than `periods`.

    A moment stands for the time up to the next one. A few moments far from all others, such as the
    year 1970 for "unknown", are left out: they would stretch any span.

    Args:
        moments: shape (n,), int64, microseconds.
        period: A period's microseconds.
        periods: How many there must be.
    """
    low, high = (int(moments.quantile(level, "nearest") or 0) for level in (0.01, 0.99))
    least, most = max(2 * low - high, -(2**63)), min(2 * high - low, 2**63 - 1)
    near = moments.filter(moments.is_between(least, most))
    distinct = near.n_unique()
    if distinct < 2:
        return None
    low, high = (int(end) for end in (near.min(), near.max()))  # type: ignore[arg-type]
    whole = (high - low) * distinct // ((distinct - 1) * period)
    return near.filter(near > high - whole * period) if whole >= periods else None


_MAKERS: dict[Kind, Callable[[Any], dict[str, Any]] | None] = {
    "text": _text,
    "datetime": _datetime,
    "sparse": _sparse,
    "mixed": _mixed,
    "categorical": _categorical,
    "boolean": None,
    "constant": None,
}
