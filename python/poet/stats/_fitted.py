"""A reference column as it is kept: fitted, stored, added, and asked what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from poet import _native
from poet.errors import StatsInputError
from poet.files import write_whole
from poet.stats._columns import native_column
from poet.stats._files import reading
from poet.stats._inputs import MOST_BINS, check_positive
from poet.stats._profile_counts import refused
from poet.stats._quantiles import quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from poet.files import StrPath


class FittedColumn:
    """What is kept of a reference column; `Profile` compares windows with it.

    Attributes:
        native: What the kernels fitted.
    """

    __slots__ = ("native",)

    native: _native.ColumnProfile

    def __init__(self) -> None:
        raise StatsInputError(
            "a Profile is not made by calling it", where="Profile", hint="use Profile.fit(values)"
        )

    @classmethod
    def fit(cls, values: object) -> Self:
        """Fit a reference column.

        Args:
            values: shape (m,): a Polars or pandas Series, a pyarrow Array or ChunkedArray, a NumPy
                array, a list, tuple or range; numbers, times or categories (text, booleans,
                categoricals, enums).

        Raises:
            StatsInputError: Not one-dimensional, a type that is none of these, or whole numbers or
                decimals that cannot be held exactly.
        """
        column = native_column(values, "values")
        (fitted,) = _native.fit_columns([column], 1)
        if isinstance(fitted, str):
            raise StatsInputError(fitted, where="values", hint="cast the column")
        return cls.of(fitted)

    @classmethod
    def from_counts(cls, counts: Mapping[str, int], *, null: int = 0) -> Self:
        """Take up counts by category; one with the count 0 is a category that could occur.

        Raises:
            StatsInputError: A name that is no text, or a count that is no whole number from 0.
        """
        try:
            native = _native.ColumnProfile.from_counts(list(counts.items()), null)
        except (AttributeError, TypeError, ValueError, OverflowError) as error:
            hint = "pass a mapping of text to whole numbers of at least 0"
            raise StatsInputError(str(error), where="counts", hint=hint) from None
        return cls.of(native)

    @classmethod
    def of(cls, native: _native.ColumnProfile) -> Self:
        """Take up what the kernels fitted."""
        profile = object.__new__(cls)
        profile.native = native
        return profile

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take up what `to_bytes` gave.

        Raises:
            StatsInputError: Other bytes, damaged ones, or several profiles.
        """
        with reading("data"):
            read = _native.profiles_from_bytes(data)
        if len(read) != 1:
            hint = "read a frame's profiles with FrameProfile.load or from_bytes"
            raise StatsInputError(f"{len(read)} profiles, not one", where="data", hint=hint)
        return cls.of(read[0][1])

    @classmethod
    def load(cls, path: StrPath) -> Self:
        """Read what `save` wrote.

        Raises:
            OSError: There is no such file, or it cannot be read.
            StatsInputError: Another file, a damaged one, or one of several profiles.
        """
        return cls.from_bytes(Path(path).read_bytes())

    def to_bytes(self) -> bytes:
        """Give the bytes of an Arrow IPC file; equal profiles give equal bytes."""
        return _native.profiles_to_bytes([None], [self.native])

    def save(self, path: StrPath) -> None:
        """Write an Arrow IPC file, whole or not at all; ``polars.read_ipc`` opens it, too.

        A number takes 16 bytes for each distinct value, a category its text and 16 bytes.

        Raises:
            OSError: The folder is missing or not writable.
        """
        write_whole(path, self.to_bytes())

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self).from_bytes, (self.to_bytes(),))

    @property
    def kind(self) -> str:
        """What the column holds."""
        return self.native.kind

    @property
    def n(self) -> int:
        """Values fitted, missing ones not counted."""
        return self.native.size[0]

    @property
    def null(self) -> int:
        """Nulls that were left out."""
        return self.native.size[1]

    @property
    def nan(self) -> int:
        """NaN that were left out."""
        return self.native.size[2]

    @property
    def categories(self) -> dict[str, int]:
        """Each category and how often it occurs; empty for numbers and times."""
        return dict(self.native.categories or ())

    def __repr__(self) -> str:
        return f"Profile({self.kind}, n={self.n:,})"

    def quantiles(self, levels: ArrayLike) -> NDArray[np.float64]:
        """Give the values at or below which these shares of the reference lie.

        Args:
            levels: shape (k,) or a number: shares from 0 (the lowest value) to 1 (the highest).

        Returns:
            shape (k,): the lowest value up to which there is at least that share (NumPy's
            ``inverted_cdf``); of times the integers they are kept in, such as microseconds. NaN
            where there is no value.

        Raises:
            StatsInputError: Categories, or levels that are not from 0 to 1.
        """
        return quantiles(self.native, None, levels)

    def __add__(self, other: FittedColumn) -> Self:
        """Return the profile of both columns together: what `fit` gives for all values.

        Raises:
            StatsInputError: The other profile is of another kind, or its numbers have no exact
                equal in the type of this one's.
        """
        if not isinstance(other, FittedColumn):
            return NotImplemented
        (merged,) = _native.merge_profiles([self.native], [other.native], 1)
        if isinstance(merged, str):
            hint = "merge profiles of columns of one kind"
            raise StatsInputError(merged, where="other", hint=hint)
        return self.of(merged)

    def __radd__(self, other: object) -> Self:
        # sum() starts at 0.
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def frequencies(self, *, at_most: int = 1000) -> NDArray[np.uint64] | None:
        """Count how often each distinct value occurs.

        Args:
            at_most: Distinct values to count; of numbers 1,000,000 at most.

        Returns:
            shape (distinct,), uint64, in the order of the values, of categories in that of
            `categories`; None where there are more distinct values.

        Raises:
            StatsInputError: Times, or an `at_most` that is no positive integer.

        Example:
            >>> from poet.stats import Profile
            >>> Profile.fit([3, 1, 1, 2, 2, 2]).frequencies().tolist()
            [2, 3, 1]
            >>> print(Profile.fit(range(5000)).frequencies())
            None
        """
        import numpy as np

        check_positive(at_most, "at_most")
        if self.native.kind in ("categories", "nulls"):
            counts = [count for _, count in self.native.categories or ()]
            return np.array(counts, np.uint64) if len(counts) <= at_most else None
        if self.native.kind == "times":
            raise refused("frequencies are of numbers and categories, these are times")
        at_most = min(at_most, MOST_BINS)
        # Of int64: it serves a reference of either type, float64 none with numbers beyond 2**53.
        none = native_column(np.empty(0, np.int64), "current")
        # Quantile bins are never more than the distinct values, and each is one where they suffice.
        for bins in (min(4 * at_most, MOST_BINS), MOST_BINS):
            _, _, counted = _native.profile_bins(self.native, none, bins, "quantile")
            if len(counted) > at_most:
                return None
        return counted
