"""What a team met that put the monitor over its own tables for the first time."""

import json
import warnings
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vega_datasets import local_data

from poet.errors import ConfigError, PoetWarning, StatsInputError
from poet.stats import Profile
from poet_domain_ml_monitoring import (
    AlertManager,
    AnomalyDetector,
    FixedWindows,
    HealthMonitor,
    Importance,
    Monitor,
    SeasonalMonitor,
    StreamMonitor,
)
from poet_domain_ml_monitoring._emit import silent


def weather():
    return pl.read_csv(Path(local_data.seattle_weather.filepath), try_parse_dates=True)


def test_identifiers_beyond_2_to_the_53_stop_no_fit():
    """Otherwise one column of snowflake ids loses the reports of all other columns."""
    rng = np.random.default_rng(0)
    ids = np.int64(2**62) + rng.integers(0, 1000, 3000)
    reference = pl.DataFrame({"id": ids, "x": rng.normal(size=3000)})
    monitor = Monitor.fit(reference, emit=silent)
    assert monitor.kinds["id"][0] == "continuous"
    report = monitor.check(reference.with_columns(pl.col("id") + 300))
    assert report["id"].status == "drift"
    assert report["x"].status == "ok"


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from([0, 2**31, 2**53 + 1, 2**62 + 1, -(2**63)]),
    st.lists(st.integers(0, 40), min_size=1, max_size=60),
)
def test_frequencies_of_whole_numbers_of_any_size_are_exact(start, steps):
    """Otherwise the kind of a column is inferred from values that were rounded together."""
    values = [start + 1000 * step for step in steps]
    expected = [values.count(value) for value in sorted(set(values))]
    found = Profile.fit(np.array(values, np.int64)).frequencies()
    assert found is not None
    assert found.tolist() == expected


def test_a_drift_that_stays_is_told_ever_more_seldom():
    """Otherwise a daily check sends the same alert every day, until nobody reads alerts."""
    monitor = Monitor.fit({"age": range(1000), "n": range(1000)}, emit=silent)
    report = monitor.check({"age": range(300, 1300), "n": range(1000)})
    alerts, start = AlertManager(emit=silent), datetime(2026, 1, 1, tzinfo=UTC)
    told = []
    for day in range(32):
        if alerts.process(report, now=start + timedelta(days=day)):
            told.append(day)
        alerts = AlertManager.from_dict(json.loads(json.dumps(alerts.to_dict())), emit=silent)
    assert told == [0, 1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    ("feature", "kind"),
    [("weather", "continuous"), ("weather", "discrete"), ("weather", "sparse"),
     ("weather", "datetime"), ("wind", "text"), ("wind", "datetime"), ("date", "text")],
)  # fmt: skip
def test_a_kind_that_a_column_cannot_have_is_refused(feature, kind):
    """Otherwise the option is ignored, and the report shows a kind by which nothing was compared."""
    with pytest.raises(ConfigError, match="cannot be compared as") as refused:
        Monitor.fit(weather(), kinds={feature: kind}, emit=silent)
    assert refused.value.where == f"kinds[{feature!r}]"


def test_a_kind_that_was_set_survives_merging():
    """Otherwise the merged monitor goes back to what it would have inferred."""
    parts = [weather()[:700], weather()[700:]]
    first, second = (Monitor.fit(p, kinds={"wind": "discrete"}, emit=silent) for p in parts)
    assert (first + second).kinds["wind"] == ("discrete", "set by the user")


def test_a_merged_monitor_has_windows_of_its_own():
    """Otherwise rows pushed into the sum turn up in the windows of its first part."""
    parts = [weather()[:700], weather()[700:]]
    first, second = (Monitor.fit(p, windows=FixedWindows(100), emit=silent) for p in parts)
    first.update(parts[1][:30])
    both = first + second
    both.update(parts[1][30:90])
    assert first.flush()[0].rows_current == 30
    assert both.flush()[0].rows_current == 90


def test_durations_and_times_of_day_are_told_in_their_units():
    """Otherwise the reason for an alert counts microseconds, and people reckon."""
    rng = np.random.default_rng(0)
    seconds = rng.normal(90, 10, 2000)
    for unit in ("ms", "us", "ns"):
        before = pl.Series([timedelta(seconds=float(s)) for s in seconds], dtype=pl.Duration(unit))
        monitor = Monitor.fit({"took": before}, emit=silent)
        reason = monitor.check({"took": before * 60})["took"].reason
        assert "median 1.494 min → " in reason
        before = pl.Series([timedelta(seconds=float(s) / 1e5) for s in seconds]).cast(before.dtype)
        reason = Monitor.fit({"x": before}, emit=silent).check({"x": before * 1.5})["x"].reason
        assert "median 897 µs → above 1.2" in reason or unit == "ms"
    clock = pl.Series([time(8, minute % 60) for minute in range(600)])
    later = pl.Series([time(8, 30 + minute % 30) for minute in range(600)])
    reason = Monitor.fit({"at": clock}, emit=silent).check({"at": later})["at"].reason
    assert "nine in ten values between 08:02:00 and 08:56:00" in reason


