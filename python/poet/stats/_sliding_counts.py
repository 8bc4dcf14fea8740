"""Divergences of category counts of a window that slides over a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from zlib import crc32

from poet._native import SlidingCounts as _SlidingCounts
from poet.errors import StatsInputError
from poet.stats._inputs import count_vector
from poet.stats._streams import (
    at_least,
    fraction,
    least_size,
    refused,
    saved,
    stream_floats,
    stream_numbers,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poet.stats._inputs import Sample


@dataclass(frozen=True, slots=True)
class SlidingDistances:
    """Three distances after each value; NaN where the window held fewer than `min_size`.

    Attributes:
        kl: shape (n,), Kullback-Leibler divergence, current from reference, in nats, 0 or more.
        psi: shape (n,), population stability index, 0 or more.
        js: shape (n,), Jensen-Shannon divergence in nats, from 0 to ln 2.
    """

    kl: NDArray[np.float64]
    psi: NDArray[np.float64]
    js: NDArray[np.float64]


class SlidingCounts:
    """Compares the category counts of the last `window` values with those of a reference.

    With ``p = (c + a) / (n + a * k)`` and ``q = (r + a) / (m + a * k)``, ``a`` being `pseudo_count`
    and ``k`` the number of categories: ``kl = sum(p * ln(p / q))`` (Kullback and Leibler, 1951; the
    distance of `kl_divergence`) and ``psi = sum((p - q) * ln(p / q))`` (Jeffreys, 1946). With the
    plain shares ``p = c / n`` and ``q = r / m``, as an empty category does it no harm:
    ``js = sum(p * ln(p / h) + q * ln(q / h)) / 2``, ``h`` being ``(p + q) / 2`` (Lin, 1991; the
    distance of `js_divergence`, the square of ``scipy.spatial.distance.jensenshannon``).

    A value changes the terms of two categories, whatever their number. Terms are added and taken
    away as whole multiples of 2**-96, which is exact: after any number of values the sums are
    those of a fresh start. Several threads may use one object; each call waits for the one before.

    Args:
        reference_counts: shape (k,), counts per category, not all 0.
        window: How many values the window holds.
        edges: shape (k - 1,), ascending. With it, `push` takes numbers: category i holds those from
            ``edges[i - 1]`` up to below ``edges[i]``, the outer ones all below and above. Without
            it, `push` takes codes from 0 to k - 1.
        min_size: From how many values on there are distances while the window fills; by default
            none before it is full. While it fills, a value costs time in proportion to k.
        pseudo_count: Added to every count on both sides for `kl` and `psi`; with 0 they are infinite
            where a category is missing on one side only (`kl`: from the reference).

    Raises:
        StatsInputError: Counts that are no whole numbers or add up to 0, edges that do not ascend
            or do not fit the counts, sizes or a `pseudo_count` out of range.

    Example:
        >>> from poet.stats import SlidingCounts
        >>> sliding = SlidingCounts([50, 30, 20], window=4)
        >>> sliding.push([0, 1, 0, 2, 2]).kl.round(4)
        array([   nan,    nan,    nan, 0.0144, 0.1783])
        >>> sliding.counts.tolist()
        [1, 1, 2]
        >>> ages = SlidingCounts.from_sample([21, 34, 45, 52, 60, 73], window=4, bins=3)
        >>> ages.edges.tolist(), ages.push([30, 40, 50, 60]).psi.round(4)
        ([45.0, 60.0], array([   nan,    nan,    nan, 0.0619]))
    """

    __slots__ = ("_edges", "_native")

    def __init__(
        self,
        reference_counts: Sample,
        window: int,
        *,
        edges: Sample | None = None,
        min_size: int | None = None,
        pseudo_count: float = 0.5,
    ) -> None:
        counts = count_vector(reference_counts, "reference_counts")
        window = at_least(window, 1, "window")
        least = least_size(min_size, window)
        self._edges = None if edges is None else _checked_edges(edges, counts.size)
        pseudo = fraction(pseudo_count, "pseudo_count")
        try:
            self._native = _SlidingCounts(counts, window, least, pseudo)
        except ValueError as error:
            raise refused(error, "reference_counts, window, pseudo_count") from error

    @classmethod
    def from_sample(
        cls,
        reference: Sample,
        window: int,
        *,
        bins: int = 10,
        min_size: int | None = None,
        pseudo_count: float = 0.5,
    ) -> SlidingCounts:
        """Cut a sample of numbers into bins of nearly equal size and count it.

        Edges are sample values at the quantiles ``i / bins`` (``numpy.quantile`` with
        ``method="higher"``), none of them the smallest. Where ties make edges equal, there are
        fewer bins.

        Args:
            reference: shape (m,), numbers, of the kinds that `ks_2samp` takes; missing values are
                left out.
            window: As for the class.
            bins: How many bins, at least 2.
            min_size: As for the class.
            pseudo_count: As for the class.

        Raises:
            StatsInputError: A sample without values or of one value only, or as for the class.
        """
        import numpy as np

        values = stream_floats(reference, "reference")
        values = values[~np.isnan(values)]
        levels = np.arange(1, at_least(bins, 2, "bins")) / bins
        # An edge at the smallest value would leave nothing below it.
        above = values[values > values.min()] if values.size else values
        if not above.size:
            raise StatsInputError(
                "reference holds fewer than 2 different values",
                where="reference",
                hint="count categories with category_counts() where values are not numbers",
            )
        edges = np.unique(np.quantile(values, levels, method="higher").clip(above.min()))
        counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=edges.size + 1)
        return cls(counts, window, edges=edges, min_size=min_size, pseudo_count=pseudo_count)

    def push(self, values: Sample) -> SlidingDistances:
        """Take values in order; return the distances after each.

        Args:
            values: shape (n,), numbers where there are edges; else integer codes, where a negative
                code stands for a missing value, as in pandas. A missing value does not enter the
                window and is counted in `nan_current`.

        Raises:
            StatsInputError: Not one-dimensional, not numbers, or a code beyond the categories; no
                value has been taken.
        """
        codes = self._codes(values)
        try:
            kl, psi, js = self._native.push(codes)
        except ValueError as error:
            raise refused(error, "values") from error
        return SlidingDistances(kl, psi, js)

    @property
    def kl(self) -> float:
        """Kullback-Leibler divergence of the present window; NaN with too little data."""
        return self._native.distances()[0]

    @property
    def psi(self) -> float:
        """Population stability index of the present window; NaN with too little data."""
        return self._native.distances()[1]

    @property
    def js(self) -> float:
        """Jensen-Shannon divergence of the present window; NaN with too little data."""
        return self._native.distances()[2]

    @property
    def status(self) -> Literal["ok", "insufficient_data"]:
        """``"insufficient_data"`` where the window holds fewer than `min_size`, else ``"ok"``."""
        _, least, _, n, _ = self._native.sizes()
        return "ok" if n >= least else "insufficient_data"

    @property
    def counts(self) -> NDArray[np.uint64]:
        """Shape (k,): how often each category is in the present window."""
        return self._native.counts()[0]

    @property
    def reference_counts(self) -> NDArray[np.uint64]:
        """Shape (k,): how often each category is in the reference."""
        return self._native.counts()[1]

    @property
    def edges(self) -> NDArray[np.float64] | None:
        """Shape (k - 1,): where the bins meet; None for codes."""
        return None if self._edges is None else self._edges.copy()

    @property
    def n_current(self) -> int:
        """How many values the window holds."""
        return self._native.sizes()[3]

    @property
    def nan_current(self) -> int:
        """How many missing values of the stream were left out so far."""
        return self._native.sizes()[4]

    def state(self) -> bytes:
        """Return all that `resume` needs, reference and edges included."""
        edges = b"" if self._edges is None else self._edges.astype("<f8").tobytes()
        # The native state has a version and a checksum of its own; the edges get one here.
        tail = edges + len(edges).to_bytes(8, "little")
        return self._native.state() + tail + crc32(tail).to_bytes(4, "little")

    @classmethod
    def resume(cls, state: bytes) -> SlidingCounts:
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
        import numpy as np

        raw = saved(state)
        length = int.from_bytes(raw[-12:-4], "little")
        start = max(len(raw) - 12 - length, 0)
        if length % 8 or crc32(raw[start:-4]) != int.from_bytes(raw[-4:], "little"):
            raise refused(ValueError("the state cannot be resumed: it is damaged"), "state")
        try:
            self._native = _SlidingCounts.resume(raw[:start])
        except ValueError as error:
            raise refused(error, "state") from error
        self._edges = None
        if length:
            edges = np.frombuffer(raw[start:-12], "<f8")
            self._edges = _checked_edges(edges, self._native.counts()[1].size)

    def __repr__(self) -> str:
        window, _, _, n, _ = self._native.sizes()
        return f"<SlidingCounts: {n} of {window} values>"

    def _codes(self, values: Sample) -> NDArray[Any]:
        import numpy as np

        if self._edges is None:
            codes = stream_numbers(values)
            if codes.dtype == np.int64:
                return codes
            if codes.size and not bool(np.all(np.isnan(codes) | (codes == np.floor(codes)))):
                raise StatsInputError(
                    "values must be whole codes of categories, or the reference needs edges",
                    where="values",
                    hint="pass integer codes from 0, or give edges to count numbers in bins",
                )
            # A float column of codes is one with missing values; no more than 2**53 categories.
            codes = np.clip(np.where(np.isnan(codes), -1.0, codes), -1.0, 2.0**53)
            return codes.astype(np.int64)
        numbers = stream_floats(values)
        bins = np.searchsorted(self._edges, numbers, side="right").astype(np.int64)
        bins[np.isnan(numbers)] = -1
        return bins


def _checked_edges(edges: Sample, categories: int) -> NDArray[np.float64]:
    import numpy as np

    array = stream_floats(edges, "edges")
    if (
        array.size != categories - 1
        or not bool(np.all(np.diff(array) > 0))
        or np.isnan(array).any()
    ):
        raise StatsInputError(
            f"edges must be {categories - 1} ascending numbers for {categories} counts",
            where="edges",
            hint="give the inner edges only: one fewer than there are bins",
        )
    return array.copy()
