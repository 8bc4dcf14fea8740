"""Weights: given, learned from what drift did, in a context, and applied to a report."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mon_judge_helpers import report, result

from poet.errors import ConfigError, StatsInputError
from poet.events import new_event
from poet_domain_ml_monitoring import ContextRule, Importance, Interaction


def impact(feature, share, severity=1.0, source="ops", **more):
    payload = {"feature": feature, "impact": share, "severity": severity, "source": source}
    return new_event("feature.drift_impact", payload | more)


def test_applied_weights_decide_the_score():
    """A drift in a feature nobody uses would count as much as one in the best."""
    found = report(result("income", 0.3), result("shoe_size", 0.3), result("age"))
    weighed = Importance.given({"income": 3.0, "shoe_size": 0.0}).apply(found)
    assert [r.importance for r in weighed] == [3.0, 0.0, 1.0]
    severity = weighed["income"].severity
    assert weighed.drift_score == pytest.approx(3 * severity / 4)
    assert next(r.feature for r in weighed.drifted) == "income"
    assert weighed["shoe_size"].status == "drift"
    assert weighed.execution_id == found.execution_id


def test_interactions_count_only_where_all_of_them_drift():
    """A pair would be punished for one of the two."""
    importance = Importance.given({}, interactions=[Interaction(("a", "b"), 2.0)])
    both = importance.apply(report(result("a", 0.3), result("b", 0.3), result("c", 0.3)))
    assert [r.importance for r in both] == [2.0, 2.0, 1.0]
    one = importance.apply(report(result("a", 0.3), result("b"), result("c")))
    assert [r.importance for r in one] == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(("context", "weight"), [
    ({"month": 12, "hour": 10}, 0.5), ({"month": 12, "hour": 22}, 1.0), ({"month": 3, "hour": 10}, 1.0),
    ({"month": 12}, 1.0), ({}, 1.0),
])  # fmt: skip
def test_rules_hold_in_their_context_only(context, weight):
    """A rule for December nights would change what is watched in March."""
    rule = ContextRule(
        features=["basket"], factor=0.5, when={"month": [11, 12], "hour": {"from": 6, "to": 22}}
    )
    importance = Importance.given({}, rules=[rule])
    weighed = importance.apply(report(result("basket", 0.3)), context=context)
    assert weighed["basket"].importance == weight


def test_bad_weights_and_rules_are_refused():
    """A typing error would silence a feature."""
    for weight in (-1.0, float("nan"), float("inf"), "3", True):
        with pytest.raises(StatsInputError, match="weight of 'a'"):
            Importance.given({"a": weight})
    with pytest.raises(ConfigError, match="range of 'hour'"):
        ContextRule(features=["a"], factor=1, when={"hour": {"form": 6}})
    with pytest.raises(ConfigError, match="factor"):
        ContextRule(features=["a"], factor=-1, when={})
    with pytest.raises(ConfigError, match="is the text"):
        ContextRule(features="basket", factor=1, when={})
    with pytest.raises(StatsInputError, match="strength"):
        Importance.learned([], strength=0)


def test_learning_moves_weights_towards_what_drift_did():
    """Feedback on which drift hurt would change nothing."""
    events = [impact("income", 0.3) for _ in range(20)] + [
        impact("shoe_size", 0.0, source=f"s{i}") for i in range(20)
    ]
    learned = Importance.learned(events)
    assert learned.of("income") > 1.4
    assert learned.of("shoe_size") == pytest.approx(5 / 25)
    assert learned.of("age") == 1.0
    assert "40 impacts" in learned.source


def test_nothing_learned_is_the_prior():
    """Without feedback the user's own weights would change."""
    prior = Importance.given({"a": 3.0, "b": 0.5})
    assert Importance.learned([], prior).weights == prior.weights
    # The same impact for the same drift in proportion to the prior says nothing new.
    told = [impact("a", 0.3), impact("b", 0.05)]
    learned = Importance.learned(told, prior)
    assert learned.of("a") == pytest.approx(3.0)
    assert learned.of("b") == pytest.approx(0.5)


