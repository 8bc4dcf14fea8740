"""Pairs of samples of which it is known whether there is drift, for scoring a detector.

Measurements are made as standard normal values and then put through a strictly increasing function:
that changes unit, place and shape and leaves the Kolmogorov-Smirnov distance as it is, so that the
true effect of each pair is known. It is compared with what the user calls drift; where the sample is
too small to tell the effect from that limit, there is no pair.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Callable, Iterator, Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

from poet_domain_ml_monitoring.detector._inputs import Caller

__all__ = ["Scenario", "categories", "measurements"]

CLEAR = 1.5  # standard deviations of the distance between the true effect and the limit
_PHI = NormalDist().cdf
_WORLDS: Sequence[tuple[str, Callable[[float], float]]] = (
    ("standard", lambda z: z),
    ("celsius", lambda z: 12 + 6 * z),
    ("skewed", lambda z: 20 * math.exp(z)),
    ("large", lambda z: 1e6 + 2e4 * z),
    ("small", lambda z: -3 + 0.2 * z),
    ("heavy", lambda z: 5 * math.sinh(z)),
)
_OUTLIER = 12.0


class Scenario(NamedTuple):
    """A pair of samples.

    Attributes:
        name: What was done, to how many values, in which world.
        drift: Whether there is any that matters.
    """

    name: str
    current: list[Any]
    reference: list[Any]
    drift: bool


class _Change(NamedTuple):
    """A change of standard normal values, and the Kolmogorov-Smirnov distance it makes."""

    name: str
    effect: float
    draw: Callable[[random.Random], float]


def _shift(by: float) -> _Change:
    return _Change(f"shift {by:g}", 2 * _PHI(abs(by) / 2) - 1, lambda r: r.gauss(by, 1))


def _scale(by: float) -> _Change:
    wide = max(by, 1 / by)
    crossing = math.sqrt(2 * math.log(wide) / (1 - wide**-2))
    return _Change(
        f"scale {by:.2g}", _PHI(crossing) - _PHI(crossing / wide), lambda r: r.gauss(0, by)
    )


def _mixture(share: float) -> _Change:
    return _Change(
        f"mixture {share:g}",
        share * (2 * _PHI(2) - 1),
        lambda r: r.gauss(4 if r.random() < share else 0, 1),
    )


def _outliers(share: float) -> _Change:
    return _Change(
        f"outliers {share:g}", share, lambda r: _OUTLIER if r.random() < share else r.gauss(0, 1)
    )


_SAME = _Change("unchanged", 0.0, lambda r: r.gauss(0, 1))
_CHANGES: Sequence[tuple[_Change, int]] = (
    (_shift(0.8), 800), (_SAME, 60), (_shift(-0.8), 800), (_SAME, 200), (_shift(1.5), 200),
    (_SAME, 800), (_shift(-2.5), 60), (_SAME, 3000), (_scale(3), 800), (_shift(0.02), 3000),
    (_scale(1 / 3), 800), (_shift(-0.02), 3000), (_scale(6), 400), (_outliers(0.01), 800),
    (_mixture(0.35), 800), (_outliers(0.01), 3000), (_mixture(0.6), 200), (_SAME, 400),
    (_shift(0.6), 1500), (_SAME, 120),
)  # fmt: skip
# The share of values that goes from the first category to the last; None goes to one never seen.
_MOVED: Sequence[tuple[float, int, bool]] = (
    (0.0, 100, False), (0.3, 400, False), (0.0, 300, False), (0.4, 200, False), (0.0, 1000, False),
    (0.3, 1500, False), (0.0, 3000, False), (0.35, 300, True), (0.01, 3000, False), (0.45, 150, False),
    (0.0, 500, False), (0.25, 1000, True),
)  # fmt: skip


def measurements(caller: Caller, seed: str) -> Iterator[Scenario]:
    """Return pairs of measurements for a function, each change in two worlds.

    Args:
        caller: Knows what the function calls drift and how many values it needs.
        seed: Of the random values.
    """
    # Whole numbers so close together would be categories.
    worlds = [w for w in _WORLDS if not (caller.whole and w[0] == "small")]
    for number, (change, least) in enumerate(_CHANGES):
        size = max(least, 3 * caller.min_samples)
        drift = _label(change.effect, caller.limit, size)
        if drift is None:
            continue
        for turn in (0, 1):
            world, place = worlds[(2 * number + turn + number // len(worlds)) % len(worlds)]
            name = f"{change.name}, {size} values, {world} world"
            r = _random(seed, f"{number} {name}")
            current = [place(change.draw(r)) for _ in range(size)]
            reference = [place(r.gauss(0, 1)) for _ in range(size)]
            yield Scenario(name, current, reference, drift)


def categories(caller: Caller, seed: str) -> Iterator[Scenario]:
    """Return pairs of categorical samples for a function.

    Args:
        caller: Knows the categories that the function takes, and what it calls drift.
        seed: Of the random values.
    """
    known = caller.categories
    shares = ([0.5, 0.3, 0.2], [0.6, 0.15, 0.25])
    if len(known) == 2:
        shares = ([0.7, 0.3], [0.55, 0.45])
    for number, (moved, least, new) in enumerate(_MOVED):
        size = max(least, 3 * caller.min_samples)
        drift = _label(moved, caller.limit, size)
        if drift is None or (new and len(known) == 2):
            continue
        for turn, before in enumerate(shares):
            name = f"{'new' if new else 'moved'} {moved:g}, {size} categories, shares {turn + 1}"
            r = _random(seed, f"{number} {name}")
            novel = "unheard of" if isinstance(known[0], str) else 17
            after = [before[0] - moved, *before[1:], moved]
            after = after if new else [*after[:-2], after[-2] + moved]
            current = r.choices([*known, novel] if new else known, after, k=size)
            yield Scenario(name, current, r.choices(known, before, k=size), drift)


def _label(effect: float, limit: float, size: int) -> bool | None:
    """Say whether an effect is drift; None where samples of that size cannot tell."""
    if effect == 0:
        return False
    # The distance of two samples of n values has a standard deviation of at most sqrt(1 / 2n).
    margin = CLEAR * math.sqrt(0.5 / size)
    if effect - margin >= max(limit, 1.63 * math.sqrt(2 / size)):
        return True
    return False if effect + margin < limit else None


def _random(seed: str, name: str) -> random.Random:
    digest = hashlib.sha256(f"{seed} {name}".encode()).hexdigest()
    return random.Random(int(digest, 16))  # noqa: S311 - test data
