"""The report over all columns of a frame."""

import math
import os
import pickle

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from poet.errors import StatsInputError
from poet.stats import FrameProfile, drift
from poet.stats import _frames as frames_module

pd = pytest.importorskip("pandas")

RNG = np.random.default_rng(11)
SIZE = 400
REFERENCE = pl.DataFrame(
    {
        "same": RNG.normal(size=SIZE),
        "moved": RNG.normal(size=SIZE),
        "whole": RNG.integers(0, 50, SIZE),
        "day": pl.Series(RNG.integers(0, 900, SIZE)).cast(pl.Date),
        "city": RNG.choice(["Oslo", "Rome", "Lima"], SIZE),
        "flag": RNG.random(SIZE) < 0.3,
    }
)
CURRENT = pl.DataFrame(
    {
        "same": REFERENCE["same"],
        "moved": REFERENCE["moved"] + 1,
        "whole": RNG.integers(0, 50, SIZE),
        "day": pl.Series(RNG.integers(0, 900, SIZE)).cast(pl.Date),
        "city": RNG.choice(["Oslo", "Rome", "Cairo"], SIZE),
        "flag": RNG.random(SIZE) < 0.3,
    }
).with_columns(pl.when(pl.int_range(SIZE) % 7 > 0).then(pl.all()))
METHODS = ["ks", "chi_square", "psi", "kl", "js", "hellinger"]


def test_numbers_are_scipys():
    """Otherwise the report would say something else than the test it names."""
    report = drift(REFERENCE, CURRENT)
    assert report["method"].to_list() == ["ks"] * 4 + ["chi_square"] * 2
    assert report["status"].to_list()[:2] == ["ok", "drift"]
    for row in report.rows(named=True):
        current, reference = (f[row["column"]].drop_nulls() for f in (CURRENT, REFERENCE))
        assert (row["n_current"], row["null_current"]) == (len(current), SIZE - len(current))
        assert (row["n_reference"], row["null_reference"], row["nan_current"]) == (SIZE, 0, 0)
        if row["method"] == "ks":
            known = stats.ks_2samp(current.to_physical().to_numpy(), reference.to_physical())
            assert row["statistic"] == pytest.approx(known.statistic, rel=1e-12)
            assert row["p_value"] == pytest.approx(known.pvalue, rel=1e-9)
        else:
            names = sorted({*current, *reference})
            table = [[(side == n).sum() for n in names] for side in (current, reference)]
            known = stats.chi2_contingency(table, correction=False)
            assert row["statistic"] == pytest.approx(known.statistic, rel=1e-12)
            assert row["p_value"] == pytest.approx(known.pvalue, rel=1e-10)
        assert row["drift_detected"] == (row["p_value"] < 0.05) == (row["status"] == "drift")


SAME_FRAME = {
    "pandas": lambda frame: pd.DataFrame({c: frame[c].to_list() for c in frame.columns}),
    "mapping": lambda frame: {c: frame[c] for c in frame.columns},
    "chunks": lambda frame: pl.concat([frame[:70], frame[70:71], frame[71:]], rechunk=False),
    "lazy": lambda frame: frame.lazy(),
    "iterator": lambda frame: iter([frame[:100], frame[100:]]),
    "capsule": lambda frame: Capsule(frame),
}


class Capsule:
    """A frame of a library that we do not know."""

    def __init__(self, frame):
        self.frame = frame

    def __arrow_c_stream__(self, requested_schema=None):
        return self.frame.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize("convert", SAME_FRAME.values(), ids=SAME_FRAME.keys())
def test_the_same_rows_give_the_same_report(convert, monkeypatch):
    """Otherwise the verdict would depend on the library, or on how the rows were cut up."""
    monkeypatch.setattr(frames_module, "BATCH_ROWS", 90)
    profile = FrameProfile.fit(REFERENCE)
    expected = drift(profile, CURRENT, methods=METHODS)
    found = drift(profile, convert(CURRENT), methods=METHODS)
    if convert is SAME_FRAME["pandas"]:
        # What pandas holds as float it holds with NaN for a null.
        numbers = expected["column"].is_in(["same", "moved", "whole"])
        total = expected["null_current"] + expected["nan_current"]
        assert (found["null_current"] + found["nan_current"]).to_list() == total.to_list()
        assert numbers.any()
    different = ["dtype"] + (["null_current", "nan_current"] if "dtype" in found.columns else [])
    assert found.drop(different).equals(expected.drop(different))


