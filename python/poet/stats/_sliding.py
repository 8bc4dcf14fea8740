"""The exact Kolmogorov-Smirnov statistic of windows that move over a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from poet._native import JumpingKs as _JumpingKs
from poet._native import SlidingKs as _SlidingKs
from poet.stats._inputs import float_sample, unusable
from poet.stats._profile import Profile
from poet.stats._streams import (
    at_least,
    fraction,
    least_size,
    one_float,
    refused,
    saved,
    stream_floats,
    stream_numbers,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poet._native import ColumnProfile
    from poet.stats._inputs import Sample

    Status = Literal["ok", "insufficient_data"]


class SlidingKS:
    """Compares the last `window` values of a stream with a fixed reference, after every value.

    The statistic is the two-sided Kolmogorov-Smirnov distance, computed in whole numbers: it equals
    that of `ks_2samp` for the same values, ties and infinities included. Its cost does not depend
    on the data: some 0.1 microseconds a value in batches, for a reference of up to 100,000.

    A missing value (NaN, None, null) does not enter the window; it is counted in `nan_current`, and
    the result after it is that of the window as it was.

    A reference of integers (an integer dtype, or a list of integers) is compared exactly over the
    whole range of int64, with integers and with floats. A reference of floats takes integers up to
    2**53. Several threads may use one object; each call waits for the one before.

    Args:
        reference: shape (m,), the fixed data, of the kinds that `ks_2samp` takes; missing values
            are left out. Or a `Profile` of numbers, which spares sorting them again; of integers it
            is a reference of integers.
        window: How many values the window holds. Memory is of the order of the window and the
            reference.
        min_size: From how many values on there is a statistic while the window fills; by default
            none before it is full. While it fills, a value costs time in proportion to those before.

    Raises:
        StatsInputError: A reference that is empty, not one-dimensional or not real numbers, sizes
            out of range, or sizes whose product is beyond 61 bits.

    Example:
        >>> from poet.stats import SlidingKS
        >>> sliding = SlidingKS([1, 2, 3, 4], window=2)
        >>> sliding.push([1, 2, 9, None, 8])
        array([nan, 0.5, 0.5, 0.5, 1. ])
        >>> sliding.n_current, sliding.nan_current, round(sliding.p_value, 4)
        (2, 1, 0.1333)
        >>> later = SlidingKS.resume(sliding.state())
        >>> later.push_one(1)
        0.5
    """

    __slots__ = ("_native",)

    def __init__(
        self, reference: Sample | Profile, window: int, *, min_size: int | None = None
    ) -> None:
        window = at_least(window, 1, "window")
        least = least_size(min_size, window)
        fixed = _reference(reference)
        try:
            self._native = _SlidingKs(fixed, window, least)
        except ValueError as error:
            raise refused(error, "reference, window") from error

    def push(self, values: Sample) -> NDArray[np.float64]:
        """Take values in order; return the statistic after each.

        Args:
            values: shape (n,), of the kinds that `ks_2samp` takes.

        Returns:
            shape (n,), float64, from 0 to 1; NaN where the window held fewer than `min_size`.

        Raises:
            StatsInputError: Not one-dimensional, not real numbers, or integers that cannot be
                compared exactly; no value has been taken.
        """
        return self._native.push(self._values(values))

    def push_one_sided(self, values: Sample) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Take values in order; return D+ and D- after each.

        D+ is how far the current distribution function is ever above the reference's (SciPy's
        ``alternative="greater"``), D- how far it is ever below (``"less"``). The larger of the two
        is the two-sided statistic.

        Args:
            values: shape (n,), of the kinds that `ks_2samp` takes.

        Returns:
            Two arrays of shape (n,), float64; NaN where the window held fewer than `min_size`.

        Raises:
            StatsInputError: As for `push`.
        """
        return self._native.push_one_sided(self._values(values))

    def push_one(self, value: float | None) -> float:
        """Take one value, or a missing one; return the statistic after it.

        Raises:
            StatsInputError: Not a real number, or an integer that cannot be compared exactly.
        """
        try:
            try:
                return self._native.push_one(value)
            except TypeError:
                return self._native.push_one(one_float(value))
        except (TypeError, ValueError, OverflowError) as error:
            raise refused(error, "value") from error

    def drifted(self, values: Sample, alpha: float) -> NDArray[np.bool_]:
        """Take values in order; return after each whether the window has drifted.

        It has where it is full and its two-sided p-value is below `alpha`, that is where its
        statistic is at least ``critical_value(alpha)``. The decisions are those of the exact
        statistic, but most are known without computing it: one value moves the statistic by
        ``1 / window`` at most.

        Args:
            values: shape (n,), of the kinds that `ks_2samp` takes.
            alpha: The level for a single comparison, between 0 and 1. Neighbouring windows are
                nearly the same, but a long stream passes many that are not: choose it small.

        Returns:
            shape (n,), bool; False before the window is full.

        Raises:
            StatsInputError: As for `push`, and for an `alpha` out of range.
        """
        level = fraction(alpha, "alpha")
        array = self._values(values)
        try:
            return self._native.decide(array, level)
        except ValueError as error:
            raise refused(error, "alpha") from error

    def critical_value(self, alpha: float) -> float:
        """Return the smallest statistic of a full window with a p-value below `alpha`.

        It is found once for an `alpha`, by bisection over the p-value. Infinity where not even
        separated samples of these sizes are significant.

        Raises:
            StatsInputError: `alpha` is not between 0 and 1.
        """
        level = fraction(alpha, "alpha")
        try:
            return self._native.critical(level)
        except ValueError as error:
            raise refused(error, "alpha") from error

    @property
    def statistic(self) -> float:
        """The two-sided statistic of the present window; NaN with too little data."""
        return self._native.statistics()[0]

    @property
    def statistic_greater(self) -> float:
        """D+ of the present window; NaN with too little data."""
        return self._native.statistics()[1]

    @property
    def statistic_less(self) -> float:
        """D- of the present window; NaN with too little data."""
        return self._native.statistics()[2]

    @property
    def p_value(self) -> float:
        """The two-sided p-value of the present window, as of `ks_2samp`; NaN with too little data."""
        return self._native.p_value()

    @property
    def status(self) -> Status:
        """``"insufficient_data"`` where the window holds fewer than `min_size`, else ``"ok"``."""
        return "ok" if self.n_current >= self.min_size else "insufficient_data"

    @property
    def window(self) -> int:
        """How many values the window holds when full."""
        return self._native.sizes()[0]

    @property
    def min_size(self) -> int:
        """From how many values on there is a statistic."""
        return self._native.sizes()[1]

    @property
    def n_current(self) -> int:
        """How many values the window holds."""
        return self._native.sizes()[2]

    @property
    def n_reference(self) -> int:
        """How many values the reference holds."""
        return self._native.sizes()[3]

    @property
    def nan_current(self) -> int:
        """How many missing values of the stream were left out so far."""
        return self._native.sizes()[4]

    def state(self) -> bytes:
        """Return all that `resume` needs, the reference included, with a version and a checksum."""
        return self._native.state()

    @classmethod
    def resume(cls, state: bytes) -> SlidingKS:
        """Return the object whose `state` this is; it goes on as if never interrupted.

        Raises:
            StatsInputError: Damaged bytes, those of another class or of another format version.
        """
        sliding = cls.__new__(cls)
        sliding.__setstate__(state)
        return sliding

    def __getstate__(self) -> bytes:
        return self.state()

    def __setstate__(self, state: bytes) -> None:
        try:
            self._native = _SlidingKs.resume(saved(state))
        except ValueError as error:
            raise refused(error, "state") from error

    def __repr__(self) -> str:
        window, _, n, m, _ = self._native.sizes()
        return f"<SlidingKS: {n} of {window} values, reference of {m}>"

    def _values(self, values: Sample) -> NDArray[Any]:
        return _stream(values, self._native)


