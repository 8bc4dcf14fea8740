"""Figures beside their limits, and what is decided of them."""

from __future__ import annotations

import random
from itertools import cycle, islice
from typing import Any

import pytest
from learn_helpers import DAY, KEY, NOW, labelled, observed
from scipy import stats

from poet.learn import (
    Acted,
    Execution,
    Observations,
    Pattern,
    State,
    after,
    audits,
    decide,
    in_sample,
    patterns,
    version_of,
)
from poet.spec import Evidence


def named(found: Observations, name: str, **options: Any) -> Pattern:
    return next(p for p in patterns(found, **options) if p.name == name)


def reviews(bad: int, good: int, sources: int = 2, seed: int = 1) -> Observations:
    """Return reviewed alarms, some of them false, in a random order, one source each in turn."""
    says = [False] * bad + [True] * good
    random.Random(seed).shuffle(says)
    turns = islice(cycle(range(sources)), len(says))
    return labelled(
        [({f"s{s}": vote}, "alarm") for s, vote in zip(turns, says, strict=True)], silent=50
    )


def decided(found: Observations, state: State = State(), **options: Any) -> Any:  # noqa: B008
    return decide(found, patterns(found, state=state), state, now=NOW, **options)


def test_a_figure_is_counted_with_its_interval() -> None:
    """A person would read a rate that is not what was said."""
    pattern = named(reviews(24, 16), "false_positive_rate")
    expected = stats.binomtest(24, 40).proportion_ci(0.95, method="wilson")
    assert (pattern.hits, pattern.total, pattern.value) == (24, 40, 0.6)
    assert (pattern.low, pattern.high) == pytest.approx((expected.low, expected.high))
    assert (pattern.limit, pattern.worse, pattern.sources) == (0.3, "above", 2)
    assert pattern.enough
    assert pattern.proposes
    assert pattern.acts


def test_an_interval_proposes_before_the_test_acts() -> None:
    """The two thresholds would be one, and a rate looked at often would act by chance."""
    pattern = named(reviews(12, 12), "false_positive_rate")
    assert pattern.proposes
    assert not pattern.acts
    found = decided(reviews(12, 12))
    assert not found.act
    assert "more evidence" in found.waiting
    assert [e.name for e in found.evidence] == ["false_positive_rate"]


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        (reviews(19, 0), "1 more label"),
        (reviews(30, 0, sources=1), "1 more source"),
        (reviews(12, 12), "more evidence"),
    ],
)
def test_what_is_missing_is_told(found: Observations, missing: str) -> None:
    """A person would not learn why nothing happens."""
    decision = decided(found)
    assert not decision.act
    assert missing in decision.waiting
    assert decision.lane is None


def test_a_single_user_is_enough_where_settings_say_so() -> None:
    """Who works alone could teach nothing."""
    assert decided(reviews(30, 0, sources=1), reviewers=1).act


def test_evidence_that_rests_on_one_source_does_not_act() -> None:
    """One hostile source would have versions made."""
    said = [({"eve": False}, "alarm")] * 60 + [({"ann": True}, "alarm")] * 20
    found = labelled(said)
    assert named(found, "false_positive_rate").acts
    assert not named(found, "false_positive_rate").steady
    assert "does not rest on one source" in decided(found).waiting


def test_only_the_served_version_is_judged() -> None:
    """A new version would be blamed for what the old one did."""
    old, new = reviews(30, 10), reviews(1, 29)
    both = Observations(
        KEY,
        {**old.executions, **{f"n{i}": e._replace(id=f"n{i}", version="v2", at=e.at + 9000)
                              for i, e in new.executions.items()}},
        {**old.labels, **{f"n{i}": x._replace(execution_id=f"n{i}") for i, x in new.labels.items()}},
    )  # fmt: skip
    assert version_of(both) == "v2"
    assert named(both, "false_positive_rate").hits == 1
    assert named(both._replace(served="v1"), "false_positive_rate").hits == 30
    assert decided(both._replace(served="v1")).act
    assert not decided(both).act


