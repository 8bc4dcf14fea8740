"""Detectors of change in the mean of a stream that choose their own window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from poet._native import Adwin as _Adwin
from poet._native import PageHinkley as _PageHinkley
from poet.stats._streams import (
    at_least,
    fraction,
    not_negative,
    one_float,
    refused,
    saved,
    stream_floats,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poet.stats._inputs import Sample

    class _Native(Protocol):
        def push(self, values: NDArray[np.float64]) -> NDArray[np.int64]: ...
        def push_one(self, value: float) -> bool: ...
        def state(self) -> bytes: ...


class _Detector:
    """What both detectors do alike."""

    __slots__ = ("_native",)

    _native: Any
    _native_type: Any

    def push(self, values: Sample) -> NDArray[np.int64]:
        """Take values in order; return the positions in `values` of those that show a change.

        A missing value (NaN, None, null) is passed over.

        Args:
            values: shape (n,), of the kinds that `ks_2samp` takes, finite.

        Returns:
            shape (number of changes,), int64, ascending.

        Raises:
            StatsInputError: Not one-dimensional, not real numbers, or infinite; no value has been
                taken.
        """
        native: _Native = self._native
        array = stream_floats(values)
        try:
            return native.push(array)
        except ValueError as error:
            raise refused(error, "values") from error

    def push_one(self, value: float | None) -> bool:
        """Take one value; return whether it shows a change. A missing one is passed over.

        Raises:
            StatsInputError: Not a real number, or infinite.
        """
        native: _Native = self._native
        try:
            try:
                return native.push_one(value)  # type: ignore[arg-type]  # None raises TypeError
            except TypeError:
                return native.push_one(one_float(value))
        except (TypeError, ValueError, OverflowError) as error:
            raise refused(error, "value") from error

    def state(self) -> bytes:
        """Return all that `resume` needs, with a version and a checksum."""
        native: _Native = self._native
        return native.state()

    @classmethod
    def resume(cls, state: bytes) -> Self:
        """Return the detector whose `state` this is; it goes on as if never interrupted.

        Raises:
            StatsInputError: Damaged bytes, those of another class or of another format version.
        """
        detector = cls.__new__(cls)
        detector.__setstate__(state)
        return detector

    def __getstate__(self) -> bytes:
        return self.state()

    def __setstate__(self, state: bytes) -> None:
        try:
            self._native = self._native_type.resume(saved(state))
        except ValueError as error:
            raise refused(error, "state") from error

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.n_current} values, {self.n_detections} changes>"

    @property
    def n_current(self) -> int:
        """How many values were taken, missing ones not counted."""
        raise NotImplementedError

    @property
    def n_detections(self) -> int:
        """How many changes were found."""
        raise NotImplementedError


class ADWIN(_Detector):
    """Finds changes of the mean by a window that grows while nothing changes.

    Every `clock` values the window is cut in two at each border of its exponential histogram; means
    that differ by more than chance allows at level `delta` are a change (Bifet and Gavaldà, 2007,
    "Learning from time-changing data with adaptive windowing"). The value after a change starts a
    new window. Settings and detections are those of ``river.drift.ADWIN`` 0.26. The bound of the
    paper is for values between 0 and 1: scale other data to about that.

    Args:
        delta: Significance of one cut, between 0 and 1.
        clock: Values from one search for a cut to the next.
        max_buckets: Runs of one length that the histogram keeps, at least 2; more are slower and
            find cuts more finely.
        min_window_length: Values on each side of a cut, at least 1.
        grace_period: No search before the window holds more values than this.

    Raises:
        StatsInputError: A setting out of range.

    Example:
        >>> from poet.stats import ADWIN
        >>> detector = ADWIN()
        >>> detector.push([0.1, 0.3] * 200 + [0.8, 0.6] * 200).tolist()
        [447]
        >>> detector.n_detections, detector.width, round(detector.mean, 3)
        (1, 352, 0.7)
    """

    __slots__ = ()
    _native_type = _Adwin

    def __init__(
        self,
        delta: float = 0.002,
        clock: int = 32,
        max_buckets: int = 5,
        min_window_length: int = 5,
        grace_period: int = 10,
    ) -> None:
        settings = (
            fraction(delta, "delta"),
            at_least(clock, 1, "clock"),
            at_least(max_buckets, 2, "max_buckets"),
            at_least(min_window_length, 1, "min_window_length"),
            at_least(grace_period, 0, "grace_period"),
        )
        try:
            self._native = _Adwin(*settings)
        except ValueError as error:
            raise refused(error, "ADWIN") from error

    @property
    def width(self) -> int:
        """How many values the present window stands for."""
        return self._summary()[0]

    @property
    def mean(self) -> float:
        """The mean of the present window; NaN without values."""
        return self._summary()[1]

    @property
    def variance(self) -> float:
        """The variance of the present window, divided by its width; NaN without values."""
        return self._summary()[2]

    @property
    def n_current(self) -> int:
        """How many values were taken, missing ones not counted."""
        return self._summary()[3]

    @property
    def n_detections(self) -> int:
        """How many changes were found."""
        return self._summary()[4]

    @property
    def drift_detected(self) -> bool:
        """Whether the last value showed a change."""
        return self._summary()[5]

    def _summary(self) -> tuple[int, float, float, int, int, bool]:
        native: _Adwin = self._native
        return native.summary()


class PageHinkley(_Detector):
    """Finds a rise or fall of the mean by cumulated deviations from the mean so far.

    Two sums take in ``value - mean - delta`` and ``value - mean + delta``, the former value kept to
    a share of `alpha`. The first standing more than `threshold` above its least value is a rise,
    the second as far below its greatest a fall (Page, 1954, "Continuous inspection schemes"). The
    value after a change starts anew. Settings and detections are those of
    ``river.drift.PageHinkley`` 0.26.

    Args:
        min_instances: No change is found before this many values.
        delta: The deviation that is let pass, in the unit of the data; at least 0.
        threshold: How far a sum may stray, in the unit of the data; at least 0.
        alpha: The share of a sum that is kept, from 0 to 1; 1 forgets nothing.
        mode: ``"up"`` looks for rises, ``"down"`` for falls, ``"both"`` for either.

    Raises:
        StatsInputError: A setting out of range.

    Example:
        >>> from poet.stats import PageHinkley
        >>> detector = PageHinkley(threshold=5)
        >>> detector.push([0.1, 0.3] * 200 + [0.8, 0.6] * 200).tolist()
        [410]
        >>> detector.n_detections, detector.drift_detected
        (1, False)
    """

    __slots__ = ()
    _native_type = _PageHinkley

    def __init__(
        self,
        min_instances: int = 30,
        delta: float = 0.005,
        threshold: float = 50.0,
        alpha: float = 1 - 0.0001,
        mode: Literal["up", "down", "both"] = "both",
    ) -> None:
        settings = (
            at_least(min_instances, 0, "min_instances"),
            not_negative(delta, "delta"),
            not_negative(threshold, "threshold"),
            fraction(alpha, "alpha"),
            str(mode),
        )
        try:
            self._native = _PageHinkley(*settings)
        except ValueError as error:
            raise refused(error, "PageHinkley") from error

    @property
    def width(self) -> int:
        """How many values were taken since the last change."""
        return self._summary()[0]

    @property
    def mean(self) -> float:
        """The mean since the last change; NaN without values."""
        return self._summary()[1]

    @property
    def n_current(self) -> int:
        """How many values were taken, missing ones not counted."""
        return self._summary()[2]

    @property
    def n_detections(self) -> int:
        """How many changes were found."""
        return self._summary()[3]

    @property
    def drift_detected(self) -> bool:
        """Whether the last value showed a change."""
        return self._summary()[4]

    def _summary(self) -> tuple[int, float, int, int, bool]:
        native: _PageHinkley = self._native
        return native.summary()
