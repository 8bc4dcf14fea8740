"""A kept reference against SciPy, and against the functions of two samples."""

import dataclasses
import itertools
import math
import random
import warnings
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from poet import stats as poet_stats
from poet.errors import StatsInputError
from poet.stats import Profile, ks_2samp, wasserstein_distance

ALTERNATIVES = st.sampled_from(["two-sided", "less", "greater"])
METHODS = st.sampled_from(["auto", "exact", "asymptotic"])

# Few distinct values make ties within and across the samples.
WHOLE = st.lists(st.integers(-4, 4) | st.integers(-100, 100), min_size=8, max_size=50)
TIED = st.integers(-4, 4).map(float) | st.sampled_from([-0.0, math.inf, -math.inf, 5e-324])
MISSING = st.sampled_from([math.nan, None])
ANY = st.lists(TIED | st.floats() | MISSING, max_size=50) | st.lists(TIED | MISSING, max_size=50)
FINITE = st.lists(st.integers(-4, 4).map(float) | st.floats(-1e6, 1e6), min_size=8, max_size=50)

NUMBERS = {
    **{
        f"numpy {d}": lambda values, d=d: np.array(values, d)
        for d in ("f8", "f4", "i8", "i2", "i1")
    },
    **{
        f"polars {d}": lambda values, d=d: pl.Series(values).cast(d)
        for d in (pl.Float64, pl.Float32, pl.Int64, pl.Int8, pl.Int128, pl.Decimal(12, 3))
    },
    "list": list,
    "floats": lambda values: [float(v) for v in values],
    "decimals": lambda values: [Decimal(v) for v in values],
}
# Each with how many integers of the finest unit one of its own is.
TIMES = {
    "numpy us": (lambda values: np.array(values, "M8[us]"), 1),
    "numpy ms": (lambda values: np.array(values, "M8[ms]"), 1_000),
    "polars us": (lambda values: pl.Series(values, dtype=pl.Int64).cast(pl.Datetime("us")), 1),
    "polars ms": (lambda values: pl.Series(values, dtype=pl.Int64).cast(pl.Datetime("ms")), 1_000),
}
SPANS = {
    "numpy us": (lambda values: np.array(values, "m8[us]"), 1),
    "numpy s": (lambda values: np.array(values, "m8[s]"), 1_000_000),
    "polars ms": (lambda values: pl.Series(values, dtype=pl.Int64).cast(pl.Duration("ms")), 1_000),
}


def same(a, b):
    """Tell whether two results are equal in every field, NaN to NaN."""
    pairs = zip(dataclasses.astuple(a), dataclasses.astuple(b), strict=True)
    return type(a) is type(b) and all(x == y or (x != x and y != y) for x, y in pairs)


def is_scipys(found, current, reference, alternative):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        peer = stats.ks_2samp(current, reference, alternative=alternative, method="exact")
    n, m = len(current), len(reference)
    numerator = round(peer.statistic * n * m)
    assert found.statistic == numerator / (n * m)
    # SciPy gives up where its own rounding takes a p-value above 1.
    assert found.p_value == pytest.approx(1.0 if caught else peer.pvalue, rel=1e-9)
    if numerator:
        # The smallest such value; SciPy names the first one in its own order.
        gaps = {
            v: m * sum(c <= v for c in current) - n * sum(r <= v for r in reference)
            for v in {*current, *reference}
        }
        sides = {"two-sided": (1, -1), "less": (-1,), "greater": (1,)}[alternative]
        sign = next(side for side in sides if side * numerator in gaps.values())
        assert found.sign == sign
        assert found.location == min(v for v, gap in gaps.items() if gap == sign * numerator)
        if alternative != "two-sided" or sign == peer.statistic_sign:
            assert gaps[peer.statistic_location] == sign * numerator
    else:
        assert (found.sign, math.isnan(found.location)) == (0, True)


@given(
    WHOLE, WHOLE, st.sampled_from(sorted(NUMBERS)), st.sampled_from(sorted(NUMBERS)), ALTERNATIVES
)
def test_ks_of_numbers_is_scipys_in_every_type(current, reference, one, other, alternative):
    """Otherwise a kept reference would give other alarms than SciPy, or depend on a cast."""
    profile = Profile.fit(NUMBERS[other](reference))
    found = profile.ks(NUMBERS[one](current), alternative=alternative)
    is_scipys(found, current, reference, alternative)
    assert same(found, ks_2samp(current, reference, alternative=alternative))