def test_parquet_is_read_in_batches(tmp_path):
    """Otherwise a file larger than memory could not be compared."""
    CURRENT.write_parquet(tmp_path / "x.parquet", row_group_size=50)
    lazy = pl.scan_parquet(tmp_path / "x.parquet")
    expected = drift(REFERENCE, CURRENT, methods=METHODS)
    assert drift(REFERENCE, lazy, methods=METHODS).drop("dtype").equals(expected.drop("dtype"))


@given(cuts=st.lists(st.integers(0, SIZE), max_size=3), threads=st.sampled_from([1, 2, 8]))
@settings(max_examples=25)
def test_counts_add_on_any_number_of_threads(cuts, threads):
    """Otherwise the verdict of a cluster would differ from that of one machine."""
    profile = FrameProfile.fit(REFERENCE, threads=threads)
    edges = [0, *sorted(cuts), SIZE]
    total = profile.counts(CURRENT[:0], threads=threads)
    for start, end in zip(edges, edges[1:], strict=False):  # noqa: RUF007  # as plain slices
        total += profile.counts(CURRENT[start:end], threads=threads)
    found = drift(profile, total, methods=METHODS, threads=threads)
    expected = drift(REFERENCE, CURRENT, methods=METHODS, threads=1)
    assert found.drop("dtype").equals(expected.drop("dtype"))


def test_one_bad_column_never_fails_the_report():
    """Otherwise one renamed column would silence the alarms of all others."""
    reference = {
        "good": range(100),
        "missing": range(100),
        "retyped": range(100),
        "lists": pl.Series([[1]] * 100),
        "text": ["a"] * 100,
        "empty": [None] * 100,
    }
    reference = {name: list(v) if isinstance(v, range) else v for name, v in reference.items()}
    current = {**reference, "retyped": ["a"] * 100, "text": [1.0] * 100, "new": [1]}
    del current["missing"]
    report = drift(reference, current, columns=[*reference, "nowhere"])
    rows = {row["column"]: row for row in report.rows(named=True)}
    assert rows["good"]["status"] == "ok"
    for name, part in (
        ("missing", "missing in current"),
        ("retyped", "cast one to the other"),
        ("lists", "neither numbers nor times nor categories"),
        ("text", "cast one to the other"),
        ("nowhere", "not in the reference"),
    ):
        assert (rows[name]["status"], rows[name]["drift_detected"]) == ("error", None), name
        assert part in rows[name]["message"]
    assert rows["empty"]["status"] == "insufficient_data"
    assert rows["empty"]["null_current"] == 100
    assert "new" not in rows


@pytest.mark.parametrize("size", [0, 1, 19])
def test_too_little_data_is_never_no_drift(size):
    """Otherwise the first rows of a day would pass as healthy."""
    for reference, current in ((REFERENCE, CURRENT[:size]), (CURRENT[:size], REFERENCE)):
        report = drift(reference, current)
        assert set(report["status"]) == {"insufficient_data"}
        assert report["drift_detected"].null_count() == report["p_value"].null_count() == 6
        assert report["message"].str.contains("needs 20").all()


ALL_RARE = {
    "ids": ([f"a{i}" for i in range(100)], [f"b{i}" for i in range(100)]),
    "booleans": ([True] * 27 + [False] * 3, [True] * 28 + [False] * 2),
    "numbers": (list(range(20)), list(range(20))),
}


