"""Tests, distances and effect sizes of two samples against SciPy, and at their edges."""

import itertools
import math
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from poet.errors import StatsInputError
from poet.stats import (
    anderson_darling,
    cramer_von_mises,
    effect_sizes,
    energy_distance,
    kuiper,
    mann_whitney_u,
    wasserstein_distance,
)

TESTS = [anderson_darling, cramer_von_mises, kuiper, mann_whitney_u]
DISTANCES = [wasserstein_distance, energy_distance]
ALL = [*TESTS, *DISTANCES, effect_sizes]
ALTERNATIVES = ["two-sided", "less", "greater"]

TIED = st.integers(-4, 4).map(float) | st.just(-0.0)
SMOOTH = st.floats(-1e6, 1e6)
SAMPLES = st.lists(TIED, min_size=8, max_size=60) | st.lists(SMOOTH, min_size=8, max_size=60)
ORDERED = TIED | st.sampled_from([math.inf, -math.inf])
SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def untied(draw, smallest=1, largest=40):
    n, m = draw(st.integers(smallest, largest)), draw(st.integers(smallest, largest))
    order = draw(st.permutations(range(n + m)))
    return [float(v) for v in order[:n]], [float(v) for v in order[n:]]


def large(n, m, shift, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=n) + shift, rng.normal(size=m)


def numbers(found):
    """All that a result says about the distributions, without sizes."""
    names = ["statistic", "p_value", "effect_size", "distance", "cohens_d", "hedges_g"]
    names += ["variance_ratio", "cliffs_delta", "superiority"]
    return [getattr(found, name) for name in names if hasattr(found, name)]


def scipys_anderson(current, reference):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return stats.anderson_ksamp([current, reference], variant="midrank")
        except TypeError:  # SciPy before 1.17; the midrank variant is its default
            return stats.anderson_ksamp([current, reference], midrank=True)


@given(SAMPLES, SAMPLES)
def test_anderson_darling_is_scipys(current, reference):
    """Otherwise a user who moves from SciPy gets other alerts from the same data."""
    assume(len(set(current + reference)) > 1)
    found, peer = anderson_darling(current, reference), scipys_anderson(current, reference)
    assert found.statistic == pytest.approx(peer.statistic, rel=1e-10, abs=1e-10)
    assert found.p_value == pytest.approx(peer.pvalue, rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 3_000), st.integers(2, 3_000), st.floats(0, 0.5), SEEDS)
def test_anderson_darling_holds_for_all_sizes(n, m, shift, seed):
    """Otherwise the variance would be wrong where its sums are not added up term by term."""
    current, reference = large(n, m, shift, seed)
    found = anderson_darling(current, reference, min_size=1)
    peer = scipys_anderson(current, reference)
    assert found.statistic == pytest.approx(peer.statistic, rel=1e-9, abs=1e-9)
    assert found.p_value == pytest.approx(peer.pvalue, rel=1e-8)


def test_anderson_darling_says_when_the_p_value_is_a_bound():
    """Otherwise 0.001 would be read as a p-value, and compared with others, where it is not."""
    same = anderson_darling(range_of(0, 50), range_of(0.5, 50))
    apart = anderson_darling(range_of(0, 50), range_of(100, 50))
    between = anderson_darling(range_of(0, 50), range_of(6, 50))
    assert (same.p_value, same.p_value_bound) == (0.25, "at_least")
    assert (apart.p_value, apart.p_value_bound) == (0.001, "at_most")
    assert 0.001 < between.p_value < 0.25
    assert between.p_value_bound == "none"


def range_of(start, n):
    return [float(start + i) for i in range(n)]


def test_an_exact_p_value_is_never_zero():
    """Otherwise 16 values would be proof beyond any doubt, and rank before every real finding."""
    found = cramer_von_mises([1] * 8, [2] * 8)
    # 2 of all the ways to label 16 values as 8 and 8 keep the equal ones together.
    assert (found.method, found.p_value) == (
        "exact",
        pytest.approx(2 / math.comb(16, 8), rel=1e-12),
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=10), st.data())
def test_exact_cramer_von_mises_with_ties_counts_every_labelling(pool, data):
    """Otherwise a p-value called exact would not be, for every column of few values."""
    n = data.draw(st.integers(1, len(pool) - 1))
    found = cramer_von_mises(pool[:n], pool[n:], min_size=1)
    at = np.array(sorted(pool))

    def statistic(chosen):
        current = np.array([pool[i] for i in chosen])
        rest = np.array([v for i, v in enumerate(pool) if i not in chosen])
        f, g = ((side[:, None] <= at).mean(axis=0) for side in (current, rest))
        return np.sum((f - g) ** 2)

    labellings = [statistic(chosen) for chosen in itertools.combinations(range(len(pool)), n)]
    # Sums of the same terms in another order differ in the last digits.
    as_far = sum(other >= labellings[0] - 1e-9 for other in labellings)
    assert found.p_value == pytest.approx(as_far / len(labellings), rel=1e-12)


