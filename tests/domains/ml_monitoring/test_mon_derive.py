"""What is really compared of text, times, sparse and mixed columns."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poet.stats import FrameProfile
from poet_domain_ml_monitoring import Monitor
from poet_domain_ml_monitoring._emit import silent
from poet_domain_ml_monitoring.quality import derive, label, part_of

START = dt.datetime.fromisoformat("2024-01-01")  # a Monday


def parts(values, kind, name="x"):
    made = derive({name: values}, {name: kind})
    assert not made.reasons
    assert all(part_of(column)[0] == name for column in made.columns)
    return {part_of(column)[1]: values for column, values in made.columns.items()}


def hourly(days, start=START, zone=None):
    end = start + dt.timedelta(days=days)
    return pl.datetime_range(start, end, "1h", closed="left", eager=True, time_zone=zone)


@pytest.mark.parametrize("kind", ["continuous", "discrete", "boolean", "constant"])
def test_numbers_are_passed_on_as_they_are(kind):
    """A copy of every column would cost more than comparing it."""
    for values in (np.arange(5.0), pl.Series([1, None, 3]), [1.5, 2.5], pd.Series([1, 2])):
        assert parts(values, kind)[""] is values


@pytest.mark.parametrize(
    "values",
    [
        pl.Series(["a", "äöü", None, ""]), pl.Series(["a", "äöü", None, ""]).cast(pl.Categorical),
        ["a", "äöü", None, ""], pd.Series(["a", "äöü", None, ""]),
        np.array(["a", "äöü", None, ""], dtype=object),
    ],
    ids=["polars", "polars codes", "list", "pandas", "numpy"],
)  # fmt: skip
def test_text_is_compared_by_length_in_every_library(values):
    """Free text has as many categories as rows: nothing could be said of it."""
    assert parts(values, "text")[""].to_list() == [1, 3, None, 0]


def test_identifiers_that_become_one_and_the_same_are_seen():
    """A writer stuck on one identifier would pass unseen: its length stays what it was."""
    names = [f"{i * 2654435761 % 2**32:08x}" for i in range(2_000)]
    monitor = Monitor.fit({"id": names[:1_000]}, emit=silent)
    assert monitor.kinds["id"][0] == "text"
    assert monitor.check({"id": names[1_000:]})["id"].status == "ok"
    stuck = monitor.check({"id": names[:1] * 1_000})["id"]
    assert stuck.status == "drift"
    assert "last character" in stuck.reason


def test_what_lies_beside_the_zeros_is_seen():
    """A tenfold change of the few values that count would move less than the least that matters."""
    found = parts(pl.Series([0.0, -0.0, None, 2.5, float("nan"), float("inf")]), "sparse")
    assert found[""].to_list() == [True, True, None, False, None, False]
    assert found["value"].to_list() == [2.5, float("inf")]
    assert parts([0, 0, 7], "sparse")["value"].to_list() == [7]


def test_mixed_values_are_compared_by_type_and_number():
    """A column of numbers with stray words would be an error, or its numbers unwatched."""
    values = [1, 2.5, "n/a", None, float("nan"), 10**400, True, [1]]
    for column in (values, pl.Series(values, dtype=pl.Object), pd.Series(values, dtype=object)):
        found = parts(column, "mixed")
        assert found[""].to_list() == ["int", "float", "str", None, None, "int", "bool", "list"]
        assert found["number"].to_list() == [1.0, 2.5]


@pytest.mark.parametrize(
    ("column", "name", "numbers"),
    [
        (pl.Series([1, None, 3]), "int", [1.0, 3.0]),
        (pl.Series([1.5, float("nan"), 3.0]), "float", [1.5, 3.0]),
        (pl.Series(["a", None, "b"]), "str", None),
        (pl.Series([True, None, False]), "bool", None),
        (pl.Series([2**62, None, 0]).cast(pl.Datetime("us")), "datetime", None),
        (pl.Series([[1], None, [2]]), "list", None),
    ],
    ids=["int", "float", "str", "bool", "times of no Python type", "list"],
)
def test_mixed_values_that_come_as_one_type_are_named_as_before(column, name, numbers):
    """The day on which no stray word comes would be drift of every value, or end the run."""
    found = parts(column, "mixed")
    assert found[""].to_list() == [name, None, name]
    assert (found["number"].to_list() if "number" in found else None) == numbers


def test_times_are_compared_by_hour_and_weekday():
    """Compared as they are, all times of a later window are drift."""
    found = parts(hourly(21), "datetime")
    assert list(found) == ["", "hour", "weekday"]
    assert found[""].all()
    assert found["hour"].value_counts()["count"].unique().to_list() == [21]
    assert found["weekday"].value_counts()["count"].unique().to_list() == [72]
    assert found["weekday"][0] == "Monday"
    assert found["hour"][13] == 13.0
    assert (
        label([*derive({"when": hourly(21)}, {"when": "datetime"}).columns][2]) == "when (weekday)"
    )


@given(
    st.datetimes(dt.datetime.fromisoformat("1900-01-01"), dt.datetime.fromisoformat("2100-01-01")),
    st.integers(1, 40 * 24),
    st.sampled_from([60, 360, 1440]),
)
def test_only_whole_days_and_weeks_are_compared(start, steps, minutes):
    """Half a day more of one than of the other would look like drift, at any hour and century."""
    times = [start + dt.timedelta(minutes=minutes * i) for i in range(steps)]
    found = parts(pl.Series(times, dtype=pl.Datetime("us")), "datetime")
    spans = dt.timedelta(minutes=minutes * steps) if steps > 1 else dt.timedelta(0)
    assert ("hour" in found) == (spans >= dt.timedelta(days=2))
    assert ("weekday" in found) == (spans >= dt.timedelta(days=14))
    for part, period in (("hour", 1), ("weekday", 7)):
        if part in found:
            whole = spans // dt.timedelta(days=period)
            assert len(found[part]) == whole * period * 1440 // minutes
            kept = times[-len(found[part]) :]
            wanted = (
                [
                    (t.hour * 3600 + t.minute * 60 + t.second + t.microsecond / 1e6) / 3600
                    for t in kept
                ]
                if part == "hour"
                else [f"{t:%A}" for t in kept]
            )
            assert found[part].to_list() == pytest.approx(wanted) if part == "hour" else wanted


def test_one_stray_time_does_not_stretch_a_window():
    """A single 1970 among today's rows would make half a day pass for fifty years."""
    stray = pl.Series(
        [
            dt.datetime.fromisoformat("1970-01-01"),
            *hourly(1),
            dt.datetime.fromisoformat("9999-01-01"),
        ]
        * 60
    )
    assert list(parts(stray, "datetime")) == ["", "hour", "weekday"]  # two in 26 are no strays
    rare = pl.concat([hourly(1)] * 20).append(pl.Series([dt.datetime.fromisoformat("1970-01-01")]))
    assert list(parts(rare, "datetime")) == [""]


