"""p-values of the KS test, one- and two-sided, against SciPy and against counting in integers."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from poet.errors import StatsInputError
from poet.stats import ks_2samp, ks_p_value

ALTERNATIVES = st.sampled_from(["two-sided", "less", "greater"])
LEVELS = st.sampled_from([0.1, 0.05, 0.01, 0.001])
TIED = st.integers(-4, 4).map(float) | st.sampled_from([-0.0, math.inf, -math.inf])
SAMPLES = st.lists(TIED, min_size=1, max_size=60) | st.lists(
    st.floats(-1e6, 1e6), min_size=1, max_size=60
)


def samples_with(n, m, i, behind=0):
    """Samples with D+ * n * m = D * n * m = i * m - behind * n, if `behind` is small enough.

    The first values are `behind` reference and then `i` current ones; from there on either sample
    waits for the other.
    """
    k = np.arange(n)
    current = np.where(k < i, -1.0, np.maximum(-(-k * m // n), behind) - 0.5)
    reference = np.where(np.arange(m) < behind, -2.0, np.arange(m))
    return current, reference


def samples_near(statistic, n, m, alternative):
    """Samples whose statistic is the next possible one above, or 1."""
    current, reference = samples_with(n, m, max(1, math.ceil(min(statistic, 1.0) * n)))
    return (-current, -reference) if alternative == "less" else (current, reference)


def share_of_paths(numerator, n, m, alternative):
    """The exact p-value: lattice paths that reach the numerator, counted in integers."""
    total, inside = [0] * (m + 1), [0] * (m + 1)
    for i in range(n + 1):
        for j in range(m + 1):
            for row in (total, inside):
                row[j] += (row[j - 1] if j else 0) + (i == j == 0)
            signed = i * m - j * n
            distance = {"two-sided": abs(signed), "greater": signed, "less": -signed}[alternative]
            if distance >= numerator:
                inside[j] = 0
    return float(Fraction(total[m] - inside[m], total[m]))


def scipys(current, reference, alternative, method):
    """SciPy's result, or None where its exact computation gave up."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        peer = stats.ks_2samp(current, reference, alternative=alternative, method=method)
    return None if caught else peer


@given(SAMPLES, SAMPLES, ALTERNATIVES)
def test_statistic_and_p_value_are_scipys_on_every_side(current, reference, alternative):
    """Otherwise a one-sided test moved from SciPy would alert on other data, or the other side."""
    found = ks_2samp(current, reference, alternative=alternative, min_size=1)
    n, m = len(current), len(reference)
    peer = scipys(current, reference, alternative, "exact")
    numerator = round(found.statistic * n * m)
    assert (found.method, found.p_value_error) == ("exact", 0.0)
    if numerator > 0:
        wanted = share_of_paths(numerator, n, m, alternative)
        assert found.p_value == pytest.approx(wanted, rel=1e-13)
    assert peer is None or numerator == round(peer.statistic * n * m)
    # SciPy subtracts path counts one-sided: small p-values of its own lose digits.
    if peer is not None and (alternative == "two-sided" or peer.pvalue > 1e-3):
        assert found.p_value == pytest.approx(peer.pvalue, rel=1e-9)


@given(SAMPLES, SAMPLES, ALTERNATIVES)
def test_location_is_where_scipy_sees_the_distance(current, reference, alternative):
    """Otherwise a user is pointed to a value where the distributions do not differ most."""
    found = ks_2samp(current, reference, alternative=alternative, min_size=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = stats.ks_2samp(current, reference, alternative=alternative, method="exact")
    n, m = len(current), len(reference)

    def difference(value):
        i, j = (int(np.sum(np.asarray(side) <= value)) for side in (current, reference))
        return i * m - j * n

    signed = [(difference(value), value) for value in current + reference]
    if found.statistic == 0:
        assert (found.sign, math.isnan(found.location)) == (0, True)
        assert peer.statistic == 0
        return
    distance = found.sign * round(found.statistic * n * m)
    assert found.location == min(value for size, value in signed if size == distance)
    # Equal distances differ in SciPy by rounding: then its sign is as good as ours.
    if (-distance) not in {size for size, _ in signed} or alternative != "two-sided":
        assert found.sign == peer.statistic_sign
        assert difference(peer.statistic_location) == distance


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.floats(0, 1), st.booleans())
def test_two_sided_exact_p_value_is_scipys_down_to_tiny(n, m, part, equal):
    """Otherwise strong drift, where p is 1e-50, would be ranked by rounding errors."""
    m = n if equal else m
    current, reference = samples_near(part, n, m, "two-sided")
    found = ks_2samp(current, reference, min_size=1)
    peer = scipys(current, reference, "two-sided", "exact")
    assume(peer is not None)
    assert found.p_value == pytest.approx(peer.pvalue, rel=1e-9, abs=1e-300)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 40), st.integers(100, 200), st.floats(0, 1), ALTERNATIVES)
