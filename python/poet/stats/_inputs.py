"""Turns what users pass into what the kernels take, or says plainly why it cannot.

Polars and pandas are recognised by the module their type was defined in and never imported.
"""

from __future__ import annotations

import operator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, get_args

from poet.errors import StatsInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from poet._native import ColumnProfile

    class SeriesLike(Protocol):
        """A Polars or pandas Series."""

        def to_numpy(self) -> Any:
            """Return the values as a NumPy array."""

    Sample: TypeAlias = Sequence[Any] | NDArray[Any] | SeriesLike

NanPolicy: TypeAlias = Literal["omit", "raise"]

# Every integer up to this size has a float64 of its own; beyond it, neighbours become ties.
EXACT_INTEGERS = 2**53

MOST_BINS = 1_000_000

_SAMPLE = "a 1-D array of real numbers"
_COUNTS = "a 1-D array of whole, non-negative counts"
_TAKEN = "pass a list, a 1-D NumPy array, a Polars Series or a pandas Series"


@dataclass(frozen=True, slots=True)
class FloatSample:
    """Numbers without NaN, and how many missing ones were left out.

    Attributes:
        values: shape (n,), float64, contiguous; shares memory with the input where it can.
        missing: NaN, null, None and masked entries.
    """

    values: NDArray[np.float64]
    missing: int

    @property
    def size(self) -> int:
        """Number of values."""
        return self.values.size


@dataclass(frozen=True, slots=True)
class SortedSample:
    """A reference that was sorted before, as a `Profile` holds it.

    Attributes:
        values: What kernels take for the sorted values.
        size: Number of values.
        missing: Nulls and NaN that were left out.
    """

    values: ColumnProfile
    size: int
    missing: int


def float_sample(values: Sample, argument: str, nan_policy: NanPolicy) -> FloatSample:
    """Convert one sample to float64 and set its missing values apart.

    Args:
        values: shape (n,), any real dtype.
        argument: The name that messages use.
        nan_policy: Whether missing values are left out or refused.

    Raises:
        StatsInputError: Not one-dimensional, not real numbers, integers beyond 2**53 or, with
            ``nan_policy="raise"``, missing values.
    """
    import numpy as np

    if nan_policy not in get_args(NanPolicy):
        raise StatsInputError(
            f"unknown nan_policy {nan_policy!r}",
            where="nan_policy",
            hint='use "omit" to leave missing values out or "raise" to refuse them',
        )
    array = float_array(values, argument)
    is_missing = np.isnan(array)
    missing = int(np.count_nonzero(is_missing))
    if missing and nan_policy == "raise":
        raise StatsInputError(
            f"{missing} of {array.size} values are missing (NaN or null)",
            where=argument,
            hint='drop them, or pass nan_policy="omit"',
        )
    kept = array[~is_missing] if missing else array
    return FloatSample(np.require(kept, np.float64, ["C", "A"]), missing)


def float_array(values: Sample, argument: str) -> NDArray[np.float64]:
    """Convert one sample to float64; missing values are NaN, masked ones of an array at its end.

    Raises:
        StatsInputError: Not one-dimensional, not real numbers, or integers beyond 2**53.
    """
    import numpy as np

    library = series_library(values)
    if library == "polars":
        return _floats_from_polars(values, argument)
    if library == "pandas":
        return _floats_from_pandas(values, argument)
    if isinstance(values, np.ndarray):
        return _floats_from_array(values, argument)
    if isinstance(values, list | tuple | range):
        return _floats_from_sequence(values, argument)
    raise unusable_type(values, argument, _SAMPLE)


def count_vector(values: Sample, argument: str) -> NDArray[np.uint64]:
    """Convert counts per category to uint64.

    Args:
        values: shape (k,), any integer dtype, no missing entry.
        argument: The name that messages use.

    Raises:
        StatsInputError: Not one-dimensional, not integers, negative or missing.
    """
    import numpy as np

    hint = "a category that did not occur has the count 0; count raw values with category_counts()"
    library = series_library(values)
    series: Any = values
    if library and not len(series):
        array = np.empty(0, np.uint64)
    elif library == "polars":
        if not series.dtype.is_integer() or series.null_count():
            raise unusable(
                f"dtype {series.dtype}, {series.null_count()} nulls", argument, _COUNTS, hint
            )
        array = series.to_numpy()
    elif library == "pandas":
        if series.dtype.kind not in "iu" or series.hasnans:
            raise unusable(f"dtype {series.dtype}", argument, _COUNTS, hint)
        array = series.to_numpy(dtype=np.uint64 if series.dtype.kind == "u" else np.int64)
    elif isinstance(values, np.ndarray):
        array = values
    elif isinstance(values, list | tuple):
        array = _array_of(values, argument, _COUNTS)
    else:
        raise unusable_type(values, argument, _COUNTS)
    if array.shape == (0,):
        # Nothing has no dtype to object to: an empty list is float64 to NumPy.
        return np.empty(0, np.uint64)
    if array.ndim != 1 or array.dtype.kind not in "iu" or _is_masked(array):
        raise unusable(_described(array), argument, _COUNTS, hint)
    if int(array.min()) < 0:
        at = int(array.argmin())
        raise unusable(f"{int(array[at])} at position {at}", argument, _COUNTS, hint)
    return np.require(array, np.uint64, ["C", "A"])


