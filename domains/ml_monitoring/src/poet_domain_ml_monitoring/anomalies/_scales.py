"""How far a value lies from the middle of its reference, in units of the reference's own spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FURTHEST", "CategoryScale", "NumberScale"]

Floats = NDArray[np.float64]
# Nothing counts as further out than this: infinities and the like stay numbers.
FURTHEST = 1_000.0
# Values beyond it are taken for it, so that no square of one overflows.
_LARGEST = 1e140
# What a value gets that differs from a reference without any spread.
_OFF_CONSTANT = 10.0
_NORMAL_QUARTILE = 0.6744897501960817
# Standard normal quantiles of the tail that is looked at, by the rows it takes to see it.
_TAILS = ((200, 0.995, 2.5758293035489004), (0, 0.95, 1.6448536269514722))
# A tail is heavy if it reaches this many times as far as a normal one with the same middle half.
_HEAVY = 1.5


@dataclass(frozen=True, slots=True)
class NumberScale:
    """The middle and the spread of a feature's reference values, on either side.

    The rule is chosen by the data. Where both tails are no heavier than a normal distribution's, the
    unit is the median absolute deviation (times 1.4826), the same both ways (``mad``). Where one is
    heavier or the sides differ, each side has a unit of its own, the larger of what the middle half
    and the outer quantile ask for (``quantiles``), so that a long tail is not one long alarm.

    Attributes:
        rule: ``mad``, ``quantiles``, ``spread`` (half of the values or more are the same, so the standard
            deviation has to do) or ``constant``.
        centre: The median.
        below: One unit below it.
        above: One unit above it.
    """

    rule: str
    centre: float
    below: float
    above: float

    @classmethod
    def fit(cls, values: Floats) -> NumberScale:
        """Choose the rule by the finite ones of the values; without any the scale is ``constant``."""
        finite = np.clip(values[np.isfinite(values)], -_LARGEST, _LARGEST)
        if not len(finite):
            return cls("constant", 0.0, 0.0, 0.0)
        centre = float(np.median(finite))
        away = np.abs(finite - centre)
        mad = float(np.median(away)) / _NORMAL_QUARTILE
        if mad == 0:
            # One wild value must not set the unit, unless hardly any differ at all.
            usual = np.minimum(away, np.quantile(away, _TAILS[0][1]))
            spread = float(np.std(usual)) or float(np.std(finite))
            return cls("spread" if spread else "constant", centre, spread, spread)
        share, reach = next((s, r) for rows, s, r in _TAILS if len(finite) >= rows)
        low, first, third, high = np.quantile(finite, [1 - share, 0.25, 0.75, share])
        # A side whose middle half is a point is measured by the whole.
        halves = [(half or mad * _NORMAL_QUARTILE) / _NORMAL_QUARTILE for half in
                  (float(centre - first), float(third - centre))]  # fmt: skip
        tails = [float(centre - low) / reach, float(high - centre) / reach]
        if max(tails) <= _HEAVY * mad:
            return cls("mad", centre, mad, mad)
        below, above = (max(pair) for pair in zip(halves, tails, strict=True))
        return cls("quantiles", centre, below, above)

    def deviations(self, values: Floats) -> Floats:
        """Return how many units each value lies above the median, below 0 for below; NaN stays."""
        apart = np.clip(values, -_LARGEST, _LARGEST) - self.centre
        if self.rule == "constant":
            off = np.where(apart == 0, 0.0, np.copysign(_OFF_CONSTANT, apart))
            return np.where(np.isnan(values), np.nan, off)
        with np.errstate(over="ignore"):
            units = np.where(apart < 0, apart / self.below, apart / self.above)
        return np.clip(units, -FURTHEST, FURTHEST)


@dataclass(frozen=True, slots=True)
class CategoryScale:
    """How rare each category is in the reference.

    The deviation is the root of twice the surprise beyond that of the commonest category, so that a
    category as improbable as a normal value of so many standard deviations gets about that many.

    Attributes:
        surprises: By category, minus the logarithm of its smoothed share.
        least: That of the commonest.
        unseen: That of a category the reference does not have.
    """

    surprises: Mapping[str, float]
    least: float
    unseen: float
    rule: str = "rarity"

    @classmethod
    def fit(cls, counts: Mapping[str, int]) -> CategoryScale:
        """Take the counts of the reference's categories; half a row is added to each."""
        total = sum(counts.values()) + 0.5 * (len(counts) + 1)
        surprises = {name: float(np.log(total / (n + 0.5))) for name, n in counts.items()}
        unseen = float(np.log(total / 0.5))
        return cls(surprises, min(surprises.values(), default=unseen), unseen)

    def deviations(self, categories: list[str | None]) -> Floats:
        """Return the deviation of each row's category; NaN for none."""
        known = {
            name: float(np.sqrt(2 * (surprise - self.least)))
            for name, surprise in self.surprises.items()
        }
        new = float(np.sqrt(2 * max(self.unseen - self.least, 0.0)))
        return np.array(
            [np.nan if c is None else known.get(c, new) for c in categories], dtype=float
        )
