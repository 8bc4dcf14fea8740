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
_SURE = 0.999  # a label that is as good as known, such as of an injected drift
_ONE_VOICE = 0.96  # below, one source stands for a label, or sources that contradict each other
_MAY_ERR = 0.2  # how often such a label may be wrong, whatever is assumed of its source
_HARM = 0.1
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
        source: The one source that ``truth`` rests on; empty where several say it, or none.
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
    source: str = ""


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
        harm_p_value: Small where the candidate is shown to miss more of them than ``MARGIN``, and more
            than wrong labels explain.
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
    harm_p_value: float = 1.0


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

    A real drift that one source alone stands for may be none. So where 29 or more are as good as known
    (planted ones are), it is those that have to show that none is lost; among the others, only more
    misses than wrong labels explain speak against a candidate. And what one source alone says must
    not be all that speaks for it.

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
        sure = []
        guarded_word = "real drifts"
    gained, lost = _discordant(counted)
    hidden_gained, hidden_lost = _discordant([p for p in counted if p.hidden])
    recall = non_inferior(guarded_misses, doubts, margin)
    if len(sure) >= _LEAST_SURE:  # what is as good as known may not hide among what is not
        among = sum(p.candidate != p.parent for p in sure)
        recall = max(recall, non_inferior(among, [1 - p.confidence for p in sure], margin))
    harm = 1.0
    if aim == "false_positive_rate":
        recall, harm = _recall(guarded, [p.truth for p in alarms], margin)
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
    elif harm <= _HARM:
        verdict = "worse"
        why = (
            f"of {len(guarded)} {guarded_word} that the parent gets right it loses {guarded_misses}, "
            f"more than wrong labels explain (p = {harm:.2g})"
        )
    elif alone := _resting_on_one(counted):
        verdict, why = "not better", alone
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
        len(guarded), guarded_misses, recall, cost, harm,
    )  # fmt: skip


def _recall(
    guarded: Sequence[Paired], said: Sequence[bool | None], margin: float
) -> tuple[float, float]:
    """Return the p-values that a candidate misses ``margin`` of real drifts or more, and less.

    Args:
        guarded: Alarms of the parent that are said to be right, planted ones too.
        said: Of each of the parent's alarms that were not planted, what is said of it.
        margin: The share that would matter.
    """
    known = [x for x in said if x is not None]
    real = sum(known) / max(len(known), 1)
    sure: list[Paired] = []
    rest: list[Paired] = []
    for pair in guarded:
        (sure if pair.injected or pair.confidence >= _SURE else rest).append(pair)

    def missed(pairs: Sequence[Paired]) -> int:
        return sum(not p.candidate for p in pairs)

    least = [0.0 if p.injected else 1 - p.confidence for p in guarded]
    shown = non_inferior(missed(guarded), least, margin)
    if len(sure) >= _LEAST_SURE:
        shown = non_inferior(missed(sure), [0.0] * len(sure), margin)
    doubts = [_doubt(p.confidence, real) for p in rest]
    harm = 1 - non_inferior(missed(rest) - 1, doubts, margin)
    return shown, min(harm, 1 - non_inferior(missed(sure) - 1, [0.0] * len(sure), margin))


def _doubt(confidence: float, real: float) -> float:
    """Return the chance that an alarm is none of which it is said that it is right.

    Args:
        confidence: That the label is right, if as many alarms were right as wrong.
        real: Share of alarms of which it is said that they are right.
    """
    wrong = min(1 - confidence if confidence >= _ONE_VOICE else max(1 - confidence, _MAY_ERR), 0.4)
    share = min(max((real - wrong) / (1 - 2 * wrong), 0.05), 1.0)
    return (1 - share) * wrong / ((1 - share) * wrong + share * (1 - wrong))


def _resting_on_one(counted: Sequence[Paired]) -> str:
    """Return why a gain is none without what one source alone says; empty where it stays one."""
    for source in sorted({p.source for p in counted if p.source}):
        gained, lost = _discordant([p for p in counted if p.source != source])
        if gained <= lost:
            return (
                f"without what {source} alone says, only it is right {gained} times, only the parent "
                f"{lost} times"
            )
    return ""


def _discordant(pairs: Sequence[Paired]) -> tuple[int, int]:
    gained = sum(p.candidate == p.truth and p.parent != p.truth for p in pairs)
    lost = sum(p.candidate != p.truth and p.parent == p.truth for p in pairs)
    return gained, lost