def sample_pair(
    current: Sample,
    reference: Sample | SortedSample,
    nan_policy: NanPolicy,
    min_size: int,
    least: int = 1,
) -> tuple[FloatSample, FloatSample | SortedSample, int]:
    """Convert both samples, and raise `min_size` to the `least` that a statistic can do with.

    Raises:
        StatsInputError: As `float_sample` and `check_min_size` do.
    """
    check_min_size(min_size)
    a = float_sample(current, "current", nan_policy)
    b = (
        reference
        if isinstance(reference, SortedSample)
        else float_sample(reference, "reference", nan_policy)
    )
    return a, b, max(operator.index(min_size), least)


@contextmanager
def kernel_errors() -> Iterator[None]:
    """Turn a kernel's refusal into the error that users handle.

    Raises:
        StatsInputError: The kernel raised ValueError.
    """
    try:
        yield
    except ValueError as error:
        raise StatsInputError(str(error), where="current, reference") from error


def check_min_size(min_size: int) -> None:
    """Refuse a ``min_size`` that is not a positive integer.

    Raises:
        StatsInputError: Not an integer, or below 1.
    """
    check_positive(min_size, "min_size")


def check_positive(value: int, argument: str) -> None:
    """Refuse what is not a positive integer of 63 bits.

    Raises:
        StatsInputError: Not an integer, below 1, or 2**63 and more.
    """
    try:
        valid = 1 <= operator.index(value) < 2**63
    except TypeError:
        valid = False
    if not valid:
        raise StatsInputError(
            f"{argument} is {value!r}", where=argument, hint="pass an integer of at least 1"
        )


def check_bins(bins: int, least: int = 1) -> None:
    """Refuse a number of bins out of range.

    Raises:
        StatsInputError: Not an integer, below `least`, or above `MOST_BINS`.
    """
    try:
        valid = least <= operator.index(bins) <= MOST_BINS
    except TypeError:
        valid = False
    if not valid:
        raise StatsInputError(
            f"bins is {bins!r}",
            where="bins",
            hint=f"pass an integer from {least} to {MOST_BINS:,}; 10 is usual",
        )


def as_real(value: object) -> float:
    """Return a real number as a float, and anything else as NaN, which no range contains."""
    return float(value) if isinstance(value, Real) else float("nan")


def series_library(values: object) -> Literal["polars", "pandas"] | None:
    """Name the library whose Series this is, subclasses included, without importing it."""
    for base in type(values).__mro__:
        if base.__name__ == "Series":
            root = base.__module__.partition(".")[0]
            if root == "polars":
                return "polars"
            if root == "pandas":
                return "pandas"
    return None


def is_missing(value: object) -> bool:
    """Tell whether a single value is None, a NaN of any type, ``pandas.NA`` or ``pandas.NaT``."""
    if value is None:
        return True
    if isinstance(value, Real | Decimal):
        return bool(value != value)  # only NaN differs from itself
    return type(value).__name__ in ("NAType", "NaTType")


def unusable(got: str, argument: str, wanted: str, hint: str) -> StatsInputError:
    """Make the error that names the argument, what it needs and what it got."""
    return StatsInputError(f"{argument} must be {wanted}, got {got}", where=argument, hint=hint)


def unusable_type(values: object, argument: str, wanted: str) -> StatsInputError:
    """Make the error for a type that is no array: a frame, a scalar, a string, an iterator."""
    kind = type(values)
    shape = getattr(values, "shape", None)
    got = f"{kind.__module__}.{kind.__qualname__}" + (f" of shape {shape}" if shape else "")
    is_frame = kind.__name__ in ("DataFrame", "LazyFrame")
    return unusable(got, argument, wanted, "select one column of the frame" if is_frame else _TAKEN)


