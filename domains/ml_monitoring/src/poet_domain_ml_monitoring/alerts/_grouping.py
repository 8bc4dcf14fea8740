"""Drifts of related features, put under the one that explains them.

A normal feature that moved by d standard deviations has Kuiper's V = 2 Φ(d / 2) - 1. If y follows x
with correlation r, then a shift of x by d moves y by r d; so what is left of y's shift after that is
what x does not explain. The feature that explains most is the root cause of a group, and each member
is explained by the root itself: groups do not chain along weaker and weaker relations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush
from statistics import NormalDist
from typing import NamedTuple

from poet_domain_ml_monitoring.results import FeatureResult

__all__ = ["Group", "Member", "effect_of", "group", "shift_of"]

_NORMAL = NormalDist()
# A larger effect than this is told apart from a complete change by chance only.
_MOST = 0.9999


class Member(NamedTuple):
    """A feature whose drift the root cause explains.

    Attributes:
        result: The feature.
        strength: How strongly it follows the root cause, from 0 to 1.
        explained: Share of its shift that the root cause explains.
    """

    result: FeatureResult
    strength: float
    explained: float


class Group(NamedTuple):
    """A root cause and what it explains, the strongest first."""

    root: FeatureResult
    members: tuple[Member, ...]


def shift_of(effect: float | None) -> float:
    """Return the shift in standard deviations that gives a normal feature this effect."""
    if effect is None:
        return 0.0
    return 2 * _NORMAL.inv_cdf((1 + min(max(effect, 0.0), _MOST)) / 2)


def effect_of(result: FeatureResult, check: str) -> float | None:
    """Return the effect that this check of a feature found, None where it found no drift.

    Another check may decide what is said of the feature: a shift also leaves the reference's range.
    """
    if result.check == check:
        return result.effect_size
    for finding in result.findings:
        if finding.check == check and finding.status == "drift":
            return finding.effect_size
    return None


def _shift(result: FeatureResult) -> float:
    effect = effect_of(result, "distribution")
    return shift_of(result.effect_size if effect is None else effect)


def group(
    drifted: Sequence[FeatureResult],
    related: Mapping[tuple[str, str], float],
    runs: Mapping[str, int],
    *,
    min_explained: float,
) -> list[Group]:
    """Put each drifted feature under the one that explains it best, or under none.

    Args:
        drifted: The features that drifted.
        related: By pair of features, how strongly they are related, from 0 to 1.
        runs: Since how many checks each has drifted: what came later explains nothing earlier.
        min_explained: Share of a shift that must be explained.
    """
    left = {r.feature: r for r in drifted}
    shifts = {name: _shift(r) for name, r in left.items()}
    explains: dict[str, dict[str, Member]] = {name: {} for name in left}
    for pair, strength in related.items():
        for cause, other in (pair, pair[::-1]):
            share = _share(strength, shifts[cause], shifts[other])
            if share >= min_explained and runs.get(cause, 0) >= runs.get(other, 0):
                explains[cause][other] = Member(left[other], strength, share)

    def rank(name: str) -> tuple[float, int, float, str]:
        """How much shift, its own included, a feature would explain now; smaller is better."""
        total = shifts[name] + sum(
            sorted(m.explained * shifts[o] for o, m in explains[name].items() if o in left)
        )
        return -round(total, 9), -runs.get(name, 0), -left[name].importance, name

    groups = []
    queue = [rank(name) for name in left]
    heapify(queue)
    while queue:
        name = heappop(queue)[-1]
        if name not in left:
            continue
        now = rank(name)
        if queue and now > queue[0]:  # some of what it explained has been taken
            heappush(queue, now)
            continue
        members = [m for other, m in explains[name].items() if other in left]
        members.sort(key=lambda m: (-m.explained, m.result.feature))
        groups.append(Group(left.pop(name), tuple(members)))
        for member in members:
            del left[member.result.feature]
    return groups


def _share(strength: float, cause: float, shift: float) -> float:
    """Return the share of a shift that a related one explains.

    What moved less than expected is unexplained by the part of the relation that is not there: of
    two measurements of one thing, it says little that one has the other shape.
    """
    if shift <= 0:
        return 0.0
    missing = shift - strength * cause
    return max(0.0, 1 - (missing if missing > 0 else (1 - strength) * -missing) / shift)
