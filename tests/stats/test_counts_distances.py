"""Distances and the chi-square test of counts against SciPy, and at their edges."""

import math
import pickle

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from poet.errors import StatsInputError
from poet.stats import (
    category_counts,
    chi_square,
    hellinger,
    js_divergence,
    kl_divergence,
    psi,
    total_variation,
)

DISTANCES = [js_divergence, psi, hellinger, total_variation]
COMPARISONS = [*DISTANCES, chi_square]
COUNT = st.integers(0, 6) | st.integers(0, 1_000_000)
PAIRS = st.lists(st.tuples(COUNT, COUNT), min_size=1, max_size=40).filter(
    lambda pairs: min(sum(c for c, _ in pairs), sum(r for _, r in pairs)) >= 20
)


def split(pairs):
    return np.array([c for c, _ in pairs]), np.array([r for _, r in pairs])


def value(found):
    return found.statistic if hasattr(found, "statistic") else found.distance


@given(PAIRS, st.sampled_from([math.e, 2, 10]))
def test_js_is_the_square_of_scipys(pairs, base):
    """Otherwise a threshold taken over from SciPy's distance would mean something else."""
    current, reference = split(pairs)
    peer = jensenshannon(current, reference, base=base)
    assume(not math.isnan(peer))  # SciPy takes the root of a rounding error below 0
    # SciPy's terms cancel: that is how exact its square is near 0.
    found = js_divergence(current, reference, base=base)
    assert found.distance == pytest.approx(peer**2, rel=1e-10, abs=1e-14)


@given(PAIRS, st.floats(0.01, 5))
def test_psi_is_two_of_scipys_entropies(pairs, pseudo_count):
    """Otherwise the index would not be the one that the usual thresholds were made for."""
    current, reference = split(pairs)
    p, q = current + pseudo_count, reference + pseudo_count
    peer = stats.entropy(p, q) + stats.entropy(q, p)
    found = psi(current, reference, pseudo_count=pseudo_count)
    assert found.distance == pytest.approx(peer, rel=1e-10, abs=1e-14)
    both = [
        kl_divergence(*sides, pseudo_count=pseudo_count).distance
        for sides in [(current, reference), (reference, current)]
    ]
    assert found.distance == pytest.approx(sum(both), rel=1e-12)


@given(PAIRS, st.floats(1e-6, 0.01))
def test_psi_with_a_floor_is_the_rule_of_credit_scoring(pairs, floor):
    """Otherwise a bank's own index could not be reproduced."""
    current, reference = split(pairs)
    occurs = (current > 0) | (reference > 0)
    p = np.maximum(current[occurs] / current.sum(), floor)
    q = np.maximum(reference[occurs] / reference.sum(), floor)
    expected = np.sum((p - q) * np.log(p / q))
    found = psi(current, reference, floor=floor)
    assert found.distance == pytest.approx(expected, rel=1e-10, abs=1e-14)


@given(PAIRS)
def test_hellinger_and_total_variation_are_their_formulas(pairs):
    """Otherwise the distances would be mislabelled."""
    current, reference = split(pairs)
    p, q = current / current.sum(), reference / reference.sum()
    root = np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / math.sqrt(2)
    assert hellinger(current, reference).distance == pytest.approx(root, rel=1e-10, abs=1e-15)
    half = np.abs(p - q).sum() / 2
    found = total_variation(current, reference)
    assert found.distance == pytest.approx(half, rel=1e-10, abs=1e-15)
    assert found.distance == kl_divergence(current, reference).total_variation


@given(PAIRS)
def test_the_distances_keep_their_inequalities(pairs):
    """Otherwise two distances of one report could contradict each other."""
    sides = split(pairs)
    h, tv = hellinger(*sides).distance, total_variation(*sides).distance
    js = js_divergence(*sides, base=2).distance
    assert h**2 <= tv * (1 + 1e-12) + 1e-15
    assert tv <= h * math.sqrt(2) * (1 + 1e-12) + 1e-15
    assert 0 <= js <= tv * (1 + 1e-12) + 1e-15


@given(PAIRS)
def test_chi_square_without_merging_is_scipys(pairs):
    """Otherwise a user who moves from SciPy gets other alerts from the same data."""
    current, reference = split(pairs)
    found = chi_square(current, reference, min_expected=0)
    occurring = np.array([pair for pair in pairs if any(pair)])
    peer = stats.chi2_contingency(occurring.T, correction=False)
    assert (found.dof, found.n_pooled) == (peer.dof, 0)
    # SciPy subtracts expected counts from counts.
    assert found.statistic == pytest.approx(peer.statistic, rel=1e-9, abs=1e-9)
    if peer.dof:
        same = stats.chi2.sf(found.statistic, found.dof)
        assert found.p_value == pytest.approx(same, rel=1e-10, abs=1e-300)
        v = stats.contingency.association(occurring.T, method="cramer")
        assert found.effect_size == pytest.approx(v, rel=1e-9, abs=1e-9)
    assert found.smallest_expected == pytest.approx(peer.expected_freq.min(), rel=1e-12)


