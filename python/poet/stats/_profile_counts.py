"""What is kept of windows that were counted against a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poet import _native
from poet.errors import StatsInputError
from poet.stats._quantiles import quantiles

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from poet.stats._profile import Profile


class ProfileCounts:
    """How many rows of one or more windows fell where in a profile; see `Profile.counts`.

    Attributes:
        profile: The profile that they were counted against.
        n: Values counted, missing ones not.
        null: Nulls.
        nan: NaN.

    Example:
        >>> from poet.stats import Profile
        >>> profile = Profile.fit(range(100))
        >>> monday, tuesday = profile.counts([1, 2, 3]), profile.counts([50, 60, None, 70, 80, 90])
        >>> both = monday + tuesday
        >>> both.n, both.null, profile.ks(both) == profile.ks([1, 2, 3, 50, 60, 70, 80, 90, None])
        (8, 1, True)
    """

    __slots__ = ("native", "profile")

    def __init__(self, profile: Profile, native: _native.ColumnCounts) -> None:
        self.profile = profile
        self.native = native

    @property
    def n(self) -> int:
        """Values counted, missing ones not."""
        return self.native.size[0]

    @property
    def null(self) -> int:
        """Nulls."""
        return self.native.size[1]

    @property
    def nan(self) -> int:
        """NaN."""
        return self.native.size[2]

    @property
    def known(self) -> dict[str, int]:
        """For each category of the profile, how often it occurs; empty for numbers and times."""
        return dict((self.native.categories or ((), ()))[0])

    @property
    def unseen(self) -> dict[str, int]:
        """The categories that the profile does not have, with their counts."""
        return dict((self.native.categories or ((), ()))[1])

    def __add__(self, other: ProfileCounts) -> ProfileCounts:
        if not isinstance(other, ProfileCounts):
            return NotImplemented
        try:
            return ProfileCounts(self.profile, self.native.merge(other.native))
        except ValueError as error:
            raise refused(str(error)) from None

    def quantiles(self, levels: ArrayLike) -> NDArray[np.float64]:
        """Give the values at or below which these shares of the window lie, within its cells.

        Exact where the value is one of the reference's. Between two of them the rows are taken to
        lie evenly, so that a quantile is off by less than the distance of the two.

        Args:
            levels: shape (k,) or a number: shares from 0 to 1.

        Returns:
            shape (k,), in the unit of `Profile.quantiles`; NaN where there is no value.

        Raises:
            StatsInputError: Categories, or levels that are not from 0 to 1.
        """
        return quantiles(self.profile.native, self.native, levels)

    def to_bytes(self) -> bytes:
        """Give the bytes of an Arrow IPC file, for `Profile.counts_from_bytes` elsewhere."""
        return _native.counts_to_bytes([None], [self.native])

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self.profile).counts_from_bytes, (self.profile, self.to_bytes()))

    def __radd__(self, other: object) -> ProfileCounts:
        # sum() starts at 0.
        return self if other == 0 else NotImplemented

    def __repr__(self) -> str:
        return f"ProfileCounts({self.profile.kind}, n={self.n:,})"


def refused(reason: str) -> StatsInputError:
    """Make the error for a window that a profile cannot take."""
    return StatsInputError(
        reason,
        where="current",
        hint="pass a window of the kind that the profile was fitted on, or counts it made",
    )