def test_the_clock_on_the_wall_counts():
    """At a change of summer time every hour would move by one."""
    zoned = hourly(30, dt.datetime.fromisoformat("2024-03-15"), "Europe/Oslo")
    at_eight = zoned.filter(zoned.dt.hour() == 8)
    assert set(parts(at_eight, "datetime")["hour"]) == {8.0}
    in_pandas = pd.Series(pd.date_range("2024-03-15 08:00", periods=60, freq="D", tz="Europe/Oslo"))
    assert parts(in_pandas, "datetime")["weekday"].n_unique() == 7


def test_days_have_no_hours():
    """Every date is midnight: an hour would only dilute the other tests."""
    days = pl.date_range(START.date(), START.date() + dt.timedelta(days=27), eager=True)
    for column in (days, days.to_numpy(), days.to_list()):
        found = parts(column, "datetime")
        assert list(found) == ["", "weekday"]
        assert found["weekday"].value_counts()["count"].unique().to_list() == [4]


def test_missing_values_stand_once():
    """The same gap would be reported once for each part of a feature."""
    gaps = hourly(21).to_frame("t").select(pl.when(pl.int_range(504) % 5 > 0).then("t"))["t"]
    found = parts(gaps, "datetime")
    assert found[""].null_count() == 101
    assert sum(values.null_count() for part, values in found.items() if part) == 0


def test_whole_numbers_beyond_int64_are_compared():
    """A column of hashes would be an error in every report."""
    large = [2**63 + i for i in range(50)]
    for column in (pl.Series(large, dtype=pl.UInt64), np.array(large, np.uint64)):
        (values,) = parts(column, "continuous").values()
        assert FrameProfile.fit({"x": values})["x"].n == 50
    small = pl.Series([1, 2], dtype=pl.UInt64)
    assert parts(small, "continuous")[""] is small


def test_codes_are_compared_by_name_where_a_person_says_so():
    """Of numbers that stand for names the order means nothing."""
    for column in ([30, 4], pl.Series([30, 4]), pd.Series([30, 4]), np.array([30, 4])):
        assert parts(column, "categorical")[""].to_list() == ["30", "4"]
    words = pl.Series(["a", "b"])
    assert parts(words, "categorical")[""] is words


def test_a_column_that_changed_its_type_stops_no_other():
    """One bad column would kill the run, or lengths would be compared with numbers."""
    frame = {"text": [1, 2], "when": ["a"], "sparse": ["a"], "fine": [1.0], "odd": object()}
    kinds = {"text": "text", "when": "datetime", "sparse": "sparse", "odd": "text"}
    made = derive(frame, kinds)
    assert list(made.columns) == ["fine"]
    assert set(made.reasons) == {"text", "when", "sparse", "odd"}
    assert made.reasons["text"] == "the column is not text any more: it holds Int64"


def test_columns_of_nulls_only_are_of_any_kind():
    """A batch in which a column happens to be empty would be an error."""
    for kind in ("text", "sparse", "datetime"):
        assert parts(pl.Series([None, None]), kind)[""].null_count() == 2