def merged(pairs, limit):
    """Merge as the docstring says, on a list."""
    n, m = (sum(side) for side in zip(*pairs, strict=True))
    share = min(n, m) / (n + m)
    kept = sorted(((c + r, c, r) for c, r in pairs if c + r), reverse=True)
    pool = [kept.pop() for _ in range(sum(both * share < limit for both, _, _ in kept))]
    while pool and kept and sum(both for both, _, _ in pool) * share < limit:
        pool.append(kept.pop())
    if pool:
        kept.append(tuple(map(sum, zip(*pool, strict=True))))
    return np.array([(c, r) for _, c, r in kept]).T, len(pool) if len(pool) > 1 else 0


@given(PAIRS, st.sampled_from([1.0, 5.0, 10.0]))
def test_rare_categories_are_merged_as_documented(pairs, limit):
    """Otherwise rare categories would give p-values that are far too small."""
    found = chi_square(*split(pairs), min_expected=limit)
    table, pooled = merged(pairs, limit)
    assert found.n_pooled == pooled
    if table.shape[1] > 1:
        peer = stats.chi2_contingency(table, correction=False)
        assert (found.status, found.dof) == ("ok", peer.dof)
        assert found.statistic == pytest.approx(peer.statistic, rel=1e-9, abs=1e-9)
        assert found.smallest_expected == pytest.approx(peer.expected_freq.min(), rel=1e-12)
    else:
        one_category = sum(map(any, pairs)) == 1
        assert found.status == ("ok" if one_category else "insufficient_data")


def test_table_of_a_textbook():
    """Otherwise every test against SciPy might share one misunderstanding with it."""
    # Treatment and control, 2 x 2: chi-square is N (ad - bc)^2 / (row and column sums).
    found = chi_square([36, 14], [30, 25])
    assert found.statistic == pytest.approx(105 * (36 * 25 - 14 * 30) ** 2 / (50 * 55 * 66 * 39))
    assert found.statistic == pytest.approx(3.4177, abs=5e-5)


def test_p_values_of_rare_categories_are_honest():
    """Otherwise a column with many rare labels would alarm far more often than its level."""
    rng = np.random.default_rng(5)
    shares = np.r_[0.7, 0.2, np.full(50, 0.1 / 50)]
    tables = (rng.multinomial(200, shares, size=2) for _ in range(2_000))
    p_values = np.array([chi_square(c, r).p_value for c, r in tables])
    # Five standard errors about the level.
    assert abs((p_values <= 0.05).mean() - 0.05) < 5 * math.sqrt(0.05 * 0.95 / 2_000)


