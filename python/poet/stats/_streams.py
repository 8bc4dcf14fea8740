"""What the detectors of streams share: their input, their refusals and their saved state."""

from __future__ import annotations

import math
import operator
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

from poet.errors import StatsInputError
from poet.stats._inputs import float_array, is_missing, series_library, unusable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poet.stats._inputs import Sample


def stream_floats(values: Sample, argument: str = "values") -> NDArray[np.float64]:
    """Convert a batch to float64, contiguous; missing values are NaN and stay in their places.

    Raises:
        StatsInputError: Not one-dimensional, not real numbers, or integers beyond 2**53.
    """
    import numpy as np

    array = float_array(values, argument)
    if isinstance(values, np.ma.MaskedArray):
        masked: Any = values
        array = masked.astype(np.float64).filled(np.nan)
    return np.require(array, np.float64, ["C", "A"])


def stream_numbers(values: Sample, argument: str = "values") -> NDArray[Any]:
    """Convert a batch: integers without a missing one to int64, all else to float64.

    Raises:
        StatsInputError: Not one-dimensional, not real numbers, integers beyond 63 bits, or integers
            beyond 2**53 beside missing values.
    """
    import numpy as np

    if type(values) is np.ndarray and values.dtype == np.float64 and values.ndim == 1:
        return np.require(values, np.float64, ["C", "A"])
    array = _integers(values)
    if array is None or array.ndim != 1 or not array.size:
        return stream_floats(values, argument)
    if array.dtype.kind == "u" and int(array.max()) >= 2**63:
        raise unusable(
            f"the integer {int(array.max())}", argument, "numbers below 2**63", "subtract an offset"
        )
    return np.require(array, np.int64, ["C", "A"])


def _integers(values: Any) -> NDArray[Any] | None:
    """Return the values as an integer array, or None where they are something else."""
    import numpy as np

    library = series_library(values)
    array: Any = values
    if library == "polars":
        array = values.to_numpy() if values.dtype.is_integer() and not values.null_count() else None
    elif library == "pandas":
        whole = getattr(values.dtype, "kind", "") in "iu" and not values.hasnans
        array = values.to_numpy(dtype=f"{values.dtype.kind}8") if whole else None
    elif isinstance(values, list | tuple | range):
        try:
            array = np.asarray(values)
        except (ValueError, OverflowError):
            return None
    if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
        return None
    return array if array.dtype.kind in "iu" else None


def at_least(value: object, least: int, argument: str) -> int:
    """Return a whole number of at least ``least`` and below 2**63.

    Raises:
        StatsInputError: Anything else.
    """
    try:
        whole = operator.index(value)  # type: ignore[arg-type]  # anything else raises TypeError
    except TypeError:
        whole = least - 1
    if isinstance(value, bool) or not least <= whole < 2**63:
        raise StatsInputError(
            f"{argument} is {value!r}",
            where=argument,
            hint=f"pass an integer of at least {least}",
        )
    return whole


def least_size(min_size: object, window: int) -> int:
    """Return the least number of values with a result; all of the window where none is given.

    Raises:
        StatsInputError: Not from 1 to the size of the window.
    """
    if min_size is None:
        return window
    least = at_least(min_size, 1, "min_size")
    if least > window:
        raise StatsInputError(
            f"min_size is {least}, but the window holds {window} at most",
            where="min_size",
            hint="pass an integer from 1 to the window, or None for a full window",
        )
    return least


def fraction(value: object, argument: str) -> float:
    """Return a number as a float.

    Raises:
        StatsInputError: Not a number, text of one included.
    """
    try:
        if isinstance(value, Real | Decimal):
            return float(value)
    except OverflowError:
        pass
    raise StatsInputError(f"{argument} is {value!r}", where=argument, hint="pass a number")


def not_negative(value: object, argument: str) -> float:
    """Return a finite number of at least 0 as a float.

    Raises:
        StatsInputError: Anything else.
    """
    number = fraction(value, argument)
    if not 0 <= number < math.inf:
        raise StatsInputError(
            f"{argument} is {value!r}", where=argument, hint="pass a finite number of at least 0"
        )
    return number


def one_float(value: object) -> float:
    """Return a value that the kernels did not take as NaN where it stands for a missing one.

    Raises:
        TypeError: It does not.
    """
    if is_missing(value):
        return math.nan
    raise TypeError(f"the value is {value!r:.40} ({type(value).__name__}), not a real number")


def saved(state: object) -> bytes:
    """Return the bytes of a saved state.

    Raises:
        StatsInputError: Not bytes.
    """
    if isinstance(state, bytes | bytearray | memoryview):
        return bytes(state)
    raise unusable(type(state).__name__, "state", "bytes", "pass what state() returned")


def refused(error: Exception, where: str) -> StatsInputError:
    """Make the error that the native refusal is for users."""
    hints = {
        "state": "pass what state() returned, unchanged, to the class it came from",
        "alpha": "pass a significance level such as 0.001",
    }
    return StatsInputError(str(error), where=where, hint=hints.get(where, ""))