def test_tiny_exact_p_values_are_counts_of_paths(n, m, part, alternative):
    """Otherwise small samples against larger ones would get one-sided p-values of another tail."""
    current, reference = samples_near(part, n, m, alternative)
    found = ks_2samp(current, reference, alternative=alternative, min_size=1)
    wanted = share_of_paths(round(found.statistic * n * m), n, m, alternative)
    assert found.p_value == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(("n", "m"), [(2_000, 1_999), (900, 9_999), (10_000, 9_001)])
@pytest.mark.parametrize("z", [0.7, 1.36, 2.7, 2.8, 6.0, 12.0])
def test_the_roads_of_large_exact_p_values_agree(n, m, z):
    """Otherwise p would jump where, for speed, another exact road takes over."""
    current, reference = samples_near(z / math.sqrt(n * m / (n + m)), n, m, "greater")
    two = ks_2samp(current, reference)
    one = ks_2samp(current, reference, alternative="greater")
    assert one.statistic == two.statistic
    # Both sides are reached together with about the cube of either probability.
    assert one.p_value < two.p_value <= 2 * one.p_value * (1 + 1e-12)
    assert two.p_value == pytest.approx(2 * one.p_value - 2 * one.p_value**4, rel=0.02)
    peer = scipys(current, reference, "two-sided", "exact")
    if peer is not None and peer.pvalue > 1e-290:
        assert two.p_value == pytest.approx(peer.pvalue, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([(5, 20_000), (60, 30_000), (143, 40_000), (700, 90_000), (20_000, 30_000)]),
    st.floats(0.2, 8),
    ALTERNATIVES,
)
def test_asymptotic_p_value_is_scipys_within_the_error_it_states(sizes, z, alternative):
    """Otherwise the bound beside a p-value is a promise that is not kept."""
    n, m = sizes
    current, reference = samples_near(z / math.sqrt(n * m / (n + m)), n, m, alternative)
    found = ks_2samp(current, reference, alternative=alternative, min_size=1)
    peer = stats.ks_2samp(current, reference, alternative=alternative, method="asymp")
    assert found.method == "asymptotic"
    assert found.statistic == pytest.approx(peer.statistic, rel=1e-12)
    # D as SciPy rounds it moves its p by some 1e-13 of itself, and more in the far tail.
    rounding = 1e-14 + 1e-11 * peer.pvalue
    assert abs(found.p_value - peer.pvalue) <= found.p_value_error + rounding
    if n > 500 and peer.pvalue < 0.9:
        assert found.p_value_error <= 1e-11 * peer.pvalue + 1e-14


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 400), st.sampled_from([10_007, 40_000]), LEVELS, st.integers(-3, 3), ALTERNATIVES
)
def test_a_decision_at_alpha_is_scipys(n, m, alpha, steps, alternative):
    """Otherwise an approximation would decide whether a user is woken up."""
    effective = n * m / (n + m)
    if alternative == "two-sided":
        near = stats.kstwo.isf(alpha, max(1, round(effective)))
    else:
        near = math.sqrt(-math.log(alpha) / 2 / effective)
    # A current value more moves D by 1/n, a reference value in front of it by 1/m, closer.
    i = min(n, math.ceil(near * n))
    behind = min(m // 4, max(0, round((i / n - near) * m) + steps))
    current, reference = samples_with(n, m, i, behind)
    if alternative == "less":
        current, reference = -current, -reference
    found = ks_2samp(current, reference, alternative=alternative, alpha=alpha, min_size=1)
    peer = stats.ks_2samp(current, reference, alternative=alternative, method="asymp")
    assert found.statistic == pytest.approx(i / n - behind / m, rel=1e-12)
    assert (found.p_value < alpha) == (peer.pvalue < alpha)
    if found.method == "precise":
        assert found.p_value == pytest.approx(peer.pvalue, rel=1e-10)


def test_alpha_near_p_asks_for_the_precise_value():
    """Otherwise the level would be accepted and ignored."""
    current, reference = samples_near(0.22, 30, 20_000, "two-sided")
    plain = ks_2samp(current, reference)
    held = ks_2samp(current, reference, alpha=plain.p_value)
    far = ks_2samp(current, reference, alpha=plain.p_value / 2)
    assert (plain.method, held.method, far.method) == ("asymptotic", "precise", "asymptotic")
    assert held.p_value_error < 1e-10 * held.p_value < plain.p_value_error
    assert abs(held.p_value - plain.p_value) <= plain.p_value_error
    wanted = stats.kstwo.sf(held.statistic, 30)
    assert held.p_value == pytest.approx(wanted, rel=1e-10)


def test_the_methods_border_is_scipys():
    """Otherwise the same sizes would be judged by another distribution than in SciPy."""
    at, above = np.arange(10_000.0), np.arange(10_001.0)
    assert ks_2samp(at, at + 100).method == "exact"
    assert ks_2samp(at[:50], above).method == "asymptotic"


def test_a_method_can_be_asked_for():
    """Otherwise a user could not reproduce a p-value that was computed the other way."""
    rng = np.random.default_rng(3)
    small = rng.normal(size=90), rng.normal(size=80) + 0.4
    found = ks_2samp(*small, method="asymptotic")
    assert found.method == "asymptotic"
    assert abs(found.p_value - stats.ks_2samp(*small, method="asymp").pvalue) < 3e-4
    large = rng.normal(size=300), rng.normal(size=12_000) + 0.05
    exact = ks_2samp(*large, method="exact")
    assert (exact.method, exact.p_value_error) == ("exact", 0.0)
    assert exact.p_value == pytest.approx(stats.ks_2samp(*large, method="exact").pvalue, rel=1e-9)


def test_an_exact_p_value_out_of_reach_is_refused():
    """Otherwise a user who asked for exact would get an approximation, or wait for hours."""
    many = np.arange(100_001.0)
    with pytest.raises(StatsInputError, match="too many for an exact p-value"):
        ks_2samp(many, many, method="exact")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alternative": "two_sided"}, "alternative is 'two_sided'"),
        ({"alternative": None}, "alternative is None"),
        ({"alternative": "Greater"}, "alternative is 'Greater'"),
        ({"method": "asymp"}, "method is 'asymp'"),
        ({"method": "precise"}, "method is 'precise'"),
        ({"alpha": 0.0}, r"alpha is 0\.0"),
        ({"alpha": 1}, "alpha is 1"),
        ({"alpha": math.nan}, "alpha is nan"),
        ({"alpha": "0.05"}, "alpha is '0.05'"),
    ],
)
def test_unknown_words_and_levels_are_refused(options, message):
    """Otherwise a typo would silently test something else."""
    with pytest.raises(StatsInputError, match=message):
        ks_2samp([1.0] * 9, [2.0] * 9, **options)


