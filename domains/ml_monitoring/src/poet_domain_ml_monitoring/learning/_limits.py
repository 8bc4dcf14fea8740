"""Which changes matter: the effects of what people call false alarms beside those of real drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from poet.learn import wilson
from poet_domain_ml_monitoring.learning._effects import Effect
from poet_domain_ml_monitoring.reading.strategy import HIGHEST_LIMIT

__all__ = ["Judged", "Limits", "find_limits", "least_rows", "noisy_features", "useless_features"]

# Of samples that differ by chance alone, the effect is twice and a third its median in one of a
# thousand (Kolmogorov's distribution: 1.95 and 0.83).
_CHANCE = 2.35
_FACTORS = tuple(1.3 + 0.05 * n for n in range(65))
_CLEAR = 1.4  # times what chance reaches: as large as that is no chance, and still no drift
_LEAST_ALONE = 2.5  # such changes of one feature alone, before it is left out
_HARDLY = 0.6
_LEAST_QUIET = 12  # executions without drift, before anything is said
_LEAST_ROWS = 0.6  # of a window's usual rows; with fewer it is an outage
_ALMOST = 0.01  # rates no farther apart than that are the same


class Judged(NamedTuple):
    """One execution.

    Attributes:
        effects: By feature.
        drift: What people say; None where nobody did.
        alarm: Whether it had alarmed.
        weight: How surely they are right.
        outage: Whether somebody named an outage as the reason.
    """

    effects: Mapping[str, Effect]
    drift: bool | None
    alarm: bool | None
    weight: float
    outage: bool = False

    @property
    def quiet(self) -> float:
        """How much it counts as one without drift: a silent one that nobody minded does, too."""
        if self.drift is None:
            return 0.0 if self.alarm is not False else 0.8
        return 0.0 if self.drift else self.weight

    @property
    def drifted(self) -> float:
        """How much it counts as one with drift."""
        return self.weight if self.drift else 0.0


class Limits(NamedTuple):
    """Smallest effects that matter.

    Attributes:
        usual: By feature, the median effect where there is no drift.
        by_feature: By feature, the limit.
        false: Share of the executions without drift that lie above, weighed.
        missed: Share of those with drift that lie below, weighed.
        quiet: How many had no drift.
        drifted: How many had.
    """

    usual: Mapping[str, float]
    by_feature: Mapping[str, float]
    false: float
    missed: float
    quiet: int
    drifted: int


def usual_effects(judged: Sequence[Judged], features: Sequence[str]) -> dict[str, float]:
    """Return each feature's median effect where there is no drift: wrong labels do not move it far."""
    found = {}
    for name in features:
        pairs = [(j.effects[name].size, j.quiet) for j in judged if name in j.effects and j.quiet]
        if pairs:
            found[name] = _median(pairs)
    return found


def useless_features(judged: Sequence[Judged], usual: Mapping[str, float]) -> dict[str, int]:
    """Return features that change clearly, by themselves, where there is no drift.

    One of them alone above its limit is hardly ever drift: what people say of those executions must
    leave less than three in five, at the upper end of the interval, and at least one that varies
    little is kept. Where two of them change together they are found one after the other.

    Returns:
        Feature to how many executions speak against it.
    """
    found: dict[str, int] = {}
    while len(found) < len(usual) - 1:
        left = {name: size for name, size in usual.items() if name not in found}
        alone = {name: _alone(judged, name, left) for name in left}
        against = {
            name: false
            for name, (false, true) in alone.items()
            if false >= _LEAST_ALONE and wilson(true, false + true)[1] < _HARDLY
        }
        if not against:
            break
        worst = max(sorted(against), key=lambda name: against[name])
        found[worst] = round(against[worst])
    return found


