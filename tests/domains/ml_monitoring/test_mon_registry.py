"""New features in the middle of a stream: found, warmed up, watched with care; safe mode."""

import json

import numpy as np
import polars as pl
import pytest
from vega_datasets import data

from poet.errors import ConfigError, StatsInputError
from poet_domain_ml_monitoring import FeatureRegistry, Monitor, MonitorConfig, Thresholds
from poet_domain_ml_monitoring._emit import silent


def frame(rows, **columns):
    return pl.DataFrame({"old": range(rows)} | columns)


def observed(registry, window):
    return registry.observe(window.columns, window)


def test_a_new_feature_warms_up_and_is_known():
    """Compared from its first rows on, it would be drift; never compared, it would be unwatched."""
    events = []
    registry = FeatureRegistry(["old"], warm_up=100, emit=lambda *event: events.append(event))
    assert observed(registry, frame(60)) == (["old"], [])
    assert observed(registry, frame(60, new=range(60))) == (["old"], ["new"])
    assert registry.warming_up == {"new": 60}
    assert registry.references == {}
    assert observed(registry, frame(60, new=range(60, 120))) == (["old", "new"], [])
    assert registry.references["new"].to_list() == list(range(100))
    assert registry.is_new("new")
    assert not registry.is_new("old")
    assert events == [
        (
            "feature.discovery",
            {
                "features": ["new"], "dtypes": {"new": "Int64"}, "window": 2, "warm_up_rows": 100,
                "safe_mode": False, "execution_id": None,
            },
        )
    ]  # fmt: skip


def test_missing_values_do_not_warm_a_feature_up():
    """A column of nulls would become a reference that everything differs from."""
    registry = FeatureRegistry(["old"], warm_up=10, emit=silent)
    observed(registry, frame(50, new=[None] * 45 + [float("nan")] * 2 + [1.0, 2.0, 3.0]))
    assert registry.warming_up == {"new": 3}
    observed(registry, frame(50, new=pl.Series([None] * 50)))
    assert registry.warming_up == {"new": 3}
    assert observed(registry, frame(50, new=np.arange(50.0)))[1] == []


def test_late_features_are_held_to_stricter_thresholds_until_they_settle():
    """A small reference of one time would raise alarms at every change of the day."""
    config = MonitorConfig(features={"own": Thresholds(alpha=0.2)})
    registry = FeatureRegistry(["old"], warm_up=10, settled=200, emit=silent)
    window = frame(100, new=range(100), own=range(100))
    observed(registry, window)
    usual, strict = config.thresholds, registry.thresholds_for("new", config)
    assert strict.alpha == usual.alpha / 10
    for name in ("min_effect", "min_outside", "min_unseen", "min_missing"):
        assert getattr(strict, name) == 2 * getattr(usual, name)
    assert strict.min_samples == 5 * usual.min_samples
    assert registry.thresholds_for("old", config) == usual
    assert registry.thresholds_for("own", config).alpha == 0.2
    observed(registry, window)
    assert registry.thresholds_for("new", config) == usual


@pytest.mark.parametrize(("new", "safe"), [(1, False), (2, True), (0, False)])
def test_more_than_half_new_is_safe_mode(new, safe):
    """A frame of another table would be hundreds of alarms."""
    registry = FeatureRegistry(["old"], warm_up=1000, emit=silent)
    observed(registry, frame(10, **{f"n{i}": range(10) for i in range(new)}))
    assert registry.safe_mode is safe
    observed(registry, frame(10))
    assert registry.safe_mode is False


def test_one_event_for_all_that_is_new():
    """A thousand new columns would be a thousand durable writes in one check."""
    events = []
    registry = FeatureRegistry([], emit=lambda *event: events.append(event))
    observed(registry, pl.DataFrame({f"n{i}": [1.0] for i in range(1000)}))
    observed(registry, pl.DataFrame({f"n{i}": [1.0] for i in range(1000)}))
    assert len(events) == 1
    assert len(events[0][1]["features"]) == 1000
    assert events[0][1]["safe_mode"] is True


