"""Categories counted against a fitted reference."""

from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from poet.errors import StatsInputError
from poet.stats import Profile, category_counts, chi_square, kl_divergence, psi

pd = pytest.importorskip("pandas")

NAMES = st.lists(st.none() | st.sampled_from(["", "a", "b", "ä", "a" * 7, "a" * 17, "b" * 40]))
COLORS = ["red", "blue", None, "red", "green"]
SAME = {
    "list": COLORS,
    "numpy object": np.array(COLORS, object),
    "polars text": pl.Series(COLORS),
    "polars categorical": pl.Series(COLORS, dtype=pl.Categorical),
    "polars enum": pl.Series(COLORS, dtype=pl.Enum(["unused", "green", "blue", "red"])),
    "polars chunks": pl.concat([pl.Series(COLORS[:2]), pl.Series(COLORS[2:])], rechunk=False),
    "pandas text": pd.Series(COLORS),
    "pandas object": pd.Series(COLORS, dtype=object),
    "pandas category": pd.Series(COLORS, dtype="category"),
}


@pytest.mark.parametrize("values", SAME.values(), ids=SAME.keys())
def test_categories_are_equal_in_every_type(values):
    """Otherwise a column would drift for having been cast to a categorical."""
    profile = Profile.fit(values)
    assert profile.categories == {"blue": 1, "green": 1, "red": 2}
    assert (profile.null, profile.n) == (1, 4)
    reference = Profile.fit(["red", "pink"])
    counts = reference.counts(values)
    assert counts.known == {"pink": 0, "red": 2}
    assert counts.unseen == {"blue": 1, "green": 1}
    assert (counts.null, counts.n) == (1, 4)


@given(reference=NAMES, first=NAMES, second=NAMES)
def test_counts_of_parts_add_up_to_those_of_the_whole(reference, first, second):
    """Otherwise a report over batches or machines would differ from the one over all rows."""
    profile = Profile.fit(pl.Series(reference, dtype=pl.String))
    parts = [pl.Series(part, dtype=pl.String) for part in (first, second)]
    total = profile.counts(parts[0]) + profile.counts(parts[1].cast(pl.Categorical))
    whole = profile.counts(pl.concat(parts, rechunk=False))
    for counts in (total, whole):
        both = {**counts.known, **counts.unseen}
        assert {k: v for k, v in both.items() if v} == Counter(
            v for v in first + second if v is not None
        )
        assert counts.null == (first + second).count(None)
    assert profile.psi(total, min_size=1) == profile.psi(whole, min_size=1) or not total.n


@given(reference=NAMES, current=NAMES)
def test_results_are_those_of_the_counts(reference, current):
    """Otherwise a kept profile would tell something else than the two columns themselves."""
    profile = Profile.fit(pl.Series(reference, dtype=pl.String))
    window = pl.Series(current, dtype=pl.String)
    a, b = category_counts(current), category_counts(reference)
    assert profile.kl(window, min_size=1).statistic == pytest.approx(
        kl_divergence(a, b, min_size=1).statistic, rel=1e-12, nan_ok=True
    )
    assert profile.psi(window, min_size=1).distance == pytest.approx(
        psi(a, b, min_size=1).distance, rel=1e-12, abs=1e-15, nan_ok=True
    )
    assert profile.chi_square(window, min_size=1).p_value == pytest.approx(
        chi_square(a, b, min_size=1).p_value, rel=1e-10, nan_ok=True
    )


def test_scipy_agrees_on_large_columns():
    """Otherwise a large column, whose codes take the fast path, would be counted wrongly."""
    rng = np.random.default_rng(7)
    names = np.array([f"category {i}" for i in range(300)])
    reference, current = names[rng.integers(0, 300, 50_000)], names[rng.integers(0, 300, 50_000)]
    # Codes in another order than the names, and a second column in the same global categories.
    pl.Series(names[::-1], dtype=pl.Categorical)
    profile = Profile.fit(pl.Series(reference, dtype=pl.Categorical))
    for dtype in (pl.String, pl.Categorical, pl.Enum(names[::-1].tolist())):
        result = profile.chi_square(pl.Series(current, dtype=dtype), min_expected=0)
        table = [np.unique(side, return_counts=True)[1] for side in (current, reference)]
        known = stats.chi2_contingency(table, correction=False)
        assert result.statistic == pytest.approx(known.statistic, rel=1e-10)
        assert result.p_value == pytest.approx(known.pvalue, rel=1e-9)


def test_booleans_and_integer_categories_have_names():
    """Otherwise flags and coded labels could not be watched."""
    flags = Profile.fit([True, False, True, None])
    assert (flags.categories, flags.null) == ({"false": 1, "true": 2}, 1)
    assert flags.counts(pl.Series([None, True])).known == {"false": 0, "true": 1}


def test_counts_of_other_categories_do_not_add():
    """Otherwise counts would be added to the wrong categories without a word."""
    one, other = Profile.fit(["a", "b"]), Profile.fit(["a", "c"])
    with pytest.raises(StatsInputError, match="another"):
        one.counts(["a"]) + other.counts(["a"])
    with pytest.raises(StatsInputError, match="another"):
        one.psi(other.counts(["a"]))


def test_what_it_refuses():
    """Otherwise numbers and times would be taken for names, and mistakes for counts."""
    with pytest.raises(StatsInputError, match="numbers"):
        Profile.fit(["a"]).psi([1.0, 2.0])
    with pytest.raises(StatsInputError, match="times"):
        Profile.fit(["a"]).counts(np.array(["2026-01-01"], "M8[D]"))
    with pytest.raises(StatsInputError, match="categories"):
        Profile.fit(["a"]).ks(["a"])
    with pytest.raises(StatsInputError, match="counts"):
        Profile.from_counts({"a": -1})


def test_too_little_data_is_no_result():
    """Otherwise a window of three rows would be judged."""
    profile = Profile.from_counts({"a": 100, "b": 50})
    assert profile.psi(["a"] * 3).status == "insufficient_data"
    assert profile.kl([None] * 30).status == "insufficient_data"
