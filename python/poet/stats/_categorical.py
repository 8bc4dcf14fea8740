"""Categories of a reference column, fitted once and compared with many windows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poet import _native
from poet.errors import StatsInputError
from poet.stats._columns import native_column
from poet.stats._count_distances import (
    chi_square,
    hellinger,
    js_divergence,
    psi,
    total_variation,
)
from poet.stats._inputs import unusable
from poet.stats._kl import kl_divergence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poet.stats._kl import KLResult
    from poet.stats._results import ChiSquareResult, DistanceResult

_WANTED = "a column of text, booleans or categories"
_HINT = "numbers and times are for the numeric profile; cast codes to text"


@dataclass(frozen=True, slots=True)
class CategoryCounts:
    """How often each category occurs in a window; counts of the same categories add with ``+``.

    The sum of the counts of parts is the counts of the whole, over windows, threads and machines.

    Attributes:
        native: The counts, as the kernels have them.
    """

    native: _native.CategoryCounts

    @property
    def n(self) -> int:
        """Number of values, nulls left out."""
        return self.native.total

    @property
    def nulls(self) -> int:
        """Number of nulls, which are no category."""
        return self.native.nulls

    @property
    def known(self) -> dict[str, int]:
        """For each category of the reference, how often it occurs."""
        return dict(zip(self.native.names, self.native.known.tolist(), strict=True))

    @property
    def unseen(self) -> dict[str, int]:
        """The categories that the reference does not have, with their counts."""
        return dict(self.native.unseen)

    def __add__(self, other: CategoryCounts) -> CategoryCounts:
        """Return the counts of both windows together.

        Raises:
            StatsInputError: The other counts are of other categories.
        """
        if not isinstance(other, CategoryCounts):
            return NotImplemented
        try:
            return CategoryCounts(self.native.merge(other.native))
        except ValueError as error:
            raise StatsInputError(str(error), where="other", hint="use one profile") from None


@dataclass(frozen=True, slots=True)
class CategoricalProfile:
    """The categories of a reference column and how often each occurs.

    Text, booleans (as ``"false"`` and ``"true"``) and codes of categoricals and enums are counted
    where they lie in memory, codes without looking at a name twice. Nulls are counted apart and are
    no category. Every window is compared by name, whatever its codes: a category that the
    reference does not have is one with the count 0 there.

    Attributes:
        native: What was fitted.

    Example:
        >>> from poet.stats import CategoricalProfile
        >>> profile = CategoricalProfile.fit(["red"] * 30 + ["blue"] * 30 + [None])
        >>> profile.categories, profile.counts.tolist(), profile.nulls
        (('blue', 'red'), [30, 30], 1)
        >>> window = profile.count(["red"] * 15 + ["green"] * 5)
        >>> window.known, window.unseen
        ({'blue': 0, 'red': 15}, {'green': 5})
        >>> round(profile.psi(window).distance, 3), profile.chi_square(window + window).n_current
        (2.385, 40)
    """

    native: _native.Categories

    @classmethod
    def fit(cls, values: object) -> CategoricalProfile:
        """Count the categories of a reference column.

        Args:
            values: shape (n,), text, booleans or categories: a Polars or pandas Series, a pyarrow
                array, a NumPy array, a list or a tuple.

        Raises:
            StatsInputError: Not one-dimensional, or numbers or times.
        """
        column = native_column(values, "values")
        try:
            return cls(_native.Categories.fit(column))
        except ValueError:
            raise unusable(f"{column.kind} ({column.dtype})", "values", _WANTED, _HINT) from None

    @classmethod
    def from_counts(cls, counts: Mapping[str, int], *, nulls: int = 0) -> CategoricalProfile:
        """Take up counts by category; one with the count 0 is a category that could occur.

        Raises:
            StatsInputError: A name that is no text, or a count that is no whole number from 0.
        """
        try:
            native = _native.Categories.from_counts(list(counts), list(counts.values()), nulls)
        except (TypeError, ValueError, OverflowError) as error:
            hint = "pass a mapping of text to whole numbers of at least 0"
            raise StatsInputError(str(error), where="counts", hint=hint) from None
        return cls(native)

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories, in the order of their UTF-8 bytes."""
        return tuple(self.native.names)

    @property
    def counts(self) -> NDArray[np.uint64]:
        """How often each category occurs, shape (k,)."""
        return self.native.counts

    @property
    def n(self) -> int:
        """Number of values, nulls left out."""
        return self.native.total

    @property
    def nulls(self) -> int:
        """Number of nulls."""
        return self.native.nulls

    def count(self, window: object) -> CategoryCounts:
        """Count the categories of a window.

        Args:
            window: As for `fit`.

        Raises:
            StatsInputError: Not one-dimensional, or numbers or times.
        """
        column = native_column(window, "window")
        try:
            return CategoryCounts(self.native.count(column))
        except ValueError:
            raise unusable(f"{column.kind} ({column.dtype})", "window", _WANTED, _HINT) from None

    def aligned(self, window: object) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Return (current, reference) counts over all categories, the unseen ones last.

        Args:
            window: A window as for `fit`, or its counts.

        Raises:
            StatsInputError: As for `count`, or counts of other categories.
        """
        counts = window if isinstance(window, CategoryCounts) else self.count(window)
        try:
            return self.native.align(counts.native)
        except ValueError as error:
            raise StatsInputError(str(error), where="window", hint="use one profile") from None

    def kl(self, window: object, *, pseudo_count: float = 0.5, min_size: int = 20) -> KLResult:
        """Compare as `kl_divergence` does, the window or its counts being current."""
        current, reference = self.aligned(window)
        return kl_divergence(current, reference, pseudo_count=pseudo_count, min_size=min_size)

    def psi(
        self,
        window: object,
        *,
        pseudo_count: float = 0.5,
        floor: float | None = None,
        min_size: int = 20,
    ) -> DistanceResult:
        """Compare as `poet.stats.psi` does, the window or its counts being current."""
        current, reference = self.aligned(window)
        options: Any = {"pseudo_count": pseudo_count, "floor": floor, "min_size": min_size}
        return psi(current, reference, **options)

    def js(self, window: object, *, base: float = math.e, min_size: int = 20) -> DistanceResult:
        """Compare as `js_divergence` does, the window or its counts being current."""
        current, reference = self.aligned(window)
        return js_divergence(current, reference, base=base, min_size=min_size)

    def hellinger(self, window: object, *, min_size: int = 20) -> DistanceResult:
        """Compare as `poet.stats.hellinger` does, the window or its counts being current."""
        current, reference = self.aligned(window)
        return hellinger(current, reference, min_size=min_size)

    def total_variation(self, window: object, *, min_size: int = 20) -> DistanceResult:
        """Compare as `poet.stats.total_variation` does, the window or its counts being current."""
        current, reference = self.aligned(window)
        return total_variation(current, reference, min_size=min_size)

    def chi_square(
        self, window: object, *, min_expected: float = 5.0, min_size: int = 20
    ) -> ChiSquareResult:
        """Compare as `poet.stats.chi_square` does, the window or its counts being current."""
        current, reference = self.aligned(window)
        return chi_square(current, reference, min_expected=min_expected, min_size=min_size)

    def __reduce__(self) -> tuple[object, ...]:
        counts = dict(zip(self.categories, self.counts.tolist(), strict=True))
        return (_loaded, (counts, self.nulls))


def _loaded(counts: dict[str, int], nulls: int) -> CategoricalProfile:
    return CategoricalProfile.from_counts(counts, nulls=nulls)