def test_it_goes_on_after_a_restart():
    """Every restart would begin the warm-up anew, and announce the features again."""
    events = []
    registry = FeatureRegistry(["old"], warm_up=100, emit=silent)
    moments = pl.Series(range(60), dtype=pl.Datetime("us", "UTC"))
    observed(registry, frame(60, number=np.arange(60.0), word=["a"] * 60, when=moments))
    text = json.dumps(registry.to_dict())
    again = FeatureRegistry.from_dict(json.loads(text), emit=lambda *e: events.append(e))
    assert json.dumps(again.to_dict()) == text
    for one in (registry, again):
        observed(one, frame(60, number=np.arange(60.0), word=["a"] * 60, when=moments))
    assert not events
    assert again.to_dict() == registry.to_dict()
    for name, reference in registry.references.items():
        assert again.references[name].equals(reference)


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d.pop("known"), lambda d: d.update(version=2), lambda d: d.update(warm_up="x"),
        lambda d: d["late"]["new"].update(kept="!!"), lambda d: d["late"]["new"].pop("since"),
        lambda d: d["late"]["new"].update(kept="QUJD"), lambda d: d.update(late=[1]),
    ],
)  # fmt: skip
def test_a_damaged_state_is_refused(damage):
    """A monitor would go on from nonsense, or end in a traceback that says nothing."""
    registry = FeatureRegistry(["old"], warm_up=100, emit=silent)
    observed(registry, frame(60, new=range(60)))
    state = registry.to_dict()
    damage(state)
    with pytest.raises(StatsInputError, match="registry") as refused:
        FeatureRegistry.from_dict(state)
    assert refused.value.hint


def test_a_change_of_type_within_the_warm_up_stops_nothing():
    """One bad new column would end the check of all others."""
    registry = FeatureRegistry(["old"], warm_up=100, emit=silent)
    observed(registry, frame(60, new=range(60), odd=pl.Series([object()] * 60, dtype=pl.Object)))
    known, new = observed(registry, frame(60, new=["a"] * 60, odd=[[1]] * 60))
    assert (known, new) == (["old"], ["new", "odd"])
    assert registry.warming_up["new"] == 60
    json.dumps(registry.to_dict())


@pytest.mark.parametrize("options", [{"warm_up": 0}, {"warm_up": True}, {"settled": 5}])
def test_impossible_numbers_are_refused(options):
    """A warm-up of no rows would make a reference of nothing."""
    with pytest.raises(ConfigError, match="is "):
        FeatureRegistry([], **options)


def test_a_feature_that_comes_mid_stream_is_watched_by_the_monitor():
    """The new feature of a real table would be ignored, or an alarm from the first day."""
    weather = pl.from_dicts(data.seattle_weather().drop(columns="date").to_dict("records"))
    rng = np.random.default_rng(1)
    events = []

    def day(size=400, shift=0.0, seed=0):
        rows = weather.sample(size, seed=seed)
        return rows.with_columns(humidity=pl.Series(rng.normal(70 + shift, 8, size)))

    monitor = Monitor.fit(
        weather, config=MonitorConfig(warm_up=1000), emit=lambda *event: events.append(event)
    )
    reports = [monitor.check(day(seed=i)) for i in range(5)]
    assert [r["humidity"].status for r in reports[:2]] == ["insufficient_data"] * 2
    assert [p.kind for p in reports[0].problems] == ["new_feature"]
    assert reports[-1]["humidity"].status == "ok"
    assert all(r["humidity"].is_new for r in reports)
    assert not any(r.drift_detected or r.safe_mode for r in reports)
    moved = monitor.check(day(shift=12, seed=9))
    assert [r.feature for r in moved.drifted] == ["humidity"]
    assert [event for event, _ in events] == ["feature.discovery", "drift.detected"]


def test_another_table_is_safe_mode_and_no_drift():
    """Swapped inputs would be reported as drift of whatever happens to share a name."""
    rng = np.random.default_rng(2)
    monitor = Monitor.fit({"x": rng.normal(size=500), "y": rng.normal(size=500)}, emit=silent)
    other = {"x": rng.normal(9, 1, 500)} | {f"z{i}": rng.normal(5, 1, 500) for i in range(4)}
    report = monitor.check(other)
    assert report.safe_mode
    assert not report.drift_detected
    kinds = [problem.kind for problem in report.problems]
    assert "safe_mode" in kinds
    assert kinds.count("missing_feature") == 1


def test_a_new_feature_of_lists_that_are_empty_at_first_crashes_no_window():
    """A stream would fail at the first window in which a new feature's lists hold something."""
    monitor = Monitor.fit(frame(200), emit=silent)
    for lists in ([[]] * 15, [[1, 2]] * 150, [[]] * 150):
        report = monitor.check(frame(len(lists), new=pl.Series(lists)))
        assert [p.feature for p in report.problems if p.kind == "new_feature"] == ["new"]
