"""How a profile cuts numbers into bins, and what it says of nothing."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import poet.stats.polars  # noqa: F401  # registers .poet
from poet.errors import StatsInputError
from poet.stats import Profile, drift, psi

HEAVY = [0] * 950 + list(range(1, 51))
DISTANCES = ("psi", "kl", "js", "hellinger", "total_variation")


@pytest.mark.parametrize("reference", [[0] * 95 + [1, 2, 3, 4, 5], HEAVY, [-v for v in HEAVY]])
@pytest.mark.parametrize("to", [-1, 1, 60, 0.5])
def test_all_leaving_the_most_frequent_value_is_drift(reference, to):
    """Otherwise a column that is mostly zero could move anywhere and stay healthy."""
    for name in ("psi", "kl", "js"):
        (row,) = drift({"x": reference}, {"x": [to] * 50}, methods=name).rows(named=True)
        assert row["status"] == "drift", name
    profile = Profile.fit(reference)
    assert profile.total_variation([to] * 50).distance > 0.9
    assert profile.psi(profile.counts([to] * 50)) == profile.psi([to] * 50)
    assert profile.psi(reference).distance == 0.0


def test_one_heavy_value_leaves_the_other_bins_as_they_are():
    """Otherwise the numbers of everyone whose zeros are many could not be worked out by hand."""
    profile = Profile.fit([0.0] * 300 + [float(i) for i in range(1, 701)])
    window = [-5.0] * 10 + [0.0] * 20 + [50.0] * 30 + [150.0] * 40
    # Below 0; at 0; up to 100, 200, ...; above 600.
    assert profile.psi(window) == psi([10, 20, 30, 40, 0, 0, 0, 0, 0], [0, 300, *[100] * 7])
    # What occurs on neither side is no bin.
    assert profile.psi(window[10:]) == psi([20, 30, 40, 0, 0, 0, 0, 0], [300, *[100] * 7])


@given(st.integers(21, 2000), st.integers(2, 20), st.randoms())
def test_bins_without_ties_are_equal(m, bins, random):
    """Otherwise PSI of the usual continuous column would be another one."""
    values = list(range(m))
    window = [random.randrange(-5, m + 5) for _ in range(50)]
    ends = [-(-k * m // bins) - 1 for k in range(1, bins)]
    at = [np.bincount(np.searchsorted(ends, x), minlength=bins) for x in (window, values)]
    assert Profile.fit(values).psi(window, bins=bins) == psi(*at)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 80)), min_size=1, max_size=40),
    st.integers(1, 25),
    st.sampled_from([-0.5, 0.5, 1.5]),
)
def test_a_frequent_value_that_moves_is_always_seen(runs, bins, step):
    """Otherwise a distance of 0 would not mean that frequent values stayed where they were."""
    values = [float(v) for v, ties in runs for _ in range(ties)]
    most = max(set(values), key=values.count)
    assume(values.count(most) * bins >= len(values))
    moved = [v + step if v == most else v for v in values]
    found = Profile.fit(values).total_variation(moved, bins=bins, min_size=1).distance
    assert found == pytest.approx(values.count(most) / len(values), rel=1e-12)


def test_equal_widths_of_a_range_with_infinities():
    """Otherwise one infinity would put all values into one bin, in which nothing moves."""
    plain = Profile.fit(list(range(1000)))
    window = [float(v) for v in range(500, 1500)]
    expected = plain.psi(window, cut="width").distance
    assert expected > 0.25
    for more in ([math.inf], [-math.inf], [math.inf, -math.inf]):
        found = Profile.fit([*more, *range(1000)]).psi(window, cut="width")
        assert found.distance == pytest.approx(expected, rel=0.01)
    wide = Profile.fit(np.linspace(-1.0, 1.0, 101) * np.finfo(float).max)
    assert wide.psi([-math.inf] * 50, cut="width").distance > 0.25
    assert Profile.fit([math.inf] * 20 + [-math.inf] * 20).psi([1.0] * 50, cut="width").distance > 1


@pytest.mark.parametrize("bins", [10**6 + 1, 10**12, 10**30, 0, -1, 2.5, "ten", None])
def test_a_number_of_bins_out_of_range_is_refused(bins):
    """Otherwise a slip of the finger would hang, or end in another error than all others."""
    profile = Profile.fit([1] * 30)
    for name in (*DISTANCES, "chi_square"):
        with pytest.raises(StatsInputError, match="bins"):
            getattr(profile, name)([1] * 30, bins=bins)
    for name in ("psi", "kl", "js", "chi_square"):
        with pytest.raises(StatsInputError, match="bins"):
            getattr(pl.col("x").poet, name)(profile, bins=bins)
    with pytest.raises(StatsInputError, match="bins"):
        drift({"x": [1] * 30}, {"x": [1] * 30}, methods="psi", bins=bins)


def test_more_bins_than_values_are_no_work():
    """Otherwise a large number of bins would take time and memory, whatever the column."""
    most = 10**6
    assert Profile.fit([1] * 30).psi([1] * 30, bins=most).distance == 0.0
    for cut in ("quantile", "width"):
        found = Profile.fit([1, 2] * 30).psi([1.5] * 30, bins=most, cut=cut)
        assert found == psi([0, 30, 0], [30, 0, 30])


@pytest.mark.parametrize("empty", [[], [None] * 3, [math.nan] * 3, pl.Series([], dtype=pl.Int64)])
def test_nothing_on_one_side_keeps_the_size_of_the_other(empty):
    """Otherwise a report would say that the window was empty where the reference is."""
    full = list(range(20))
    for reference, current, sizes in ((empty, full, (20, 0)), (full, empty, (0, 20))):
        profile = Profile.fit(reference)
        for window in (current, profile.counts(current)):
            for name in ("ks", "kl", "chi_square", *DISTANCES):
                found = getattr(profile, name)(window)
                assert (found.n_current, found.n_reference) == sizes, name
                assert found.status == "insufficient_data"