@given(untied(smallest=2, largest=12))
def test_exact_cramer_von_mises_is_scipys(samples):
    """Otherwise a user who moves from SciPy gets other alerts from the same data."""
    found = cramer_von_mises(*samples, min_size=1)
    peer = stats.cramervonmises_2samp(*samples, method="exact")
    assert found.method == "exact"
    # SciPy subtracts two numbers of the size of the sample.
    assert found.statistic == pytest.approx(peer.statistic, rel=1e-11, abs=1e-12)
    assert found.p_value == pytest.approx(peer.pvalue, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(21, 3_000), st.integers(2, 3_000), st.floats(0, 0.5), SEEDS)
def test_asymptotic_cramer_von_mises_is_scipys(n, m, shift, seed):
    """Otherwise everyday window sizes would get other p-values than SciPy's."""
    samples = large(n, m, shift, seed)
    found = cramer_von_mises(*samples, min_size=1)
    peer = stats.cramervonmises_2samp(*samples, method="asymptotic")
    assert found.method == "asymptotic"
    assert found.statistic == pytest.approx(peer.statistic, rel=1e-8, abs=1e-8)
    # SciPy stops adding at terms of 1e-7.
    assert found.p_value == pytest.approx(peer.pvalue, rel=1e-9, abs=2e-7)