def test_a_small_drift_with_a_large_impact_weighs_more():
    """A feature that hurts at a slight drift would look like one that needs a large one."""
    learned = Importance.learned([
        e for i in range(10) for e in (
            impact("a", 0.2, severity=0.25, source=f"s{i}"), impact("b", 0.2, severity=1.0, source=f"s{i}")
        )
    ])  # fmt: skip
    assert learned.of("a") > 2 * learned.of("b")


def test_one_source_cannot_steer_alone():
    """One broken or hostile reporter would decide what is watched."""
    honest = [impact("a", 0.3, source=f"s{i}") for i in range(5)]
    honest += [impact("b", 0.3, source=f"s{i}") for i in range(5)]
    hostile = [impact("b", 0.0, source="mallory") for _ in range(10_000)]
    learned = Importance.learned(honest + hostile)
    few = Importance.learned(honest + hostile[:5])
    assert learned.of("b") > 0.5 * few.of("b")
    alone = Importance.learned([*hostile, impact("a", 0.3)])
    assert alone.of("b") >= 0.5


def test_unreadable_events_are_left_out_and_said():
    """One malformed event would end the learning, or steer it."""
    bad = [
        {"type": "feature.drift_impact", "payload": {"feature": "a", "impact": "much"}},
        {"type": "feature.drift_impact", "payload": {"impact": 0.2}},
        {"type": "feature.drift_impact", "payload": {"feature": "a", "impact": float("nan")}},
        {"type": "feature.interaction_discovered", "payload": {"features": ["a"], "factor": 2}},
        {"type": "other", "payload": {}}, {"type": "feature.drift_impact"}, 7,
    ]  # fmt: skip
    learned = Importance.learned([*bad, impact("a", 0.2)])
    assert learned.source == "learned from 1 impacts of drift, 4 unreadable ones left out"
    assert learned.of("a") == pytest.approx(1.0)


def test_interactions_are_learned_and_limited():
    """A discovered interaction would be forgotten, or blow a weight up."""
    told = [
        new_event("feature.interaction_discovered", {"features": ["b", "a"], "factor": 1e9})
        for _ in range(5)
    ]
    learned = Importance.learned(
        told, Importance.given({}, interactions=[Interaction(("b", "a"), 1.0)])
    )
    assert [i.features for i in learned.interactions] == [("a", "b")]
    assert learned.interactions[0].factor == pytest.approx(5.5)


@settings(max_examples=60, deadline=None)
@given(
    told=st.lists(
        st.tuples(
            st.sampled_from("abc"), st.floats(0, 1), st.floats(0, 1), st.sampled_from(["x", "y"])
        ),
        max_size=20,
    ),
    seed=st.integers(0, 99),
)
def test_learning_is_a_pure_function_of_the_set_of_events(told, seed):
    """The order of a queue, or a redelivery, would change what is watched."""
    events = [impact(*facts) for facts in told]
    mixed = events + events[: len(events) // 2]
    random.Random(seed).shuffle(mixed)
    prior = Importance.given({"a": 2.0})
    first, second = Importance.learned(events, prior), Importance.learned(mixed, prior)
    assert json.dumps(first.to_dict()) == json.dumps(second.to_dict())
    assert all(weight >= 0 for weight in first.weights.values())


def test_weights_are_read_back():
    """A restart would forget what was given or learned."""
    rule = ContextRule(features=["a"], factor=0.5, when={"hour": {"from": 6}}, why="nights")
    importance = Importance.given(
        {"b": 1, "a": 2.0},
        rules=[rule],
        interactions=[Interaction(("a", "b"), 2.0, "told")],
        default=0.5,
    )
    data = json.loads(json.dumps(importance.to_dict()))
    again = Importance.from_dict(data)
    assert again.to_dict() == importance.to_dict()
    assert again.of("zz") == 0.5
    with pytest.raises(StatsInputError, match="damaged"):
        Importance.from_dict(data | {"rules": [{"feature": "a"}]})
    del data["weights"]
    with pytest.raises(StatsInputError, match="damaged"):
        Importance.from_dict(data)
