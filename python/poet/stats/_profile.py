"""A reference column, fitted once and compared with many windows."""

from __future__ import annotations

import math
import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

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
from poet.stats._files import reading
from poet.stats._fitted import FittedColumn
from poet.stats._inputs import (
    SortedSample,
    check_bins,
    check_min_size,
    unusable,
)
from poet.stats._kl import KLResult, kl_divergence
from poet.stats._ks import KSResult, check_test, ks_result, too_little
from poet.stats._profile_counts import ProfileCounts, refused
from poet.stats._sample_distances import effect_sizes, energy_distance, wasserstein_distance
from poet.stats._sample_tests import (
    anderson_darling,
    cramer_von_mises,
    kuiper,
    mann_whitney_u,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poet.stats._inputs import Sample
    from poet.stats._ks import Alternative, Method
    from poet.stats._results import ChiSquareResult, DistanceResult, EffectSizes, TestResult

Cut: TypeAlias = Literal["quantile", "width"]


class Profile(FittedColumn):
    """What is kept of a reference column: sorted once, compared with any number of windows.

    Of numbers and times it keeps the distinct values in order, how many there are up to each, and
    a grid that leads to them (about 11 bytes a distinct value where none repeats, else 15); of
    text, booleans and categoricals the categories and their counts. It never changes, and may be
    used from several threads.

    Text, booleans (as ``"false"`` and ``"true"``) and codes are compared by name, whatever their
    codes; a category that the reference does not have is one with the count 0 there. Whole numbers
    that are labels are to be cast to text first.

    Windows may be of any type that compares exactly with the reference: integers with floats, text
    with categoricals, the same kind of time in another unit. Dates, points in time with a zone and
    those without are different kinds. Missing values (null, NaN) are left out and counted.

    Attributes:
        kind: ``"numbers"``, ``"times"``, ``"categories"``, or ``"nulls"`` for a column without type
            or values.
        native: What the kernels fitted.
        n: Values fitted, missing ones not counted.
        null: Nulls that were left out.
        nan: NaN that were left out.

    Example:
        >>> from poet.stats import Profile
        >>> profile = Profile.fit(range(1000))
        >>> profile.ks([250, 300, 350, 400, 450, 500, 550, 600]).statistic
        0.399
        >>> profile.psi([250.5, 300.5] * 20).status
        'ok'
    """

    __slots__ = ()

    def counts(self, window: object) -> ProfileCounts:
        """Count a window, so that its rows need not be kept.

        Counts against one profile add, over windows, threads and machines: ``a + b`` is what both
        windows together would have given. Exact from counts: `ks` (but for the place of the
        distance, which is then the reference value next to it), `psi`, `kl`, `js`, `hellinger`,
        `total_variation`, `chi_square`. Within bounds: `wasserstein_bounds`. Not to be had from
        counts: tests that rank every row.

        Args:
            window: shape (n,), of the kinds that `fit` takes.

        Raises:
            StatsInputError: A window of another kind, or of more than 2**32 - 1 rows.
        """
        column = native_column(window, "window")
        (counted,) = _native.count_columns([self.native], [column], 1)
        if isinstance(counted, str):
            raise refused(counted)
        return ProfileCounts(self, counted)

    def counts_from_bytes(self, data: bytes) -> ProfileCounts:
        """Take up counts that another process made against an equal profile.

        Args:
            data: What `ProfileCounts.to_bytes` gave.

        Raises:
            StatsInputError: Other bytes, damaged ones, or counts against another profile.
        """
        with reading("data"):
            ((_, native),) = _native.counts_from_bytes(data, [self.native])
        return ProfileCounts(self, native)

    def ks(
        self,
        current: object,
        *,
        alternative: Alternative = "two-sided",
        method: Method = "auto",
        alpha: float | None = None,
        min_size: int = 8,
    ) -> KSResult:
        """Test a window of numbers or times by the two-sample Kolmogorov-Smirnov test.

        The same test as `ks_2samp`, with the same numbers, but nothing is sorted: a histogram of
        the window over a grid on the reference bounds the difference of the two distribution
        functions between any two edges, and only the rows where that bound leaves room for the
        largest difference are looked at again.

        Args:
            current: shape (n,), the window, or its `counts`.
            alternative: ``"two-sided"``, or ``"greater"`` / ``"less"`` where only a current
                distribution function above / below the reference's counts.
            method: ``"exact"``, ``"asymptotic"``, or ``"auto"``: exact where both sides have at
                most 10,000 values.
            alpha: The level that the p-value is held against: near it the p-value is computed
                precisely, so that ``p_value < alpha`` is never decided by an approximation.
            min_size: With fewer values than this on either side there is no result.

        Returns:
            The test; its location is in the unit of the data, of times an integer in the finer unit
            of both sides.

        Raises:
            StatsInputError: Categories, a window of another kind, or an unknown word.
        """
        level = check_test(alternative, method, alpha)
        check_min_size(min_size)
        window = _given(current)
        try:
            (n, null, nan), found = _native.profile_ks(
                self.native, window, operator.index(min_size), alternative, method, level
            )
        except ValueError as error:
            raise refused(str(error)) from None
        m, null_reference, nan_reference = self.native.size
        missing = null_reference + nan_reference
        if found is None:
            return too_little(alternative, n, m, null + nan, missing, min_size)
        return ks_result(found, alternative, method, n, m, null + nan, missing, min_size)

    def psi(
        self,
        current: object,
        *,
        bins: int = 10,
        cut: Cut = "quantile",
        pseudo_count: float = 0.5,
        floor: float | None = None,
        min_size: int = 20,
    ) -> DistanceResult:
        """Measure the population stability index of a window, over bins or categories.

        See `poet.stats.psi` for the formula and for what happens to empty bins.

        Args:
            current: shape (n,), the window, or its `counts`.
            bins: How many bins numbers and times are cut into, at most 1,000,000. With no more
                distinct reference values than that, each of them is a bin, and so is each gap
                between two, below all and above all.
            cut: ``"quantile"`` for bins of about equally many reference values, in which a value
                that alone is ``1 / bins`` of them or more has a bin of its own; ``"width"`` for
                bins of about equal width between the lowest and the highest finite one. A bin ends
                at a reference value or just below one, so that counts are enough; the outermost
                bins have no end. With ties there may be fewer or more bins.
            pseudo_count: Added to every bin on both sides.
            floor: The smallest share, instead of the pseudo-count.
            min_size: With fewer values than this on either side there is no result.

        Raises:
            StatsInputError: A window of another kind, or an argument out of its range.
        """
        c, r, missing = self._bins(current, bins, cut)
        return self._with_missing(
            psi(c, r, pseudo_count=pseudo_count, floor=floor, min_size=min_size), missing
        )

    def kl(
        self,
        current: object,
        *,
        bins: int = 10,
        cut: Cut = "quantile",
        pseudo_count: float = 0.5,
        base: float = math.e,
        min_size: int = 20,
    ) -> KLResult:
        """Measure the Kullback-Leibler divergence of a window from the reference.

        See `poet.stats.kl_divergence`; the arguments that cut numbers are those of `psi`.

        Raises:
            StatsInputError: A window of another kind, or an argument out of its range.
        """
        c, r, _ = self._bins(current, bins, cut)
        return kl_divergence(c, r, pseudo_count=pseudo_count, base=base, min_size=min_size)

    def js(
        self,
        current: object,
        *,
        bins: int = 10,
        cut: Cut = "quantile",
        base: float = math.e,
        min_size: int = 20,
    ) -> DistanceResult:
        """Measure the Jensen-Shannon divergence of a window and the reference.

        See `poet.stats.js_divergence`; the arguments that cut numbers are those of `psi`.

        Raises:
            StatsInputError: A window of another kind, or an argument out of its range.
        """
        c, r, missing = self._bins(current, bins, cut)
        return self._with_missing(js_divergence(c, r, base=base, min_size=min_size), missing)

    def hellinger(
        self, current: object, *, bins: int = 10, cut: Cut = "quantile", min_size: int = 20
    ) -> DistanceResult:
        """Measure the Hellinger distance of a window and the reference.

        See `poet.stats.hellinger`; the arguments that cut numbers are those of `psi`.

        Raises:
            StatsInputError: A window of another kind, or an argument out of its range.
        """
        c, r, missing = self._bins(current, bins, cut)
        return self._with_missing(hellinger(c, r, min_size=min_size), missing)

    def total_variation(
        self, current: object, *, bins: int = 10, cut: Cut = "quantile", min_size: int = 20
    ) -> DistanceResult:
        """Measure the total variation distance of a window and the reference.

        See `poet.stats.total_variation`; the arguments that cut numbers are those of `psi`.

        Raises:
            StatsInputError: A window of another kind, or an argument out of its range.
        """
        c, r, missing = self._bins(current, bins, cut)
        return self._with_missing(total_variation(c, r, min_size=min_size), missing)

    def chi_square(
        self,
        current: object,
        *,
        bins: int = 10,
        cut: Cut = "quantile",
        min_expected: float = 5.0,
        min_size: int = 20,
    ) -> ChiSquareResult:
        """Test a window by Pearson's chi-square test of homogeneity, over bins or categories.

        See `poet.stats.chi_square`; the arguments that cut numbers are those of `psi`.

        Raises:
            StatsInputError: A window of another kind, or an argument out of its range.
        """
        c, r, _ = self._bins(current, bins, cut)
        return chi_square(c, r, min_expected=min_expected, min_size=min_size)

    def wasserstein(self, current: Sample, *, min_size: int = 8) -> DistanceResult:
        """Measure the Wasserstein-1 distance of a window of numbers from the reference.

        See `poet.stats.wasserstein_distance`; of counts there is only `wasserstein_bounds`.

        Raises:
            StatsInputError: No numbers on either side, or a `min_size` below 1.
        """
        return wasserstein_distance(current, self._sorted(), min_size=min_size)

    def energy(self, current: Sample, *, min_size: int = 8) -> DistanceResult:
        """Measure the energy distance of a window of numbers; see `poet.stats.energy_distance`.

        Raises:
            StatsInputError: No numbers on either side, or a `min_size` below 1.
        """
        return energy_distance(current, self._sorted(), min_size=min_size)

    def cramer_von_mises(self, current: Sample, *, min_size: int = 8) -> TestResult:
        """Test a window of numbers; see `poet.stats.cramer_von_mises`.

        Raises:
            StatsInputError: No numbers on either side, or a `min_size` below 1.
        """
        return cramer_von_mises(current, self._sorted(), min_size=min_size)

    def anderson_darling(self, current: Sample, *, min_size: int = 8) -> TestResult:
        """Test a window of numbers; see `poet.stats.anderson_darling`.

        Raises:
            StatsInputError: No numbers on either side, or a `min_size` below 1.
        """
        return anderson_darling(current, self._sorted(), min_size=min_size)

    def mann_whitney_u(
        self, current: Sample, *, alternative: Alternative = "two-sided", min_size: int = 8
    ) -> TestResult:
        """Test a window of numbers; see `poet.stats.mann_whitney_u`.

        Raises:
            StatsInputError: No numbers on either side, an unknown alternative, or a `min_size`
                below 1.
        """
        return mann_whitney_u(current, self._sorted(), alternative=alternative, min_size=min_size)

    def kuiper(self, current: Sample, *, min_size: int = 8) -> TestResult:
        """Test a window of numbers; see `poet.stats.kuiper`.

        Raises:
            StatsInputError: No numbers on either side, or a `min_size` below 1.
        """
        return kuiper(current, self._sorted(), min_size=min_size)

    def effect_sizes(self, current: Sample, *, min_size: int = 8) -> EffectSizes:
        """Say how far a window of numbers is from the reference; see `poet.stats.effect_sizes`.

        Raises:
            StatsInputError: No numbers on either side, or a `min_size` below 1.
        """
        return effect_sizes(current, self._sorted(), min_size=min_size)

    def wasserstein_bounds(self, counts: ProfileCounts) -> tuple[float, float]:
        """Bound the Wasserstein-1 distance of a window of which only counts are left.

        Args:
            counts: What `counts` gave for the window.

        Returns:
            The least and the most that the distance can be, in the unit of the data (of times in
            theirs); NaN twice for a window without values.

        Raises:
            StatsInputError: Counts of categories or against another profile, or rows.
        """
        if not isinstance(counts, ProfileCounts):
            raise unusable(
                type(counts).__name__,
                "counts",
                "what Profile.counts returned",
                "pass profile.counts(window), or call wasserstein(window), which is exact",
            )
        try:
            found = _native.profile_wasserstein_bounds(self.native, counts.native)
        except ValueError as error:
            raise refused(str(error)) from None
        return (math.nan, math.nan) if found is None else found

    def _sorted(self) -> SortedSample:
        return SortedSample(self.native, self.n, self.null + self.nan)

    def _with_missing(self, found: DistanceResult, missing: int) -> DistanceResult:
        return replace(found, nan_current=missing, nan_reference=self.null + self.nan)

    def _bins(
        self, current: object, bins: int, cut: Cut
    ) -> tuple[NDArray[np.uint64], NDArray[np.uint64], int]:
        if cut not in get_args(Cut):
            raise StatsInputError(
                f"cut is {cut!r}", where="cut", hint='pass one of "quantile", "width"'
            )
        check_bins(bins)
        window = _given(current)
        try:
            (_, null, nan), c, r = _native.profile_bins(self.native, window, bins, cut)
        except ValueError as error:
            raise refused(str(error)) from None
        return c, r, null + nan


def _given(current: object) -> _native.Column | _native.ColumnCounts:
    return (
        current.native if isinstance(current, ProfileCounts) else native_column(current, "current")
    )
