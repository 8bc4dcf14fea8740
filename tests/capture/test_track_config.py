"""Tracked settings: a change is told, and what it did is measured when its time has come."""

from datetime import timedelta

import pytest
from capture_helpers import DAY, execute, told

from poet import events
from poet.capture import measure_impacts, track_config
from poet.errors import FeedbackError

T0 = 1_700_000_000.0


def test_a_changed_window_is_measured_after_a_week(tmp_path):
    """Nobody would learn whether a larger window was worth it."""
    now = [T0]
    keep = {"home": tmp_path, "clock": lambda: now[0]}
    assert track_config("detect_drift", {"window": 7, "columns": 3}, **keep) == []
    for n in range(10):
        execute(tmp_path, f"b{n}", at=T0 - n * 0.5 * DAY - 60, alarm=n < 6, ms=2.0)
    changed = track_config("detect_drift", {"window": 30, "columns": 4}, source="ann", **keep)
    assert changed == ["columns", "window"]
    for n in range(10):
        execute(tmp_path, f"a{n}", at=T0 + n * 0.5 * DAY + 60, alarm=n < 2, ms=4.0, raised=n == 9)
    events.feedback("a0", was_real_drift=False, home=tmp_path)
    assert measure_impacts(**keep) == []
    now[0] += 7 * DAY
    ((function, name, before, after),) = measure_impacts(**keep)
    assert (function, name) == ("detect_drift", "window")
    assert (before.executions, before.alarms, before.mean_ms) == (10, 6, pytest.approx(2.0))
    assert (after.executions, after.alarms, after.mean_ms) == (10, 2, pytest.approx(4.0))
    assert (after.errors, after.judged, after.false) == (1, 1, 1)
    (event,) = told(tmp_path, "window_size.impact_measured")
    assert (event["before"], event["after"]) == (7, 30)
    assert event["impact"]["after"]["alarms"] == 2
    assert measure_impacts(**keep) == []
    assert [e["name"] for e in told(tmp_path, "config.changed")] == ["columns", "window"]


def test_a_threshold_is_measured_and_a_second_change_ends_the_first(tmp_path):
    """Two changes would be measured as if they were one."""
    now = [T0]
    keep = {"home": tmp_path, "clock": lambda: now[0], "period": timedelta(days=4)}
    for value in (0.05, 0.01, 0.02):
        track_config("detect_drift", {"alert_threshold": value}, **keep)
        now[0] += DAY
    done = measure_impacts(home=tmp_path, clock=keep["clock"])
    assert len(done) == 1
    now[0] += 4 * DAY
    assert len(measure_impacts(home=tmp_path, clock=keep["clock"])) == 1
    told_of = told(tmp_path, "threshold.adjustment")
    assert [("impact" in e, e["after"]) for e in told_of] == [
        *((False, 0.01), (False, 0.02)),
        *((True, 0.01), (True, 0.02)),
    ]
    assert told_of[2]["impact"]["days"] == pytest.approx(1.0)


def test_wrong_values_are_refused_and_nothing_is_forgotten(tmp_path):
    """A setting that is no JSON would erase what was known."""
    track_config("f", {"window": 1}, home=tmp_path)
    with pytest.raises(FeedbackError, match="not JSON"):
        track_config("f", {"window": float("nan")}, home=tmp_path)
    with pytest.raises(FeedbackError, match="not above 0"):
        track_config("f", {"window": 2}, home=tmp_path, period=timedelta(0))
    assert track_config("f", {"window": 2}, home=tmp_path) == ["window"]


def test_nothing_tracked_is_nothing_to_measure(tmp_path):
    """A pass of learning in a new project would fail or make a folder."""
    assert measure_impacts(home=tmp_path) == []
    assert list(tmp_path.iterdir()) == []