def test_a_seasonal_monitor_survives_a_restart(tmp_path):
    """Otherwise years of history are read and searched for seasons again with every start."""
    days = weather()
    monitor = SeasonalMonitor.fit(
        days.filter(pl.col("date").dt.year() < 2015), time="date", min_samples=15, emit=silent
    )
    path = tmp_path / "season"
    monitor.save(path)
    again = SeasonalMonitor.load(path, emit=silent)
    assert again.config.thresholds.min_samples == 15
    assert again.to_bytes() == monitor.to_bytes() == path.read_bytes()
    for month in (1, 7):
        window = days.filter(pl.col("date").dt.year() == 2015, pl.col("date").dt.month() == month)
        assert again.check(window).to_json() == monitor.check(window).to_json()
        warmer = window.with_columns(pl.col("temp_max") + 8)
        assert again.check(warmer)["temp_max"].status == "drift"


def test_a_damaged_seasonal_file_is_an_error_that_says_so(tmp_path):
    """Otherwise half a file gives a traceback of zip or Arrow at four in the morning."""
    days = weather()
    monitor = SeasonalMonitor.fit(days, time="date", seasons={}, emit=silent)
    good = monitor.to_bytes()
    other = Monitor.fit(days, emit=silent).to_bytes()
    for bad in (b"", b"hello", good[:-40], good[: len(good) // 2], other):
        with pytest.raises(StatsInputError, match=r"damaged|no seasonal") as refused:
            SeasonalMonitor.from_bytes(bad, where="season")
        assert refused.value.where == "season"
    objects = days.with_columns(pl.Series("o", [object()] * len(days), dtype=pl.Object))
    unkept = SeasonalMonitor.fit(objects, time="date", seasons={}, emit=silent)
    with pytest.raises(StatsInputError, match="Python objects"):
        unkept.to_bytes()


def test_settings_of_a_seasonal_monitor_are_checked_when_it_is_fitted():
    """Otherwise a misspelt feature is ignored, or refused only when the first window comes."""
    for options in (
        {"seasons": {"temp_mx": []}}, {"features": {"temp_mx": None}}, {"alpa": 0.1},
        {"importance": {"wnd": 2}},
    ):  # fmt: skip
        with pytest.raises(ConfigError):
            SeasonalMonitor.fit(weather(), time="date", emit=silent, **options)


def test_an_event_that_is_not_taken_costs_no_seasonal_report():
    """Otherwise a full disk of the event log silences the monitor."""

    def broken(kind, payload):
        raise OSError("disk full")

    days = weather()
    monitor = SeasonalMonitor.fit(days, time="date", emit=broken)
    window = days[-60:].with_columns(pl.col("temp_max") + 30)
    with pytest.warns(PoetWarning, match="disk full"):
        assert monitor.check(window).drift_detected


def test_weights_of_features_that_there_are_not_are_told():
    """Otherwise a misspelt weight does nothing, and the score looks as if it did."""
    report = Monitor.fit({"income": range(100)}, emit=silent).check({"income": range(100)})
    with pytest.warns(PoetWarning, match="'incom'.*did you mean 'income'"):
        Importance.given({"incom": 3.0}).apply(report)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Importance.given({"income": 3.0}).apply(report)
        Importance({"income": 3.0, "gone": 1.0}, source="RandomForestClassifier").apply(report)


def test_an_anomaly_report_reads_as_text():
    """Otherwise printing it fills the screen with arrays and no reason."""
    rng = np.random.default_rng(0)
    detector = AnomalyDetector.fit({"x": rng.normal(size=500), "y": rng.normal(size=500)})
    values = rng.normal(size=60)
    values[7] = 50.0
    text = str(detector.check({"x": values}))
    first, second, *rest = text.splitlines()
    assert "rows are anomalous" in first
    assert second.startswith("  row 7: x = 50 (+")
    assert rest[-1] == "  not looked at: y: not in the window"


def test_a_window_without_rows_is_told_and_never_healthy():
    """Otherwise a feed that has stopped looks like a model in perfect health."""
    monitor = Monitor.fit(weather(), emit=silent)
    report = monitor.check(weather()[:0])
    assert [(p.kind, p.detail) for p in report.problems] == [("empty", "the window has no rows")]
    health = HealthMonitor(emit=silent).assess(report)
    assert (health.status, health.score) == ("unknown", None)
    assert "feed has stopped" in health.recommendations[0].action
    (alert,) = AlertManager(emit=silent).process(report)
    assert (alert.severity, alert.title) == ("warning", "the window has no rows")
    assert monitor.check(weather()).problems == ()


def test_too_few_rows_are_no_sign_of_good_data():
    """Otherwise five rows raise the health of a model to 1."""
    report = Monitor.fit(weather(), emit=silent).check(weather()[:5])
    assert report.counts["insufficient_data"] == 6
    health = HealthMonitor(emit=silent).assess(report)
    assert (health.status, health["data_quality"].score) == ("unknown", None)


@pytest.mark.parametrize(
    "rows",
    [{"c": ["a", "b"] * 30}, {"x": [None] * 60, "c": ["a", "b"] * 30},
     {"x": ["n/a"] * 60, "c": ["a", "b"] * 30}],
)  # fmt: skip
def test_a_feature_that_left_the_stream_is_not_called_ok(rows):
    """Otherwise a column that was renamed is ok for ever, by values from before."""
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"x": rng.normal(size=1000), "c": rng.choice(["a", "b"], 1000)})
    monitor = StreamMonitor(frame, 100, emit=silent)
    monitor.push(frame[:200])

    def status():
        return dict(monitor.to_frame().select("feature", "status").rows())

    assert status() == {"x": "ok", "c": "ok"}
    monitor.push(pl.DataFrame(rows))
    assert status()["x"] == "ok", "60 rows are less than a window"
    monitor = StreamMonitor.from_dict(json.loads(json.dumps(monitor.to_dict())), emit=silent)
    with pytest.warns(PoetWarning, match="'x' .*120 rows and is not watched"):
        monitor.push(pl.DataFrame(rows))
    assert status() == {"x": "insufficient_data", "c": "ok"}
    monitor.push(frame[200:210])
    assert status()["x"] == "ok"