@given(SAMPLES, SAMPLES)
def test_cramer_von_mises_with_ties_is_its_definition(current, reference):
    """Otherwise rounded data would be called drift, as by SciPy's formula for ranks."""
    n, m = len(current), len(reference)
    pool = np.array(current + reference)
    f = (np.array(current)[:, None] <= pool).mean(axis=0)
    g = (np.array(reference)[:, None] <= pool).mean(axis=0)
    found = cramer_von_mises(current, reference)
    expected = n * m / (n + m) ** 2 * np.sum((f - g) ** 2)
    assert found.statistic == pytest.approx(expected, rel=1e-12, abs=1e-15)
    assert found.effect_size == pytest.approx(np.mean((f - g) ** 2), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("levels", [2, 3, 10])
def test_cramer_von_mises_with_heavy_ties_keeps_its_level(levels):
    """Otherwise a column with few values would alarm far more often than its level."""
    rng = np.random.default_rng(3)
    tables = (rng.integers(levels, size=(2, 150)) for _ in range(1_500))
    p_values = np.array([cramer_von_mises(c, r).p_value for c, r in tables])
    assert (p_values <= 0.05).mean() < 0.05 + 5 * math.sqrt(0.05 * 0.95 / 1_500)


@given(untied(), st.sampled_from(ALTERNATIVES))
def test_mann_whitney_is_scipys_without_ties(samples, alternative):
    """Otherwise a user who moves from SciPy gets other alerts from the same data."""
    found = mann_whitney_u(*samples, alternative=alternative, min_size=1)
    peer = stats.mannwhitneyu(*samples, alternative=alternative)
    assert found.method == ("exact" if min(map(len, samples)) <= 8 else "asymptotic")
    assert (found.statistic, found.alternative) == (peer.statistic, alternative)
    assert found.p_value == pytest.approx(peer.pvalue, rel=1e-11)


@given(st.lists(ORDERED, min_size=1, max_size=40), st.lists(ORDERED, min_size=1, max_size=40),
       st.sampled_from(ALTERNATIVES))  # fmt: skip
def test_mann_whitney_is_scipys_with_ties(current, reference, alternative):
    """Otherwise ties and infinities would be ranked in another way than SciPy does."""
    assume(1 < len(set(current + reference)) < len(current + reference))
    found = mann_whitney_u(current, reference, alternative=alternative, min_size=1)
    peer = stats.mannwhitneyu(current, reference, alternative=alternative)
    assert (found.statistic, found.method) == (peer.statistic, "asymptotic")
    assert found.p_value == pytest.approx(peer.pvalue, rel=1e-11)
    wins = sum((a > b) - (a < b) for a in current for b in reference)
    assert found.effect_size == pytest.approx(wins / len(current) / len(reference), rel=1e-14)


def test_mann_whitney_of_a_large_and_a_small_sample():
    """Otherwise a handful of new values against a large reference would hang or overflow."""
    rng = np.random.default_rng(1)
    current, reference = rng.normal(size=8) + 1, rng.normal(size=20_000)
    found = mann_whitney_u(current, reference)
    # Against many values U / m is a sum of 8 uniform numbers (Irwin and Hall, 1927).
    x = 8 - found.statistic / reference.size
    terms = [(-1) ** k * math.comb(8, k) * (x - k) ** 8 for k in range(math.ceil(x))]
    assert found.method == "exact"
    assert found.p_value == pytest.approx(2 * sum(terms) / math.factorial(8), rel=5e-3)
    assert mann_whitney_u(current, rng.normal(size=150_001)).method == "asymptotic"


def kuipers_v(current, reference):
    pool = np.sort(np.concatenate([current, reference]))
    f = np.searchsorted(np.sort(current), pool, "right") / len(current)
    g = np.searchsorted(np.sort(reference), pool, "right") / len(reference)
    return max(0, (f - g).max()) + max(0, (g - f).max())


@given(SAMPLES, SAMPLES)
def test_kuiper_is_its_definition(current, reference):
    """Otherwise the statistic would be mislabelled."""
    found = kuiper(current, reference)
    assert found.statistic == pytest.approx(kuipers_v(current, reference), rel=1e-12, abs=1e-15)
    assert found.effect_size == found.statistic


def test_exact_kuiper_counts_every_order():
    """Otherwise p-values of small samples would be off by a third, as Stephens' limit is."""
    places = np.arange(11.0)
    orders = [
        (np.array(chosen, float), np.setdiff1d(places, chosen))
        for chosen in itertools.combinations(range(11), 5)
    ]
    v = np.array([kuipers_v(*order) for order in orders])
    for order, own in list(zip(orders, v, strict=True))[::7]:
        found = kuiper(*order, min_size=1)
        assert found.method == "exact"
        assert found.p_value == pytest.approx((v >= own - 1e-9).mean(), rel=1e-11)


@pytest.mark.parametrize(("n", "m"), [(101, 101), (40, 41), (60, 300)])
def test_asymptotic_kuiper_is_close_to_random_orders(n, m):
    """Otherwise the limit would be used where it does not hold yet."""
    rng = np.random.default_rng(n)
    ranks = np.argsort(rng.random((20_000, n + m)), axis=1) < n
    walks = np.cumsum(np.where(ranks, m, -n), axis=1)
    v = (walks.max(axis=1).clip(0) - walks.min(axis=1).clip(max=0)) / (n * m)
    at = int(np.argsort(v)[-1_000])  # its p-value is 0.05
    order = np.arange(n + m, dtype=float)
    found = kuiper(order[ranks[at]], order[~ranks[at]])
    assert found.method == "asymptotic"
    assert found.statistic == pytest.approx(v[at], rel=1e-12)
    # 0.05 with its sampling error of 0.0015, five times, and the error of the limit.
    assert found.p_value == pytest.approx((v >= v[at] - 1e-9).mean(), abs=0.015)


@given(SAMPLES, SAMPLES)
def test_distances_are_scipys(current, reference):
    """Otherwise a threshold taken over from SciPy would mean something else."""
    scale = max(map(abs, current + reference))
    found = wasserstein_distance(current, reference)
    peer = stats.wasserstein_distance(current, reference)
    assert found.distance == pytest.approx(peer, rel=1e-11, abs=1e-13 * scale)
    found = energy_distance(current, reference)
    peer = stats.energy_distance(current, reference)
    assert found.distance == pytest.approx(peer, rel=1e-11, abs=1e-13 * scale)


def test_distances_where_shares_at_infinity_are_equal_and_where_not():
    """Otherwise one overflow on both sides would make every distance NaN, as with SciPy."""
    inf = math.inf
    for distance in DISTANCES:
        plain = distance([0.0] * 8 + [1.0] * 8, [0.0] * 16).distance
        padded = distance([0.0] * 8 + [1.0] * 8 + [inf] * 16, [0.0] * 16 + [inf] * 16).distance
        assert 0 < padded < plain
        assert distance([-inf] * 8, [-inf] * 9).distance == 0.0
        assert distance([0.0] * 8, [0.0] * 7 + [inf]).distance == inf
        assert distance([-inf] * 8, [inf] * 8).distance == inf


def test_distances_of_far_values_do_not_overflow():
    """Otherwise values near the end of the float range would be infinitely far apart."""
    far = 1.5e308
    found = wasserstein_distance([-far] * 4 + [far] * 12, [-far] * 8 + [far] * 8)
    assert found.distance == pytest.approx(far / 2, rel=1e-14)


@given(SAMPLES, SAMPLES)
def test_effect_sizes_are_their_formulas(current, reference):
    """Otherwise the effect sizes would be mislabelled."""
    a, b = np.array(current), np.array(reference)
    n, m = len(a), len(b)
    pooled = math.sqrt(((n - 1) * a.var(ddof=1) + (m - 1) * b.var(ddof=1)) / (n + m - 2))
    assume(pooled > 1e-6 * np.abs(np.concatenate([a, b])).max())
    assume(min(a.std(), b.std()) > 1e-6 * max(a.std(), b.std()))
    found = effect_sizes(current, reference)
    expected = (a.mean() - b.mean()) / pooled
    # The means cancel where the samples lie close together.
    assert found.cohens_d == pytest.approx(expected, rel=1e-9, abs=1e-9)
    half = (n + m - 2) / 2
    correction = math.exp(math.lgamma(half) - math.lgamma(half - 0.5)) / math.sqrt(half)
    assert found.hedges_g == pytest.approx(found.cohens_d * correction, rel=1e-11)
    assert found.variance_ratio == pytest.approx(a.var(ddof=1) / b.var(ddof=1), rel=1e-8)
    assert found.superiority == pytest.approx((found.cliffs_delta + 1) / 2, rel=1e-12)
    assert found.cliffs_delta == mann_whitney_u(current, reference).effect_size


def test_effect_sizes_of_constants_and_infinities():
    """Otherwise a constant column would show a difference made of rounding errors."""
    same = effect_sizes([0.1] * 9, [0.1] * 11)
    assert (same.cohens_d, same.hedges_g, same.cliffs_delta, same.superiority) == (0, 0, 0, 0.5)
    assert math.isnan(same.variance_ratio)
    assert effect_sizes([2.0] * 9, [1.0] * 9).cohens_d == math.inf
    assert effect_sizes([0.0, 1.0] * 8, [1.0] * 9).variance_ratio == math.inf
    outermost = effect_sizes([math.inf] * 8, list(range(8)))
    assert math.isnan(outermost.cohens_d)
    assert outermost.cliffs_delta == 1.0


@pytest.mark.parametrize("compare", ALL)
@given(SAMPLES, SAMPLES, st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(compare, current, reference, random):
    """Otherwise a re-sorted or re-partitioned table would give another verdict."""
    shuffled = random.sample(current, len(current))
    assert repr(compare(shuffled, reference)) == repr(compare(current, reference))


@pytest.mark.parametrize("compare", [*TESTS, *DISTANCES])
@given(SAMPLES, SAMPLES)
def test_swapping_the_samples_swaps_no_p_value_and_no_distance(compare, current, reference):
    """Otherwise it would matter which window a user calls the reference."""
    there, back = compare(current, reference), compare(reference, current)
    for name in ("p_value", "distance"):
        if hasattr(there, name):
            # Sums in the same order, of terms that are rounded in another.
            assert getattr(back, name) == pytest.approx(getattr(there, name), rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("compare", ALL)
def test_same_values_are_no_difference(compare):
    """Otherwise a constant or an unchanged column would crash a report or raise an alert."""
    for current, reference in [
        ([3.0] * 30, [3.0] * 400),
        ([math.inf] * 30, [math.inf] * 40),
        ([0.0] * 30, [-0.0] * 30),
        (list(range(30)), list(range(30))),
        ([5e-324, -5e-324] * 10, [5e-324, -5e-324] * 20),
    ]:
        found = compare(current, reference)
        assert found.status == "ok"
        if hasattr(found, "distance"):
            assert found.distance == 0.0
        elif hasattr(found, "p_value"):
            bound = "at_least" if compare is anderson_darling else "none"
            p_value = 0.25 if compare is anderson_darling else 1.0
            assert (found.p_value, found.p_value_bound) == (pytest.approx(p_value), bound)
            assert found.effect_size == 0.0
        else:
            assert found.cliffs_delta == 0.0


@pytest.mark.parametrize("compare", TESTS)
def test_infinities_are_the_outermost_values(compare):
    """Otherwise sensor overflows would be dropped or become NaN without notice."""
    inf = math.inf
    with_inf = compare([-inf, *range(20), inf], [*range(5, 25), inf])
    finite = compare([-1e9, *range(20), 1e9], [*range(5, 25), 1e9])
    assert numbers(with_inf) == numbers(finite)


@pytest.mark.parametrize("compare", [*TESTS, wasserstein_distance])
def test_values_one_ulp_apart_are_apart(compare):
    """Otherwise values that differ in the last bit would be merged at random."""
    found = compare([1.0] * 20, [math.nextafter(1.0, 2.0)] * 20)
    assert (found.distance == 2**-52) if hasattr(found, "distance") else found.p_value < 0.01


@pytest.mark.parametrize("compare", ALL)
@given(SAMPLES, SAMPLES, st.integers(1, 5))
def test_nan_is_left_out_and_counted(compare, current, reference, missing):
    """Otherwise missing values would pass for drift (or hide it) with no trace in the result."""
    clean = compare(current, reference)
    holed = compare([math.nan] * missing + current, [*reference, None])
    assert str(numbers(holed)) == str(numbers(clean))
    assert (holed.nan_current, holed.nan_reference) == (missing, 1)
    assert (holed.n_current, holed.n_reference) == (len(current), len(reference))


@pytest.mark.parametrize("compare", ALL)
def test_nan_is_refused_on_request(compare):
    """Otherwise a user for whom a missing value is a defect could not learn of it."""
    with pytest.raises(StatsInputError, match="2 of 10 values are missing"):
        compare(np.arange(9.0), [math.nan, None, *range(8)], nan_policy="raise")


@pytest.mark.parametrize("compare", ALL)
@pytest.mark.parametrize(
    ("current", "reference"),
    [([], []), ([1.0] * 7, [1.0] * 100), ([1.0] * 100, [math.nan] * 100), ([], [1.0] * 8)],
)
def test_too_little_data_is_no_verdict(compare, current, reference):
    """Otherwise an empty or tiny window would be read as "no drift"."""
    found = compare(current, reference)
    assert (found.status, found.min_size) == ("insufficient_data", 8)
    assert all(map(math.isnan, numbers(found)))
    assert getattr(found, "method", "none") == "none"


@pytest.mark.parametrize("compare", ALL)
def test_min_size_is_the_users_to_choose_down_to_what_is_needed(compare):
    """Otherwise small but deliberate samples could not be compared, or would crash."""
    least = 2 if compare in (anderson_darling, effect_sizes) else 1
    one = compare([1.0], [2.0], min_size=1)
    assert (one.status == "ok", one.min_size) == (least == 1, least)
    assert compare([1.0, 2.0], [2.0, 3.0], min_size=1).status == "ok"
    assert compare([1.0] * 50, [1.0] * 60, min_size=51).status == "insufficient_data"
    with pytest.raises(StatsInputError, match="min_size"):
        compare([1.0], [2.0], min_size=0)


@pytest.mark.parametrize("alternative", ["two_sided", "smaller", "", None, 1])
def test_unknown_alternatives_are_refused(alternative):
    """Otherwise a typing error would silently test for something else."""
    with pytest.raises(StatsInputError, match="alternative"):
        mann_whitney_u([1.0] * 8, [2.0] * 8, alternative=alternative)


@pytest.mark.parametrize("compare", ALL)
def test_inputs_are_left_as_they_were(compare):
    """Otherwise a user's array would come back sorted or without its NaN."""
    current = np.array([3.0, -0.0, np.nan, 1.0] * 5)
    before = current.tobytes()
    compare(current, current[::-1])
    assert current.tobytes() == before


@pytest.mark.parametrize("compare", ALL)
def test_results_are_frozen_and_cross_processes(compare):
    """Otherwise evidence could be edited in place or not be sent to where it is judged."""
    found = compare(list(range(20)), list(range(5, 25)))
    with pytest.raises(AttributeError):
        found.status = "ok"
    assert pickle.loads(pickle.dumps(found)) == found
