"""Paired comparison: whether a candidate is measurably better than its parent on the same executions.

Both judge the same recorded executions, so what they agree on drops out and far fewer labels are
needed than for two separate rates. A candidate that was made from evidence has seen the earlier part
of the record; the later part was held back, and it must be better there alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from poet.learn._audits import in_sample
from poet.learn._numbers import binomial_tail, sum_tail

__all__ = [
    "Comparison",
    "Paired",
    "compare",
    "mcnemar",
    "non_inferior",
    "split_time",
]

MARGIN = 0.1
"""Share of the real drifts the parent finds that a candidate may be feared to miss."""
MOST_COST = 1.2
_SURE = 0.99  # a label that is as good as known, such as of an injected drift
_LEAST_SURE = 29  # real drifts with no miss that show a loss below 10 % at 5 %: 0.9 ** 29 < 0.05


class Paired(NamedTuple):
    """One execution that parent and candidate both judged.

    Attributes:
        execution_id: Which.
        at: When it ran, seconds since 1970.
        truth: Whether an alarm is right there; None where nobody said.
        parent: Whether the parent raises an alarm.
        candidate: Whether the candidate does.
        confidence: How surely ``truth`` is right; 1 for an injected drift.
        hidden: Whether it was held back from what the candidate was made of.
        injected: Whether the drift in it was planted.
        parent_cost: Work or seconds of the parent; 0 where not measured.
        candidate_cost: Likewise of the candidate.
    """

    execution_id: str
    at: float
    truth: bool | None
    parent: bool
    candidate: bool
    confidence: float = 1.0
    hidden: bool = False
    injected: bool = False
    parent_cost: float = 0.0
    candidate_cost: float = 0.0


class Comparison(NamedTuple):
    """What the comparison says.

    Attributes:
        verdict: ``better``: promote. ``not better``: no gain is shown. ``worse``: it may miss what the
            parent finds, or costs too much. ``too little``: more labels are needed to say.
        reason: One line for a person, with the figures.
        labels: How many executions with a label were compared, injected ones apart.
        gained: Of those compared, where only the candidate is right.
        lost: Where only the parent is right.
        p_value: Exact one-sided McNemar test over all of them.
        hidden_gained: ``gained`` in the part held back.
        hidden_lost: ``lost`` there.
        hidden_p_value: The test there.
        parent_wrong: Share of labelled executions that the parent gets wrong.
        candidate_wrong: Likewise of the candidate.
        real: Real drifts, injected ones too, that the parent finds.
        missed: Of those, what the candidate misses.
        recall_p_value: Of the test that the candidate misses ``MARGIN`` of them or more.
        cost_ratio: Candidate over parent; None where not measured.
    """

    verdict: Literal["better", "not better", "worse", "too little"]
    reason: str
    labels: int
    gained: int
    lost: int
    p_value: float
    hidden_gained: int
    hidden_lost: int
    hidden_p_value: float
    parent_wrong: float
    candidate_wrong: float
    real: int
    missed: int
    recall_p_value: float
    cost_ratio: float | None


def mcnemar(gained: int, lost: int) -> float:
    """Return the exact one-sided p-value that a candidate is no better than its parent.

    Args:
        gained: Executions that only the candidate judges right.
        lost: Executions that only the parent judges right.

    Source: McNemar, "Note on the sampling error of the difference between correlated proportions",
    Psychometrika 12 (1947), with the exact binomial distribution of the discordant pairs.
    """
    return binomial_tail(gained, gained + lost)


def non_inferior(missed: int, wrong: Sequence[float], margin: float = MARGIN) -> float:
    """Return the p-value that a candidate misses ``margin`` of the real drifts or more.

    Args:
        missed: Drifts that the parent finds and the candidate misses.
        wrong: Of each drift that the parent finds, the chance that it is none and its label wrong;
            0 for an injected one. 29 of those with no miss give a p-value below 0.05.
        margin: The share that would matter.
    """
    return sum_tail(missed, [margin + (1 - margin) * w for w in wrong])


def split_time(times: Iterable[float], share: float = 0.5) -> float:
    """Return the time from which executions are held back, so that ``share`` of them come before it."""
    order = sorted(times)
    if not order:
        return 0.0
    return order[min(int(len(order) * share), len(order) - 1)]


def compare(
    pairs: Sequence[Paired],
    *,
    aim: Literal["false_positive_rate", "missed_drift_rate"] = "false_positive_rate",
    alpha: float = 0.05,
    margin: float = MARGIN,
    most_cost: float = MOST_COST,
) -> Comparison:
    """Compare a candidate with its parent on the same executions.

    Where nobody said what is right, an alarm that only the candidate raises counts against it: alarms
    of the parent are reviewed and those of the candidate are not, so without this any candidate that
    raises others would look better. Of those alarms a random sample counts, of the share of the
    parent's alarms that was reviewed.

    Args:
        pairs: What both said of each execution; those that ran before the parent was made too.
        aim: What the candidate is to be better at. For ``missed_drift_rate`` it must find more real
            drifts, and raise no more false alarms than ``margin`` allows.
        alpha: Of each test.
        margin: Share of what the parent gets right that the candidate may be feared to lose.
        most_cost: Candidate's cost over the parent's, at most.
    """
    labelled = [p for p in pairs if p.truth is not None and not p.injected]
    if aim == "missed_drift_rate":
        counted = [p for p in pairs if p.truth]
        guarded = [p for p in pairs if p.truth is not True and not p.injected and not p.parent]
        guarded_misses = sum(p.candidate for p in guarded)
        doubts = [1 - p.confidence if p.truth is False else 0.05 for p in guarded]
        sure = [p for p in guarded if p.truth is False and p.confidence >= _SURE]
        guarded_word = "silences"
    else:
        alarms = [p for p in pairs if p.parent and not p.injected]
        reviewed = sum(p.truth is not None for p in alarms) / max(len(alarms), 1)
        unsaid = [
            p._replace(truth=False)
            for p in pairs
            if p.truth is None and p.candidate and not p.parent
            and in_sample(p.execution_id, reviewed, 0)
        ]  # fmt: skip
        counted = labelled + unsaid
        guarded = [p for p in pairs if p.truth and p.parent]
        guarded_misses = sum(not p.candidate for p in guarded)
        doubts = [0.0 if p.injected else 1 - p.confidence for p in guarded]
        sure = [p for p in guarded if p.injected or p.confidence >= _SURE]
        guarded_word = "real drifts"
    gained, lost = _discordant(counted)
    hidden_gained, hidden_lost = _discordant([p for p in counted if p.hidden])
    recall = non_inferior(guarded_misses, doubts, margin)
    if len(sure) >= _LEAST_SURE:  # what is as good as known may not hide among what is not
        among = sum(p.candidate != p.parent for p in sure)
        recall = max(recall, non_inferior(among, [1 - p.confidence for p in sure], margin))
    spent = sum(p.parent_cost for p in pairs)
    cost = sum(p.candidate_cost for p in pairs) / spent if spent > 0 else None
    p_all, p_hidden = mcnemar(gained, lost), mcnemar(hidden_gained, hidden_lost)
    total = max(len(labelled), 1)
    verdict: Literal["better", "not better", "worse", "too little"]
    if cost is not None and cost > most_cost:
        verdict, why = "worse", f"it costs {cost:.2f} times as much, more than {most_cost:g}"
    elif p_all > alpha:
        verdict = "not better"
        why = f"only it is right {gained} times, only the parent {lost} times (p = {p_all:.2g})"
        if lost <= gained < 5:
            verdict = "too little"
    elif p_hidden > alpha:
        verdict = "too little" if hidden_lost == 0 or hidden_gained < 5 else "not better"
        why = (
            f"in the part held back only it is right {hidden_gained} times, only the parent "
            f"{hidden_lost} times (p = {p_hidden:.2g})"
        )
    elif recall > alpha:
        few = non_inferior(0, doubts, margin) > alpha
        verdict = "too little" if few else "worse"
        why = (
            f"of {len(guarded)} {guarded_word} that the parent gets right it loses {guarded_misses}; "
            f"that does not show a loss below {margin:.0%} (p = {recall:.2g})"
        )
    else:
        verdict = "better"
        why = (
            f"only it is right {gained} times, only the parent {lost} times (p = {p_all:.2g}; held "
            f"back: {hidden_gained} and {hidden_lost}, p = {p_hidden:.2g}); of {len(guarded)} "
            f"{guarded_word} it loses {guarded_misses}"
        )
    return Comparison(
        verdict, why, len(labelled), gained, lost, p_all, hidden_gained, hidden_lost, p_hidden,
        sum(p.parent != p.truth for p in labelled) / total,
        sum(p.candidate != p.truth for p in labelled) / total,
        len(guarded), guarded_misses, recall, cost,
    )  # fmt: skip


def _discordant(pairs: Sequence[Paired]) -> tuple[int, int]:
    gained = sum(p.candidate == p.truth and p.parent != p.truth for p in pairs)
    lost = sum(p.candidate != p.truth and p.parent == p.truth for p in pairs)
    return gained, lost
