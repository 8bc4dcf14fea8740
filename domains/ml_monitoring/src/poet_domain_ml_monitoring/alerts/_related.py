"""Which drifted features have to do with each other, without looking at every pair of thousands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

from poet_domain_ml_monitoring.alerts._grouping import effect_of
from poet_domain_ml_monitoring.results import FeatureResult

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.alerts._history import History
    from poet_domain_ml_monitoring.alerts._relations import Relations

__all__ = ["related_pairs"]

_Add: TypeAlias = Callable[[str, str, float], None]

# Among more features than this that come and go, only equal histories are found.
_MOST_HISTORIES = 400
# One failing join leaves out the same rows of all its columns, give or take their own gaps.
_SAME_ROWS = 0.01


def related_pairs(
    drifted: Sequence[FeatureResult], relations: Relations, history: History, *, least: float
) -> dict[tuple[str, str], float]:
    """Return by pair how strongly two features are related: the strongest of three ways.

    They are correlated in the reference and both distributions changed; both lost the values of as
    many rows; or they came and went in the same checks before.
    """
    found: dict[tuple[str, str], float] = {}

    def add(first: str, second: str, strength: float) -> None:
        pair = (first, second) if first < second else (second, first)
        if strength >= least and strength > found.get(pair, 0.0):
            found[pair] = strength

    moved = sorted(r.feature for r in drifted if effect_of(r, "distribution") is not None)
    present = set(moved)
    for first in moved:
        for second, strength in relations.pairs.get(first, {}).items():
            if second in present:
                add(first, second, strength)
    for head, *others in _missing_together(drifted, history):
        for other in others:
            add(head.feature, other.feature, 1.0)
    _add_histories(drifted, history, add)
    return found


def _missing_together(
    drifted: Sequence[FeatureResult], history: History
) -> list[list[FeatureResult]]:
    """Return sets of features that miss as many values, the oldest and most important first."""
    missing = [r for r in drifted if r.missing_current and effect_of(r, "missing") is not None]
    sets: list[list[FeatureResult]] = []
    for item in sorted(missing, key=lambda r: (r.missing_current, r.feature)):
        least = sets[-1][0].missing_current if sets else 0
        if sets and item.missing_current <= least * (1 + _SAME_ROWS):
            sets[-1].append(item)
        else:
            sets.append([item])
    for together in sets:
        together.sort(key=lambda r: (-history.run(r.feature), -r.importance, r.feature))
    return sets


def _add_histories(drifted: Sequence[FeatureResult], history: History, add: _Add) -> None:
    patterns = {r.feature: history.pattern(r.feature) for r in drifted}
    moving = sorted(name for name, pattern in patterns.items() if pattern is not None)
    if len(moving) <= _MOST_HISTORIES:
        for first, second in combinations(moving, 2):
            add(first, second, history.together(first, second))
        return
    heads: dict[int | None, str] = {}
    for name in moving:
        head = heads.setdefault(patterns[name], name)
        if head != name:
            add(head, name, 1.0)