def test_missed_drift_is_told_by_audits_and_not_by_complaints() -> None:
    """Who reviews alarms only would never learn what is missed; who complains would exaggerate."""
    alarms = [({"ann": True}, "alarm"), ({"bob": True}, "alarm")] * 10
    calm = [({"ann": False}, "silent"), ({"bob": False}, "silent")] * 30
    missed = [({"ann": True}, "silent"), ({"bob": True}, "silent")] * 10
    found = labelled(alarms + calm + missed, silent=400)
    pattern = named(found, "missed_drift_rate")
    # 80 audits stand for 480 silent ones: 120 missed, 20 found.
    assert pattern.value == pytest.approx(120 / 140)
    assert (pattern.hits, pattern.total) == (20, 80)
    assert pattern.acts
    assert decided(found).act
    healthy = labelled(alarms + calm * 2, silent=400)
    assert named(healthy, "missed_drift_rate").value == 0
    assert not decided(healthy).act
    complaints = {i: x._replace(audited=False) for i, x in found.labels.items()}
    assert named(found._replace(labels=complaints), "missed_drift_rate").total == 0


def test_audits_are_a_random_sample_of_silence_that_nobody_can_choose() -> None:
    """People would be asked about what somebody picked, and the missed rate be biased."""
    found = labelled([({"ann": True}, "alarm")] * 50, silent=4000)
    asked = audits(found, 0.1, 3, most=10_000)
    assert asked == audits(found, 0.1, 3, most=10_000)
    assert asked != audits(found, 0.1, 4, most=10_000)
    assert all(i.startswith("s") for i in asked)
    assert stats.binomtest(len(asked), 4000, 0.1).pvalue > 0.001
    assert audits(found, 0.1, 3, most=5) == asked[-5:]
    assert audits(found, 0.0) == []
    assert all(in_sample(i, 0.1, 3) for i in asked)
    label = found.labels["x0"]._replace(execution_id=asked[0])
    assert asked[0] not in audits(found._replace(labels={asked[0]: label}), 0.1, 3, most=10_000)


def _runs(failed: int, well: int, **facts: Any) -> dict[str, Execution]:
    return {
        f"e{len(facts)}{i}": Execution(
            f"e{len(facts)}{i}", NOW - 999 + i, "v1", 5.0, "ValueError" if i < failed else None,
            None, facts,
        )
        for i in range(failed + well)
    }  # fmt: skip


def test_success_is_counted_without_anybody_judging() -> None:
    """A function that fails half of the time would wait for reviewers."""
    decision = decided(observed(executions=_runs(30, 30)))
    assert decision.act
    assert "0.50 of executions went well" in decision.reason
    assert not decided(observed(executions=_runs(5, 95))).act
    judged = observed(
        executions=_runs(0, 60),
        correct={f"e0{i}": {"ann": False, "bob": False} for i in range(30)},
    )
    assert named(judged, "success_rate").hits == 30


def test_failing_shapes_and_slow_windows_are_told() -> None:
    """The next version would not be told on which data the last one fails."""
    found = observed(executions={**_runs(12, 2, n_current=0), **_runs(0, 60)})
    shape = next(p for p in patterns(found) if p.name.startswith("failing_shape"))
    assert (shape.name, shape.hits, shape.total) == ("failing_shape:n_current=0", 12, 14)
    assert not shape.acts
    slow = {
        f"e{i}": Execution(f"e{i}", NOW + i, "v1", 500.0 if i % 4 == 0 else 5.0, None, None, {})
        for i in range(60)
    }
    pattern = named(observed(executions=slow), "slow_window")
    assert (pattern.hits, pattern.proposes) == (15, True)
    assert named(observed(executions=slow), "slow_window", slow_ms=1000.0).hits == 0


