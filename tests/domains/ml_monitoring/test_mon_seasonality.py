"""Seasons found in histories, and drift told from them, on made and on real series."""

import json
import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from vega_datasets import local_data

from poet.errors import ConfigError, StatsInputError
from poet_domain_ml_monitoring import Monitor, SeasonalMonitor, detect_season, detect_seasons
from poet_domain_ml_monitoring._emit import silent
from poet_domain_ml_monitoring.seasonality._detect import _rows
from poet_domain_ml_monitoring.seasonality._fold import fold, gamma_tail
from poet_domain_ml_monitoring.windows.dependence import level_p_value


def csv(name):
    return pl.read_csv(Path(getattr(local_data, name).filepath), try_parse_dates=True)


def autoregressive(rng, n, phi):
    noise, values = rng.normal(size=n), np.zeros(n)
    for i in range(1, n):
        values[i] = phi * values[i - 1] + noise[i]
    return values


def stepped(rng, n):
    return rng.normal(size=n) + 5.0 * (np.arange(n) >= n // 2)


NOISES = {
    "white": lambda rng, n: rng.normal(size=n),
    "red": lambda rng, n: autoregressive(rng, n, 0.8),
    "walk": lambda rng, n: np.cumsum(rng.normal(size=n)),
    "stepped": stepped,
    "growing": lambda rng, n: 0.05 * np.arange(n) + rng.normal(size=n),
    "heavy": lambda rng, n: rng.standard_cauchy(n),
}


@pytest.mark.parametrize("noise", NOISES)
def test_noise_of_any_colour_has_no_season(noise):
    """Otherwise a trend, a shift of level or slow noise is taken for a season and taken off."""
    rng = np.random.default_rng(4)
    for period, cycles in ((12, 5), (7, 40), (24, 30)):
        where = _rows(period * cycles, period)
        found = [fold(NOISES[noise](rng, period * cycles), where, period) for _ in range(30)]
        # 30 at 5 % are 1.5 on average; more than 6 happen once in 1,600 times.
        assert sum(f.p_value < 0.05 for f in found) <= 6
    assert sum(detect_season(NOISES[noise](rng, 400)).kind != "none" for _ in range(5)) == 0


@given(st.floats(0.05, 400), st.floats(0, 900))
def test_the_tail_of_gamma_is_scipys(shape, value):
    """Otherwise p-values of seasons are off."""
    want = stats.gamma.sf(value, shape)
    assert math.isclose(gamma_tail(shape, value), want, rel_tol=1e-7, abs_tol=1e-13)


def test_a_season_is_found_beside_trend_shift_and_a_stray_value():
    """Otherwise what is not a season hides one."""
    rng = np.random.default_rng(2)
    at = np.arange(960)
    level = 0.02 * at + 6.0 * (at >= 500) + autoregressive(rng, 960, 0.5)
    values = level + 1.5 * np.sin(2 * np.pi * at / 24) + 0.8 * np.cos(4 * np.pi * at / 24)
    values[300] = 1e9
    values[[5, 77, 400]] = np.nan
    found = detect_season(values)
    assert (found.kind, found.period, found.cycles) == ("cycle", 24.0, 40)
    assert found.p_value < 1e-8
    assert 0.3 < found.strength < 0.8
    assert detect_season(values, periods=[24]).period == 24


def test_two_seasons_are_told_apart():
    """Otherwise the shorter one hides the longer one."""
    rng = np.random.default_rng(3)
    at = np.arange(1_400)
    values = (
        2 * np.sin(2 * np.pi * at / 7) + 3 * np.sin(2 * np.pi * at / 50) + rng.normal(size=1_400)
    )
    assert [s.period for s in detect_seasons(values)] == [7.0, 50.0]


def hourly(days, start=datetime(2025, 1, 1, tzinfo=UTC)):
    return pl.Series("at", [start + timedelta(hours=h) for h in range(24 * days)])


def rush(at, zone):
    """Load that follows office hours on the wall of a zone."""
    local = at.dt.convert_time_zone(zone)
    office = (local.dt.hour().is_between(8, 17)) & (local.dt.weekday() <= 5)
    return 10.0 * office.cast(pl.Float64).to_numpy()


def test_days_are_those_on_the_wall_where_clocks_change():
    """Otherwise half of the year is one hour off, and every morning drifts."""
    rng = np.random.default_rng(1)
    at = hourly(364)
    values = rush(at, "Europe/Oslo") + rng.normal(size=at.len())
    frame = pl.DataFrame({"at": at, "load": values})
    there, utc = (
        {s.kind: s.strength for s in detect_seasons(frame, time="at", zone=zone)}
        for zone in ("Europe/Oslo", "UTC")
    )
    assert set(there) == {"daily", "weekly"}
    assert there["daily"] > utc["daily"] + 0.01


def test_irregular_times_and_gaps_do_not_hide_a_season():
    """Otherwise a history with an outage, or events as they come, has no seasons."""
    rng = np.random.default_rng(6)
    at = hourly(80)
    frame = pl.DataFrame({"at": at, "load": rush(at, "UTC") + rng.normal(size=at.len())})
    gone = (frame["at"].dt.ordinal_day().is_between(30, 41)) | (frame["at"].dt.hour() < 6)
    frame = frame.filter(~gone & pl.Series(rng.uniform(size=frame.height) < 0.6))
    shaken = frame.with_columns(
        pl.col("at") + pl.Series(rng.integers(0, 3_599, frame.height)) * timedelta(seconds=1)
    )
    found = detect_seasons(shaken.sample(fraction=1, shuffle=True, seed=1).sort("at"), time="at")
    assert {s.kind for s in found} == {"daily", "weekly"}


def test_real_series_have_the_seasons_they_have():
    """Otherwise what holds of made series does not of the world."""
    weather, hours = csv("seattle_weather"), csv("sf_temps")
    hours = hours.with_columns(pl.col("date").cast(pl.Datetime("us")))
    for column, kinds in (
        ("temp_max", ["yearly"]), ("temp_min", ["yearly"]), ("wind", []),
    ):  # fmt: skip
        assert [s.kind for s in detect_seasons(weather, time="date", column=column)] == kinds
    (day,) = detect_seasons(hours, time="date", column="temp")
    assert (day.kind, day.cycles, day.strength > 0.8) == ("daily", 365, True)
    assert detect_season(hours["temp"]).period == 24
    # Published after seasonal adjustment: there is a crisis in it, but no season.
    employment = csv("us_employment")
    for column in employment.columns[1:]:
        assert detect_seasons(employment, time="month", column=column) == []


def test_too_few_cycles_are_no_season():
    """Otherwise one warm summer is a season."""
    found = detect_season(csv("seattle_weather")[:700], time="date", column="temp_max")
    assert found.kind == "none"
    assert math.isnan(found.period)
    short = detect_season(csv("seattle_weather")[:15], time="date", column="temp_max")
    assert "whole cycles" in short.reason


@pytest.mark.parametrize("phi", [0.0, 0.8])
def test_the_test_of_the_level_holds_its_level(phi):
    """Otherwise dependent windows are called shifted far too often."""
    rng = np.random.default_rng(9)
    found = []
    for _ in range(200):
        values = autoregressive(rng, 2_100, phi)
        found.append(level_p_value(values[-60:], values[:1_900], values[:1_900]))
    assert 1 <= sum(p < 0.05 for p in found) <= 24
    assert level_p_value(values[-60:] + 9, values[:1_900], values[:1_900]) < 1e-6


def shop(seed, days=6 * 365 + 1):
    """Daily sales: Saturdays, a peak before Christmas, and days that resemble the one before."""
    rng = np.random.default_rng(seed)
    day = [date(2019, 1, 1) + timedelta(days=d) for d in range(days)]
    week = np.array([0, 0, 0, 2, 8, 15, -5.0])[[d.weekday() for d in day]]
    peak = [40 * math.exp(-(((d - date(d.year, 12, 18)).days / 5) ** 2)) for d in day]
    return pl.DataFrame(
        {
            "day": day,
            "sales": 100 + week + np.array(peak) + 4 * autoregressive(rng, days, 0.6),
            "visits": rng.poisson(200, days).astype(float),
            "open": ["no" if d.weekday() == 6 else "yes" for d in day],
        }
    )


def month(frame, year, number):
    day = pl.col("day")
    return frame.filter((day.dt.year() == year) & (day.dt.month() == number))


def test_a_christmas_peak_is_no_drift_and_a_shift_of_level_within_it_is():
    """Otherwise every December is an alarm, or no December can be one."""
    plain = []
    for seed in range(2):
        frame = shop(seed)
        history = frame.filter(pl.col("day") < date(2023, 6, 1))
        monitor = SeasonalMonitor.fit(history, time="day", emit=silent)
        assert [s.kind for s in monitor.seasons["sales"]] == ["weekly", "yearly"]
        december = month(frame, 2023, 12)
        assert not monitor.check(december).drift_detected
        shifted = monitor.check(december.with_columns(pl.col("sales") + 12))
        assert [r.feature for r in shifted.drifted] == ["sales"]
        assert "weekly and yearly course taken off" in shifted["sales"].reason
        peakless = monitor.check(december.with_columns(pl.lit(100.0).alias("sales")))
        assert peakless["sales"].status == "drift"
        without = Monitor.fit(history.drop("day"), emit=silent).check(december.drop("day"))
        plain.append(without["sales"].status == "drift")
    assert all(plain)  # what the seasonal monitor is there for


def test_ordinary_months_are_seldom_called_drift():
    """Otherwise dependence between days makes one month in three an alarm."""
    found = 0
    for seed in range(2):
        frame = shop(10 + seed)
        history = frame.filter(pl.col("day") < date(2024, 1, 1))
        monitor = SeasonalMonitor.fit(history, time="day", emit=silent)
        found += sum(monitor.check(month(frame, 2024, m)).drift_detected for m in range(1, 13))
    assert found <= 1


def test_months_of_real_weather_are_no_drift_and_a_faulty_sensor_is():
    """Otherwise a winter is drift from a year of weather, or nothing is."""
    weather = csv("seattle_weather").rename({"date": "day"})
    alarms, plain, lowered = [], [], []
    for year in (2012, 2013, 2014, 2015):
        history = weather.filter(pl.col("day").dt.year() != year)
        monitor = SeasonalMonitor.fit(history, time="day", emit=silent)
        usual = Monitor.fit(history.drop("day"), emit=silent)
        for number in range(1, 13):
            current = month(weather, year, number)
            report = monitor.check(current)
            alarms += [(r.feature, number, year) for r in report.drifted]
            lowered += [r.reason for r in report if "neighbouring rows are alike" in r.reason]
            plain.append(usual.check(current.drop("day")).drift_detected)
    assert len(alarms) <= 2
    assert lowered  # and the reason says so
    assert sum(plain) > 40
    history = weather.filter(pl.col("day").dt.year() < 2015)
    monitor = SeasonalMonitor.fit(history, time="day", emit=silent)
    hot = [month(weather, 2015, m).with_columns(pl.col("temp_max") + 8) for m in range(1, 13)]
    assert sum(monitor.check(frame)["temp_max"].status == "drift" for frame in hot) >= 11


def test_nights_are_compared_with_nights():
    """Otherwise a job that runs at night drifts from a reference of whole days."""
    hours = csv("sf_temps").with_columns(pl.col("date").cast(pl.Datetime("us")))
    history, later = hours.head(24 * 240), hours.slice(24 * 240, 24 * 14)
    nights = later.filter(pl.col("date").dt.hour() < 5)
    monitor = SeasonalMonitor.fit(history, time="date", emit=silent)
    report = monitor.check(nights)
    assert report["temp"].status != "drift"
    assert "the same hours of the day" in report["temp"].findings[0].reason
    assert report.rows_reference < 24 * 240 / 3
    usual = Monitor.fit(history.drop("date"), emit=silent).check(nights.drop("date"))
    assert usual["temp"].status == "drift"


def test_a_category_with_a_weekly_pattern_is_compared_with_the_same_days():
    """Otherwise Sundays, which are closed, are drift every week."""
    frame = shop(1, days=900)
    monitor = SeasonalMonitor.fit(frame[:600], time="day", emit=silent)
    assert [s.kind for s in monitor.seasons["open"]] == ["weekly"]
    sundays = frame[600:].filter(pl.col("day").dt.weekday() == 7)
    assert monitor.check(sundays)["open"].status in ("ok", "insufficient_data")
    every = monitor.check(frame[600:].with_columns(open=pl.lit("no")))
    assert every["open"].status == "drift"


def test_the_same_input_gives_the_same_bytes_and_one_event():
    """Otherwise a report cannot be compared with yesterday's, or alerts come twice."""
    frame, sent = shop(2), []
    texts = []
    for _ in range(2):
        monitor = SeasonalMonitor.fit(
            frame[:1_800].sample(fraction=1, shuffle=True, seed=len(texts)), time="day",
            emit=lambda type_, payload: sent.append((type_, payload["features"][0]["feature"])),
        )  # fmt: skip
        report = monitor.check(frame[1_800:1_900].with_columns(pl.col("visits") + 50))
        texts.append(json.dumps(report.to_dict(), sort_keys=True))
    assert texts[0] == texts[1]
    assert sent == [("drift.detected", "visits")] * 2


def test_one_bad_column_does_not_stop_the_others():
    """Otherwise a column of nulls, lists or infinities ends the monitoring of all features."""
    frame = shop(5, days=500).with_columns(
        nulls=pl.lit(None), lists=pl.lit([1]), one=pl.lit(1.0),
        wild=pl.when(pl.int_range(pl.len()) % 50 == 0).then(math.inf).otherwise(pl.col("sales")),
        day=pl.when(pl.int_range(pl.len()) == 7).then(None).otherwise(pl.col("day")),
    )  # fmt: skip
    monitor = SeasonalMonitor.fit(frame[:400], time="day", emit=silent)
    report = monitor.check(frame[400:].with_columns(pl.col("visits") + 60))
    assert report["visits"].status == "drift"
    assert report["lists"].status == "error"
    assert "drift" not in (report["one"].status, report["sales"].status)
    gone = monitor.check(frame[400:].drop("sales").with_columns(visits=pl.lit("text")))
    assert gone["sales"].status == "error"


@pytest.mark.parametrize(
    ("call", "error", "where"),
    [
        (lambda: detect_season(["a", "b"]), StatsInputError, "values"),
        (lambda: detect_season([1, 2], alpha=3), ConfigError, "alpha"),
        (lambda: detect_season(shop(0, 30), time="day"), StatsInputError, "column"),
        (lambda: detect_season(shop(0, 30), time="day", column="x"), StatsInputError, "column"),
        (lambda: SeasonalMonitor.fit(shop(0, 30), time="at"), StatsInputError, "at"),
        (
            lambda: SeasonalMonitor.fit(shop(0, 30), time="day").check(shop(0, 30).clear()),
            StatsInputError,
            "day",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(call, error, where):
    """Otherwise a wrong column fails deep inside."""
    with pytest.raises(error) as refused:
        call()
    assert refused.value.where == where
    assert refused.value.hint
