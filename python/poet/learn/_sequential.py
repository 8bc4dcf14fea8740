"""A test that may be looked at after every label: an e-process by betting.

Somebody who bets against "the rate is at most ``limit``" at fair odds multiplies a stake of 1 at each
label. If the rate is at most the limit, the stake is a nonnegative supermartingale, so it ever reaches
``1 / alpha`` with a probability of at most ``alpha`` (Ville), however often one looks and whenever one
stops. Several bettors, one for each rate the truth might have, share the stake; the mean of
supermartingales is one.

A judgement may be wrong. With the chance q that it is bad, given what sources say and how often each
is right, the stake is multiplied by the likelihood ratio of what they said,
``(p q + (1 - p)(1 - q)) / (limit q + (1 - limit)(1 - q))``, for a bet on the rate p: nothing where q
is a half, and the plain bet where it is 0 or 1.

Source: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B
86 (2024); Ville, "Étude critique de la notion de collectif" (1939).
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["ALPHA", "e_value", "e_value_of_means"]

ALPHA = 0.05
"""How probable a wrongful action is at most, for one figure of one function, over all time."""
BETS = ((0.15, 0.3), (0.3, 0.5), (0.6, 0.2))
"""Rates that are bet on, as a share of the way from the limit to 1, each with its share of the stake."""
_FLOOR = 1e-6  # a limit of 0 or 1 would make a bet infinite


def e_value(chances: Iterable[float], limit: float) -> float:
    """Return the stake after all labels: evidence that the rate of bad ones is above its limit.

    Args:
        chances: Of each label, in order, the chance that it is bad: 0 or 1 where that is certain.
        limit: The rate that it is held against.

    Returns:
        1 at the start; 20 or more is evidence at 5 %.
    """
    fair = min(max(limit, _FLOOR), 1 - _FLOOR)
    # Labels that say the same multiply by the same: the order does not matter to where it ends.
    counts: dict[float, int] = {}
    for chance in chances:
        counts[chance] = counts.get(chance, 0) + 1
    total = 0.0
    for share, weight in BETS:
        stake, more = weight, share * (1 - fair)
        for chance, count in counts.items():
            said = fair * chance + (1 - fair) * (1 - chance)
            stake = _times(stake, 1 + more * (2 * chance - 1) / said, count)
        total += stake
    return total


def e_value_of_means(values: Iterable[tuple[float, float]]) -> float:
    """Return the stake after all values: evidence that their mean is above their limits' mean.

    Args:
        values: In order, each from 0 to 1, with the limit it is held against.
    """
    stakes = [weight for _, weight in BETS]
    for x, limit in values:
        fair = min(max(limit, _FLOOR), 1 - _FLOOR)
        for i, (share, _) in enumerate(BETS):
            # The growth-optimal bet if the mean were ``fair + share * (1 - fair)``.
            stakes[i] = min(stakes[i] * (1 + share / fair * (x - fair)), 1e300)
    return sum(stakes)


def _times(stake: float, factor: float, count: int) -> float:
    try:
        return min(stake * factor**count, 1e300)
    except OverflowError:
        return 1e300