def test_fatigue_counts_what_became_of_each_alert_once() -> None:
    """Alerts that are dismissed in heaps would look like alerts that help."""
    rows: list[tuple[str, dict[str, Any]]] = [
        ("alert.created", {"alert_id": f"a{i}", "at": NOW - 5 * DAY + i}) for i in range(40)
    ]
    rows += [
        ("alert.batch_dismissed", {"alert_id": f"a{i}", "at": NOW - DAY + i}) for i in range(30)
    ]
    rows.append(("alert.acknowledged", {"alert_id": "a0", "at": NOW}))
    rows.append(("alert.response", {"alert_id": "a1", "response": "acted", "at": NOW}))
    rows.append(("alert.usefulness", {"alert_id": "a30", "useful": True, "at": NOW}))
    rows.append(("alert.acknowledged", {"alert_id": "a31", "at": NOW}))
    pattern = named(observed(alerts=tuple(rows)), "alert_fatigue")
    # 29 dismissed and 8 never answered are useless; a1 and a30 helped; a31 was only seen.
    assert (pattern.hits, pattern.total) == (37, 39)
    assert pattern.acts


def test_cost_is_held_against_worth_and_one_large_worth_counts() -> None:
    """Monitoring that pays rarely, and then well, would be called a waste."""

    def costs(worth: list[float]) -> Observations:
        rows = [
            {"type": "execution.cost_measured", "at": NOW + i, "usd": 1.0, "value_usd": w}
            for i, w in enumerate(worth)
        ]
        return observed(costs=tuple(rows))

    rare = named(costs(([0.0] * 9 + [30.0]) * 6), "cost_efficiency")
    assert rare.value == 3.0
    assert not rare.acts
    waste = named(costs([0.1] * 60), "cost_efficiency")
    assert waste.value == pytest.approx(0.1)
    assert waste.acts
    assert named(costs([]), "cost_efficiency").total == 0
    daily = [{"type": "monitoring.cost", "usd": 2.0, "at": DAY * i} for i in range(30)]
    daily += [
        {"type": "monitoring.value_delivered", "usd": 1.5, "at": DAY * i + 5} for i in range(30)
    ]
    assert named(observed(costs=tuple(daily)), "cost_efficiency").value == pytest.approx(0.75)


def test_one_failing_case_or_request_is_enough_and_is_answered_once() -> None:
    """A crash would wait for statistics, or be tried again at every pass."""
    found = reviews(2, 8)
    request = Evidence(
        "strategy", "request", "deterministic", "asks for kl", facts={"strategy": "kl"}
    )
    for options in ({"failing_cases": ["crash-1"]}, {"requests": [request]}):
        decision = decided(found, **options)
        assert (decision.act, decision.lane) == (True, "deterministic")
        state = after(State(), decision, found, NOW)
        assert not decided(found, state, **options).act
        newer = found._replace(served="v2")
        assert decided(newer, state, **options).act  # another version has not answered it yet
    assert "crash-1" in decided(found, failing_cases=["crash-1"]).reason


def test_after_acting_a_figure_waits_for_new_labels_and_the_cool_down() -> None:
    """The same evidence would have a version made at every pass."""
    found = reviews(30, 10)
    first = decided(found)
    assert first.act
    state = after(State(), first, found, NOW)
    assert state.acted["false_positive_rate"] == Acted(NOW, "v1", 40)
    again = decide(found, patterns(found, state=state), state, now=NOW + 10 * DAY)
    assert not again.act
    assert "as many labels again" in again.waiting
    more = reviews(70, 20)
    later = {
        i: x._replace(at=x.at + DAY) if n >= 40 else x
        for n, (i, x) in enumerate(more.labels.items())
    }
    more = more._replace(labels=later)
    assert "cool-down" in decide(more, patterns(more, state=state), state, now=NOW + 60).waiting
    assert decide(more, patterns(more, state=state), state, now=NOW + 10 * DAY).act
    # Once good, it is armed again with less.
    calm = [({f"s{i % 2}": True}, "alarm") for i in range(30)]
    bad = [({f"s{i % 2}": i % 4 == 0}, "alarm") for i in range(40)]
    back = labelled(bad + calm)
    back = back._replace(
        labels={
            i: x._replace(at=x.at + DAY) if n >= 40 else x
            for n, (i, x) in enumerate(back.labels.items())
        }
    )
    assert named(back, "false_positive_rate", state=state).armed


def test_nothing_known_is_said_as_such() -> None:
    """An idle function would be reported as healthy."""
    decision = decided(observed())
    assert not decision.act
    assert decision.reason == "nothing was judged, answered or measured yet"
    assert decision.waiting == ""