def _floats_from_polars(values: Any, argument: str) -> NDArray[np.float64]:
    dtype = values.dtype
    if dtype.is_integer():
        _refuse_large(values.min(), values.max(), argument)
    elif not (dtype.is_numeric() or str(dtype) in ("Boolean", "Null")):
        raise _not_numbers(f"dtype {dtype}, shape ({len(values)},)", argument)
    # A float column without nulls in one chunk is seen as it is; a null becomes NaN.
    array: NDArray[np.float64] = (values if dtype.is_float() else values.cast(float)).to_numpy()
    return array


def _floats_from_pandas(values: Any, argument: str) -> NDArray[np.float64]:
    import numpy as np

    if str(values.dtype) == "object":
        return _floats_from_array(values.to_numpy(), argument)
    kind = values.dtype.kind
    if kind not in "biuf":
        raise _not_numbers(f"dtype {values.dtype}, shape ({len(values)},)", argument)
    if kind in "iu" and values.notna().any():
        _refuse_large(values.min(), values.max(), argument)
    array: NDArray[np.float64] = (
        values.to_numpy()
        if kind == "f" and isinstance(values.dtype, np.dtype)
        else values.to_numpy(dtype=np.float64, na_value=np.nan)
    )
    return array


def _floats_from_sequence(values: Sequence[Any], argument: str) -> NDArray[np.float64]:
    import numpy as np

    array = _array_of(values, argument, _SAMPLE)
    if array.dtype.kind == "f" and bool(np.any(np.abs(array) >= EXACT_INTEGERS)):
        # A large integer beside floats has been rounded by now: look at the originals.
        return _floats_from_objects(values, argument)
    return _floats_from_array(array, argument)


def _floats_from_array(array: NDArray[Any], argument: str) -> NDArray[np.float64]:
    import numpy as np

    if array.ndim != 1:
        raise _not_numbers(_described(array), argument)
    if array.dtype.kind == "O":
        return _floats_from_objects(array.tolist(), argument)
    if array.dtype.kind not in "biuf":
        raise _not_numbers(_described(array), argument)
    if _is_masked(array):
        present: NDArray[Any] = array.compressed()  # type: ignore[attr-defined]  # a masked array
        missing = np.full(array.size - present.size, np.nan)
        return np.concatenate([_floats_from_array(present, argument), missing])
    if array.dtype.kind in "iu" and array.dtype.itemsize > 4 and array.size:
        _refuse_large(array.min(), array.max(), argument)
    return array.astype(np.float64, copy=False)


def _floats_from_objects(values: Sequence[Any], argument: str) -> NDArray[np.float64]:
    import numpy as np

    floats = np.empty(len(values), dtype=np.float64)
    for i, value in enumerate(values):
        if is_missing(value):
            floats[i] = np.nan
            continue
        if isinstance(value, int | np.integer):
            _refuse_large(value, value, argument)
        elif not isinstance(value, Real | Decimal | np.bool_):
            raise _not_numbers(f"{value!r:.40} ({type(value).__name__}) at position {i}", argument)
        try:
            floats[i] = float(value)
        except (OverflowError, ValueError):
            beyond = f"{value!r:.40} at position {i}, beyond float64"
            raise _not_numbers(beyond, argument) from None
    return floats


def _array_of(values: Sequence[Any], argument: str, wanted: str) -> NDArray[Any]:
    import numpy as np

    try:
        return np.asarray(values)
    except (ValueError, OverflowError):
        ragged = "a sequence of sequences of unequal lengths"
        raise unusable(ragged, argument, wanted, _TAKEN) from None


def _is_masked(array: NDArray[Any]) -> bool:
    import numpy as np

    return isinstance(array, np.ma.MaskedArray)


def _described(array: NDArray[Any]) -> str:
    kind = "masked " if _is_masked(array) else ""
    return f"{kind}dtype {array.dtype}, shape {array.shape}"


def _refuse_large(smallest: Any, largest: Any, argument: str) -> None:
    # An all-null column has no smallest value.
    for value in (smallest, largest):
        if value is not None and abs(int(value)) > EXACT_INTEGERS:
            raise StatsInputError(
                f"{argument} holds the integer {int(value)}, beyond 2**53, where float64 rounds "
                "different integers to one value",
                where=argument,
                hint="subtract an offset first or, where rounding is harmless, cast to float64",
            )


def _not_numbers(got: str, argument: str) -> StatsInputError:
    hint = (
        "pass one column of numbers, for example values.astype(float) or values.ravel(); "
        "compare categories with category_counts() and kl_divergence()"
    )
    return unusable(got, argument, _SAMPLE, hint)