@dataclass(frozen=True, slots=True)
class KSWindow:
    """One window of `JumpingKS` and its comparison with the reference.

    Attributes:
        start: Its first row, counted from the start of the stream.
        end: The row after its last.
        statistic: The two-sided Kolmogorov-Smirnov distance, from 0 to 1; NaN with too little data.
        p_value: As of `ks_2samp`; NaN with too little data.
        n_current: Its values, missing ones not counted.
        n_reference: Values of the reference.
        nan_current: Its missing values.
        status: ``"insufficient_data"`` with fewer than `min_size` values, else ``"ok"``.
    """

    start: int
    end: int
    statistic: float
    p_value: float
    n_current: int
    n_reference: int
    nan_current: int
    status: Status


class JumpingKS:
    """Compares windows of `window` rows, one beginning every `step` rows, with a fixed reference.

    Windows overlap where `step` is smaller than `window` and leave rows out where it is larger.
    Each row is looked up and sorted once, however many windows it is in (panes, after
    Krishnamurthy, Wu and Franklin, 2006). A missing value takes up its row and is left out of the
    comparison. Statistic and p-value are those of `ks_2samp`. To see every single value, use
    `SlidingKS`.

    Args:
        reference: As for `SlidingKS`.
        window: Rows of a window.
        step: Rows from the start of one window to the start of the next.
        min_size: With fewer values than this in a window there is no result; by default 8, or the
            window where that is smaller.

    Raises:
        StatsInputError: As for `SlidingKS`.

    Example:
        >>> from poet.stats import JumpingKS
        >>> jumping = JumpingKS([1, 2, 3, 4], window=4, step=2, min_size=2)
        >>> for found in jumping.push([1, 2, 3, 4, None, 9]):
        ...     print(found.start, found.end, found.n_current, found.statistic)
        0 4 4 0.0
        2 6 3 0.5
    """

    __slots__ = ("_native",)

    def __init__(
        self, reference: Sample | Profile, window: int, step: int, *, min_size: int | None = None
    ) -> None:
        window, step = at_least(window, 1, "window"), at_least(step, 1, "step")
        least = least_size(min(8, window) if min_size is None else min_size, window)
        fixed = _reference(reference)
        try:
            self._native = _JumpingKs(fixed, window, step, least)
        except ValueError as error:
            raise refused(error, "reference, window") from error

    def push(self, values: Sample) -> list[KSWindow]:
        """Take rows in order; return the windows that end among them.

        Args:
            values: shape (n,), of the kinds that `ks_2samp` takes.

        Raises:
            StatsInputError: As for `SlidingKS.push`.
        """
        *_, least, _, m = self._native.sizes()
        return [
            KSWindow(
                start=start,
                end=end,
                statistic=statistic,
                p_value=p_value,
                n_current=n,
                n_reference=m,
                nan_current=missing,
                status="ok" if n >= least else "insufficient_data",
            )
            for start, end, n, missing, statistic, p_value in self._native.push(
                _stream(values, self._native)
            )
        ]

    @property
    def rows(self) -> int:
        """Rows taken so far."""
        return self._native.sizes()[3]

    def state(self) -> bytes:
        """Return all that `resume` needs, the reference included, with a version and a checksum."""
        return self._native.state()

    @classmethod
    def resume(cls, state: bytes) -> JumpingKS:
        """Return the object whose `state` this is; it goes on as if never interrupted.

        Raises:
            StatsInputError: Damaged bytes, those of another class or of another format version.
        """
        jumping = cls.__new__(cls)
        jumping.__setstate__(state)
        return jumping

    def __getstate__(self) -> bytes:
        return self.state()

    def __setstate__(self, state: bytes) -> None:
        try:
            self._native = _JumpingKs.resume(saved(state))
        except ValueError as error:
            raise refused(error, "state") from error

    def __repr__(self) -> str:
        window, step, _, rows, m = self._native.sizes()
        return f"<JumpingKS: {window} rows every {step}, {rows} seen, reference of {m}>"


def _reference(reference: Sample | Profile) -> NDArray[Any] | ColumnProfile:
    import numpy as np

    if isinstance(reference, Profile):
        if reference.kind != "numbers" or not reference.n:
            hint = "pass a profile of at least one number; times can be cast to integers"
            raise unusable(repr(reference), "reference", "a profile of numbers", hint)
        return reference.native
    array = stream_numbers(reference, "reference")
    if array.dtype == np.int64:
        return array
    return float_sample(reference, "reference", "omit").values


def _stream(values: Sample, native: _SlidingKs | _JumpingKs) -> NDArray[Any]:
    """Return integers as such only where the reference holds integers."""
    import numpy as np

    array = stream_numbers(values)
    if array.dtype == np.int64 and not native.takes_integers:
        return stream_floats(values)
    return array