def _alone(judged: Sequence[Judged], name: str, usual: Mapping[str, float]) -> tuple[float, float]:
    """Return how much of what a feature alone says clearly is no drift, and how much is."""
    if _CLEAR * _CHANCE * usual[name] > HIGHEST_LIMIT:
        return 0.0, 0.0  # it varies much all the time: that is noise, and a limit answers to it
    false = true = 0.0
    for one in judged:
        if one.drift is None or not _over(one, name, usual[name], _CLEAR * _CHANCE):
            continue
        if not any(_over(one, n, size, _CHANCE) for n, size in usual.items() if n != name):
            false, true = false + one.quiet, true + one.drifted
    return false, true


def noisy_features(usual: Mapping[str, float]) -> list[str]:
    """Return features whose usual effect is far above that of most: their values vary by themselves."""
    if len(usual) < 3:
        return []
    middle = sorted(usual.values())[len(usual) // 2]
    return sorted(name for name, size in usual.items() if size > 1.25 * middle)


def find_limits(
    judged: Sequence[Judged], usual: Mapping[str, float], *, least: float
) -> Limits | None:
    """Return limits that tell false alarms from drift best, one multiple of what is usual for all.

    Args:
        judged: The executions.
        usual: Of the features that are compared, the median effect without drift.
        least: No limit is below it.

    Returns:
        None where too few executions are known to have no drift.
    """
    quiet = [j for j in judged if j.quiet]
    drifted = [j for j in judged if j.drifted]
    if len(quiet) < _LEAST_QUIET or not usual:
        return None
    rates = []
    for factor in _FACTORS:
        held = {n: _limit(size, factor, least) for n, size in usual.items()}
        rates.append((_rate(quiet, held, "quiet", True), _rate(drifted, held, "drifted", False)))
    worst = [false + missed for false, missed in rates]
    if drifted:
        best = min(worst)
        good = [i for i, total in enumerate(worst) if total <= best + _ALMOST]
        # The middle of the widest stretch that is as good as the best: farthest from both.
        run = max(_runs(good), key=len)
        at = run[len(run) // 2]
    else:
        at = next(i for i, factor in enumerate(_FACTORS) if factor >= _CHANCE)
    held = {n: round(_limit(size, _FACTORS[at], least), 2) for n, size in usual.items()}
    return Limits(dict(usual), held, *rates[at], len(quiet), len(drifted))


def least_rows(judged: Sequence[Judged], limits: Mapping[str, float], *, least: int) -> int | None:
    """Return how many values a window needs where those with fewer alarmed for nothing; else None."""
    rows = sorted(e.rows for j in judged for e in j.effects.values())
    if not rows:
        return None
    wanted = int(_LEAST_ROWS * rows[len(rows) // 2])
    if wanted <= least:
        return None
    short = [
        j
        for j in judged
        if j.quiet
        and any(e.rows < wanted and e.size >= limits.get(n, 1) for n, e in j.effects.items())
    ]
    told = any(j.outage for j in judged)
    return wanted if len(short) >= 2 or (short and told) else None


def _limit(size: float, factor: float, least: float) -> float:
    return min(max(factor * size, least), HIGHEST_LIMIT)


def _over(one: Judged, name: str, usual: float, factor: float) -> bool:
    effect = one.effects.get(name)
    return effect is not None and effect.size >= min(factor * usual, HIGHEST_LIMIT)


def _rate(judged: Sequence[Judged], limits: Mapping[str, float], of: str, alarmed: bool) -> float:
    total = hit = 0.0
    for one in judged:
        weight = one.quiet if of == "quiet" else one.drifted
        over = any(e.size >= limits[n] for n, e in one.effects.items() if n in limits)
        total += weight
        hit += weight * (over is alarmed)
    return hit / total if total else 0.0


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return found


def _median(pairs: Sequence[tuple[float, float]]) -> float:
    ordered = sorted(pairs)
    half = sum(weight for _, weight in ordered) / 2
    total = 0.0
    for value, weight in ordered:
        total += weight
        if total >= half:
            return value
    return ordered[-1][0]
