"""The categorical comparison against SciPy, and at its edges."""

import math
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from poet.errors import StatsInputError
from poet.stats import kl_divergence

COUNT = st.integers(0, 6) | st.integers(0, 1_000_000)
PAIRS = st.lists(st.tuples(COUNT, COUNT), min_size=1, max_size=40).filter(
    lambda pairs: min(sum(c for c, _ in pairs), sum(r for _, r in pairs)) >= 20
)


def split(pairs):
    return [c for c, _ in pairs], [r for _, r in pairs]


@given(PAIRS)
def test_g_test_is_scipys(pairs):
    """Otherwise a user who moves from SciPy gets other alerts from the same data."""
    current, reference = split(pairs)
    found = kl_divergence(current, reference)
    occurring = [pair for pair in pairs if any(pair)]
    peer = stats.chi2_contingency(
        np.transpose(occurring), lambda_="log-likelihood", correction=False
    )
    assert found.dof == peer.dof
    # SciPy subtracts terms of the size of the counts, so that is how exact its G is.
    scale = 1e-13 * (found.n_current + found.n_reference)
    assert found.statistic == pytest.approx(peer.statistic, rel=1e-9, abs=scale)
    if peer.dof:
        same_g = stats.chi2.sf(found.statistic, found.dof)
        assert found.p_value == pytest.approx(same_g, rel=1e-10, abs=1e-300)
    else:
        assert found.p_value == 1.0


@given(st.integers(1, 3_000), st.floats(0.01, 8))
def test_p_values_hold_for_many_categories_and_deep_tails(dof, ratio):
    """Otherwise high-cardinality columns would get p-values without digits."""
    # One category is emptied by so much that G sweeps the whole range of the distribution.
    moved = int(math.sqrt(dof * ratio) * 10) + 1
    current = [1_000 + moved] + [1_000] * dof
    reference = [1_000] * (dof + 1)
    found = kl_divergence(current, reference)
    expected = stats.chi2.sf(found.statistic, found.dof)
    assume(expected > 1e-300)
    assert found.p_value == pytest.approx(expected, rel=1e-10)


@given(PAIRS, st.floats(0.01, 5))
def test_distance_is_scipys_entropy_of_the_smoothed_shares(pairs, pseudo_count):
    """Otherwise the distance would not be the one that the documentation gives the formula of."""
    current, reference = split(pairs)
    found = kl_divergence(current, reference, pseudo_count=pseudo_count)
    p, q = np.array(current) + pseudo_count, np.array(reference) + pseudo_count
    assert found.distance == pytest.approx(stats.entropy(p, q), rel=1e-9, abs=1e-12)


@given(PAIRS)
def test_total_variation_is_half_the_absolute_difference(pairs):
    """Otherwise the effect size would overstate or understate how much moved."""
    current, reference = map(np.array, split(pairs))
    expected = np.abs(current / current.sum() - reference / reference.sum()).sum() / 2
    assert kl_divergence(current, reference).total_variation == pytest.approx(expected, abs=1e-12)


@given(PAIRS, st.randoms(use_true_random=False))
def test_order_in_which_categories_were_seen_changes_no_bit(pairs, random):
    """Otherwise two machines that read the same data would disagree in the last digits."""
    keys = [f"category {i}" for i in range(len(pairs))]
    current, reference = (dict(zip(keys, side, strict=True)) for side in split(pairs))
    shuffled = dict(random.sample(list(current.items()), len(current)))
    assert kl_divergence(shuffled, reference) == kl_divergence(current, reference)


@given(PAIRS)
def test_mappings_and_arrays_agree(pairs):
    """Otherwise the result would depend on how the same counts were handed over."""
    current, reference = split(pairs)
    # A category that is absent from a mapping is one that did not occur.
    a = {i: c for i, c in enumerate(current) if c}
    b = Counter(dict(enumerate(reference)))
    by_key, by_position = kl_divergence(a, b), kl_divergence(current, reference)
    assert by_key.distance == pytest.approx(by_position.distance, rel=1e-12)
    assert by_key.statistic == pytest.approx(by_position.statistic, rel=1e-12)
    assert (by_key.dof, by_key.n_categories) == (by_position.dof, by_position.n_categories)


def test_same_shares_are_no_distance():
    """Otherwise a larger sample of the same mix would look like drift."""
    found = kl_divergence([100, 300], [1_000, 3_000], pseudo_count=0)
    assert (found.distance, found.statistic, found.total_variation) == (0.0, 0.0, 0.0)
    assert found.p_value == 1.0


def test_new_category_is_finite_unless_asked_otherwise():
    """Otherwise one new label would turn a dashboard to infinity."""
    assert math.isfinite(kl_divergence([90, 10], [100, 0]).distance)
    assert kl_divergence([90, 10], [100, 0], pseudo_count=0).distance == math.inf
    assert kl_divergence([100, 0], [90, 10], pseudo_count=0).distance == pytest.approx(
        -math.log(0.9)
    )


def test_constant_column_is_not_drift():
    """Otherwise a column with one category would crash a report or raise an alert."""
    found = kl_divergence({"only": 50}, {"only": 70})
    assert (found.status, found.dof, found.p_value) == ("ok", 0, 1.0)


def test_category_empty_on_both_sides_is_no_degree_of_freedom():
    """Otherwise unused levels of a categorical column would water down the p-value."""
    padded, plain = kl_divergence([30, 10, 0], [20, 20, 0]), kl_divergence([30, 10], [20, 20])
    assert (padded.dof, padded.p_value) == (plain.dof, plain.p_value)
    assert padded.n_categories == 3


@pytest.mark.parametrize(
    ("current", "reference"),
    [
        ([], []),
        (pl.Series([]), np.array([])),
        ({}, {}),
        ([0, 0], [10, 20]),
        ([9, 10], [100, 100]),
        ({"a": 5}, {"a": 500}),
    ],
)
def test_too_little_data_is_no_verdict(current, reference):
    """Otherwise an empty or tiny window would be read as "no drift"."""
    found = kl_divergence(current, reference)
    assert (found.status, found.dof) == ("insufficient_data", 0)
    numbers = (found.distance, found.statistic, found.p_value, found.total_variation)
    assert all(map(math.isnan, numbers))


@pytest.mark.parametrize(
    ("current", "reference", "message"),
    [
        ([10, 20], [10, 20, 30], r"shape \(2,\) and reference \(3,\)"),
        ({"a": 30}, [30], "one side is a mapping"),
        ({"a": -1}, {"a": 30}, r"current\['a'\] is -1"),
        ({"a": 0.5}, {"a": 30}, "not a whole number"),
        ({"a": True}, {"a": 30}, "not a whole number"),
        ([2**62, 2**62], [1, 30], "too large"),
    ],
)
def test_counts_that_cannot_be_compared_are_refused(current, reference, message):
    """Otherwise a mix-up of the inputs would come out as a plausible number."""
    with pytest.raises(StatsInputError, match=message):
        kl_divergence(current, reference)


@pytest.mark.parametrize("pseudo_count", [-0.1, math.inf, math.nan, "0.5", None])
def test_pseudo_count_is_checked(pseudo_count):
    """Otherwise a typing error would give a distance that means nothing."""
    with pytest.raises(StatsInputError, match="pseudo_count"):
        kl_divergence([30], [30], pseudo_count=pseudo_count)
