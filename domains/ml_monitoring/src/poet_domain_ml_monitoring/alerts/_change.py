"""How far a feature has gone, and whether that is the same as, or more than, before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from poet.errors import StatsInputError
from poet.stats import ProfileCounts
from poet_domain_ml_monitoring.results import FeatureResult

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.monitor import Report

__all__ = ["Change", "change_of", "directions", "larger"]

_LEVELS = [0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95]
# Of so many features of a check the direction is looked up, the most severe first.
_MOST = 200


class Change(NamedTuple):
    """How far a feature had gone when an alert was raised.

    Attributes:
        check: What decided: ``distribution``, ``missing``, …, or the kind of a problem.
        effect_size: How large the change was, None where that has no number.
        effect_name: Its measure.
        severity: From 0 to 1, 0.5 at the smallest effect that matters.
        effects: Each check that found drift, with its effect.
        direction: 1 where values went up, -1 down, 0 both ways, None where it is not known.
    """

    check: str
    effect_size: float | None
    effect_name: str
    severity: float
    effects: tuple[tuple[str, float | None], ...]
    direction: int | None = None

    @classmethod
    def of_problem(cls, kind: str) -> Change:
        """Return a change of the data themselves, which has no size."""
        return cls(kind, None, "", 1.0, ((kind, None),))

    def to_list(self) -> list[Any]:
        """Return plain data."""
        return [*self[:4], [list(pair) for pair in self.effects], self.direction]

    @classmethod
    def from_list(cls, data: list[Any]) -> Change:
        """Take up what `to_list` gave."""
        check, size, name, severity, effects, direction = data
        pairs = tuple((str(kind), effect) for kind, effect in effects)
        return cls(check, size, name, severity, pairs, direction)

    def covers(self, other: Change, tolerance: float) -> bool:
        """Tell whether another change of the feature is this one again, and hardly larger."""
        if self.direction and other.direction and self.direction != other.direction:
            return False
        known = dict(self.effects)
        for check, effect in other.effects:
            if check not in known:
                return False
            before = known[check]
            if before is None or effect is None:
                if before is not effect:
                    return False
            elif effect > before * (1 + tolerance):
                return False
        return True


def change_of(result: FeatureResult, direction: int | None) -> Change:
    """Return how far a feature has gone."""
    effects = {result.check: result.effect_size}
    for finding in result.findings:
        if finding.status == "drift":
            effects[finding.check] = finding.effect_size
    return Change(
        result.check, result.effect_size, result.effect_name or "", result.severity,
        tuple(sorted(effects.items())), direction,
    )  # fmt: skip


def larger(first: Change, second: Change) -> Change:
    """Return the later of two changes of a feature, with the largest effect of each check."""
    effects = dict(first.effects)
    for check, effect in second.effects:
        before = effects.get(check)
        effects[check] = effect if before is None or effect is None else max(before, effect)
    base = second
    if first.check == second.check and (first.effect_size or 0) > (second.effect_size or 0):
        base = first
    # One that goes up and down is told by neither direction.
    known = {d for d in (first.direction, second.direction) if d is not None}
    direction = next(iter(known)) if len(known) == 1 else (0 if known else None)
    return base._replace(effects=tuple(sorted(effects.items())), direction=direction)


def directions(report: Report, results: Iterable[FeatureResult]) -> dict[str, int]:
    """Return for numbers which way they went, by their quantiles, where the report still has them."""
    if report.window is None or report.profile is None:
        return {}
    found = {}
    for result in sorted(results, key=lambda r: (-r.severity, r.feature))[:_MOST]:
        name = result.feature
        try:
            profile = report.profile[name]
            before = profile.quantiles(_LEVELS)
            after = ProfileCounts(profile, report.window.columns[name]).quantiles(_LEVELS)
        except (StatsInputError, KeyError):  # categories, or a feature that is not in the window
            continue
        moved = after - before
        up, down = float(moved.clip(min=0).sum()), float(-moved.clip(max=0).sum())
        if up > 0 or down > 0:
            found[name] = 1 if up >= 3 * down else -1 if down >= 3 * up else 0
    return found