@pytest.mark.parametrize("name", ALL_RARE)
def test_nothing_left_to_compare_is_never_no_drift(name):
    """Otherwise a column of new identifiers would pass as healthy, with a p-value of 1."""
    reference, current = ALL_RARE[name]
    profile = FrameProfile.fit({"x": reference})
    for window in ({"x": current}, profile.counts({"x": current})):
        report = drift(profile, window, methods=["chi_square", "js"], adjust="benjamini-hochberg")
        row, distance = report.rows(named=True)
        assert (row["status"], row["drift_detected"]) == ("insufficient_data", None)
        assert row["statistic"] is row["p_value"] is row["p_adjusted"] is row["effect_size"] is None
        assert "merge into one" in row["message"]
        assert (row["n_current"], row["n_reference"]) == (len(current), len(reference))
        assert distance["status"] == ("drift" if name == "ids" else "ok")
    same = profile["x"].chi_square(current)
    assert (same.status, same.n_pooled > 1) == ("insufficient_data", True)
    merged = drift(profile, {"x": current}, methods="chi_square", min_expected=0)
    assert merged["status"].to_list() == ["ok"]


def test_a_single_category_on_both_sides_is_no_difference():
    """Otherwise a constant column would have no result."""
    row = drift({"x": ["a"] * 30}, {"x": ["a"] * 40}).row(0, named=True)
    assert (row["status"], row["p_value"], row["message"]) == ("ok", 1.0, None)


def test_constant_nan_and_infinite_columns():
    """Otherwise a stuck sensor would raise an error instead of an alarm."""
    reference = {"stuck": [5.0] * 50, "nan": [math.nan] * 50, "inf": [math.inf, -math.inf] * 25}
    current = {"stuck": [-0.0] * 50, "nan": [1.0] * 50, "inf": [math.inf, -math.inf] * 25}
    rows = drift(reference, current).rows(named=True)
    assert [row["status"] for row in rows] == ["drift", "insufficient_data", "ok"]
    assert [row["statistic"] for row in rows] == [1.0, None, 0.0]
    assert rows[1]["nan_reference"] == 50
    for method in ("psi", "kl", "js", "hellinger", "chi_square"):
        reference, stuck = {"x": [5.0] * 50 + [6.0]}, {"x": [0.0] * 50}
        for frame in (reference, {"x": [5.0] * 50}):
            rows = drift(frame, stuck, methods=method)
            assert rows["status"].to_list() == ["drift"], method
            assert drift(frame, iter([stuck]), methods=method)["status"].to_list() == ["drift"]
    (zero,) = drift({"x": [0.0] * 50}, {"x": [-0.0] * 50}).rows(named=True)
    assert (zero["statistic"], zero["p_value"], zero["status"]) == (0.0, 1.0, "ok")


def test_adjusted_p_values_are_scipys():
    """Otherwise of a thousand healthy columns fifty would raise an alarm every day."""
    reference = pl.DataFrame(RNG.normal(size=(300, 60)))
    current = pl.DataFrame(RNG.normal(size=(300, 60)) + np.linspace(0, 0.3, 60))
    report = drift(reference, current, adjust="benjamini-hochberg")
    adjusted = stats.false_discovery_control(report["p_value"])
    assert report["p_adjusted"].to_list() == pytest.approx(list(adjusted), rel=1e-12)
    assert report["drift_detected"].to_list() == [bool(p < 0.05) for p in adjusted]
    between = (report["p_value"] < 0.05) & ~report["drift_detected"]
    assert between.any()
    assert set(report.filter(between)["status"]) == {"warning"}


