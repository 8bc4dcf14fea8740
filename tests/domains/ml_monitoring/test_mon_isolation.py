"""One bad column never kills a run, and never changes what is said of the others."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poet_domain_ml_monitoring import Monitor
from poet_domain_ml_monitoring._emit import silent

N = 300
RNG = np.random.default_rng(21)
GOOD = pl.DataFrame({"a": RNG.normal(size=N), "b": ["x", "y", "z"] * 100})
MOVED = pl.DataFrame({"a": RNG.normal(3, 1, N), "b": ["x", "y", "z"] * 100})
START = dt.datetime.fromisoformat("2024-01-01")

BAD = {
    "objects": pl.Series([object() for _ in range(N)], dtype=pl.Object),
    "mixed": pl.Series([1, "a", None] * 100, dtype=pl.Object),
    "lists": pl.Series([[1, 2]] * N),
    "arrays": pl.Series([[1, 2]] * N, dtype=pl.Array(pl.Int64, 2)),
    "structs": pl.Series([{"a": 1}] * N),
    "bytes": pl.Series([b"\xff"] * N),
    "nulls": pl.Series([None] * N),
    "null floats": pl.Series([None] * N, dtype=pl.Float64),
    "null text": pl.Series([None] * N, dtype=pl.String),
    "nan": pl.Series([float("nan")] * N),
    "inf": pl.Series([float("inf")] * N),
    "both inf": pl.Series([float("inf"), float("-inf")] * (N // 2)),
    "huge": pl.Series([2**63 + i for i in range(N)], dtype=pl.UInt64),
    "very huge": pl.Series([2**100 + i for i in range(N)], dtype=pl.Int128),
    "decimals": pl.Series([Decimal(i) / 100 for i in range(N)], dtype=pl.Decimal(38, 2)),
    "wide decimals": pl.Series([Decimal(10**30 + i) for i in range(N)], dtype=pl.Decimal(38, 0)),
    "extremes": pl.Series([1.7e308, -1.7e308, 5e-324] * 100),
    "zeros": pl.Series([0.0, -0.0] * (N // 2)),
    "constant": pl.Series([7] * N),
    "empty text": pl.Series([""] * N),
    "odd text": pl.Series(["\x00", "\U0001f600", "a\x1fb"] * 100),
    "ids": pl.Series([f"{i:x}" for i in range(N)]),
    "codes": pl.Series(["p", "q", "r"] * 100).cast(pl.Categorical),
    "enum": pl.Series(["p", "q", "r"] * 100, dtype=pl.Enum(["p", "q", "r"])),
    "booleans": pl.Series([True, None, False] * 100),
    "dates": pl.Series([START.date() + dt.timedelta(days=i) for i in range(N)]),
    "moments": pl.Series([START + dt.timedelta(hours=i) for i in range(N)]),
    "zoned": pl.Series([START + dt.timedelta(hours=i) for i in range(N)]).dt.replace_time_zone(
        "Asia/Kathmandu"
    ),
    "far moments": pl.Series([2**63 - 1, -(2**63) + 1, 0] * 100).cast(pl.Datetime("ns")),
    "far microseconds": pl.Series([2**62, -(2**62), 0] * 100).cast(pl.Datetime("us")),
    "times of day": pl.Series([dt.time(i % 24) for i in range(N)]),
    "durations": pl.Series([dt.timedelta(hours=i) for i in range(N)]),
    "sparse": pl.Series(([0.0] * 99 + [5.0]) * 3),
}
# What may be said of a column in front of itself: never drift, and an error only where nothing of
# the kind can be compared.
UNCOMPARED = {"lists", "arrays", "structs", "bytes"}
EMPTY = {"nulls", "null floats", "null text", "nan"}


def frame(good, **more):
    return good.with_columns(**more)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_column_stops_no_other(name):
    """The whole nightly report would be lost for one column."""
    monitor = Monitor.fit(frame(GOOD, bad=BAD[name]), emit=silent)
    same = monitor.check(frame(GOOD, bad=BAD[name]))
    expected = {"error"} if name in UNCOMPARED else {"ok", "insufficient_data"}
    assert same["bad"].status in expected
    assert same["bad"].reason
    assert same["bad"].status != "insufficient_data" or name in EMPTY | {"objects", "sparse"}
    alone = Monitor.fit(GOOD, emit=silent).check(MOVED)
    beside = monitor.check(frame(MOVED, bad=BAD[name]))
    assert [r.feature for r in alone.drifted] == [r.feature for r in beside.drifted] == ["a"]
    for feature in ("a", "b"):
        assert beside[feature].statistic == alone[feature].statistic
        assert beside[feature].p_value == alone[feature].p_value
    assert beside.to_frame().height == 3
    assert beside.to_json() == monitor.check(frame(MOVED, bad=BAD[name])).to_json()


@pytest.mark.parametrize("reference", ["ids", "moments", "sparse", "mixed", "booleans", "nan"])
def test_a_column_that_turns_into_anything_stops_no_other(reference):
    """The morning after an upstream change there would be no report at all."""
    monitor = Monitor.fit(frame(GOOD, bad=BAD[reference]), emit=silent)
    for name, column in BAD.items():
        report = monitor.check(frame(MOVED, bad=column))
        assert [r.feature for r in report.drifted if r.feature != "bad"] == ["a"], name
        assert report["bad"].reason, name


@settings(max_examples=40)
@given(st.lists(st.sampled_from(sorted(BAD)), min_size=1, max_size=5, unique=True), st.booleans())
def test_any_company_of_bad_columns_is_survived(names, lazily):
    """Two bad columns together would do what each alone does not."""
    held = [name for name in names if BAD[name].dtype != pl.Object or not lazily]
    whole = frame(GOOD, **{name: BAD[name] for name in held})
    monitor = Monitor.fit(whole.lazy() if lazily else whole, emit=silent)
    moved = frame(MOVED, **{name: BAD[name] for name in held})
    report = monitor.check(moved.lazy() if lazily else moved)
    assert [result.feature for result in report.drifted] == ["a"]
    assert len(report) == len(held) + 2


def test_infinite_values_are_told():
    """A division by zero upstream would pass as one more large number."""
    window = MOVED.with_columns(
        a=pl.when(pl.int_range(N) % 10 == 0)
        .then(float("inf"))
        .otherwise(pl.Series(RNG.normal(size=N)))
    )
    found = Monitor.fit(GOOD, emit=silent).check(window)["a"]
    assert found.status == "drift"
    assert "infinite" in [finding.check for finding in found.findings if finding.status == "drift"]


def test_names_that_occur_twice_stop_nothing():
    """A join that doubled a column would end the report."""
    twice = pd.DataFrame(np.c_[RNG.normal(size=N), RNG.normal(size=N)], columns=["x", "x"])
    report = Monitor.fit(twice, emit=silent).check(twice)
    assert [result.feature for result in report] == ["x"]
    assert "unreadable" in [problem.kind for problem in report.problems]


def test_names_of_any_kind_stop_nothing():
    """A column named by a number, by nothing or in another script would be lost."""
    names = ["", " ", "ä\n", "a.b", "0", "status", "x\x1fhour"]
    window = {name: RNG.normal(size=N) for name in names}
    report = Monitor.fit(window, emit=silent).check(window)
    assert [result.feature for result in report] == names
    assert {result.status for result in report} == {"ok"}
    numbered = pd.DataFrame(RNG.normal(size=(N, 2)))
    assert len(Monitor.fit(numbered, emit=silent).check(numbered)) == 2


@pytest.mark.parametrize("empty", [GOOD.clear(), pl.DataFrame(), {}, pd.DataFrame()])
def test_an_empty_window_is_no_quiet_one(empty):
    """A feed that stopped would be reported as no drift."""
    report = Monitor.fit(GOOD, emit=silent).check(empty)
    assert [result.status for result in report if result.status == "ok"] == []
    assert not report.drift_detected


def test_a_sparse_column_whose_values_change_is_found():
    """Fraud amounts that grow tenfold would hide behind 97 % zeros."""

    def amounts(scale, share=0.03):
        return np.where(RNG.random(20_000) < share, RNG.exponential(scale, 20_000), 0.0)

    monitor = Monitor.fit({"amount": amounts(10)}, emit=silent)
    assert monitor.kinds["amount"][0] == "sparse"
    assert monitor.check({"amount": amounts(10)})["amount"].status == "ok"
    assert monitor.check({"amount": amounts(15)})["amount"].status == "drift"
    assert monitor.check({"amount": amounts(10, 0.1)})["amount"].status == "drift"


def test_a_shift_of_the_working_day_is_found():
    """Times that move on are no drift, but a job that runs at another hour is."""

    def days(first, hour):
        at = [
            START + dt.timedelta(days=first + i // 20, minutes=60 * hour + i % 20)
            for i in range(1200)
        ]
        return {"at": pl.Series(at)}

    monitor = Monitor.fit(days(0, 8), emit=silent)
    assert monitor.check(days(60, 8))["at"].status == "ok"
    moved = monitor.check(days(60, 11))["at"]
    assert moved.status == "drift"
