"""Comparisons as Polars expressions."""

import datetime as dt
import math
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

import poet.stats.polars
from poet.errors import StatsInputError
from poet.stats import FrameProfile, Profile, drift, ks_2samp

RNG = np.random.default_rng(3)
REFERENCE = pl.DataFrame({"x": RNG.normal(size=500), "c": RNG.choice(["a", "b"], 500)})
PROFILE = FrameProfile.fit(REFERENCE)
FRAME = pl.DataFrame(
    {
        "g": np.repeat(["one", "two", "few"], [100, 150, 5]),
        "t": [dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=i) for i in range(255)],
        "x": RNG.normal(size=255),
        "c": RNG.choice(["a", "b", "new"], 255),
    }
).with_columns(pl.when(pl.int_range(255) % 5 > 0).then("x").alias("x"))
KS = pl.col("x").poet.ks(PROFILE["x"])


def same(found, part):
    known = ks_2samp(part["x"], REFERENCE["x"], min_size=20)
    assert (found["status"], found["n_current"]) == (known.status, known.n_current)
    assert found["null_current"] == known.nan_current
    wanted = [known.statistic, known.p_value]
    return [found["statistic"], found["p_value"]] == pytest.approx(wanted, rel=1e-9, nan_ok=True)


def test_select_eager_and_lazy():
    """Otherwise a pipeline would give other numbers than the function."""
    for frame in (
        FRAME.select(KS),
        FRAME.lazy().select(KS).collect(),
        FRAME.lazy().select(KS).collect(engine="streaming"),
    ):
        assert frame.height == 1
        assert same(frame["x"][0], FRAME)


def test_groups():
    """Otherwise per-store or per-day monitoring would need a loop in Python."""
    grouped = FRAME.group_by("g", maintain_order=True).agg(KS.alias("ks"))
    for name, found in grouped.rows():
        assert same(found, FRAME.filter(g=name)), name
    assert [row["status"] for row in grouped["ks"]] == ["ok", "ok", "insufficient_data"]
    lazy = FRAME.lazy().group_by("g").agg(KS.alias("ks")).collect(engine="streaming")
    assert lazy.sort("g").equals(grouped.sort("g"))


def test_windows_in_time():
    """Otherwise drift over time could not be plotted from one expression."""
    found = FRAME.group_by_dynamic("t", every="3d").agg(KS.alias("ks"))
    for start, struct in found.rows():
        part = FRAME.filter(pl.col("t").is_between(start, start + dt.timedelta(days=3), "left"))
        assert same(struct, part), start


def test_over():
    """Otherwise rows could not be filtered by the verdict on their group."""
    found = FRAME.with_columns(KS.over("g").alias("ks"))
    for name, struct in found.select("g", "ks").unique(maintain_order=True).rows():
        assert same(struct, FRAME.filter(g=name)), name


def test_distances_are_those_of_the_report():
    """Otherwise the expression and the report would disagree on the same data."""
    report = {
        (row["column"], row["method"]): row
        for row in drift(PROFILE, FRAME, methods=["psi", "kl", "js", "chi_square"]).rows(named=True)
    }
    for column in ("x", "c"):
        expr = pl.col(column).poet
        profile = PROFILE[column]
        found = FRAME.select(
            psi=expr.psi(profile),
            kl=expr.kl(profile),
            js=expr.js(profile),
            chi_square=expr.chi_square(profile),
        ).row(0, named=True)
        for method, struct in found.items():
            row = report[column, method]
            name = "statistic" if method == "chi_square" else "distance"
            assert struct[name] == row[name], (column, method)
            assert struct["n_current"] == row["n_current"]


def test_no_result_says_why():
    """Otherwise identifiers of which none is known would have the p-value 1."""
    ids = Profile.fit([f"a{i}" for i in range(100)])
    frame = pl.DataFrame({"x": [f"b{i}" for i in range(100)]})
    found = frame.select(pl.col("x").poet.chi_square(ids)).item()
    assert (found["status"], found["n_current"]) == ("insufficient_data", 100)
    assert all(math.isnan(found[name]) for name in ("statistic", "p_value", "effect_size"))
    assert "merge into one" in found["message"]
    assert frame.select(pl.col("x").poet.js(ids)).item()["message"] is None
    few = frame[:5].select(pl.col("x").poet.js(ids)).item()
    assert (few["status"], few["message"]) == ("insufficient_data", "5 values in current, needs 20")
    assert math.isnan(few["distance"])
    known = frame.select(pl.col("x").poet.chi_square(ids, min_expected=0)).item()
    assert (known["status"], known["message"], known["effect_size"]) == ("ok", None, 1.0)


def test_profiles_of_all_kinds():
    """Otherwise a profile that fits elsewhere would not fit here."""
    by_frame = FRAME.select(pl.col("c").poet.psi(PROFILE["c"]))
    by_profile = FRAME.select(pl.col("c").poet.psi(Profile.fit(REFERENCE["c"])))
    by_column = FRAME.select(pl.col("c").poet.psi(REFERENCE["c"]))
    assert by_frame.equals(by_profile)
    assert by_frame.equals(by_column)


def test_what_it_refuses():
    """Otherwise text compared with numbers would be a row like any other."""
    with pytest.raises(StatsInputError, match="categories"):
        pl.col("c").poet.ks(PROFILE["c"])
    with pytest.raises(StatsInputError, match="min_size"):
        pl.col("x").poet.ks(PROFILE["x"], min_size=0)
    for alpha in (0, 5, "0.05"):
        with pytest.raises(StatsInputError, match="alpha"):
            pl.col("x").poet.ks(PROFILE["x"], alpha=alpha)
    with pytest.raises(StatsInputError, match="cast one to the other"):
        FRAME.select(pl.col("c").poet.ks(PROFILE["x"]))


def test_polars_is_imported_only_by_this_module():
    """Otherwise importing POET would cost what importing Polars costs."""
    code = (
        "import sys, poet.stats; assert 'polars' not in sys.modules;"
        "import poet.stats.polars, polars; polars.col('x').poet"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert poet.stats.polars.__all__ == ["PoetExpressions"]