@pytest.mark.parametrize("compare", COMPARISONS)
@given(PAIRS, st.randoms(use_true_random=False))
def test_mappings_in_any_order_are_the_same_to_the_last_bit(compare, pairs, random):
    """Otherwise two machines that read the same data would disagree in the last digits."""
    keys = [f"category {i}" for i in range(len(pairs))]
    current, reference = (dict(zip(keys, map(int, side), strict=True)) for side in split(pairs))
    shuffled = dict(random.sample(list(current.items()), len(current)))
    assert repr(compare(shuffled, reference)) == repr(compare(current, reference))
    absent = {key: count for key, count in current.items() if count or not reference[key]}
    by_position = value(compare(*split(pairs)))
    assert value(compare(absent, reference)) == pytest.approx(by_position, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("compare", COMPARISONS)
def test_equal_shares_are_no_distance(compare):
    """Otherwise a larger sample of the same mix would look like drift."""
    assert value(compare([100, 300, 0], [100, 300, 0])) == 0.0
    only = compare({"only": 50}, {"only": 70})
    assert (value(only), only.status) == (0.0, "ok")


@pytest.mark.parametrize("compare", [js_divergence, hellinger, total_variation, chi_square])
def test_equal_shares_of_unequal_sizes_are_no_distance(compare):
    """Otherwise the size of a window would pass for drift."""
    assert value(compare([100, 300, 0], [1_000, 3_000, 0])) == 0.0
    assert psi([100, 300], [1_000, 3_000], pseudo_count=0).distance == 0.0


@pytest.mark.parametrize("distance", DISTANCES)
def test_nothing_in_common(distance):
    """Otherwise a replaced set of labels would come out as infinite, NaN or harmless."""
    found = distance({"a": 30}, {"b": 40}).distance
    top = {js_divergence: math.log(2), hellinger: 1.0, total_variation: 1.0}
    assert math.isfinite(found)
    assert found == pytest.approx(top.get(distance, found), rel=1e-15)
    assert psi([30, 0], [0, 40], pseudo_count=0).distance == math.inf
    assert psi([30, 0], [0, 40], floor=0).distance == math.inf


def test_tiny_shifts_of_huge_counts_keep_their_digits():
    """Otherwise slow drift of a large table would drown in rounding errors."""
    n = 2**50
    sides = [n + 1, n - 1], [n, n]
    shift = 1 / n
    assert js_divergence(*sides).distance == pytest.approx(shift**2 / 8, rel=1e-12, abs=0)
    assert psi(*sides, pseudo_count=0).distance == pytest.approx(shift**2, rel=1e-12, abs=0)
    assert hellinger(*sides).distance == pytest.approx(shift / math.sqrt(8), rel=1e-12, abs=0)
    assert total_variation(*sides).distance == pytest.approx(shift / 2, rel=1e-12, abs=0)


def test_base_scales_the_divergence_only():
    """Otherwise bits and nats would be mixed up."""
    sides = [30, 10], [20, 20]
    nats, bits = kl_divergence(*sides), kl_divergence(*sides, base=2)
    assert (nats.unit, bits.unit) == ("nats", "bits")
    assert bits.distance == pytest.approx(nats.distance / math.log(2), rel=1e-15)
    assert (bits.statistic, bits.p_value) == (nats.statistic, nats.p_value)
    assert js_divergence(*sides, base=10).unit == "log base 10"


@pytest.mark.parametrize("compare", COMPARISONS)
@pytest.mark.parametrize(
    ("current", "reference"), [([], []), ({}, {}), ([0, 0], [10, 20]), ([9, 10], [100, 100])]
)
def test_too_little_data_is_no_verdict(compare, current, reference):
    """Otherwise an empty or tiny window would be read as "no drift"."""
    found = compare(current, reference)
    assert (found.status, found.min_size) == ("insufficient_data", 20)
    assert math.isnan(value(found))


def test_only_rare_categories_are_no_verdict():
    """Otherwise a column of identifiers would be called unchanged with p = 1."""
    found = chi_square([1] * 30 + [0] * 30, [0] * 30 + [1] * 30)
    assert (found.status, found.n_pooled, found.n_categories) == ("insufficient_data", 60, 60)
    assert math.isnan(found.p_value)


@pytest.mark.parametrize("compare", COMPARISONS)
def test_series_are_paired_only_where_their_indexes_agree(compare):
    """Otherwise `value_counts` of two columns would pair the categories by their frequency."""
    pd = pytest.importorskip("pandas")
    current = pd.Series(["a"] * 30 + ["b"] * 20).value_counts()
    reference = pd.Series(["a"] * 20 + ["b"] * 30).value_counts()
    with pytest.raises(StatsInputError, match="different indexes"):
        compare(current, reference)
    by_name = compare(current.to_dict(), reference.to_dict())
    assert by_name == compare({"a": 30, "b": 20}, {"a": 20, "b": 30})
    aligned = compare(current, reference.reindex(current.index))
    assert aligned == compare([30, 20], [20, 30])
    assert compare(current, [20, 30]) == aligned
    assert compare(pd.Series([30, 20]), pd.Series([20, 30])) == aligned


@pytest.mark.parametrize("compare", COMPARISONS)
def test_counts_that_cannot_be_compared_are_refused(compare):
    """Otherwise a mix-up of the inputs would come out as a plausible number."""
    for sides, message in [
        (([10, 20], [10, 20, 30]), r"shape \(2,\) and reference \(3,\)"),
        (({"a": 30}, [30]), "one side is a mapping"),
        (([-1, 30], [1, 30]), "-1 at position 0"),
        (([2**62, 2**62], [1, 30]), "too large"),
        (([0.5], [1.0]), "whole"),
    ]:
        with pytest.raises(StatsInputError, match=message):
            compare(*sides)
    with pytest.raises(StatsInputError, match="min_size"):
        compare([30], [30], min_size=0)


@pytest.mark.parametrize(
    ("compare", "option", "values"),
    [
        (psi, "pseudo_count", [-0.1, math.inf, math.nan, "0.5", None]),
        (psi, "floor", [-0.1, 1.0, math.nan, "0.5"]),
        (chi_square, "min_expected", [-1, math.inf, math.nan, "5", None]),
        (js_divergence, "base", [1, 0, -2, math.inf, math.nan, "e", None]),
        (kl_divergence, "base", [1, 0.5, math.nan]),
    ],
)
def test_options_are_checked(compare, option, values):
    """Otherwise a typing error would give a distance that means nothing."""
    for wrong in values:
        with pytest.raises(StatsInputError, match=option):
            compare([30], [30], **{option: wrong})


def test_columns_through_category_counts():
    """Otherwise users would have to align the categories of two columns themselves."""
    current = category_counts(pl.Series(["a", "b", None, "a"] * 10))
    reference = category_counts(["b", "c"] * 15)
    assert total_variation(current, reference).distance == pytest.approx(2 / 3)


def test_results_are_frozen_and_cross_processes():
    """Otherwise evidence could be edited in place or not be sent to where it is judged."""
    for found in [hellinger([30], [30]), chi_square([30, 20], [20, 30])]:
        with pytest.raises(AttributeError):
            found.status = "ok"
        assert pickle.loads(pickle.dumps(found)) == found
