"""Intervals, tails and the paired tests against SciPy; the sequential test against its own promise."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from poet.learn import binomial_tail, e_value, mcnemar, non_inferior, wilson
from poet.learn._numbers import ratio_interval, sum_tail
from poet.learn._sequential import e_value_of_means

counts = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_wilson_is_that_of_scipy(pair: tuple[int, int]) -> None:
    """A reader would be shown an interval that is not the one it is called."""
    hits, total = pair
    if total == 0:
        assert wilson(0, 0) == (0.0, 1.0)
        return
    expected = stats.binomtest(hits, total).proportion_ci(0.95, method="wilson")
    assert wilson(hits, total) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(counts, st.floats(0.001, 0.999))
def test_binomial_tail_is_that_of_scipy(pair: tuple[int, int], share: float) -> None:
    """A candidate would be promoted on a wrong p-value."""
    hits, total = pair
    assert binomial_tail(hits, total, share) == pytest.approx(
        float(stats.binom.sf(hits - 1, total, share)), abs=1e-9
    )


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(-1, 60))
def test_sum_of_unequal_chances_is_that_of_scipy(shares: list[float], at_most: int) -> None:
    """Drifts whose labels are uncertain would be counted as certain, or not at all."""
    if shares:
        expected = float(stats.poisson_binom.cdf(at_most, shares)) if at_most < len(shares) else 1.0
        assert sum_tail(at_most, shares) == pytest.approx(expected, abs=1e-9)
    else:
        assert sum_tail(at_most, shares) == (1.0 if at_most >= 0 else 0.0)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_exact_one_of_scipy(gained: int, lost: int) -> None:
    """A version would be called better on a wrong p-value."""
    if gained + lost:
        expected = stats.binomtest(gained, gained + lost, 0.5, alternative="greater").pvalue
        assert mcnemar(gained, lost) == pytest.approx(expected, abs=1e-12)
    else:
        assert mcnemar(0, 0) == 1.0


def test_29_drifts_with_no_miss_show_that_few_are_missed() -> None:
    """The rule that the docs give for how many drifts it takes would be wrong."""
    assert non_inferior(0, [0.0] * 29) < 0.05 < non_inferior(0, [0.0] * 28)
    assert non_inferior(1, [0.0] * 29) > 0.05
    assert non_inferior(0, [0.2] * 14) < 0.05  # a miss may be a wrong label: the margin is wider
    assert non_inferior(3, [0.0] * 29) > non_inferior(3, [0.2] * 29)


def test_ratio_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """The interval of a cost ratio would be made up."""
    draw = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        cost = draw.uniform(1, 3, 80)
        value = cost * 0.6 + draw.normal(0, 0.5, 80)
        ratio, low, high = ratio_interval(list(value), list(cost))
        assert low <= ratio <= high
        held += low <= 0.6 <= high
    assert 0.92 <= held / 400 <= 0.98


@given(st.floats(0.02, 0.95), st.integers(0, 10_000))
def test_a_bet_at_the_limit_is_fair(limit: float, seed: int) -> None:
    """The sequential test would act on healthy functions more often than it promises."""
    rng = random.Random(seed)
    chances = [rng.choice([0.0, 1.0, 0.05, 0.5, 0.95]) for _ in range(rng.randint(0, 30))]
    before = e_value(chances, limit)
    # A label that is surely right: at the limit the expected stake is the stake.
    after = limit * e_value([*chances, 1.0], limit) + (1 - limit) * e_value([*chances, 0.0], limit)
    assert after == pytest.approx(before, rel=1e-9)
    # One that is right 95 times in 100, either way.
    bad = limit * 0.95 + (1 - limit) * 0.05
    mixed = bad * e_value([*chances, 0.95], limit) + (1 - bad) * e_value([*chances, 0.05], limit)
    assert mixed == pytest.approx(before, rel=1e-9)
    assert e_value([*chances, 0.5], limit) == pytest.approx(before, rel=1e-9)


@given(st.lists(st.booleans(), max_size=200), st.floats(0.05, 0.9))
def test_both_forms_of_the_test_agree_on_certain_labels(bad: list[bool], limit: float) -> None:
    """Costs and judgements would be held to different standards."""
    assert e_value(map(float, bad), limit) == pytest.approx(
        e_value_of_means((float(b), limit) for b in bad), rel=1e-9
    )


def test_the_test_never_overflows() -> None:
    """A function with a million labels would end learning with an error."""
    assert e_value([1.0] * 100_000, 0.001) > 1e200
    assert e_value([0.0] * 100_000, 0.3) < 1e-6
    assert e_value_of_means([(1.0, 0.001)] * 10_000) > 1e200


def test_a_healthy_function_is_rarely_acted_on_and_a_sick_one_soon() -> None:
    """Versions would be made for functions that are fine, or none for those that are not."""
    draw = random.Random(11)

    def crossed(rate: float, most: int) -> int:
        chances: list[float] = []
        for count in range(1, most + 1):
            chances.append(float(draw.random() < rate))
            if count >= 20 and e_value(chances, 0.3) >= 20:
                return count
        return most + 1

    healthy = [crossed(0.25, 300) <= 300 for _ in range(200)]
    sick = sorted(crossed(0.5, 100) for _ in range(200))
    assert sum(healthy) <= 10
    assert sick[100] <= 50
    assert sick[160] <= 100
