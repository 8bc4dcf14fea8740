"""Every column of a window in front of its reference, once, in arrays: what decisions are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poet import _native

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from poet._native import _Surveyed as Surveyed
    from poet.stats._frames import FrameProfile


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What `FrameProfile.survey` found, column by column, in NumPy arrays of one length.

    Counts (uint64) are there for every column that could be compared, however few rows it has, and
    0 where it could not. What does not apply is NaN in the float64 arrays and 0 in the others.

    Attributes:
        names: The columns, in the order in which they were asked for.
        kinds: ``"numbers"``, ``"times"``, ``"categories"`` or ``"nulls"`` (a reference without
            type or values); ``"unknown"`` where the reference has no such column or it could not be
            fitted.
        n: Values of the window, missing ones not counted.
        null: Nulls of the window.
        nan: NaN of the window.
        n_reference: As `n`, of the reference.
        null_reference: As `null`, of the reference.
        nan_reference: As `nan`, of the reference.
        statistic: Numbers and times: the exact two-sample Kolmogorov-Smirnov statistic. Categories:
            Pearson's chi-square with rare categories merged. NaN with fewer than `min_size`
            values on a side, and where merging has left one of several categories.
        p_value: Its p-value: of categories by the chi-square distribution; of numbers and times exact
            where both sides have at most 10,000 values and the product of their numbers is at most
            2**20, else that of the limit for large samples, off by up to 13 % (both with 1,100, at
            1e-9; up to 5 % where one has 10,000 or more). Given `alpha`, an error never speaks for
            a difference: where the p-value lies within a factor of 1.5 around ``alpha`` to
            ``alpha / 1e6``, the levels that the Benjamini-Hochberg adjustment of a million tests
            holds it against, it is exact up to a product of 1e8 (of equal sizes up to 100,000),
            and beyond that an upper bound, ``2 exp(-2 D**2 n m / (n + m))``.
        opposite: Numbers and times: the largest difference of the distribution functions the other
            way, exact. ``statistic + opposite`` is Kuiper's V.
        total_variation: Categories: the share of rows that would have to change category.
        cramers_v: Categories: the effect size of chi-square.
        dof: Categories: its degrees of freedom.
        pooled: Categories: how many were expected so rarely that they were merged.
        below: Numbers and times: rows below the lowest value of the reference, infinities included.
        above: Rows above the highest one, infinities included.
        infinite: Rows that are infinite, either way; 0 where the reference has no values.
        quantiles: shape (columns, 3). Numbers and times: the window's quantiles at 0.05, 0.5 and
            0.95, as `ProfileCounts.quantiles` gives them; NaN where there is no test either.
        unseen_rows: Categories: rows in categories that the reference does not have.
        unseen_categories: How many such categories there are.
        n_categories: Categories that occur in the window, unseen ones included.
        n_categories_reference: Categories of the reference.
        reasons: By the column's name, why it could not be compared.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    n: NDArray[np.uint64]
    null: NDArray[np.uint64]
    nan: NDArray[np.uint64]
    n_reference: NDArray[np.uint64]
    null_reference: NDArray[np.uint64]
    nan_reference: NDArray[np.uint64]
    statistic: NDArray[np.float64]
    p_value: NDArray[np.float64]
    opposite: NDArray[np.float64]
    total_variation: NDArray[np.float64]
    cramers_v: NDArray[np.float64]
    dof: NDArray[np.uint64]
    pooled: NDArray[np.uint64]
    below: NDArray[np.uint64]
    above: NDArray[np.uint64]
    infinite: NDArray[np.uint64]
    quantiles: NDArray[np.float64]
    unseen_rows: NDArray[np.uint64]
    unseen_categories: NDArray[np.uint64]
    n_categories: NDArray[np.uint64]
    n_categories_reference: NDArray[np.uint64]
    reasons: dict[str, str]


_QUANTILES = ("low", "middle", "high")
# In the order in which the kernels give them.
_FLOATS = (
    "statistic",
    "p_value",
    "opposite",
    "total_variation",
    "cramers_v",
    *_QUANTILES,
)
_WHOLE = (
    "n",
    "null",
    "nan",
    "dof",
    "pooled",
    "below",
    "above",
    "infinite",
    "unseen_rows",
    "unseen_categories",
    "n_categories",
)
_OF_REFERENCE = ("n_reference", "null_reference", "nan_reference", "n_categories_reference")


def assembled(
    profile: FrameProfile,
    wanted: Sequence[str],
    surveyed: Sequence[str],
    found: Surveyed,
    reasons: dict[str, str],
) -> Survey:
    """Put what was found of some columns in the places of all that were asked for."""
    import numpy as np

    floats, whole, refused = found
    reasons = reasons | {surveyed[at]: reason for at, reason in refused}
    fitted = [name for name in wanted if name in profile.profiles]
    kinds, own = _native.describe_profiles([profile.profiles[name].native for name in fitted])
    place = {name: at for at, name in enumerate(wanted)}
    size = len(place)
    arrays = _placed(_FLOATS, floats, [place[name] for name in surveyed], size, math.nan)
    arrays |= _placed(_WHOLE, whole, [place[name] for name in surveyed], size, 0)
    arrays |= _placed(_OF_REFERENCE, own, [place[name] for name in fitted], size, 0)
    arrays["quantiles"] = np.stack([arrays.pop(name) for name in _QUANTILES], axis=1)
    kind_of = dict(zip(fitted, kinds, strict=True))
    for name in wanted:
        if name in profile.reasons:
            reasons[name] = f"reference: {profile.reasons[name]}"
        elif name not in kind_of:
            reasons[name] = "not in the reference"
    return Survey(
        names=tuple(wanted),
        kinds=tuple(kind_of.get(name, "unknown") for name in wanted),
        # In the order of the columns, whoever found the reason.
        reasons={name: reasons[name] for name in wanted if name in reasons},
        **arrays,
    )


def _placed(
    fields: Sequence[str], parts: Sequence[Any], places: list[int], size: int, empty: float
) -> dict[str, Any]:
    import numpy as np

    if len(places) == size:
        # All of them, in this order.
        return dict(zip(fields, parts, strict=True))
    arrays = {}
    for field, part in zip(fields, parts, strict=True):
        arrays[field] = np.full(size, empty, part.dtype)
        arrays[field][places] = part
    return arrays
