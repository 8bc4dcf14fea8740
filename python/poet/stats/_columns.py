"""The one door for columns: what users hold becomes a native column, in place where it can.

| source | copies |
|---|---|
| Polars and pyarrow float64, int64, text, codes, booleans, timestamps, durations, time64 | none |
| contiguous NumPy float64, int64, datetime64 and timedelta64 (not days); pandas the same | none |
| narrower numbers, dates, time32, uint64, decimals | one, to int64 or, of floats, float64 |
| pandas extension types without pyarrow, NumPy text and objects, lists | one, through Python |

Polars, pandas and pyarrow are recognised by their types.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeGuard

from poet import _native
from poet.errors import StatsInputError
from poet.stats._inputs import EXACT_INTEGERS, is_missing, series_library, unusable, unusable_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

WANTED = "a column of numbers, times or categories"
_MANY_ROWS = 10_000
_HINT = "cast the column, or leave it out"
_LARGE = "cast it to float64 where rounding is harmless, to text where values are labels"


def native_column(values: object, argument: str) -> _native.Column:
    """Take up one column.

    Args:
        values: shape (n,): a Polars or pandas Series, a pyarrow Array or ChunkedArray, any other
            object of the Arrow PyCapsule interface, a NumPy array, a list, a tuple or a range.
        argument: The name that messages use.

    Raises:
        StatsInputError: Not one-dimensional, a type that is no numbers, times or categories, or
            whole numbers or decimals that cannot be held exactly.
    """
    import numpy as np

    if isinstance(values, _native.Column):
        return values
    if _is_plain(values):
        # The usual case, and its windows may be small: no detours.
        return _native.Column.from_numpy(values, None, "")
    library = series_library(values)
    try:
        if library == "polars":
            column = _from_polars(values)
        elif library == "pandas":
            column = _from_pandas(values)
        elif hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
            column = _native.Column.from_arrow(values)
        elif isinstance(values, np.ndarray):
            column = _from_array(values)
        elif isinstance(values, range):
            column = _from_range(values)
        elif isinstance(values, list | tuple):
            column = _from_objects(values)
        else:
            raise unusable_type(values, argument, WANTED)
        column.kind  # noqa: B018  # refuses what is neither numbers nor times nor categories
    except StatsInputError:
        raise
    except OverflowError as error:
        raise StatsInputError(f"{argument} holds {error}", where=argument, hint=_LARGE) from None
    except (TypeError, ValueError) as error:
        raise unusable(str(error), argument, WANTED, _HINT) from None
    return column


def _is_plain(values: object) -> TypeGuard[NDArray[np.float64]]:
    import numpy as np

    return (
        type(values) is np.ndarray
        and values.dtype == np.float64
        and values.ndim == 1
        and values.flags.c_contiguous
        and values.flags.aligned
    )


def dtype_of(values: object) -> str:
    """Name the type of a column in the words of its library."""
    dtype = getattr(values, "dtype", None)
    return str(getattr(values, "type", type(values).__name__) if dtype is None else dtype)


def _from_polars(series: Any) -> _native.Column:
    # Asked once: it is made anew each time.
    own = series.dtype
    dtype = str(own)
    if dtype == "Object":
        return _from_objects(series.to_list())
    if dtype == "Null":
        return _native.Column.from_nulls(len(series))
    categories: Any = getattr(own, "categories", None)
    if hasattr(categories, "to_series") and len(series) >= _MANY_ROWS:
        # Polars' own export rewrites the code of every row; this lists every category instead.
        return _native.Column.from_codes(series.to_physical(), categories.to_series().rechunk())
    if dtype in ("Int128", "UInt128"):
        # Arrow has no such type.
        import polars as pl

        fits = series.cast(pl.Int64, strict=False)
        lost = series.filter(fits.is_null() & series.is_not_null())
        if len(lost):
            raise _beyond_int64(lost[0])
        series = fits
    if _frames_only():
        return _native.Column.from_frame(series.to_frame())
    return _native.Column.from_arrow(series)


@cache
def _frames_only() -> bool:
    """Tell whether this Polars exports times, decimals and codes of a column as bare integers.

    It did before 1.34, but its frames did not.
    """
    import polars as pl

    return tuple(int(part) for part in pl.__version__.split(".")[:2]) < (1, 34)


def _from_pandas(series: Any) -> _native.Column:
    import numpy as np

    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        return _from_array(series.to_numpy())
    if _has_pyarrow():
        return _native.Column.from_arrow(series)
    if getattr(dtype, "tz", None) is not None:
        return _from_polars(_instants(series))
    return _from_objects(series.astype(object).tolist())


def _instants(series: Any) -> Any:
    """Return times with a zone as a Polars Series, without pyarrow."""
    import numpy as np
    import polars as pl

    instants = series.dt.tz_convert(None).to_numpy()
    if np.datetime_data(instants.dtype)[0] not in ("ms", "us", "ns"):
        instants = instants.astype("datetime64[us]")
    return pl.Series(instants).dt.replace_time_zone("UTC")


def _has_pyarrow() -> bool:
    from importlib.util import find_spec

    return find_spec("pyarrow") is not None


def _from_array(array: NDArray[Any]) -> _native.Column:
    import numpy as np

    if array.ndim != 1:
        raise ValueError(f"dtype {array.dtype}, shape {array.shape}")
    missing = None
    if isinstance(array, np.ma.MaskedArray):
        missing = np.ascontiguousarray(np.ma.getmaskarray(array))
        array = array.data
    kind = array.dtype.kind
    if kind in "OUT":
        values = array.tolist()
        if missing is not None:
            values = [None if gone else v for v, gone in zip(values, missing, strict=True)]
        return _from_objects(values)
    if kind in "mM":
        return _from_times(array, missing)
    if kind not in "biuf":
        raise ValueError(f"dtype {array.dtype}")
    if kind == "u" and array.dtype.itemsize == 8:
        large = array[(array >= 2**63) & (True if missing is None else ~missing)]
        if large.size:
            raise _beyond_int64(large[0])
    wanted: type[Any] = {"b": np.bool_, "f": np.float64}.get(kind, np.int64)
    return _native.Column.from_numpy(np.require(array, wanted, ["C", "A"]), missing, "")


def _from_times(array: NDArray[Any], missing: NDArray[np.bool_] | None) -> _native.Column:
    import numpy as np

    absent = np.isnat(array)
    if absent.any():
        missing = absent if missing is None else absent | missing
    unit, step = np.datetime_data(array.dtype)
    days = array.dtype.kind == "M" and unit == "D"
    if not days and (step != 1 or unit not in ("s", "ms", "us", "ns")):
        finer = "s" if unit in ("Y", "M", "W", "D", "h", "m", "s") else "ns"
        array = array.astype(f"{array.dtype.kind}8[{finer}]")
        unit = finer
    name = "date" if days else f"{'datetime' if array.dtype.kind == 'M' else 'duration'}[{unit}]"
    if missing is not None:
        missing = np.ascontiguousarray(missing)
        if days:
            array = np.where(missing, np.datetime64(0, "D"), array)
    integers = np.require(array, array.dtype.newbyteorder("="), ["C", "A"]).view(np.int64)
    return _native.Column.from_numpy(integers, missing, name)


def _from_range(values: range) -> _native.Column:
    import numpy as np

    try:
        return _native.Column.from_numpy(np.fromiter(values, np.int64, len(values)), None, "")
    except OverflowError:
        return _from_objects(list(values))


def _from_objects(values: Sequence[Any]) -> _native.Column:
    """Copy plain Python values of one kind; among floats a NaN stays one, all else is a null.

    Raises:
        ValueError: Values of several kinds, or of none that is known.
        OverflowError: A whole number or a decimal that the column cannot hold exactly.
    """
    import datetime as dt

    import numpy as np

    gone = [is_missing(v) for v in values]
    present = [v for v, missing in zip(values, gone, strict=True) if not missing]
    missing = np.array(gone, np.bool_)

    def filled(placeholder: Any) -> list[Any]:
        return [placeholder if m else v for v, m in zip(values, gone, strict=True)]

    if not present and not any(isinstance(v, Real) for v in values):
        return _native.Column.from_nulls(len(values))
    if present and _all(present, str):
        return _native.Column.from_text(filled(None))
    if present and _all(present, bool | np.bool_):
        return _native.Column.from_numpy(np.array(filled(False), np.bool_), missing, "")
    if present and _all_fit_int64(present):
        return _native.Column.from_numpy(np.array(filled(0), np.int64), missing, "")
    if present and _all(present, dt.date | dt.timedelta):
        kinds = {type(v) for v in present}
        if len(kinds) > 1 or any(getattr(v, "tzinfo", None) for v in present):
            raise ValueError("times of several types or with a zone in plain Python objects")
        is_span, is_day = kinds == {dt.timedelta}, kinds == {dt.date}
        dtype = "m8[us]" if is_span else "M8[D]" if is_day else "M8[us]"
        return _from_times(np.array(filled(None), dtype), None)
    for at, value in enumerate(values):
        if not (gone[at] or isinstance(value, Real | Decimal)):
            raise ValueError(f"{value!r:.40} ({type(value).__name__}) at position {at}")
    _refuse_rounding(present)
    missing = np.array([m and not isinstance(v, Real) for v, m in zip(values, gone, strict=True)])
    floats = np.array([0.0 if m else float(v) for v, m in zip(values, missing, strict=True)])
    return _native.Column.from_numpy(floats, missing, "")


def _beyond_int64(value: object) -> OverflowError:
    return OverflowError(f"the number {value}, which does not fit int64")


def _refuse_rounding(values: Sequence[Any]) -> None:
    """Refuse numbers that float64 could make equal to others."""
    import numpy as np

    for value in values:
        if isinstance(value, int | np.integer):
            if not -(2**63) <= value < 2**63:
                raise _beyond_int64(value)
            rounded = abs(int(value)) > EXACT_INTEGERS
        else:
            # The shortest decimal of a float stands for no other one.
            rounded = (
                isinstance(value, Decimal)
                and value.is_finite()
                and Decimal(repr(float(value))) != value
            )
        if rounded:
            raise OverflowError(
                f"{value}, which float64 would round, in a list that is not all integers"
            )


def _all_fit_int64(values: Sequence[Any]) -> bool:
    import numpy as np

    whole = _all(values, int | np.integer) and not any(isinstance(v, bool) for v in values)
    return whole and all(-(2**63) <= v < 2**63 for v in values)


def _all(values: Sequence[object], kind: Any) -> bool:
    return all(isinstance(v, kind) for v in values)
