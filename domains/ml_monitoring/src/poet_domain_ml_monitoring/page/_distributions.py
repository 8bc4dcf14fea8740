"""How a feature lies in the reference and in the window: the numbers behind a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from poet.errors import StatsInputError
from poet.stats import ProfileCounts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from poet.stats import Profile
    from poet_domain_ml_monitoring.monitor import Report

__all__ = ["Bar", "Bars", "Distribution", "Histogram", "distribution", "distribution_of"]

_LEVELS = 1000  # a share is right to a thousandth
_BINS = 36
_MOST_BARS = 8
# Beyond these levels a value may be clipped, where it would squeeze the rest into a corner.
_TAIL = 0.005
_ROOM = 0.75  # of the width between the tails: what an extreme value may add to the axis
_SKEW = 25.0  # upper tail against lower one, from which an axis of positive numbers is logarithmic


class Histogram(NamedTuple):
    """Shares of rows in common bins.

    Attributes:
        edges: The bins' edges, one more than there are bins.
        reference: Share of the reference's rows in each bin.
        current: Share of the window's rows in each bin.
        below: Shares (reference, current) below the first edge.
        above: Shares above the last edge.
        lowest: Lowest values (reference, current).
        highest: Highest values (reference, current).
        medians: The medians (reference, current).
        outside: Shares of the window's rows below and above all values of the reference. Of these
            no more is kept than how many there are and how far they reach.
        scale: ``log`` where the bins are of equal ratio.
        times: Whether the numbers are those of times, in the unit that the type of the feature names.
    """

    edges: tuple[float, ...]
    reference: tuple[float, ...]
    current: tuple[float, ...]
    below: tuple[float, float]
    above: tuple[float, float]
    lowest: tuple[float, float]
    highest: tuple[float, float]
    medians: tuple[float, float]
    outside: tuple[float, float]
    scale: Literal["linear", "log"]
    times: bool


class Bar(NamedTuple):
    """One category: its name, its shares, and whether the reference does not have it."""

    label: str
    reference: float
    current: float
    is_new: bool


class Bars(NamedTuple):
    """Shares of rows in categories: those that matter most, and all others together."""

    bars: tuple[Bar, ...]
    others: int
    others_reference: float
    others_current: float


Distribution: TypeAlias = Histogram | Bars


def distribution_of(
    report: Report, feature: str, known: Mapping[str, Distribution] | None = None
) -> Distribution | None:
    """Return how a feature of a report lies, None where the report does not hold it."""
    if known is not None and feature in known:
        return known[feature]
    if report.profile is None or report.window is None:
        return None
    profile = report.profile.profiles.get(feature)
    native = report.window.columns.get(feature)
    if profile is None or native is None:
        return None
    return distribution(profile, ProfileCounts(profile, native))


def distribution(profile: Profile, counts: ProfileCounts) -> Distribution | None:
    """Return how a column lies in a reference and in the windows counted against it.

    None where either side has no value.
    """
    if not profile.n or not counts.n:
        return None
    try:
        if profile.kind == "categories":
            return _bars(profile, counts)
        return _histogram(profile, counts)
    except StatsInputError:  # a chart less, not a report less
        return None


def _bars(profile: Profile, counts: ProfileCounts) -> Bars:
    known, unseen = counts.known, counts.unseen
    n, m = counts.n, profile.n
    rows = [
        Bar(name, c / m, known.get(name, 0) / n, False) for name, c in profile.categories.items()
    ]
    rows += [Bar(name, 0.0, c / n, True) for name, c in unseen.items()]
    # Those that are common or have moved; then by how common they were.
    chosen = sorted(rows, key=lambda b: (-_matters(b), b.label))[:_MOST_BARS]
    names = {b.label for b in chosen}
    rest = [b for b in rows if b.label not in names and (b.reference or b.current)]
    chosen.sort(key=lambda b: (b.is_new, -b.reference, -b.current, b.label))
    return Bars(
        tuple(chosen), len(rest), sum(b.reference for b in rest), sum(b.current for b in rest)
    )


def _matters(bar: Bar) -> float:
    return 2 * abs(bar.current - bar.reference) + max(bar.current, bar.reference)


def _histogram(profile: Profile, counts: ProfileCounts) -> Histogram | None:
    import numpy as np

    levels = (np.arange(_LEVELS) + 0.5) / _LEVELS
    both = [_quantiles(source, levels) for source in (profile, counts)]
    (ref, (ref_low, ref_middle, ref_high)), (cur, (cur_low, cur_middle, cur_high)) = both
    finite = ref[np.isfinite(ref)]
    if not len(finite) or np.isnan(cur).all():
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        extremes = [ref_low, cur_low, ref_high, cur_high]
        edges, scale = _edges(finite, extremes, np.concatenate([ref, cur]))
        widths = np.diff(edges)
    if not len(widths) or not np.isfinite(edges).all() or not (widths > 0).all():
        return None  # values at the ends of what float64 can hold, or as near as it can tell
    shares = [_shares(values, edges) for values in (ref, cur)]
    return Histogram(
        edges=tuple(edges.tolist()),
        reference=tuple(shares[0][0]),
        current=tuple(shares[1][0]),
        below=(shares[0][1], shares[1][1]),
        above=(shares[0][2], shares[1][2]),
        lowest=(ref_low, cur_low),
        highest=(ref_high, cur_high),
        medians=(ref_middle, cur_middle),
        outside=(float((cur < ref_low).mean()), float((cur > ref_high).mean())),
        scale=scale,
        times=profile.kind == "times",
    )


def _quantiles(
    source: Any, levels: NDArray[np.float64]
) -> tuple[NDArray[np.float64], tuple[float, float, float]]:
    """Return the values at these levels, and the lowest, the median and the highest one."""
    low, middle, high = source.quantiles([0.0, 0.5, 1.0]).tolist()
    return source.quantiles(levels), (low, middle, high)


def _edges(
    finite: NDArray[np.float64], extremes: list[float], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], Literal["linear", "log"]]:
    """Return bins over the tails of the reference, and to the extremes that are not far from them.

    Only the reference's values are kept one by one: of a window that reaches far beyond them it is
    known how many rows do, but not where they lie.
    """
    import numpy as np

    low, middle, high = (float(v) for v in np.quantile(finite, [_TAIL, 0.5, 1 - _TAIL]))
    scale: Literal["linear", "log"] = (
        "log" if low > 0 and high - middle > _SKEW * (middle - low) else "linear"
    )
    if low == high:
        room = abs(low) * 0.5 or 1.0
    else:
        room = _ROOM * (np.log(high) - np.log(low) if scale == "log" else high - low)
    for value in extremes:
        if not np.isfinite(value) or (scale == "log" and value <= 0):
            continue
        far = np.log(value / np.clip(value, low, high)) if scale == "log" else (
            value - np.clip(value, low, high))  # fmt: skip
        if abs(far) <= room:
            low, high = min(low, value), max(high, value)
    inside = values[(values >= low) & (values <= high)]
    if scale == "linear" and np.array_equal(inside, np.round(inside)) and max(-low, high) < 2**50:
        # Equally many whole numbers to a bin: else some bins would stand out for no reason.
        step = max(1.0, float(np.ceil((high - low + 1) / _BINS)))
        return np.arange(np.floor(low) - 0.5, np.ceil(high) + step, step), "linear"
    if low == high:
        half = abs(low) * 0.05 or 0.5
        return np.linspace(low - half, high + half, 10), "linear"
    if scale == "log":
        return np.geomspace(low, high, _BINS + 1), "log"
    return np.linspace(low, high, _BINS + 1), "linear"


def _shares(
    values: NDArray[np.float64], edges: NDArray[np.float64]
) -> tuple[list[float], float, float]:
    import numpy as np

    # As np.histogram, but infinities are outside, too.
    inside = values[(values >= edges[0]) & (values <= edges[-1])]
    counted, _ = np.histogram(inside, edges)
    below = float((values < edges[0]).mean())
    above = float((values > edges[-1]).mean())
    return (counted / len(values)).tolist(), below, above
