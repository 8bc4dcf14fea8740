"""Which of several accepted candidates is best, and whether one is better than what there is.

Every figure is turned into *credit*, so that objectives of different kinds can be added:

- of a share from 0 to 1, such as an accuracy, the difference to the reference's share;
- of a figure with a unit, such as milliseconds, the difference to the reference's as a share of the
  larger one: of the time, what is saved, or is lost. Half the time is worth 0.5, twice the time costs
  0.5, whatever the unit.

Both lie between -1 and 1, so that a weight means the same for every objective, and a function that
does nothing at all cannot win by its speed alone. A target saturates: what lies beyond it gives no
further credit. Credits are weighted and added.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple

__all__ = ["Ranking", "Score", "better", "rank"]

DIGITS = 9  # of a weighted sum: below that lies the rounding of floating-point numbers


class Score(NamedTuple):
    """How good one code is at one objective.

    Attributes:
        objective: Its name.
        value: The figure; None where it was not measured.
        noise: How far the figure may lie off by chance, in the same unit.
        direction: ``maximize`` or ``minimize``.
        weight: Among the objectives.
        target: The figure beyond which nothing is gained.
        unit: Empty for a share from 0 to 1.
        why: Where it was not measured: the reason.
        against: What the reference's figure was in the same run; None where it ran alone.
    """

    objective: str
    value: float | None
    noise: float
    direction: str
    weight: float
    target: float | None
    unit: str
    why: str = ""
    against: float | None = None

    def __str__(self) -> str:
        if _figure(self) is None:
            return f"{self.objective} not measured{f': {self.why}' if self.why else ''}"
        noise = f" ± {self.noise:.2g}" if self.noise else ""
        return f"{self.objective} {_shown(self.value, self.unit)}{noise}"


class Ranking(NamedTuple):
    """Candidates in order.

    Attributes:
        order: Their indices, the best first.
        pareto: Those to which no other is at least as good at everything and better at something,
            in the same order.
        lines: One for each candidate in that order, for a person.
    """

    order: tuple[int, ...]
    pareto: tuple[int, ...]
    lines: tuple[str, ...]


class _Part(NamedTuple):
    """One candidate at one objective: its credit, and the bounds of its figure, more is better."""

    credit: float
    low: float
    high: float


def rank(scored: Sequence[Sequence[Score]]) -> Ranking:
    """Put candidates in order by the weighted sum of their credits.

    Where figures were measured beside the reference's in separate runs, each is first corrected by
    how the reference's differ. A candidate without a figure that others have gets no more credit
    there than the worst of them, and none over the reference.

    Dominance looks at intervals of figure ± noise: one candidate dominates another if at no
    objective its figure or either end of its interval is the worse one, and at some objective all
    of it is better. So it is transitive, and the first of the order is never dominated.

    Args:
        scored: For each candidate its scores.
    """
    names = sorted({s.objective for scores in scored for s in scores})
    columns = [[_named(scores, name) for scores in scored] for name in names]
    weights = _weights(columns)
    table = [_parts(column) for column in columns]
    count = len(scored)
    rows = [[column[i] for column in table] for i in range(count)]
    sums = [
        round(math.fsum(w * p.credit for w, p in zip(weights, row, strict=True)), DIGITS) + 0.0
        for row in rows  # without a negative zero
    ]
    above = [sum(_dominates(rows[j], rows[i]) for j in range(count)) for i in range(count)]
    unknown = [sum(_figure(s) is None for s in scores) for scores in scored]
    order = sorted(range(count), key=lambda i: (-sums[i], above[i], unknown[i], i))
    lines = [
        f"{place}. candidate {i + 1} ({sums[i]:+.3f}{'' if above[i] else ', Pareto'}): "
        + "; ".join(str(s) for s in scored[i])
        for place, i in enumerate(order, start=1)
    ]
    return Ranking(tuple(order), tuple(i for i in order if not above[i]), tuple(lines))


def better(candidate: Sequence[Score], reference: Sequence[Score]) -> tuple[bool, str]:
    """Say whether a candidate is better than a reference, and why.

    It is if its figure is better by more than the noise of both at one objective or more, and the
    weighted sum of the credits of what lies beyond the noise is above 0. What was not measured is
    better at nothing; a candidate that lacks a figure which the reference has is not better.

    Args:
        candidate: Its scores, best from the same run as the reference's.
        reference: The scores of the baseline, or of the version that is current.
    """
    gained: list[str] = []
    lost: list[str] = []
    same: list[str] = []
    counted: list[tuple[Score, float]] = []
    for mine in candidate:
        theirs = _named(reference, mine.objective)
        if theirs is None or _figure(theirs) is None:
            reason = theirs.why if theirs is not None else ""
            of = "" if _figure(mine) is None else " of the reference"
            same.append(f"{mine.objective} not measured{of}{f': {reason}' if reason else ''}")
            continue
        if _figure(mine) is None:
            return False, f"{mine} (reference: {theirs})"
        theirs = theirs._replace(direction=mine.direction, unit=mine.unit, target=mine.target)
        first, other = _parts([s._replace(against=theirs.value) for s in (mine, theirs)])
        noise = max(_noise(mine), _noise(theirs))
        apart = _saturated(mine) - _saturated(theirs)
        text = (
            f"{mine.objective} {_shown(mine.value, mine.unit)} against "
            f"{_shown(theirs.value, mine.unit)} (noise {noise:.2g})"
        )
        if abs(apart) > noise:
            counted.append((mine, first.credit - other.credit))
            (gained if apart > 0 else lost).append(text)
        else:
            same.append(text)
    if not gained:
        if not lost and same and all("not measured" in text for text in same):
            return False, "nothing was measured: " + "; ".join(same)
        return False, "nothing is better beyond the noise: " + (
            "; ".join([*lost, *same]) or "there is no objective"
        )
    weights = _weights([[score] for score, _ in counted])
    total = round(math.fsum(w * c for w, (_, c) in zip(weights, counted, strict=True)), DIGITS)
    if total > 0:
        return True, "better: " + "; ".join(gained) + (
            f"; worse: {'; '.join(lost)}" if lost else ""
        )
    return False, f"what is better ({'; '.join(gained)}) weighs no more than what is worse: " + (
        "; ".join(lost)
    )


def _named(scores: Iterable[Score], name: str) -> Score | None:
    return next((s for s in scores if s.objective == name), None)


def _figure(score: Score | None) -> float | None:
    """Return the figure, None for none: a NaN and an infinity are none."""
    if score is None or score.value is None or not math.isfinite(score.value):
        return None
    return float(score.value)


def _noise(score: Score) -> float:
    return abs(score.noise) if math.isfinite(score.noise) else math.inf


def _sign(score: Score) -> int:
    return -1 if score.direction == "minimize" else 1


def _clipped(value: float, score: Score) -> float:
    """Return a signed figure, more is better, as far as the target lets it count."""
    if score.target is None:
        return value
    return min(value, _sign(score) * score.target)


def _saturated(score: Score) -> float:
    assert score.value is not None
    return _clipped(_sign(score) * score.value, score)


def _parts(column: Sequence[Score | None]) -> list[_Part]:
    """Return the candidates at one objective, on one scale."""
    known = [s for s in column if s is not None and _figure(s) is not None]
    if not known:
        return [_Part(0.0, 0.0, 0.0)] * len(column)
    one = known[0]
    sides = [s.against for s in known if s.against is not None and math.isfinite(s.against)]
    beside = len(sides) == len(known) and (not one.unit or all(a > 0 for a in sides))
    common = median(sides) if beside else median(_value(s) for s in known)

    def placed(score: Score) -> tuple[float, float, float]:
        factor = common / score.against if beside and one.unit and score.against else 1.0
        value, noise = _value(score) * factor * _sign(one), _noise(score) * factor
        value, low, high = (_clipped(v, one) for v in (value, value - noise, value + noise))
        return value, low, high

    found = [None if s is None or _figure(s) is None else placed(s) for s in column]
    values = [f[0] for f in found if f is not None]
    origin = _clipped(_sign(one) * common, one)
    positive = common > 0 and all(_sign(one) * v > 0 for v in values)

    def credit(value: float) -> float:
        apart = value - origin
        if not one.unit or not apart:
            return apart
        sizes = abs(value), abs(origin)
        # Of figures that are not all above 0, the larger one is no measure of both.
        return apart / (max(sizes) if positive else sum(sizes))

    least = min(values)
    if beside:
        least = min(least, origin)
    return [
        _Part(credit(least), least, least) if f is None else _Part(credit(f[0]), f[1], f[2])
        for f in found
    ]


def _value(score: Score) -> float:
    assert score.value is not None
    return float(score.value)


def _weights(columns: Sequence[Sequence[Score | None]]) -> list[float]:
    """Return the weight of each objective as a share of all."""
    raw = [next((s.weight for s in column if s is not None), 0.0) for column in columns]
    largest = max(raw, default=0.0)
    if not largest > 0:
        return [0.0] * len(raw)
    parts = [max(0.0, w) / largest for w in raw]
    return [p / math.fsum(parts) for p in parts]


def _dominates(one: Sequence[_Part], other: Sequence[_Part]) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(
        a.credit >= b.credit and a.low >= b.low and a.high >= b.high for a, b in pairs
    ) and any(a.low > b.high for a, b in pairs)


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return "not measured"
    return f"{value:.3g}{f' {unit}' if unit else ''}"