def test_thresholds_and_effects_decide():
    """Otherwise a threshold that a team has agreed on would do nothing."""
    psi = drift(REFERENCE, CURRENT, methods="psi").row(0, named=True)
    for threshold, status in ((psi["distance"], "drift"), (psi["distance"] * 1.01, "warning")):
        row = drift(REFERENCE, CURRENT, methods="psi", thresholds={"psi": threshold})
        assert row["status"][0] == (status if psi["distance"] else "drift")
    moved = drift(REFERENCE, CURRENT, columns=["moved"])
    assert moved["status"].to_list() == ["drift"]
    large = drift(REFERENCE, CURRENT, columns=["moved"], min_effect=0.9)
    assert (large["status"].to_list(), large["drift_detected"].to_list()) == (["warning"], [False])


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"methods": "kss"}, "methods"),
        ({"methods": []}, "methods"),
        ({"alpha": 2}, "alpha"),
        ({"alpha": math.nan}, "alpha"),
        ({"alpha": 0}, "alpha"),
        ({"alpha": 1.0}, "alpha"),
        ({"alpha": None}, "alpha"),
        ({"methods": None}, "methods"),
        ({"methods": [["ks"]]}, "methods"),
        ({"methods": ["ks", "kss"]}, "methods"),
        ({"thresholds": 0.1}, "thresholds"),
        ({"columns": 5}, "columns"),
        ({"min_size": 2**70}, "min_size"),
        ({"thresholds": {"ks": 0.1}}, "thresholds"),
        ({"adjust": "bonferroni"}, "adjust"),
        ({"min_size": 0}, "min_size"),
        ({"bins": 1}, "bins"),
        ({"threads": -1}, "threads"),
        ({"pseudo_count": -1}, "pseudo_count"),
    ],
)
def test_options_that_are_none_are_refused(options, where):
    """Otherwise a misspelt method would silently become another one."""
    with pytest.raises(StatsInputError) as caught:
        drift(REFERENCE, CURRENT, **options)
    assert caught.value.where == where


def test_what_is_no_frame_is_refused():
    """Otherwise a column passed as a frame would be an error deep inside."""
    for frame in ([1.0], "x", REFERENCE["same"]):
        with pytest.raises(StatsInputError, match=r"frame|Series"):
            drift(REFERENCE, frame)
    with pytest.raises(StatsInputError, match="another profile"):
        drift(REFERENCE, FrameProfile.fit(REFERENCE).counts(CURRENT))
    with pytest.raises(StatsInputError, match="no column 'x'"):
        FrameProfile.fit(REFERENCE, columns=["x"])


def test_the_profile_goes_first():
    """Otherwise the sides would be swapped, or the error would speak of something else."""
    profile = FrameProfile.fit(REFERENCE)
    for reference in (CURRENT, profile.counts(CURRENT), profile):
        with pytest.raises(StatsInputError, match="the profile goes first"):
            drift(reference, profile)
    named = drift(current=CURRENT, reference=profile)
    assert named.equals(drift(profile, CURRENT))


def test_a_name_is_one_column():
    """Otherwise the letters of a name would be looked for as columns."""
    assert drift(REFERENCE, CURRENT, columns="moved")["column"].to_list() == ["moved"]
    assert FrameProfile.fit(REFERENCE, columns="moved").names == ("moved",)
    twice = drift(REFERENCE, CURRENT, columns=("moved", "same", "moved"))
    assert twice["column"].to_list() == ["moved", "same"]
    numbered = pd.DataFrame({1: range(30), 2: range(30)})
    assert drift(numbered, numbered, columns=[2])["column"].to_list() == ["2"]
    for threads in (-1, "2", None):
        with pytest.raises(StatsInputError, match="threads"):
            FrameProfile.fit(REFERENCE, threads=threads)
        with pytest.raises(StatsInputError, match="threads"):
            FrameProfile.fit(REFERENCE).counts(CURRENT, threads=threads)


def test_counts_of_windows_are_summed():
    """Otherwise the counts of a week would have to be added up by hand."""
    profile = FrameProfile.fit(REFERENCE)
    total = sum(profile.counts(CURRENT[i : i + 100]) for i in range(0, SIZE, 100))
    report = drift(profile, total).drop("dtype")
    assert report.equals(drift(profile, CURRENT).drop("dtype"))
    with pytest.raises(TypeError):
        sum([profile.counts(CURRENT)], start=1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_can_compare_too():
    """Otherwise a worker that is forked after a first report would hang."""
    columns = {name: [float(i) for i in range(100)] for name in "abcd"}
    profile = FrameProfile.fit(columns, threads=2)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        counts = profile.counts(columns, threads=2)
        os.write(write, pickle.dumps(counts.columns["d"].size))
        os._exit(0)
    os.waitpid(child, 0)
    assert pickle.loads(os.read(read, 1000)) == (100, 0, 0)
