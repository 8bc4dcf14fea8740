"""Cycles laid over each other: is what they have in common more than chance?

Values, their trend taken off, are averaged in the cells of a table of cycles and phases. If cycles have
nothing in common, each might as well begin at any phase: turning every cycle by an angle of its own
changes nothing but the agreement among them. The statistic is the energy of the mean cycle; its
distribution under random turns is that of a sum of exponential variables, one a harmonic, weighted by the
energy the cycles have in it (three moments matched, after Buckley and Eagleson, 1988); with fewer than ten
cycles it is drawn. Noise of any colour within a cycle is thereby allowed for, which tests
against white noise (Fisher's g) take for a season.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from poet_domain_ml_monitoring.seasonality._season import bin_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poet_domain_ml_monitoring.seasonality._season import Places

__all__ = ["LEAST_CYCLES", "Fold", "clipped", "fold", "gamma_tail", "trend_of"]

LEAST_CYCLES = 3
_LEAST_BINS = 4
_FEW_CYCLES = 10
_DRAWS = 9_999
_OUTLIER = 6.0
_SLOPES = 5  # slopes that the usual one nearby is the median of


class Fold(NamedTuple):
    """What cycles laid over each other have in common.

    Attributes:
        p_value: Probability of as much agreement by chance.
        strength: Share of the variance explained by the mean cycle, adjusted for its size.
        cycles: How many cycles there were.
    """

    p_value: float
    strength: float
    cycles: int


def trend_of(values: NDArray[np.float64], where: Places) -> NDArray[np.float64]:
    """Return the trend: the mean of each cycle, and in it the usual slope from mean to mean nearby.

    The slope is a median, so that a single shift of level tilts nothing.

    Args:
        values: shape (n,), without NaN.
        where: Where they lie.
    """
    import numpy as np

    at = where.cycle + where.phase
    _, inverse, counts = np.unique(where.cycle, return_inverse=True, return_counts=True)
    means = np.bincount(inverse, values) / counts
    centres = np.bincount(inverse, at) / counts
    # A cycle of which little is there has no mean of its own: the nearest whole one's counts.
    full = np.flatnonzero(counts >= counts.max() / 2)
    means, centres = means[full], centres[full]
    after = np.minimum(np.searchsorted(full, np.arange(counts.size)), full.size - 1)
    before = np.maximum(after - 1, 0)
    closer = np.arange(counts.size) - full[before] < full[after] - np.arange(counts.size)
    nearest = np.where(closer, before, after)
    slopes = np.diff(means) / np.diff(centres)
    if not slopes.size:
        slopes = np.zeros(1)
    width = min(_SLOPES, slopes.size)
    begin = np.clip(np.arange(means.size) - width // 2, 0, slopes.size - width)
    slope = np.median(np.lib.stride_tricks.sliding_window_view(slopes, width)[begin], axis=1)
    own = nearest[inverse]
    found: NDArray[np.float64] = means[own] + slope[own] * (at - centres[own])
    return found


def fold(values: NDArray[np.float64], where: Places, bins: int) -> Fold | None:
    """Lay cycles over each other.

    Args:
        values: shape (n,), without NaN.
        where: Where they lie.
        bins: Phases of a cycle.

    Returns:
        None where there are fewer than three cycles with data in most phases.
    """
    import numpy as np

    if bins < _LEAST_BINS or values.size < LEAST_CYCLES * _LEAST_BINS:
        return None
    flat = clipped(clipped(values) - trend_of(clipped(values), where))
    table = _table(flat, where, bins)
    if table is None:
        return None
    cycles, phases = table.shape
    table = np.where(np.isnan(table), 0.0, table - np.nanmean(table, axis=1, keepdims=True))
    total = float((table**2).sum())
    if total <= 1e-18 * float((values**2).sum()):
        return Fold(1.0, 0.0, cycles)
    waves = np.fft.rfft(table, axis=1)[:, 1:]
    energy = np.abs(waves) ** 2
    if phases % 2 == 0:
        energy[:, -1] /= 2  # the fastest wave is counted once, all others for two
        waves[:, -1] /= math.sqrt(2)
    found = float((np.abs(waves.sum(axis=0)) ** 2).sum())
    p_value = _drawn(waves, found) if cycles < _FEW_CYCLES else _limit(energy.sum(axis=0), found)
    rest = total - float((table.mean(axis=0) ** 2).sum()) * cycles
    freedom = (cycles - 1) * (phases - 1)
    share = 1 - (rest / freedom) / (total / (cycles * (phases - 1)))
    return Fold(p_value, float(min(max(share, 0.0), 1.0)), cycles)


def clipped(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hold values to what is usual: one stray value neither makes a season nor hides one."""
    import numpy as np

    middle = np.median(values)
    low, high = np.quantile(values, [0.05, 0.95])
    reach = _OUTLIER * max(float(high - low), 1e-300) / 2
    held: NDArray[np.float64] = np.clip(values, middle - reach, middle + reach)
    return held


