"""The rule by which "faster" is said, on times made up for it, and on a real machine (soak)."""

from __future__ import annotations

import itertools
import random
import statistics

import pytest

from poet.gate.scoring.latency import ALPHA, LEAST, LEAST_RATIO, _critical, _interval, decide

DRAWS = 10_000


def noisy(draw, mean, spread, bursts):
    """Return a time with heavy tails: log-normal, and now and then a pause many times as long."""
    time = mean * draw.lognormvariate(0, spread)
    return time * draw.paretovariate(0.8) if draw.random() < bursts else time


def trial(draw, ratio=1.0, pairs=16, groups=3, spread=0.1, bursts=0.1, drift=0.0):
    """Return the times of both codes, in the order A B B A, on a machine that grows slower."""
    times = ([], [])
    moment = 0
    for number in range(pairs):
        for side in ((0, 1), (1, 0))[number % 2]:
            mean = (1.0, 1.0 / ratio)[side] * (1 + drift * moment)
            times[side].append([noisy(draw, mean, spread, bursts) for _ in range(groups)])
            moment += 1
    return decide(times[1], times[0])


@pytest.mark.parametrize(
    ("spread", "bursts", "drift", "pairs"),
    [(0.1, 0.1, 0.0, 16), (0.4, 0.3, 0.0, 16), (0.05, 0.5, 0.02, 12), (0.3, 0.05, 0.05, LEAST)],
)
def test_equal_codes_are_called_faster_in_less_than_one_of_a_hundred(spread, bursts, drift, pairs):
    """A version would be promoted for a speed that it does not have."""
    draw = random.Random(f"{spread}{bursts}{drift}{pairs}")
    said = [
        trial(draw, pairs=pairs, groups=1, spread=spread, bursts=bursts, drift=drift).verdict
        for _ in range(DRAWS // 4)
    ]
    assert said.count("faster") <= 0.01 * len(said)
    assert said.count("slower") <= 0.01 * len(said)


def test_a_real_speed_up_is_found_in_most_trials():
    """A rule that never says "faster" would pass every test above."""
    draw = random.Random(5)
    found = [trial(draw, ratio=1.3, spread=0.08, bursts=0.1) for _ in range(300)]
    assert sum(f.verdict == "faster" for f in found) > 0.9 * len(found)
    assert statistics.median(f.ratio for f in found) == pytest.approx(1.3, rel=0.05)
    slower = [trial(draw, ratio=1 / 1.3, spread=0.08, bursts=0.1).verdict for _ in range(100)]
    assert slower.count("slower") > 75


def test_what_the_machine_does_to_one_code_is_noise():
    """A run in which a code seems faster than itself would still be believed."""
    steady = [[1.0]] * 16
    quicker = [[0.8]] * 16
    assert decide(quicker, steady).verdict == "faster"
    # The same times, but the workers of one code differ among themselves in pairs of neighbours.
    restless = [[0.8 * (1.6 if k % 2 else 1.0)] for k in range(16)]
    steady = [[1.2 * (1.6 if k % 2 else 1.0)] for k in range(16)]
    assert decide(restless, steady).verdict == "no difference"


def test_a_few_per_cent_are_no_difference():
    """Where code lies in memory would decide."""
    found = decide([[1.0]] * 16, [[1.03]] * 16)
    assert found.verdict == "no difference"
    assert found.noise == pytest.approx(LEAST_RATIO)


def test_with_too_few_workers_nothing_is_said():
    """Three lucky runs would be a proof."""
    assert decide([[1.0]] * 5, [[10.0]] * 5).verdict == "no difference"
    assert decide([[1.0]] * LEAST, [[10.0]] * LEAST).verdict == "faster"


@pytest.mark.parametrize("n", range(1, 13))
def test_the_critical_value_is_that_of_wilcoxon(n):
    """The interval would be narrower than it says."""
    ranks = range(1, n + 1)
    sums = [
        sum(rank for rank, sign in zip(ranks, signs, strict=True) if sign)
        for signs in itertools.product((False, True), repeat=n)
    ]
    place = _critical(n)
    assert sum(s <= place for s in sums) <= ALPHA * 2**n
    assert sum(s <= place + 1 for s in sums) > ALPHA * 2**n


def test_the_interval_is_that_of_hodges_and_lehmann():
    """The estimate and its ends would belong to different figures."""
    figures = [0.1 * n for n in range(16)]
    low, middle, high = _interval(figures)
    assert middle == pytest.approx(0.75)
    assert middle - low == pytest.approx(high - middle)
    # As in the published tables for n = 16 and a one-sided level of 0.005.
    assert _critical(16) == 19


@pytest.mark.soak
def test_real_workers_of_one_code_are_as_fast_as_each_other(capsys):
    """What holds for made-up noise would not hold for that of a machine."""
    from bench.noise import measure

    rows = {row["candidate"]: row for row in measure(100, 0, 12)}
    for name in ("the same code", "the same, written otherwise"):
        assert rows[name].get("faster", 0) <= 1, rows[name]
    assert rows["1.3 times as fast"].get("faster", 0) > 50
