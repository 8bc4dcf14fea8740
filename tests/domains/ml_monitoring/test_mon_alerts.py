"""Alerts over time: told once, held where known or quiet, raised where ignored, kept over restarts."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mon_judge_helpers import HOUR, START, Hands, Heard, income, manager, problem, report, result

from poet.errors import ConfigError, PoetWarning, StatsInputError
from poet_domain_ml_monitoring import (
    AlertConfig,
    AlertManager,
    FeatureResult,
    HealthMonitor,
    Inhibit,
    Monitor,
    Relations,
)

QUIET = report(result("income"), result("age"), run="quiet")


def test_an_alert_says_what_where_and_why():
    """A person would get an alert without knowing which run, which feature or how much."""
    alerts = manager()
    found = report(
        result("income", 0.21, reason="median 34.1 → 41.7; V = 0.21, at least 0.06 matters"),
        result("age"), run="run-7",
    )  # fmt: skip
    (alert,) = alerts.process(found)
    assert alert.execution_id == "run-7"
    assert alert.root_cause == "income"
    assert alert.title == "income drifted"
    assert "median 34.1 → 41.7" in alert.why
    assert "income" in alert.why
    assert alert.severity == "critical"
    assert (alert.kind, alert.state, alert.times) == ("drift", "open", 1)
    assert alert.features["income"].effect_size == 0.21
    (event,) = alerts._emit.of("alert.created")
    assert event["alert_id"] == alert.id
    assert event["execution_id"] == "run-7"
    assert event["features"][0]["feature"] == "income"
    json.dumps(event, allow_nan=False)


def test_no_drift_no_alert():
    """A person would be called for warnings and for too little data."""
    alerts = manager()
    assert alerts.process(QUIET) == []
    kinds = report(result("a", 0.05, status="warning"), result("b", status="insufficient_data"))
    assert alerts.process(kinds) == []
    assert alerts.held == ()


def test_real_drift_in_a_real_report_is_told_once():
    """Alerts would only work on reports made up by a test."""
    monitor = Monitor.fit({"age": range(20, 520), "city": ["Oslo", "Rome"] * 250}, emit=Heard())
    moved = monitor.check({"age": range(220, 720), "city": ["Oslo", "Rome"] * 250})
    alerts = manager()
    (alert,) = alerts.process(moved)
    assert alert.root_cause == "age"
    assert alert.execution_id == moved.execution_id
    assert alerts.process(moved) == []
    assert alerts.held[0].reason == "ongoing"


def test_importance_decides_how_urgent_it_is():
    """A drift in a feature nobody uses would wake somebody up."""
    alerts = manager()
    found = report(
        result("useless", 0.4, importance=0.1), result("used", 0.4, importance=2.0), result("age")
    )
    by_name = {alert.root_cause: alert for alert in alerts.process(found)}
    assert by_name["used"].severity == "critical"
    assert by_name["useless"].severity == "info"


def test_an_ongoing_cause_is_told_again_only_after_the_cooldown():
    """A person would be told the same thing at every check, or never again."""
    alerts = manager(AlertConfig(cooldown=6 * HOUR, escalate_after=None))
    assert len(alerts.process(income())) == 1
    told = []
    for hour in range(1, 14):
        told += [
            (hour, a.why) for a in alerts.process(income(run=f"r{hour}"), now=START + hour * HOUR)
        ]
    assert [hour for hour, _ in told] == [6, 12]
    assert "still there, 6 h after it was told" in told[0][1]
    (alert,) = alerts.open
    assert (alert.times, alert.execution_id, alert.last_execution_id) == (14, "run-1", "r12")
    assert len(alerts._emit.of("alert.created")) == 1
    assert len(alerts._emit.of("alert.repeated")) == 2


def test_a_cause_that_comes_and_goes_is_told_once_within_the_cooldown():
    """A feature at the edge of its level would call somebody every hour."""
    alerts = manager(AlertConfig(cooldown=24 * HOUR, resolve_after=1, escalate_after=None))
    told = 0
    for hour in range(24):
        told += len(alerts.process(income() if hour % 2 == 0 else QUIET, now=START + hour * HOUR))
    assert told == 1
    assert alerts.held == ()  # the last check was quiet
    back = alerts.process(income(), now=START + 25 * HOUR)
    assert len(back) == 1, "after the cooldown it is news again"


def test_it_resolves_only_when_it_is_known_to_be_gone():
    """An alert would be closed because a window was too small, or the feature was left out."""
    alerts = manager(AlertConfig(resolve_after=2))
    (alert,) = alerts.process(income())
    small = report(result("income", status="insufficient_data"), result("age"))
    other = report(result("age"))
    for unknown in (small, other, small, other):
        alerts.process(unknown)
    assert [a.id for a in alerts.open] == [alert.id]
    alerts.process(QUIET)
    assert alerts.open
    alerts.process(QUIET)
    assert alerts.open == ()
    (event,) = alerts._emit.of("alert.resolved")
    assert event["alert_id"] == alert.id


def test_an_ignored_alert_rises_until_somebody_acknowledges_it():
    """A warning that nobody read would stay one for ever; or escalate while it is worked on."""
    alerts = manager(AlertConfig(escalate_after=4 * HOUR, cooldown=100 * HOUR))
    (alert,) = alerts.process(income(0.12))
    assert alert.severity == "warning"
    assert alerts.process(income(0.12), now=START + 3 * HOUR) == []
    (raised,) = alerts.process(income(0.12, run="later"), now=START + 4 * HOUR)
    assert raised.id == alert.id
    assert raised.severity == "critical"
    assert "Nobody acknowledged it for 4 h" in raised.why
    assert "from warning to critical" in raised.why
    assert (raised.execution_id, raised.last_execution_id) == ("run-1", "later")
    assert alerts.process(income(0.12), now=START + 9 * HOUR) == []

    calm = manager(AlertConfig(escalate_after=4 * HOUR, cooldown=100 * HOUR))
    (alert,) = calm.process(income(0.12))
    calm.acknowledge(alert, by="ops", now=START + HOUR)
    assert calm.process(income(0.12), now=START + 50 * HOUR) == []
    assert calm._emit.of("alert.acknowledged")[0]["response_seconds"] == 3_600
    (grown,) = calm.process(income(0.5), now=START + 51 * HOUR)
    assert grown.severity == "critical"
    assert grown.state == "open", "somebody must look again"


def test_a_clock_set_back_neither_escalates_nor_loses_anything():
    """A correction of the clock would raise alerts, or close them."""
    alerts = manager(AlertConfig(escalate_after=HOUR, cooldown=6 * HOUR))
    alerts.process(income(0.12))
    assert alerts.process(income(0.12), now=START - 24 * HOUR) == []
    assert len(alerts.open) == 1
    assert len(alerts.process(income(0.12), now=START + HOUR)) == 1


def test_growth_is_told_within_the_cooldown():
    """A drift that becomes much worse would stay silent for a day."""
    alerts = manager()
    (first,) = alerts.process(income(0.065))
    assert alerts.process(income(0.07)) == []
    (grown,) = alerts.process(income(0.1))
    assert grown.id == first.id
    assert "It grew" in grown.why


@pytest.mark.parametrize(("effect", "told"), [(0.2, 0), (0.1, 0), (0.215, 0), (0.24, 1), (0.6, 1)])
def test_what_was_marked_as_false_is_silent_unless_it_is_larger(effect, told):
    """A seasonal pattern would alert every year, or hide a real drift of twice its size."""
    alerts = manager()
    (alert,) = alerts.process(income(0.2))
    (pattern,) = alerts.mark_false(alert.id, reason="seasonal_pattern", by="ops")
    assert pattern.features["income"].effect_size == 0.2
    assert alerts.open == ()
    (event,) = alerts._emit.of("drift.false_positive")
    assert (event["execution_id"], event["reason"]) == ("run-1", "seasonal_pattern")
    fired = alerts.process(income(effect), now=START + HOUR)
    assert len(fired) == told
    if not told:
        assert alerts.held[0].reason == "known"
        assert "seasonal_pattern" in alerts.held[0].why


def test_a_false_pattern_is_of_its_features_and_checks_only():
    """One dismissed alert would silence missing values, or another feature."""
    alerts = manager()
    (alert,) = alerts.process(income(0.3))
    alerts.mark_false(alert, reason="campaign")
    assert len(alerts.process(income(0.3, check="missing", missing=300))) == 1
    both = report(result("income", 0.3), result("age", 0.3))
    (other,) = alerts.process(both)
    assert list(other.features) == ["age"]


def test_a_false_pattern_ends():
    """A pattern of last December would hide a drift in June."""
    alerts = manager()
    (alert,) = alerts.process(income(0.3))
    (pattern,) = alerts.mark_false(alert, reason="campaign", lasts=timedelta(days=14))
    assert alerts.process(income(0.3), now=START + timedelta(days=13)) == []
    assert len(alerts.process(income(0.3), now=START + timedelta(days=14))) == 1
    assert alerts.patterns == ()
    (alert,) = alerts.process(income(0.5), now=START + timedelta(days=15))
    (pattern,) = alerts.mark_false(alert, reason="again")
    assert alerts.process(income(0.3), now=START + timedelta(days=16)) == []
    alerts.forget(pattern)
    assert len(alerts.process(income(0.3), now=START + timedelta(days=16))) == 1


def test_the_largest_change_of_an_alert_is_what_was_marked():
    """Marking an alert on its calmer day would let it fire again the next."""
    alerts = manager()
    alerts.process(income(0.3))
    alerts.process(income(0.1))
    alerts.mark_false(alerts.open[0], reason="seasonal_pattern")
    assert alerts.process(income(0.3)) == []


def test_more_than_three_are_told_as_one_and_nothing_is_lost():
    """A bad night would send fifty messages, or one that says nothing of forty-nine."""
    alerts = manager(AlertConfig(escalate_after=4 * HOUR))
    alerts.process(report(result("f0", 0.12), *(result(f"f{i}") for i in range(1, 6)), run="first"))
    found = report(
        *(result(f"f{i}", 0.12, reason=f"median {i} → {i + 1}") for i in range(6)), run="second"
    )
    (whole,) = alerts.process(found, now=START + 5 * HOUR)
    assert whole.kind == "summary"
    assert "6 alerts: 1 critical, 5 warning" in whole.title
    assert {m.execution_id for m in whole.members} == {"first", "second"}
    assert sorted(m.root_cause for m in whole.members) == [f"f{i}" for i in range(6)]
    for member in whole.members:
        assert member.why
        assert member.why in whole.why
        assert f"[{member.execution_id}] {member.title}" in whole.why
    assert len(alerts.open) == 6
    events = alerts._emit.of("alert.created")
    assert sum(event.get("summary_id") == whole.id for event in events) == 5
    alerts.mark_false(whole, reason="release")
    assert alerts.open == ()
    assert alerts.process(found) == []


def test_three_are_told_one_by_one():
    """A summary would hide what still fits on a screen."""
    alerts = manager()
    found = report(*(result(f"f{i}", 0.2) for i in range(3)))
    assert [a.kind for a in alerts.process(found)] == ["drift"] * 3


def test_ten_thousand_drifts_make_one_summary_and_small_events():
    """A broken feed of a wide table would lose its alerts to the limit of an event."""
    alerts = manager()
    found = report(*(result(f"feature_{i}", 0.2) for i in range(2_000)))
    (whole,) = alerts.process(found)
    assert len(whole.members) == 2_000
    assert all(len(json.dumps(facts)) < 100_000 for _, facts in alerts._emit.events)


def test_broken_data_are_one_alert_and_silence_what_follows():
    """A lost feed would be three alerts on its columns and as many on their drift."""
    alerts = manager()
    found = report(
        result("a", 0.9), result("b", 0.9), result("c", 0.2), result("d", status="error", reason="objects"),
        problems=[problem("type_change", "a", "a was Float64, is String"),
                  problem("type_change", "b", "b was Float64, is String"),
                  problem("new_feature", "e")],
    )  # fmt: skip
    told = {a.root_cause: a for a in alerts.process(found)[0].members}
    assert set(told) == {"type_change", "e", "d", "c"}
    assert told["type_change"].severity == "critical"
    assert "a was Float64, is String" in told["type_change"].why
    assert "objects" in told["d"].why
    assert told["e"].severity == "info"
    assert {h.features for h in alerts.held if h.reason == "inhibited"} == {("a",), ("b",)}
    more = report(
        *found.results,
        problems=[*found.problems, problem("type_change", "c", "c was Int64, is String")],
    )
    (spread,) = alerts.process(more)
    assert "spread to c" in spread.why


def test_safe_mode_is_one_alert():
    """A replaced table would be a thousand alerts, or none."""
    alerts = manager()
    found = report(
        result("a"), safe_mode=True, problems=[problem("safe_mode", "", "3 of 4 features are new")]
    )
    (alert,) = alerts.process(found)
    assert alert.severity == "critical"
    assert "3 of 4 features are new" in alert.why


def test_rules_inhibit_what_follows_from_a_cause_until_it_is_gone():
    """A known dependency would be two alerts; or stay silent after its cause is mended."""
    rule = Inhibit(source="orders_*", target="basket_*")
    alerts = manager(AlertConfig(inhibit=(rule,)))
    both = report(result("orders_total", 0.4), result("basket_size", 0.3), result("age"))
    (alert,) = alerts.process(both)
    assert alert.root_cause == "orders_total"
    (held,) = alerts.held
    assert (held.features, held.reason) == (("basket_size",), "inhibited")
    mended = report(result("orders_total"), result("basket_size", 0.3), result("age"))
    (later,) = alerts.process(mended)
    assert later.root_cause == "basket_size"


def test_a_critical_alert_inhibits_lesser_ones_that_follow_it():
    """The alert on a cause would drown in those on what it does."""
    relations = Relations({"x": {"y": 0.6}, "y": {"x": 0.6}})
    alerts = manager(relations=relations)
    # y moved far less than x explains, so that it is no member of the group
    found = report(result("x", 0.7), result("y", 0.08))
    (alert,) = alerts.process(found)
    assert alert.root_cause == "x"
    assert [h.reason for h in alerts.held] == ["inhibited"]


def test_a_cause_must_last_where_that_is_asked():
    """One odd window would call somebody although three in a row were asked for."""
    alerts = manager(AlertConfig(confirm=3))
    assert alerts.process(income()) == []
    assert alerts.held[0].reason == "unconfirmed"
    assert alerts.process(QUIET) == []
    assert [len(alerts.process(income())) for _ in range(4)] == [0, 0, 1, 0]


def test_health_is_told_where_nothing_else_explains_it():
    """A model that fails would go unnoticed, or be told twice beside its cause."""
    health = HealthMonitor(clock=Hands(), emit=Heard())
    slow = health.assess(QUIET, system={"error_rate": 0.2})
    alerts = manager()
    (alert,) = alerts.process(QUIET, health=slow)
    assert (alert.kind, alert.severity) == ("health", "critical")
    assert "error_rate is 0.2" in alert.why
    with pytest.raises(ConfigError, match="about no feature"):
        alerts.mark_false(alert, reason="nothing")

    drifted = report(*(result(f"f{i}", 0.4) for i in range(3)), result("g"))
    ill = HealthMonitor(clock=Hands(), emit=Heard()).assess(drifted)
    assert ill.status == "unhealthy"
    alerts = manager()
    assert {a.kind for a in alerts.process(drifted, health=ill)} == {"drift"}
    assert any("It follows from" in h.why for h in alerts.held)


def test_a_reporter_that_fails_loses_no_alert():
    """A full disk of the event log would be a missed alert."""

    def broken(kind, facts):
        raise OSError("no space left")

    alerts = manager(emit=broken)
    with pytest.warns(PoetWarning, match="no space left"):
        assert len(alerts.process(income())) == 1


def test_bad_times_ids_and_settings_are_refused():
    """A typing error would silence alerts."""
    alerts = manager()
    with pytest.raises(StatsInputError, match="no time zone"):
        alerts.process(income(), now=datetime(2026, 3, 2))  # noqa: DTZ001
    assert alerts.open == ()
    with pytest.raises(ConfigError, match="no alert 'a-1'"):
        alerts.acknowledge("a-1")
    for wrong in (
        {"confirm": 0}, {"cooldown": timedelta(-1)}, {"warning": 0.95}, {"critical": 2},
        {"tolerance": -1}, {"history": 2, "confirm": 3}, {"escalate_after": timedelta(0)},
    ):  # fmt: skip
        with pytest.raises(ConfigError):
            AlertConfig(**wrong)


steps = st.lists(
    st.tuples(st.lists(st.sampled_from([0.0, 0.07, 0.2, 0.5]), min_size=4, max_size=4), st.integers(0, 5)),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(steps)
def test_every_drift_is_told_or_held_with_a_reason(run):
    """A drift would vanish between two rules."""
    relations = Relations({"f0": {"f1": 0.9}, "f1": {"f0": 0.9}})
    alerts = manager(AlertConfig(cooldown=8 * HOUR, resolve_after=1), relations=relations)
    now = START
    for number, (effects, hours) in enumerate(run):
        now += hours * HOUR
        results = [result(f"f{i}", effect) for i, effect in enumerate(effects)]
        fired = alerts.process(report(*results, run=f"r{number}"), now=now)
        covered = {f for alert in fired for f in alert.features}
        covered |= {f for held in alerts.held for f in held.features}
        drifted = {r.feature for r in results if r.status == "drift"}
        assert drifted <= covered
        for alert in fired:
            assert alert.execution_id.startswith("r")
            assert alert.last_execution_id == f"r{number}"
            assert alert.why
        waiting = {f for held in alerts.held if held.reason == "inhibited" for f in held.features}
        assert drifted <= waiting | {f for alert in alerts.open for f in alert.features}


def test_the_helpers_make_what_the_monitor_makes():
    """These tests would go on with results that no check gives."""
    made = Monitor.fit({"x": range(200)}, emit=Heard()).check({"x": range(100, 300)})
    assert type(made.results[0]) is FeatureResult is type(result("x", 0.2))
    least = made["x"].min_effect
    assert made["x"].severity == pytest.approx(
        result("x", made["x"].effect_size, least=least).severity
    )


def test_a_false_pattern_does_not_hide_the_opposite_nor_another_check():
    """Marking a summer's rise would hide a fall as large, or missing values beside it."""
    reference = pl.DataFrame({"temp": [float(i % 100) for i in range(2_000)]})
    monitor = Monitor.fit(reference, emit=Heard())

    def moved(by, lost=0):
        rows = reference.with_columns(temp=(pl.col("temp") + by).clip(0, 99.0))
        gap = pl.int_range(pl.len()) < lost
        return monitor.check(rows.with_columns(temp=pl.when(gap).then(None).otherwise("temp")))

    alerts = manager()
    (alert,) = alerts.process(moved(20))
    assert alert.features["temp"].direction == 1
    alerts.mark_false(alert, reason="summer")
    assert alerts.process(moved(20)) == []
    assert alerts.process(moved(15)) == []
    path = json.loads(json.dumps(alerts.to_dict()))
    again = AlertManager.from_dict(path, clock=Hands(), emit=Heard())
    (fall,) = again.process(moved(-20))
    assert fall.features["temp"].direction == -1
    (lost,) = alerts.process(moved(20, lost=600))
    assert "missing" in dict(lost.features["temp"].effects)
    told = moved(20)
    from_json = type(told).from_json(told.to_json())
    assert manager().process(from_json)[0].features["temp"].direction is None


def test_infinite_values_are_told_once():
    """A division by zero would be an alert on the data and another on the drift."""
    alerts = manager()
    found = report(
        result("ratio", 0.1, check="infinite"), result("age"),
        problems=[problem("infinite", "ratio", "ratio holds 100 infinite values")],
    )  # fmt: skip
    (alert,) = alerts.process(found)
    assert (alert.kind, alert.root_cause) == ("data", "ratio")
    assert alerts.held[0].reason == "inhibited"
    rows = {"ratio": [float(i) for i in range(500)]}
    broken = Monitor.fit(rows, emit=Heard()).check(
        {"ratio": [float("inf")] * 50 + rows["ratio"][50:]}
    )
    told = manager().process(broken)
    assert len(told) == 1, [a.title for a in told]
