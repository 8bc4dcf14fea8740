"""Sliding and jumping KS against a comparison made afresh at every step."""

import math
import pickle
import threading
import warnings

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from poet.errors import StatsInputError
from poet.stats import JumpingKS, Profile, SlidingKS, ks_2samp

pd = pytest.importorskip("pandas")

TIED = st.integers(-4, 4).map(float) | st.sampled_from([-0.0, math.inf, -math.inf])
REFERENCES = st.lists(TIED | st.floats(-5, 5), min_size=1, max_size=60)
STREAMS = st.lists(TIED | st.just(math.nan), min_size=1, max_size=90) | st.lists(
    st.floats(-1, 1.2), min_size=1, max_size=90
).map(lambda steps: np.cumsum(steps).tolist())


def scipys(current, reference, alternative="two-sided"):
    """SciPy's statistic; its p-value, which warns for tiny samples, is not looked at."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = stats.ks_2samp(current, reference, alternative=alternative, method="asymp")
    return found.statistic


def last(stream, window):
    return [value for value in stream if not math.isnan(value)][-window:]


@settings(max_examples=60, deadline=None)
@given(REFERENCES, STREAMS, st.integers(1, 30), st.data())
def test_each_statistic_is_scipys_for_the_window(reference, stream, window, data):
    """Otherwise the statistic of a live stream is not that of the window it claims to be."""
    least = data.draw(st.integers(1, window))
    sliding = SlidingKS(reference, window, min_size=least)
    greater, less = SlidingKS(reference, window, min_size=least).push_one_sided(stream)
    cut = data.draw(st.integers(0, len(stream)))
    found = sliding.push(np.array(stream[:cut])).tolist()
    found += [sliding.push_one(value) for value in stream[cut:]]
    for i, statistic in enumerate(found):
        current = last(stream[: i + 1], window)
        if len(current) < least:
            assert math.isnan(statistic)
            continue
        cells = len(current) * len(reference)
        peer = scipys(current, reference)
        assert round(statistic * cells) == round(peer * cells)
        assert statistic == max(greater[i], less[i])
        for side, name in ((greater[i], "greater"), (less[i], "less")):
            peer = scipys(current, reference, name)
            assert round(side * cells) == round(peer * cells)
    current = last(stream, window)
    assert sliding.nan_current == len(stream) - len(last(stream, len(stream)))
    if len(current) >= least:
        fresh = ks_2samp(current, reference, min_size=1)
        assert (sliding.statistic, sliding.p_value) == (fresh.statistic, fresh.p_value)
        assert sliding.status == "ok"
    else:
        assert math.isnan(sliding.p_value)
        assert sliding.status == "insufficient_data"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 120), st.sampled_from([0.001, 0.05, 0.4]))
def test_decisions_are_those_of_the_exact_statistic(seed, window, alpha):
    """Otherwise skipping trades alarms for speed."""
    rng = np.random.default_rng(seed)
    reference = rng.normal(size=700)
    stream = rng.normal(size=2_000) + np.repeat(rng.normal(size=20) * 0.3, 100)
    stream[rng.integers(0, 2_000, 40)] = np.nan
    exact = SlidingKS(reference, window)
    statistics = exact.push(stream)
    critical = exact.critical_value(alpha)
    quick = SlidingKS(reference, window)
    found = np.concatenate([quick.drifted(stream[:777], alpha), quick.drifted(stream[777:], alpha)])
    np.testing.assert_array_equal(found, statistics >= critical)
    assert quick.statistic == exact.statistic
    full = np.flatnonzero(~np.isnan(statistics))
    for i in full[:: max(1, full.size // 6)]:
        window_of = last(stream[: i + 1].tolist(), window)
        assert found[i] == (ks_2samp(window_of, reference, min_size=1).p_value < alpha)


def test_a_long_reference_uses_the_same_numbers():
    """Otherwise exactness ends where references become large."""
    rng = np.random.default_rng(5)
    reference = rng.normal(size=60_000)
    stream = np.cumsum(rng.normal(size=1_500)) / 20
    found = SlidingKS(reference, 500).push(stream)
    for i in range(499, 1_500, 83):
        fresh = scipys(stream[i - 499 : i + 1], reference)
        assert round(found[i] * 500 * 60_000) == round(fresh * 500 * 60_000)


@settings(max_examples=40, deadline=None)
@given(REFERENCES, STREAMS, STREAMS, st.integers(1, 20))
def test_saved_and_resumed_goes_on_as_if_never_interrupted(reference, before, after, window):
    """Otherwise a restart of the service changes what its monitor reports."""
    sliding = SlidingKS(reference, window, min_size=1)
    sliding.push(before)
    for later in (SlidingKS.resume(sliding.state()), pickle.loads(pickle.dumps(sliding))):
        whole = SlidingKS(reference, window, min_size=1)
        want = whole.push(before + after)[len(before) :]
        np.testing.assert_array_equal(later.push(after), want)
        assert later.state() == whole.state()
        assert later.nan_current == whole.nan_current


@given(st.data())
def test_a_damaged_or_foreign_state_is_an_error(data):
    """Otherwise a cut file resumes as some other window, or takes the process down."""
    sliding = SlidingKS([1.0, 2.0, 3.0], 3)
    sliding.push([1.0, 5.0, 2.0, 2.0])
    state = bytearray(sliding.state())
    at = data.draw(st.integers(0, len(state) - 1))
    if data.draw(st.booleans()):
        state[at] ^= data.draw(st.integers(1, 255))
    else:
        del state[at:]
    for made in (SlidingKS, JumpingKS):
        with pytest.raises(StatsInputError, match="cannot be resumed"):
            made.resume(bytes(state))
    with pytest.raises(StatsInputError, match="another kind"):
        JumpingKS.resume(sliding.state())
    with pytest.raises(StatsInputError, match="bytes"):
        SlidingKS.resume("text")


def test_integers_beyond_2_53_are_told_apart():
    """Otherwise neighbouring identifiers or timestamps in nanoseconds become ties."""
    base = 2**60
    sliding = SlidingKS(np.arange(base, base + 8), 4)
    assert sliding.push(np.arange(base + 8, base + 12))[-1] == 1.0
    assert sliding.push_one(base + 7) == 0.875
    assert sliding.push_one(2**70) == 0.875
    assert sliding.push_one(math.inf) == 0.875
    assert SlidingKS.resume(sliding.state()).push_one(-1e300) == 0.625
    with pytest.raises(StatsInputError, match="beyond"):
        SlidingKS([0.5, 1.5], 2).push([2**53 + 1])
    with pytest.raises(StatsInputError, match="beyond"):
        SlidingKS([0.5, 1.5], 2).push_one(2**53 + 1)


def test_the_same_stream_of_any_kind_gives_the_same():
    """Otherwise the result depends on the library a column came from."""
    plain = [1.0, None, 3.0, 2.0, 7.0]
    kinds = [
        plain,
        np.array([1.0, np.nan, 3.0, 2.0, 7.0]),
        np.ma.masked_array([1.0, 9.0, 3.0, 2.0, 7.0], mask=[0, 1, 0, 0, 0]),
        pl.Series([1, None, 3, 2, 7]),
        np.array([1, np.nan, 3, 2, 7], dtype=np.float32),
    ]
    for reference in ([1, 2, 3, 4], [1.0, 2.0, 3.0, 4.0], pl.Series([1, 2, 3, 4])):
        for values in kinds:
            found = SlidingKS(reference, 2).push(values)
            np.testing.assert_array_equal(found, [np.nan, np.nan, 0.25, 0.25, 0.5])


def test_threads_take_turns():
    """Otherwise two threads that feed one monitor break it or stop each other for good."""
    sliding = SlidingKS(np.arange(1_000.0), 50, min_size=1)
    batch = np.arange(500.0)

    def feed():
        for _ in range(20):
            sliding.push(batch)
            sliding.push_one(3.0)

    threads = [threading.Thread(target=feed) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert sliding.n_current == 50
    assert 0 <= sliding.statistic <= 1


@pytest.mark.parametrize(
    ("call", "where"),
    [
        (lambda: SlidingKS([], 5), "reference"),
        (lambda: SlidingKS([math.nan], 5), "reference"),
        (lambda: SlidingKS([1.0], 0), "window"),
        (lambda: SlidingKS([1.0], 2**62), "window"),
        (lambda: SlidingKS([1.0], True), "window"),
        (lambda: SlidingKS([1.0], 5, min_size=6), "min_size"),
        (lambda: SlidingKS([1.0], 5).push([[1.0]]), "values"),
        (lambda: SlidingKS([1.0], 5).push(["a"]), "values"),
        (lambda: SlidingKS([1.0], 5).push_one("a"), "value"),
        (lambda: SlidingKS([1.0], 5).drifted([1.0], 0), "alpha"),
        (lambda: SlidingKS([1.0], 5).drifted([1.0], math.nan), "alpha"),
        (lambda: SlidingKS([1.0], 5).critical_value("x"), "alpha"),
        (lambda: JumpingKS([1.0], 9, 0), "step"),
        (lambda: JumpingKS([1.0], 5, 1, min_size=6), "min_size"),
        (lambda: SlidingKS([1.0], 5).drifted([1.0], "0.05"), "alpha"),
        (lambda: SlidingKS(["a"], 5), "reference"),
        (lambda: SlidingKS(Profile.fit(["a", "b"]), 5), "reference"),
        (lambda: SlidingKS(Profile.fit([True, False]), 5), "reference"),
        (lambda: JumpingKS(Profile.fit(np.arange(9).astype("M8[s]")), 5, 1), "reference"),
        (lambda: JumpingKS(Profile.fit([]), 5, 1), "reference"),
        (lambda: SlidingKS(Profile.fit([math.nan]), 5), "reference"),
        (lambda: JumpingKS([], 9, 1), "reference"),
    ],
)
def test_what_cannot_be_is_refused_by_name(call, where):
    """Otherwise a mistyped setting becomes a traceback from inside, or a silent default."""
    with pytest.raises(StatsInputError) as caught:
        call()
    assert where in caught.value.where
    assert str(caught.value).count("POET801") == 1


WHOLE = st.lists(st.integers(-5, 5) | st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=40)
KEPT = {
    "floats": (REFERENCES, lambda values: values),
    "missing": (REFERENCES, lambda values: [*values, math.nan, None]),
    "integers": (WHOLE, lambda values: np.array(values, np.int64)),
    "bytes": (st.lists(st.integers(0, 255), min_size=1), lambda values: np.array(values, np.uint8)),
    "decimals": (
        st.lists(st.decimals(-99, 99, places=2), min_size=1),
        lambda values: pl.Series(values, dtype=pl.Decimal(9, 2)),
    ),
}


@pytest.mark.parametrize("kind", KEPT)
@settings(max_examples=30)
@given(data=st.data(), stream=STREAMS, window=st.integers(1, 12))
def test_a_profile_is_a_reference_as_its_rows_are(kind, data, stream, window):
    """Otherwise a monitor that has a profile would have to keep the rows as well."""
    values, make = KEPT[kind]
    rows = make(data.draw(values))
    profile = Profile.fit(rows)
    for one, other in (
        (SlidingKS(profile, window, min_size=1), SlidingKS(rows, window, min_size=1)),
        (JumpingKS(profile, window, 2), JumpingKS(rows, window, 2)),
    ):
        assert repr(one.push(stream)) == repr(other.push(stream))
        whole = [round(value) for value in stream if math.isfinite(value)]
        assert repr(one.push(whole)) == repr(other.push(whole))
        assert one.state() == other.state()
    # Nothing that slides has changed what was kept.
    assert profile.ks(rows, min_size=1).statistic == 0.0


def test_windows_shorter_than_the_usual_least_size_have_results():
    """Otherwise a window of five rows would be refused for a setting that nobody made."""
    assert [w.status for w in JumpingKS([1.0, 2.0], 5, 5).push([1.0] * 10)] == ["ok", "ok"]
    short = JumpingKS([1.0, 2.0], 20, 20).push([1.0] * 7 + [None] * 13)
    assert [w.status for w in short] == ["insufficient_data"]


@pytest.mark.parametrize("missing", [None, math.nan, pd.NA])
@pytest.mark.parametrize("reference", [[1, 2], [1.0, 2.0]])
def test_a_single_missing_value_does_not_enter(reference, missing):
    """Otherwise one lost reading would stop the monitor of a live stream."""
    sliding = SlidingKS(reference, 2, min_size=1)
    assert [sliding.push_one(value) for value in (1, missing, 1)] == [0.5, 0.5, 0.5]
    assert (sliding.n_current, sliding.nan_current) == (2, 1)


def test_nothing_is_never_significant():
    """Otherwise a window too small to show anything could raise an alarm."""
    sliding = SlidingKS([1.0, 2.0], 2)
    assert sliding.critical_value(0.001) == math.inf
    assert not sliding.drifted([50.0] * 9, 0.001).any()
    assert sliding.push([]).size == 0


@settings(max_examples=40, deadline=None)
@given(REFERENCES, STREAMS, st.integers(2, 20), st.integers(1, 30), st.data())
def test_jumping_windows_are_those_of_the_stream(reference, stream, window, step, data):
    """Otherwise a window misses a row or holds one twice."""
    jumping = JumpingKS(reference, window, step, min_size=2)
    cut = data.draw(st.integers(0, len(stream)))
    found = jumping.push(stream[:cut])
    jumping = pickle.loads(pickle.dumps(jumping))
    found += jumping.push(stream[cut:])
    starts = range(0, len(stream) - window + 1, step)
    assert [(f.start, f.end) for f in found] == [(s, s + window) for s in starts]
    assert jumping.rows == len(stream)
    for one in found:
        rows = stream[one.start : one.end]
        fresh = ks_2samp(rows, reference, min_size=1)
        assert (one.n_current, one.nan_current) == (fresh.n_current, fresh.nan_current)
        if one.n_current < 2:
            assert one.status == "insufficient_data"
            assert math.isnan(one.statistic)
        else:
            assert (one.statistic, one.p_value) == (fresh.statistic, fresh.p_value)