@pytest.mark.parametrize("kinds", [TIMES, SPANS], ids=["datetimes", "durations"])
@given(current=WHOLE, reference=WHOLE, alternative=ALTERNATIVES, data=st.data())
def test_ks_of_times_is_scipys_in_every_unit(kinds, current, reference, alternative, data):
    """Otherwise timestamps of another unit would be compared as if they were of the same."""
    (make, unit), (keep, kept) = (kinds[data.draw(st.sampled_from(sorted(kinds)))] for _ in "ab")
    found = Profile.fit(keep(reference)).ks(make(current), alternative=alternative)
    finer = min(unit, kept)
    is_scipys(
        found,
        [value * (unit // finer) for value in current],
        [value * (kept // finer) for value in reference],
        alternative,
    )


@settings(max_examples=200)
@given(ANY, ANY, ALTERNATIVES, METHODS, st.sampled_from([None, 0.01, 0.3]), st.sampled_from([1, 8]))
def test_every_field_is_that_of_the_two_samples(
    current, reference, alternative, method, alpha, least
):
    """Otherwise some edge (NaN, infinities, signed zeros, one value) is judged by what was kept."""
    asked = {"alternative": alternative, "method": method, "alpha": alpha, "min_size": least}
    found = Profile.fit(reference).ks(current, **asked)
    assert same(found, ks_2samp(current, reference, **asked))
    assert found.min_size == least


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(-0.05, 0.05), ALTERNATIVES, st.booleans())
def test_large_samples_take_the_same_way(seed, shift, alternative, rounded):
    """Otherwise what is pruned away in a large window would be missing from its statistic."""
    rng = np.random.default_rng(seed)
    reference, current = rng.normal(size=15_000), rng.normal(size=11_000) + shift
    if rounded:
        reference, current = reference.round(1), current.round(1)
    profile = Profile.fit(reference)
    for alpha in (None, ks_2samp(current, reference, alternative=alternative).p_value):
        level = None if alpha in (None, 0.0, 1.0) else alpha
        found = profile.ks(current, alternative=alternative, alpha=level)
        assert same(found, ks_2samp(current, reference, alternative=alternative, alpha=level))
    assert found.method in ("asymptotic", "precise")


@given(
    st.lists(st.integers(2**62 - 9, 2**62 + 9) | st.integers(-(2**63), 2**63 - 1), min_size=8),
    st.lists(st.integers(2**62 - 9, 2**62 + 9), min_size=8, max_size=60),
)
def test_integers_beyond_2_53_keep_apart(current, reference):
    """Otherwise identifiers or nanoseconds would silently become ties."""
    found = Profile.fit(reference).ks(current)
    ranks = sorted({*current, *reference})
    known = ks_2samp([ranks.index(v) for v in current], [ranks.index(v) for v in reference])
    assert (found.statistic, found.p_value, found.sign) == (
        known.statistic,
        known.p_value,
        known.sign,
    )
    if found.sign:
        assert found.location == ranks[int(known.location)]
        assert type(found.location) is int


def test_decimals_are_located_in_their_own_unit():
    """Otherwise a price of 1.05 would be reported as 105."""
    prices = pl.Series([Decimal(i) / 100 for i in range(100, 120)], dtype=pl.Decimal(9, 2))
    profile = Profile.fit(prices)
    window = prices + Decimal("0.05")
    found = profile.ks(window)
    assert (found.location, type(found.location)) == (1.04, float)
    assert same(found, ks_2samp(window, prices))
    counts = profile.counts(window)
    assert profile.ks(counts).location == 1.04
    least, most = profile.wasserstein_bounds(counts)
    assert 0 < least <= 0.05 + 1e-12
    assert 0.05 - 1e-12 <= most < 1


COUNTED = ["psi", "kl", "js", "hellinger", "total_variation", "chi_square"]


@given(reference=ANY, current=ANY, cuts=st.lists(st.integers(0, 50), max_size=4), data=st.data())
def test_counts_of_any_parts_are_as_good_as_the_rows(reference, current, cuts, data):
    """Otherwise a verdict would depend on how rows were split over files, threads or machines."""
    profile = Profile.fit(pl.Series(reference, dtype=pl.Float64))
    rows = pl.Series(current, dtype=pl.Float64)
    edges = sorted({0, len(current), *(min(cut, len(current)) for cut in cuts)})
    parts = [profile.counts(rows[a:b]) for a, b in itertools.pairwise(edges)]
    total = sum(data.draw(st.permutations(parts))) or profile.counts(rows)
    whole = profile.ks(rows, min_size=1)
    assert (total.n, total.null + total.nan) == (whole.n_current, whole.nan_current)
    alternative = data.draw(ALTERNATIVES)
    kept, known = (profile.ks(w, alternative=alternative, min_size=1) for w in (total, rows))
    assert same(dataclasses.replace(kept, location=0.0), dataclasses.replace(known, location=0.0))
    if kept.sign:
        # Of the window, counts know only how far it reaches.
        values = present(current)
        assert kept.location in {*present(reference), min(values), max(values)}
    bins, cut = data.draw(st.integers(1, 12)), data.draw(st.sampled_from(["quantile", "width"]))
    for name in COUNTED:
        ask = getattr(profile, name)
        kept, known = (ask(w, bins=bins, cut=cut, min_size=1) for w in (total, rows))
        assert same(kept, known), name


def present(column):
    return [value for value in column if value is not None and not math.isnan(value)]


@given(FINITE, st.integers(1, 12), st.sampled_from(["quantile", "width"]))
def test_the_reference_itself_is_no_distance(reference, bins, cut):
    """Otherwise both sides would be cut into different bins."""
    profile = Profile.fit(reference)
    for name in ("psi", "js", "hellinger", "total_variation"):
        found = getattr(profile, name)(reference[::-1], bins=bins, cut=cut, min_size=1)
        assert found.distance == 0.0, name
    found = profile.chi_square(reference, bins=bins, cut=cut, min_expected=0, min_size=1)
    assert found.statistic == 0.0


TWO_SAMPLES = {
    "wasserstein": "wasserstein_distance",
    "energy": "energy_distance",
    **{
        name: name
        for name in (
            "cramer_von_mises",
            "anderson_darling",
            "mann_whitney_u",
            "kuiper",
            "effect_sizes",
        )
    },
}


@pytest.mark.parametrize("name", TWO_SAMPLES)
@given(current=ANY, reference=ANY, whole=WHOLE)
def test_what_ranks_every_row_is_that_of_two_samples(name, current, reference, whole):
    """Otherwise sorting a reference once would change what a test or distance says."""
    of_two = getattr(poet_stats, TWO_SAMPLES[name])
    for kept in (reference, whole):
        found = getattr(Profile.fit(kept), name)(current)
        assert same(found, of_two(current, kept))


@given(FINITE, FINITE)
def test_wasserstein_is_scipys_and_within_its_bounds(current, reference):
    """Otherwise bounds from counts would exclude the truth."""
    profile = Profile.fit(reference)
    found = profile.wasserstein(current).distance
    assert found == pytest.approx(stats.wasserstein_distance(current, reference), rel=1e-9)
    least, most = profile.wasserstein_bounds(profile.counts(current))
    # The sums of both are rounded, by less than this for fifty values of up to a million.
    assert least - 1e-8 <= found <= most + 1e-8
    assert 0 <= least <= most


@given(ANY, ANY, st.lists(st.integers(0, 50), max_size=4))
def test_chunks_change_nothing(reference, current, cuts):
    """Otherwise the verdict would depend on how a file was written."""
    whole = [pl.Series(values, dtype=pl.Float64) for values in (reference, current)]
    chunked = []
    for series in whole:
        edges = sorted({0, len(series), *(min(cut, len(series)) for cut in cuts)})
        parts = [series[a:b] for a, b in itertools.pairwise(edges)] or [series]
        chunked.append(pl.concat(parts, rechunk=False))
    kept, known = Profile.fit(chunked[0]), Profile.fit(whole[0])
    assert (kept.n, kept.null, kept.nan) == (known.n, known.null, known.nan)
    for name in ("ks", *COUNTED, *TWO_SAMPLES):
        a, b = getattr(kept, name)(chunked[1]), getattr(known, name)(whole[1])
        assert same(a, b), name


def test_threads_that_share_a_profile_get_what_one_would():
    """Otherwise a web service would judge a window differently under load."""
    rng = np.random.default_rng(3)
    profile = Profile.fit(rng.normal(size=20_000))
    windows = [rng.normal(size=500) + i / 100 for i in range(40)]

    def all_of(window):
        return [repr(getattr(profile, name)(window)) for name in ("ks", "psi", "wasserstein")]

    alone = [all_of(window) for window in windows]
    order = list(range(40)) * 3
    random.Random(0).shuffle(order)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: all_of(windows[i]), order))
    assert found == [alone[i] for i in order]


@pytest.mark.parametrize("reference", [[], [None] * 30, [math.nan] * 30, [1.0] * 3, range(0)])
def test_too_little_data_is_a_status(reference):
    """Otherwise an empty file would be "no drift", or an exception at night."""
    window = [1.0, 2.0] * 20
    for profile, current in (
        (Profile.fit(reference), window),
        (Profile.fit(window), reference),
        (Profile.fit(reference), reference),
    ):
        for name in ("ks", *COUNTED):
            found = getattr(profile, name)(current)
            assert found.status == "insufficient_data", name
            value = found.distance if hasattr(found, "distance") else found.statistic
            assert math.isnan(value), name
    full = Profile.fit(window)
    assert all(math.isnan(bound) for bound in full.wasserstein_bounds(full.counts([])))


NUMBERS_KEPT = Profile.fit(range(100))
TIMES_KEPT = Profile.fit(np.arange(100).astype("M8[us]"))
NAMES_KEPT = Profile.fit(["a", "b"] * 20)
REFUSED = {
    "text for numbers": lambda: NUMBERS_KEPT.ks(["a", "b"]),
    "times for numbers": lambda: NUMBERS_KEPT.psi(np.arange(9).astype("M8[us]")),
    "booleans for numbers": lambda: NUMBERS_KEPT.ks([True, False]),
    "numbers for times": lambda: TIMES_KEPT.ks([1, 2, 3]),
    "dates for datetimes": lambda: TIMES_KEPT.ks(np.arange(9).astype("M8[D]")),
    "spans for times": lambda: TIMES_KEPT.counts(np.arange(9).astype("m8[us]")),
    "numbers for names": lambda: NAMES_KEPT.chi_square([1, 2, 3]),
    "ranks of names": lambda: NAMES_KEPT.wasserstein([1.0] * 9),
    "ranks of times": lambda: TIMES_KEPT.mann_whitney_u([1.0] * 9),
    "ks of names": lambda: NAMES_KEPT.ks(["a", "b"]),
    "bounds of names": lambda: NAMES_KEPT.wasserstein_bounds(NAMES_KEPT.counts(["a"])),
    "bounds of rows": lambda: NUMBERS_KEPT.wasserstein_bounds([1, 2, 3]),
    "bounds of nothing": lambda: NUMBERS_KEPT.wasserstein_bounds(None),
    "counts of another": lambda: NUMBERS_KEPT.ks(Profile.fit([1]).counts([1])),
    "sum with another": lambda: NUMBERS_KEPT.counts([1]) + Profile.fit([1]).counts([1]),
    "ranks of counts": lambda: NUMBERS_KEPT.energy(NUMBERS_KEPT.counts([1])),
    "integers beyond 2**53 beside floats": lambda: Profile.fit([2**53 + 1]).ks([0.5]),
    "two dimensions": lambda: NUMBERS_KEPT.ks(np.ones((3, 3))),
    "no column": lambda: NUMBERS_KEPT.ks(5),
    "lists": lambda: Profile.fit([[1], [2]]),
    "counts that are none": lambda: Profile.from_counts(5),
    "alternative": lambda: NUMBERS_KEPT.ks([1], alternative="two_sided"),
    "method": lambda: NUMBERS_KEPT.ks([1], method="fast"),
    "alpha": lambda: NUMBERS_KEPT.ks([1], alpha=1),
    "cut": lambda: NUMBERS_KEPT.psi([1], cut="even"),
    "bins": lambda: NUMBERS_KEPT.psi([1], bins=0),
    "bins beyond 63 bits": lambda: NUMBERS_KEPT.psi([1], bins=2**70),
    "min_size": lambda: NUMBERS_KEPT.ks([1], min_size=0),
    "min_size beyond 63 bits": lambda: NUMBERS_KEPT.ks([1], min_size=2**70),
    "min_size that is no integer": lambda: NUMBERS_KEPT.ks([1], min_size=None),
    "making one by hand": lambda: Profile(),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_is_refused(call):
    """Otherwise `except StatsInputError` around a monitor would not hold at night."""
    with pytest.raises(StatsInputError) as caught:
        call()
    assert str(caught.value).count("POET801") == 1


def test_ranges_are_columns():
    """Otherwise a range could be a reference but not a window."""
    profile = Profile.fit(range(100))
    rows = list(range(30, 120, 3))
    assert (profile.kind, Profile.fit(range(0)).kind) == ("numbers", "numbers")
    assert same(profile.ks(range(30, 120, 3)), profile.ks(rows))
    assert same(profile.wasserstein(range(30, 120, 3)), profile.wasserstein(rows))
    assert profile.counts(range(30, 120, 3)).n == len(rows)
    assert profile.ks(range(120, 30, -3)).location == profile.ks(range(33, 121, 3)).location
    beyond = Profile.fit(range(2**63 - 4, 2**63 - 1)).ks(range(2**63 - 3, 2**63), min_size=1)
    assert beyond.n_current == 3
    assert wasserstein_distance(range(8), range(8)).distance == 0.0