def _table(values: NDArray[np.float64], where: Places, bins: int) -> NDArray[np.float64] | None:
    """Return the mean of each cell; NaN where a cycle has nothing in a phase."""
    import numpy as np

    cycles, row = np.unique(where.cycle, return_inverse=True)
    column = bin_of(where.phase, bins)
    cell = row * bins + column
    size = cycles.size * bins
    counts = np.bincount(cell, minlength=size)
    sums = np.bincount(cell, values, minlength=size)
    table = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).reshape(-1, bins)
    # Nights without readings are no phase; a week with two days of data is no cycle.
    table = table[:, (~np.isnan(table)).mean(axis=0) >= 0.5]
    if table.shape[1] < _LEAST_BINS:
        return None
    table = table[(~np.isnan(table)).mean(axis=1) >= 0.6]
    return table if table.shape[0] >= LEAST_CYCLES else None


def _limit(energy: NDArray[np.float64], found: float) -> float:
    mean, variance, third = (float((energy**k).sum()) for k in (1, 2, 3))
    shape = variance**3 / third**2
    scale = third / variance
    return gamma_tail(shape, shape + (found - mean) / scale)


def _drawn(waves: NDArray[np.complex128], found: float) -> float:
    import numpy as np

    rng = np.random.default_rng(20_260_101)
    waves = waves[:, : min(waves.shape[1], 30)] if waves.shape[1] > 30 else waves
    harmonics = np.arange(1, waves.shape[1] + 1)
    reached, done = 0, 0
    while done < _DRAWS:
        draws = min(1_111, _DRAWS - done)
        sums = np.zeros((draws, waves.shape[1]), np.complex128)
        for cycle in waves:
            turn = rng.uniform(0, 2 * math.pi, (draws, 1))
            sums += cycle * np.exp(1j * turn * harmonics)
        reached += int(((np.abs(sums) ** 2).sum(axis=1) >= found * (1 - 1e-12)).sum())
        done += draws
    return (1 + reached) / (1 + _DRAWS)


def gamma_tail(shape: float, value: float) -> float:
    """Return the upper tail of a gamma distribution of scale 1 (Press et al., 2007, 6.2)."""
    if value <= 0:
        return 1.0
    log_front = shape * math.log(value) - value - math.lgamma(shape)
    if value < shape + 1:
        term = total = 1 / shape
        k = shape
        while abs(term) > abs(total) * 1e-15:
            k += 1
            term *= value / k
            total += term
        return max(1 - total * math.exp(log_front), 0.0)
    tiny = 1e-300
    b = value + 1 - shape
    c, d = 1 / tiny, 1 / b
    found = d
    for i in range(1, 10_000):
        a = -i * (i - shape)
        b += 2
        d = 1 / (a * d + b or tiny)
        c = b + a / c or tiny
        step = d * c
        found *= step
        if abs(step - 1) < 1e-15:
            break
    return math.exp(log_front) * found