def pandas_weather(rows):
    import pandas as pd

    frame = pd.DataFrame(weather()[rows].to_dict(as_series=False))
    when = pd.to_datetime(frame["date"]).dt.tz_localize("Europe/Oslo")
    return frame.assign(at=when, code=pd.array(range(len(frame)), dtype="Int64"))


def test_streams_and_seasons_take_pandas_frames_as_checks_do():
    """Otherwise `update` refuses the frame that `check` has just compared."""
    reference, window = pandas_weather(slice(0, 1096)), pandas_weather(slice(1096, 1196))
    monitor = Monitor.fit(reference, windows=FixedWindows(100), emit=silent)
    (report,) = monitor.update(window)
    statuses = {r.feature: (r.status, r.statistic) for r in monitor.check(window)}
    assert {r.feature: (r.status, r.statistic) for r in report} == statuses
    seasonal = SeasonalMonitor.fit(reference.drop(columns="date"), time="at", emit=silent)
    assert seasonal.check(window.drop(columns="date")).rows_current == 100
    stream = StreamMonitor(reference, 100, columns=["wind", "weather"], emit=silent)
    stream.push(window)
    assert stream.to_frame()["n_current"].to_list() == [100, 100]
    parts = Monitor.fit(iter([reference[:500], reference[500:]]), emit=silent)
    assert [r.status for r in parts.check(window)] == [r.status for r in monitor.check(window)]
    with pytest.raises(StatsInputError, match="None was passed"):
        monitor.update(None)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_pandas_times_with_a_zone_are_compared(unit):
    """Otherwise such a column is an error in every report, without pyarrow."""
    import pandas as pd

    hours = pd.Series(pd.date_range("2026-01-01", periods=24 * 60, freq="h", tz="Europe/Oslo"))
    hours = hours.astype(f"datetime64[{unit}, Europe/Oslo]")
    hours[3] = pd.NaT
    monitor = Monitor.fit({"at": hours}, emit=silent)
    assert monitor.kinds["at"][0] == "datetime"
    assert monitor.check({"at": hours})["at"].status == "ok"
    nights = hours[hours.dt.hour < 6]
    assert monitor.check({"at": nights})["at"].status == "drift"
    plain = hours.dt.tz_convert("UTC").dt.tz_localize(None)
    assert Monitor.fit({"at": plain}, emit=silent).kinds["at"][0] == "datetime"
    assert Monitor.fit({"at": plain}, emit=silent).check({"at": plain})["at"].status == "ok"
    polars = pl.Series(plain.to_numpy().astype("datetime64[us]"))
    same = Profile.fit(hours).ks(polars.dt.replace_time_zone("UTC"))
    assert same.statistic == 0
    assert same.nan_current == 1
