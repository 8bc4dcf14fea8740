"""Which of several accepted candidates is the best, and whether it is better than what there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from poet.gate import Score, Scores, better, rank, score_pair
from poet.gate.checks import Boxes
from poet.gate.scoring import LATENCY
from poet.lifecycle._making import Judged, Making

__all__ = ["Choice", "compare", "decide", "figures_of", "reference_of", "timed", "wanted"]


class Choice(NamedTuple):
    """What the objectives say of the accepted candidates of a round.

    Attributes:
        best: The index of the best; None where none is better than the reference.
        said: For each candidate, whether it may be taken, and why.
        notes: For a reviewer.
        kept: What metadata holds: the same for a run and for its replay.
        figures: What the record holds: all figures of the best.
    """

    best: int | None
    said: Sequence[tuple[bool, str]]
    notes: tuple[str, ...] = ()
    kept: Mapping[str, Any] = {}
    figures: Mapping[str, Any] = {}


def wanted(making: Making) -> bool:
    """Say whether the function has objectives."""
    return bool(making.spec.options.objectives or making.spec.options.optimize_for)


def timed(making: Making) -> bool:
    """Say whether judging measures, so that nothing else should run meanwhile."""
    options = making.spec.options
    named = {o.name for o in options.objectives} | {options.optimize_for}
    return bool(options.constraints) or LATENCY in named


def reference_of(making: Making) -> str:
    """Return the name of what a candidate must be better than."""
    return making.fresh.name if making.fresh else "the function as written"


def compare(making: Making, judged: Judged, sandbox: Boxes) -> Scores:
    """Return the figures of an accepted candidate and of the reference, from one run."""
    spec, candidate = making.spec, judged.candidate
    return score_pair(
        candidate.code,
        making.fresh.code if making.fresh else None,
        spec,
        making.domain,
        import_name=making.module,
        filename=f"<candidate for {spec.qualname}>",
        inputs=judged.verdict.measurable,
        timeout=making.settings.verify_timeout,
        require=making.require(candidate),
        sandbox=sandbox,
    )


def decide(making: Making, scored: Sequence[Scores], numbers: Sequence[int]) -> Choice:
    """Say which candidate is the best of those that are better than the reference.

    Where nothing can be measured and there is no fresh version, the gate's word is enough.

    Args:
        making: The function.
        scored: For each candidate its figures beside the reference's.
        numbers: For each candidate the number of its attempt.
    """
    reference = reference_of(making)
    unmeasured = [all(s.value is None for s in both.candidate) for both in scored]
    said = []
    for both, nothing in zip(scored, unmeasured, strict=True):
        yes, text = better(both.candidate, both.reference)
        said.append((yes or (nothing and making.fresh is None), f"against {reference}: {text}"))
    good = [i for i, (yes, _) in enumerate(said) if yes]
    if not good:
        return Choice(None, said)
    ranking = rank([scored[i].candidate for i in good])
    best = good[ranking.order[0]]
    pareto = sorted(numbers[good[i]] for i in ranking.pareto)
    unproven = "not shown to be better " if unmeasured[best] else ""
    notes = [f"objectives: {unproven}{said[best][1]}"]
    if len(good) > 1:
        shown = ", ".join(f"attempt {n}" for n in pareto)
        notes += [f"Pareto set: {shown}"]
        notes += [f"attempt {numbers[good[i]]}: {_shown(scored[good[i]])}" for i in ranking.order]
    figures = {
        "reference": reference,
        "pareto": pareto,
        "attempts": [
            {
                "attempt": numbers[i],
                "figures": [s._asdict() for s in both.candidate],
                "reference": [s._asdict() for s in both.reference],
            }
            for i, both in enumerate(scored)
        ],
    }
    steady = not timed(making)
    kept = {
        "reference": reference,
        "wanted": [
            {"name": s.objective, "direction": s.direction, "weight": s.weight, "target": s.target}
            for s in scored[best].candidate
        ],
        "figures": figures["attempts"] if steady else "measured times: record.json",
        "pareto": pareto if steady else "record.json",
    }
    return Choice(best, said, tuple(notes), kept, figures)


def _shown(both: Scores) -> str:
    return "; ".join(str(s) for s in both.candidate)


def figures_of(scores: Sequence[Score]) -> dict[str, float]:
    """Return the figures that were measured, by objective."""
    return {s.objective: s.value for s in scores if s.value is not None}
