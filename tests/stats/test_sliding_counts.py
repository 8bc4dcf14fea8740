"""Sliding divergences of counts against their definitions and SciPy."""

import math
import pickle

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from poet.errors import StatsInputError
from poet.stats import SlidingCounts, js_divergence, kl_divergence

COUNTS = st.lists(st.integers(0, 20), min_size=3, max_size=6).filter(any)


@settings(max_examples=60, deadline=None)
@given(
    COUNTS,
    st.lists(st.integers(-1, 2), min_size=1, max_size=80),
    st.integers(1, 25),
    st.sampled_from([0.5, 1.0, 0.0]),
    st.data(),
)
def test_each_distance_is_that_of_the_window_afresh(reference, codes, window, a, data):
    """Otherwise the divergence of a live stream drifts away from its definition."""
    least = data.draw(st.integers(1, window))
    sliding = SlidingCounts(reference, window, min_size=least, pseudo_count=a)
    cut = data.draw(st.integers(0, len(codes)))
    first = sliding.push(codes[:cut])
    later = pickle.loads(pickle.dumps(sliding))
    second = later.push(codes[cut:])
    kl = np.concatenate([first.kl, second.kl])
    psi = np.concatenate([first.psi, second.psi])
    js = np.concatenate([first.js, second.js])
    for i in range(len(codes)):
        current = [code for code in codes[: i + 1] if code >= 0][-window:]
        if len(current) < least:
            assert math.isnan(kl[i])
            assert math.isnan(psi[i])
            assert math.isnan(js[i])
            continue
        counts = np.bincount(current, minlength=len(reference))
        p = (counts + a) / (counts + a).sum()
        q = (np.array(reference) + a) / (np.array(reference) + a).sum()
        assert kl[i] == pytest.approx(stats.entropy(p, q), abs=1e-12)
        both = stats.entropy(p, q) + stats.entropy(q, p)
        assert psi[i] == pytest.approx(both, abs=1e-12)
        # Without a pseudo-count, as in js_divergence.
        plain = jensenshannon(counts / counts.sum(), np.array(reference) / sum(reference)) ** 2
        assert js[i] == pytest.approx(plain, abs=1e-12)
        want = js_divergence(counts, reference, min_size=1).distance
        assert js[i] == pytest.approx(want, abs=1e-12)
        want = kl_divergence(counts, reference, pseudo_count=a, min_size=1).distance
        assert kl[i] == pytest.approx(want, abs=1e-12)
    assert later.counts.sum() == later.n_current
    assert later.nan_current == codes.count(-1)


def test_no_digit_is_lost_over_a_long_stream():
    """Otherwise a monitor that runs for months reports rounding errors as drift."""
    rng = np.random.default_rng(1)
    reference = rng.integers(1, 1_000, 200)
    codes = rng.integers(0, 200, 100_000)
    sliding = SlidingCounts(reference, 500)
    found = sliding.push(codes)
    fresh = SlidingCounts(reference, 500)
    again = fresh.push(codes[-500:])
    assert (found.kl[-1], found.psi[-1], found.js[-1]) == (
        again.kl[-1],
        again.psi[-1],
        again.js[-1],
    )
    assert (sliding.kl, sliding.psi, sliding.js) == (found.kl[-1], found.psi[-1], found.js[-1])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-3, 3) | st.integers(-2, 2), min_size=2, max_size=60),
    st.lists(st.floats() | st.integers(-3, 3), min_size=1, max_size=60),
    st.integers(2, 8),
)
def test_bins_hold_what_their_edges_say(reference, stream, bins):
    """Otherwise a value at an edge is counted on different sides of it."""
    if len(set(reference)) < 2:
        with pytest.raises(StatsInputError, match="different values"):
            SlidingCounts.from_sample(reference, 5, bins=bins)
        return
    sliding = SlidingCounts.from_sample(reference, 5, bins=bins, min_size=1)
    edges = sliding.edges
    assert sliding.reference_counts.sum() == len(reference)
    assert sliding.reference_counts.min() > 0
    sliding.push(stream)
    current = [float(v) for v in stream if not math.isnan(v)][-5:]
    want = [sum(edge <= value for edge in edges) for value in current]
    assert sliding.counts.tolist() == np.bincount(want, minlength=len(edges) + 1).tolist()
    resumed = SlidingCounts.resume(sliding.state())
    assert resumed.edges.tolist() == edges.tolist()
    assert resumed.counts.tolist() == sliding.counts.tolist()


@given(st.data(), st.booleans())
def test_a_damaged_state_is_an_error(data, with_edges):
    """Otherwise a cut file resumes as some other window."""
    sliding = SlidingCounts([3, 4, 5], 3, edges=[1.0, 2.0] if with_edges else None)
    sliding.push([0, 1, 2, 2])
    state = bytearray(sliding.state())
    at = data.draw(st.integers(0, len(state) - 1))
    if data.draw(st.booleans()):
        state[at] ^= data.draw(st.integers(1, 255))
    else:
        del state[at:]
    with pytest.raises(StatsInputError, match="cannot be resumed"):
        SlidingCounts.resume(bytes(state))


def test_missing_codes_do_not_enter():
    """Otherwise a column with nulls is refused or counted as some category."""
    for codes in ([0, -1, 1], [0.0, math.nan, 1.0], pl.Series([0, None, 1])):
        sliding = SlidingCounts([1, 1], 2, min_size=1)
        sliding.push(codes)
        assert sliding.counts.tolist() == [1, 1]
        assert sliding.nan_current == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SlidingCounts([0, 0], 5), "empty"),
        (lambda: SlidingCounts([], 5), "empty"),
        (lambda: SlidingCounts([1, 2], 0), "window"),
        (lambda: SlidingCounts([1, 2], 5, pseudo_count=-1), "pseudo_count"),
        (lambda: SlidingCounts([1, 2], 5, edges=[1.0, 2.0]), "edges"),
        (lambda: SlidingCounts([1, 2, 3], 5, edges=[2.0, 1.0]), "edges"),
        (lambda: SlidingCounts([1, 2], 5, edges=[math.nan]), "edges"),
        (lambda: SlidingCounts([1, 2], 5).push([0, 2]), "code 2"),
        (lambda: SlidingCounts([1, 2], 5).push([0.5]), "whole codes"),
        (lambda: SlidingCounts([1, 2], 5).push([1e300]), "code"),
        (lambda: SlidingCounts.from_sample([], 5), "different values"),
    ],
)
def test_what_cannot_be_is_refused_by_name(call, message):
    """Otherwise a wrong code is counted somewhere, or a wrong setting passes."""
    with pytest.raises(StatsInputError, match=message):
        call()
