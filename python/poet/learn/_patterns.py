"""Patterns: the figures of one function in production, each beside its limit.

Two things are said of each. The Wilson interval *proposes*: it lies on the bad side of the limit. The
sequential test *acts*: it may be looked at after every label and is still wrong for at most 5 % of
functions over all time, where a raw rate held against its limit after every label is wrong for most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from poet.learn._alerts import answered_alerts
from poet.learn._consensus import agreed
from poet.learn._costs import cost_records
from poet.learn._figure import Item, Rules, figure, since
from poet.learn._numbers import ratio_interval, wilson
from poet.learn._sequential import ALPHA, e_value_of_means
from poet.learn._shapes import failing_shapes, slow_windows
from poet.learn._values import Label, Observations, Pattern, State

__all__ = ["LIMITS", "MINIMUM", "patterns", "version_of"]

LIMITS: Mapping[str, float] = {
    "false_positive_rate": 0.3,
    "missed_drift_rate": 0.1,
    "alert_fatigue": 0.7,
    "cost_efficiency": 0.5,
    "success_rate": 0.8,
}
"""What each figure is held against."""
MINIMUM = 20
"""Labels, executions or records below which nothing is said of a figure."""
_LEAST_MISSED = 0.005  # a share of silent executions that no audit can be held below


def version_of(observations: Observations) -> str | None:
    """Return the version whose figures count: the one served, else the latest that ran."""
    if observations.served != "*":
        return observations.served
    latest = max(observations.executions.values(), key=lambda e: (e.at, e.id), default=None)
    return None if latest is None else latest.version


def patterns(
    observations: Observations,
    *,
    state: State = State(),  # noqa: B008 - an immutable value
    limits: Mapping[str, float] = LIMITS,
    minimum: int = MINIMUM,
    alpha: float = ALPHA,
    slow_ms: float | None = None,
) -> tuple[Pattern, ...]:
    """Return the figures of a function's served version, each beside its limit.

    First come those of ``LIMITS``, which can act; then those that say why, which cannot:
    ``reason:…`` (of false alarms), ``failing_shape:…`` (of executions) and ``slow_window``.

    Args:
        observations: Of one function.
        state: What learning remembers of it.
        limits: By name of a figure; those not named keep theirs.
        minimum: Labels or executions below which nothing is said.
        alpha: Of the sequential test, which acts at a value of ``1 / alpha``.
        slow_ms: Milliseconds above which an execution is slow; four times the median if None.
    """
    version = version_of(observations)
    chosen = {**LIMITS, **limits}

    def rules(name: str, bad_is: bool | None = None) -> Rules:
        acted = state.acted.get(name)
        if acted is not None and acted.version != version:
            acted = None  # of another version it is counted afresh anyway
        return Rules(minimum, alpha, observations.reliability, bad_is, acted)

    alarms, silent = _judged(observations, version)
    name = "false_positive_rate"
    items = [Item(x.at, None if x.truth is None else not x.truth, x) for x in alarms]
    found = [figure(name, items, chosen[name], rules(name, bad_is=False))]
    name = "missed_drift_rate"
    found.append(_missed(observations, version, (alarms, silent), chosen[name], rules(name, True)))
    name = "alert_fatigue"
    answers = [Item(a.at, a.useless) for a in answered_alerts(observations, version)]
    said = {s for _, payload in observations.alerts if (s := payload.get("source"))}
    found.append(figure(name, answers, chosen[name], rules(name))._replace(sources=len(said)))
    name = "cost_efficiency"
    found.append(_cost(observations, chosen[name], rules(name)))
    name = "success_rate"
    ran = _failures(observations, version)
    found.append(figure(name, ran, chosen[name], rules(name), worse="below"))
    return (
        *found,
        *_reasons(alarms, minimum),
        *failing_shapes(observations, version, minimum),
        *slow_windows(observations, version, minimum, slow_ms),
    )


def _judged(observations: Observations, version: str | None) -> tuple[list[Label], list[Label]]:
    """Return the labels of a version: of its alarms, and of its silence where it was audited."""
    found = [
        label
        for label in observations.labels.values()
        if observations.executions[label.execution_id].version == version
    ]
    found.sort(key=lambda label: (label.at, label.execution_id))
    return [x for x in found if x.judged == "alarm"], [x for x in found if x.audited]


def _missed(
    observations: Observations,
    version: str | None,
    judged: tuple[Sequence[Label], Sequence[Label]],
    limit: float,
    rules: Rules,
) -> Pattern:
    """Return the share of real drifts that no alarm told of, from random audits of silence.

    Audited executions stand for all silent ones, reviewed alarms for all alarms. The share of silent
    ones that may be missed drift follows from the limit and the drifts that alarms told of.
    """
    alarms, silent = ([x for x in part if x.truth is not None] for part in judged)
    ran = [e for e in observations.executions.values() if e.version == version]
    n_silent = max(sum(e.alarm is False for e in ran), len(silent))
    n_alarms = max(sum(e.alarm is True for e in ran), len(alarms))
    missed, caught = sum(bool(x.truth) for x in silent), sum(bool(x.truth) for x in alarms)
    weight_silent = n_silent / len(silent) if silent else 0.0
    weight_alarm = n_alarms / len(alarms) if alarms else 0.0
    real = missed * weight_silent + caught * weight_alarm
    share = missed * weight_silent / real if real else 0.0
    # Kish's effective number of real drifts, for they were sampled at two rates.
    squares = missed * weight_silent**2 + caught * weight_alarm**2
    effective = real * real / squares if squares else 0.0
    low, high = wilson(share * effective, effective)
    # Drifts that alarms told of, at the upper end of what their reviews allow: the test is not to
    # call much what is little beside them.
    told = wilson(caught, len(alarms))[1] * n_alarms if alarms else 0.0
    allowed = limit / (1 - limit) * told / max(n_silent, 1)
    fair = min(max(allowed, _LEAST_MISSED), 0.5)
    items = [Item(x.at, x.truth, x) for x in judged[1]]
    pattern = figure("missed_drift_rate", items, limit, rules, fair=fair)
    proposes = pattern.enough and low > limit
    return pattern._replace(value=share, low=low, high=high, proposes=proposes)


def _cost(observations: Observations, limit: float, rules: Rules) -> Pattern:
    """Return what monitoring was worth over what it cost.

    The test holds as long as no record is worth more than the most valuable one so far.
    """
    records = cost_records(observations)
    spent = sum(r.cost for r in records)
    items = [Item(r.at, r.value < limit * r.cost) for r in records]
    pattern = figure("cost_efficiency", items, limit, rules, worse="below")
    if spent <= 0:
        return pattern._replace(total=0, hits=0, enough=False, proposes=False, acts=False)
    value, low, high = ratio_interval([r.value for r in records], [r.cost for r in records])
    most = max(max(r.value, limit * r.cost) for r in records)
    _, fresh = since(items, rules, 1 - limit)
    first = fresh[0].at if fresh else float("inf")
    test = e_value_of_means(
        (1 - r.value / most, 1 - limit * r.cost / most) for r in records if r.at >= first
    )
    return pattern._replace(
        value=value, low=max(low, 0.0), high=high, e_value=test,
        proposes=pattern.enough and high < limit, acts=pattern.enough and test >= 1 / rules.alpha,
    )  # fmt: skip


def _failures(observations: Observations, version: str | None) -> list[Item]:
    """Return for each execution whether it raised, or sources agree that its result was wrong."""
    found = []
    for execution in observations.executions.values():
        if execution.version != version:
            continue
        wrong = execution.error is not None
        said = observations.correct.get(execution.id)
        if said and not wrong:
            wrong = agreed(said, observations.reliability)[0] is False
        found.append(Item(execution.at, wrong))
    return found


def _reasons(alarms: Sequence[Label], minimum: int) -> list[Pattern]:
    """Return how often each reason is named for a false alarm, where any is."""
    named = [x for x in alarms if x.truth is False and x.reasons]
    counts: dict[str, int] = {}
    for label in named:
        for reason in label.reasons:
            counts[reason] = counts.get(reason, 0) + 1
    enough = len(named) >= minimum // 2
    explains = partial(Pattern, worse="above", enough=enough, acts=False, e_value=1.0)
    found = []
    for reason in sorted(counts, key=lambda r: (-counts[r], r)):
        low, high = wilson(counts[reason], len(named))
        found.append(
            explains(
                f"reason:{reason}", counts[reason] / len(named), low, high, counts[reason],
                len(named), 0.25, proposes=enough and low > 0.25,
            )
        )  # fmt: skip
    return found