def test_too_little_data_has_no_error_bound_either():
    """Otherwise a bound of 0 would make an absent p-value look exact."""
    found = ks_2samp([1.0], [2.0], alternative="less")
    assert (found.status, found.alternative) == ("insufficient_data", "less")
    assert math.isnan(found.p_value_error)


@given(
    n=st.integers(1, 60),
    m=st.integers(1, 20_000),
    part=st.floats(0, 1),
    alternative=st.sampled_from(["two-sided", "less", "greater"]),
)
def test_a_known_statistic_has_the_p_value_of_its_test(n, m, part, alternative):
    """A distance found elsewhere would be judged by another rule than our own."""
    numerator = round(part * n * m)
    current = np.arange(n) / n
    p_value = ks_p_value(numerator / (n * m), n, m, alternative=alternative)
    assert 0 <= p_value <= 1
    result = ks_2samp(current, np.arange(m) / m + part / 3, alternative=alternative, min_size=1)
    assert ks_p_value(result.statistic, n, m, alternative=alternative) == result.p_value


def test_what_is_no_statistic_is_refused():
    """A percentage or a NaN would get a p-value."""
    for statistic in (-0.1, 1.5, math.nan, "0.5"):
        with pytest.raises(StatsInputError, match="statistic"):
            ks_p_value(statistic, 10, 10)
    with pytest.raises(StatsInputError, match="n_current"):
        ks_p_value(0.5, 0, 10)
    with pytest.raises(StatsInputError, match="too many"):
        ks_p_value(0.5, 2**40, 2**40)
    with pytest.raises(StatsInputError, match="exact"):
        ks_p_value(0.5, 2**30, 2**30, method="exact")
