"""The KS test against SciPy, and where other implementations go wrong."""

import math
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from poet.errors import StatsInputError
from poet.stats import ks_2samp

# Few distinct values make ties within and across the samples.
TIED = st.integers(-4, 4).map(float) | st.sampled_from([-0.0, math.inf, -math.inf])
SMOOTH = st.floats(-1e6, 1e6)
SAMPLES = st.lists(TIED, min_size=8, max_size=60) | st.lists(SMOOTH, min_size=8, max_size=60)


def numerator(statistic, n, m):
    return round(statistic * n * m)


def scipys_exact(current, reference):
    """SciPy's result, with a p-value of 1 where its own rounding error made it give up above 1."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        peer = stats.ks_2samp(current, reference, method="exact")
    return peer.statistic, 1.0 if caught else peer.pvalue


def difference_at(value, current, reference):
    return np.mean(np.asarray(current) <= value) - np.mean(np.asarray(reference) <= value)


@given(SAMPLES, SAMPLES)
def test_statistic_and_exact_p_value_are_scipys(current, reference):
    """Otherwise a user who moves from SciPy gets other alerts from the same data."""
    found = ks_2samp(current, reference)
    statistic, p_value = scipys_exact(current, reference)
    n, m = len(current), len(reference)
    assert numerator(found.statistic, n, m) == numerator(statistic, n, m)
    assert found.method == "exact"
    assert found.p_value == pytest.approx(p_value, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(8, 2_000), st.integers(8, 2_000), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_exact_p_value_holds_for_larger_samples(n, m, shift, seed):
    """Otherwise p-values of everyday window sizes lose digits to rounding or overflow."""
    rng = np.random.default_rng(seed)
    current, reference = rng.normal(size=n) + shift, rng.normal(size=m)
    found = ks_2samp(current, reference)
    statistic, p_value = scipys_exact(current, reference)
    assert numerator(found.statistic, n, m) == numerator(statistic, n, m)
    assert found.p_value == pytest.approx(p_value, rel=1e-9, abs=1e-300)


@given(SAMPLES, SAMPLES)
def test_location_and_sign_say_where_the_distance_is(current, reference):
    """Otherwise a user looks for the drift at the wrong value or in the wrong direction."""
    found = ks_2samp(current, reference)
    if found.statistic == 0:
        assert (found.sign, math.isnan(found.location)) == (0, True)
    else:
        there = difference_at(found.location, current, reference)
        assert found.sign * there == pytest.approx(found.statistic, abs=1e-12)
        assert found.location in current + reference


@given(SAMPLES, SAMPLES)
def test_swapping_the_samples_swaps_only_the_sign(current, reference):
    """Otherwise it would matter which window a user calls the reference."""
    there, back = ks_2samp(current, reference), ks_2samp(reference, current)
    assert (there.statistic, there.p_value) == (back.statistic, back.p_value)
    # Where both directions have the same distance, the one above is reported, as in SciPy.
    assert there.sign == -back.sign or (there.sign, back.sign) == (1, 1)
    less = ks_2samp(current, reference, alternative="less")
    greater = ks_2samp(reference, current, alternative="greater")
    assert (less.statistic, less.p_value) == (greater.statistic, greater.p_value)
    assert less.sign == -greater.sign


@given(SAMPLES, SAMPLES, st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(current, reference, random):
    """Otherwise a re-sorted or re-partitioned table would give another verdict."""
    shuffled = random.sample(current, len(current))
    assert repr(ks_2samp(shuffled, reference)) == repr(ks_2samp(current, reference))


@given(SAMPLES, SAMPLES, st.integers(1, 5))
def test_nan_is_left_out_and_counted(current, reference, missing):
    """Otherwise missing values would pass for drift (or hide it) with no trace in the result."""
    clean = ks_2samp(current, reference)
    holed = ks_2samp([math.nan] * missing + current, reference)
    assert (holed.statistic, holed.p_value) == (clean.statistic, clean.p_value)
    assert (holed.nan_current, holed.nan_reference) == (missing, 0)
    assert holed.n_current == len(current)


def test_nan_is_refused_on_request():
    """Otherwise a user for whom a missing value is a defect could not learn of it."""
    with pytest.raises(StatsInputError, match="2 of 10 values are missing"):
        ks_2samp(np.arange(9.0), [math.nan, None, *range(8)], nan_policy="raise")


@pytest.mark.parametrize(
    ("current", "reference"),
    [([], []), ([1.0] * 7, [1.0] * 100), ([1.0] * 100, [math.nan] * 100), ([], [1.0] * 8)],
)
def test_too_little_data_is_no_verdict(current, reference):
    """Otherwise an empty or tiny window would be read as "no drift"."""
    found = ks_2samp(current, reference)
    assert (found.status, found.method) == ("insufficient_data", "none")
    assert math.isnan(found.statistic)
    assert math.isnan(found.p_value)
    assert math.isnan(found.location)


def test_min_size_is_the_users_to_choose():
    """Otherwise small but deliberate samples could not be compared at all."""
    assert ks_2samp([1], [2], min_size=1).p_value == 1.0
    assert ks_2samp([1.0] * 50, [1.0] * 60, min_size=51).status == "insufficient_data"


def test_signed_zeros_are_equal():
    """Otherwise a change of sign of zero, invisible when printed, would be total drift."""
    found = ks_2samp([0.0] * 20, [-0.0] * 20)
    assert (found.statistic, found.p_value, found.sign) == (0.0, 1.0, 0)


def test_ties_across_samples_count_together():
    """Otherwise rounded data (prices, ages) would show distances that are not there."""
    current, reference = [1.0] * 10 + [2.0] * 10, [1.0] * 9 + [2.0] * 11
    assert ks_2samp(current, reference).statistic == pytest.approx(0.05)


def test_constant_columns():
    """Otherwise a column with one value would crash a report or raise an alert."""
    assert ks_2samp([3.0] * 30, [3.0] * 40).p_value == 1.0
    moved = ks_2samp([3.0] * 30, [4.0] * 40)
    assert (moved.statistic, moved.location, moved.sign) == (1.0, 3.0, 1)


def test_one_outlier_does_not_hide_a_shift():
    """Otherwise a single wild reference value would blind the monitor, as with binned tests."""
    rng = np.random.default_rng(7)
    reference = np.append(rng.normal(size=5_000), 1e9)
    assert ks_2samp(rng.normal(size=5_000) + 0.5, reference).p_value < 1e-50


def test_one_ulp_apart_is_apart():
    """Otherwise values that differ in the last bit would raise or be merged at random."""
    found = ks_2samp([1.0] * 20, [math.nextafter(1.0, 2.0)] * 20)
    assert (found.statistic, found.location) == (1.0, 1.0)


def test_infinities_are_the_outermost_values():
    """Otherwise sensor overflows would be dropped or become NaN without notice."""
    found = ks_2samp([-math.inf] * 10, [math.inf] * 10)
    assert (found.statistic, found.location, found.sign) == (1.0, -math.inf, 1)
    same = ks_2samp([math.inf] * 10, [math.inf] * 10)
    assert (same.statistic, same.p_value) == (0.0, 1.0)


def test_inputs_are_left_as_they_were():
    """Otherwise a user's array would come back sorted or without its NaN."""
    current = np.array([3.0, -0.0, np.nan, 1.0] * 5)
    before = current.tobytes()
    ks_2samp(current, current[::-1])
    assert current.tobytes() == before


def test_result_is_frozen_and_crosses_processes():
    """Otherwise evidence could be edited in place or not be sent to where it is judged."""
    found = ks_2samp(list(range(20)), list(range(5, 25)))
    with pytest.raises(AttributeError):
        found.p_value = 1.0
    assert pickle.loads(pickle.dumps(found)) == found
