"""The survey of a window: every number that a monitor decides by."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from poet.errors import StatsInputError
from poet.stats import FrameProfile, Profile, ProfileCounts

RNG = np.random.default_rng(23)
SIZE = 400
REFERENCE = pl.DataFrame(
    {
        "float": RNG.normal(size=SIZE),
        "whole": RNG.integers(0, 50, SIZE),
        "day": pl.Series(RNG.integers(0, 900, SIZE)).cast(pl.Date),
        "city": RNG.choice(["Oslo", "Rome", "Lima"], SIZE),
        "flag": RNG.random(SIZE) < 0.3,
    }
)
CURRENT = pl.DataFrame(
    {
        "float": RNG.normal(0.3, 1.5, size=SIZE),
        "whole": RNG.integers(-3, 60, SIZE),
        "day": pl.Series(RNG.integers(10, 1000, SIZE)).cast(pl.Date),
        "city": RNG.choice(["Oslo", "Rome", "Cairo", "Bern"], SIZE),
        "flag": RNG.random(SIZE) < 0.5,
    }
).with_columns(pl.when(pl.int_range(SIZE) % 7 > 0).then(pl.all()))

ARRAYS = [
    name
    for name in FrameProfile.fit(REFERENCE).survey(CURRENT).__slots__
    if name not in ("names", "kinds", "reasons")
]


def ways(current, reference):
    """Return the largest differences of the distribution functions, up and down."""
    values = np.union1d(current, reference)
    up_to = [np.searchsorted(np.sort(side), values, "right") for side in (current, reference)]
    difference = up_to[0] / len(current) - up_to[1] / len(reference)
    return max(difference.max(), 0.0), max(-difference.min(), 0.0)


def assert_equal(a, b):
    """Compare all arrays of two surveys, bit by bit."""
    assert (a.names, a.kinds, a.reasons) == (b.names, b.kinds, b.reasons)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def assert_told(profile, counts, found, min_size=20):
    """Compare the quantiles of a survey with those of the counts, bit by bit."""
    expected = np.full((len(found.names), 3), math.nan)
    for i, name in enumerate(found.names):
        enough = min(found.n[i], found.n_reference[i]) >= min_size
        if enough and found.kinds[i] in ("numbers", "times"):
            column = ProfileCounts(profile[name], counts.columns[name])
            expected[i] = column.quantiles([0.05, 0.5, 0.95])
    assert found.quantiles.dtype == np.float64
    assert found.quantiles.tobytes() == expected.tobytes()


def test_numbers_are_scipys():
    """Otherwise a monitor would decide by other numbers than those it names."""
    found = FrameProfile.fit(REFERENCE).survey(CURRENT, alpha=0.05)
    assert found.names == tuple(REFERENCE.columns)
    assert found.kinds == ("numbers", "numbers", "times", "categories", "categories")
    assert not found.reasons
    for i, name in enumerate(found.names):
        full, reference = CURRENT[name], REFERENCE[name]
        current = full.drop_nulls()
        assert (found.n[i], found.null[i], found.nan[i]) == (len(current), full.null_count(), 0)
        assert (found.n_reference[i], found.null_reference[i]) == (SIZE, 0)
        if found.kinds[i] == "categories":
            names = sorted({*current, *reference})
            table = np.array([[(side == n).sum() for n in names] for side in (current, reference)])
            known = stats.chi2_contingency(table, correction=False)
            assert found.statistic[i] == pytest.approx(known.statistic, rel=1e-12)
            assert found.p_value[i] == pytest.approx(known.pvalue, rel=1e-10)
            assert found.dof[i] == known.dof
            assert found.cramers_v[i] == pytest.approx(
                stats.contingency.association(table, method="cramer"), rel=1e-12
            )
            shares = table / table.sum(axis=1, keepdims=True)
            moved = np.abs(shares[0] - shares[1]).sum() / 2
            assert found.total_variation[i] == pytest.approx(moved, rel=1e-12)
            unseen = table[0][table[1] == 0]
            assert (found.unseen_rows[i], found.unseen_categories[i]) == (
                unseen.sum(),
                len(unseen),
            )
            assert found.n_categories[i] == (table[0] > 0).sum()
            assert found.n_categories_reference[i] == (table[1] > 0).sum()
            assert math.isnan(found.opposite[i])
            continue
        current, reference = (s.to_physical().to_numpy() for s in (current, reference))
        known = stats.ks_2samp(current, reference)
        assert found.statistic[i] == pytest.approx(known.statistic, rel=1e-12)
        assert found.p_value[i] == pytest.approx(known.pvalue, rel=1e-9)
        assert found.opposite[i] == pytest.approx(min(ways(current, reference)), rel=1e-12)
        assert found.below[i] == (current < reference.min()).sum()
        assert found.above[i] == (current > reference.max()).sum()
        assert found.infinite[i] == found.unseen_rows[i] == found.n_categories[i] == 0
        assert math.isnan(found.total_variation[i])


@given(
    reference=st.lists(st.floats(width=16), min_size=1, max_size=60),
    current=st.lists(st.floats(width=16) | st.none(), max_size=60),
    cut=st.integers(0, 60),
)
@example(reference=[math.nan], current=[math.inf], cut=0)
@settings(max_examples=150)
def test_rows_batches_and_counts_give_one_survey(reference, current, cut):
    """Otherwise the verdict would depend on how the rows came in."""
    frame = pl.DataFrame({"x": current}, schema={"x": pl.Float64})
    profile = FrameProfile.fit({"x": reference})
    found = profile.survey(frame, min_size=1)
    assert_equal(profile.survey(iter([frame[:cut], frame[cut:]]), min_size=1), found)
    assert_equal(profile.survey(frame, min_size=1, threads=2), found)
    values = np.array([v for v in current if v is not None], float)
    a, b = (v[~np.isnan(v)] for v in (values, np.array(reference)))
    assert found.infinite[0] == (np.isinf(values).sum() if len(b) else 0)
    assert found.nan[0] == np.isnan(values).sum()
    assert found.null[0] == current.count(None)
    if len(a) and len(b):
        assert found.below[0] == (a < b.min()).sum()
        assert found.above[0] == (a > b.max()).sum()
        assert_told(profile, profile.counts(frame), found, min_size=1)
        up, down = ways(a, b)
        assert found.statistic[0] == pytest.approx(max(up, down), abs=1e-12)
        assert found.opposite[0] == pytest.approx(min(up, down), abs=1e-12)
    else:
        assert math.isnan(found.statistic[0])


@pytest.mark.parametrize("size", [50, 3_000, 70_000])
@pytest.mark.parametrize("shift", [0.0, 0.02, 1.0, 9.0])
def test_large_columns_are_as_exact_as_small_ones(size, shift):
    """Otherwise a short cut for many rows would cost exactness."""
    rng = np.random.default_rng(size)
    reference = rng.normal(size=size)
    current = np.concatenate([rng.normal(shift, 1.2, size - 9), [math.inf] * 4, [-math.inf] * 5])
    profile = FrameProfile.fit({"x": reference})
    found = profile.survey({"x": current})
    assert_told(profile, profile.counts({"x": current}), found)
    up, down = ways(current, reference)
    assert found.statistic[0] == pytest.approx(max(up, down), rel=1e-12)
    assert found.opposite[0] == pytest.approx(min(up, down), rel=1e-12, abs=1e-15)
    assert found.below[0] == (current < reference.min()).sum()
    assert found.above[0] == (current > reference.max()).sum()
    assert found.infinite[0] == 9


def test_one_bad_column_never_fails_the_survey():
    """Otherwise one renamed column would silence the alarms of all others."""
    reference = {
        "good": list(range(100)),
        "missing": list(range(100)),
        "retyped": list(range(100)),
        "lists": pl.Series([[1]] * 100),
        "empty": [None] * 100,
    }
    current = {**reference, "retyped": ["a"] * 100}
    del current["missing"]
    profile = FrameProfile.fit(reference)
    found = profile.survey(current, columns=["good", "nowhere", *reference])
    assert found.names == ("good", "nowhere", "missing", "retyped", "lists", "empty")
    assert found.kinds == ("numbers", "unknown", "numbers", "numbers", "unknown", "nulls")
    assert found.n.tolist() == [100, 0, 0, 0, 0, 0]
    assert found.n_reference.tolist() == [100, 0, 100, 100, 0, 0]
    assert (found.null[5], found.null_reference[5]) == (100, 100)
    assert [math.isnan(p) for p in found.p_value] == [False] + [True] * 5
    for name, part in (
        ("missing", "missing in current"),
        ("retyped", "cast one to the other"),
        ("lists", "neither numbers nor times nor categories"),
        ("nowhere", "not in the reference"),
    ):
        assert part in found.reasons[name]
    assert set(found.reasons) == {"missing", "retyped", "lists", "nowhere"}


def test_too_little_data_still_counts_what_is_there():
    """Otherwise the first rows of a day could not even be seen to lie out of range."""
    profile = FrameProfile.fit({"x": range(100), "c": ["a", "b"] * 50})
    found = profile.survey({"x": [-1.0, 200.0, math.inf], "c": ["a", "z", None]})
    assert np.isnan(found.statistic).all()
    assert np.isnan(found.p_value).all()
    assert (found.below[0], found.above[0], found.infinite[0]) == (1, 2, 1)
    assert (found.n[1], found.null[1], found.unseen_rows[1]) == (2, 1, 1)


def test_nothing_left_to_compare_is_never_no_drift():
    """Otherwise a column of new identifiers would pass as healthy, with a p-value of 1."""
    profile = FrameProfile.fit({"x": [f"a{i}" for i in range(100)]})
    found = profile.survey({"x": [f"b{i}" for i in range(90)]})
    assert math.isnan(found.p_value[0])
    assert math.isnan(found.statistic[0])
    assert found.pooled[0] > 1
    assert (found.total_variation[0], found.unseen_categories[0]) == (1.0, 90)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"alpha": 2}, "alpha"),
        ({"min_size": 0}, "min_size"),
        ({"min_expected": -1}, "min_expected"),
        ({"threads": -1}, "threads"),
        ({"columns": 5}, "columns"),
    ],
)
def test_options_that_are_none_are_refused(options, where):
    """Otherwise a typing error would silently change the decision."""
    with pytest.raises(StatsInputError) as caught:
        FrameProfile.fit(REFERENCE).survey(CURRENT, **options)
    assert caught.value.where == where
    with pytest.raises(StatsInputError, match="another profile"):
        FrameProfile.fit(REFERENCE).survey(FrameProfile.fit(REFERENCE).counts(CURRENT))


def test_quantiles_of_a_reference_are_numpys():
    """Otherwise the median in a reason would not be that of the data."""
    levels = [0, 0.05, 0.25, 0.5, 0.9, 1]
    for values in (RNG.normal(size=999), RNG.integers(0, 9, 100), [3.5]):
        profile = Profile.fit(np.asarray(values))
        known = np.quantile(values, levels, method="inverted_cdf")
        np.testing.assert_array_equal(profile.quantiles(levels), known)
    decimals = pl.Series(["1.25", "2.50"]).cast(pl.Decimal(10, 2))
    assert Profile.fit(decimals).quantiles([0, 1]).tolist() == [1.25, 2.5]
    assert Profile.fit(REFERENCE["day"]).quantiles(1).tolist() == [
        REFERENCE["day"].to_physical().max()
    ]
    assert np.isnan(Profile.fit([None]).quantiles([0.5])).all()
    assert np.isnan(Profile.fit([math.nan]).quantiles([0.5])).all()


@given(
    reference=st.lists(st.integers(-9, 9), min_size=1, max_size=40),
    current=st.lists(st.floats(-12, 12, width=16), min_size=1, max_size=40),
)
def test_quantiles_of_counts_are_within_a_cell(reference, current):
    """Otherwise the median in a reason would not be that of the window."""
    levels = np.linspace(0, 1, 11)
    profile = Profile.fit(np.array(reference, float))
    found = profile.counts(np.array(current)).quantiles(levels)
    known = np.quantile(current, levels, method="inverted_cdf")
    edges = np.concatenate([[-math.inf], np.unique(reference), [math.inf]])
    for a, b in zip(found, known, strict=True):
        if b in edges:
            assert a == b
        else:
            at = np.searchsorted(edges, b)
            assert edges[at - 1] <= a <= edges[at]
        assert min(current) <= a <= max(current)
    assert (np.diff(found) >= 0).all()


def test_what_has_no_quantiles_is_refused():
    """Otherwise the median of a text column would be nonsense."""
    profile = Profile.fit(["a", "b"])
    for side in (profile, profile.counts(["a"])):
        with pytest.raises(StatsInputError, match="no quantiles"):
            side.quantiles([0.5])
    for levels in ([1.5], [math.nan], "x", [[0.5]]):
        with pytest.raises(StatsInputError, match="levels"):
            Profile.fit([1.0]).quantiles(levels)


@st.composite
def columns(draw):
    """Draw two columns of one type, as Polars has them."""
    kind = draw(
        st.sampled_from(["Float64", "Float32", "Int64", "Int32", "Date", "Text", "Boolean"])
    )
    elements = {
        "Float64": st.floats() | st.sampled_from([0.0, -0.0, math.nan, math.inf, 1.5]),
        "Float32": st.floats(width=32),
        "Int64": st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3),
        "Int32": st.integers(-9, 9),
        "Date": st.dates(),
        "Text": st.sampled_from(["", "a", "b", "Oslo", "a rather long name of a town"]),
        "Boolean": st.booleans(),
    }[kind]
    dtype = pl.String if kind == "Text" else getattr(pl, kind)
    sides = [draw(st.lists(elements | st.none(), max_size=30)) for _ in range(2)]
    return [pl.Series(side, dtype=dtype) for side in sides]


@given(sides=columns())
@settings(max_examples=150)
def test_parts_of_a_reference_add_to_the_whole(sides):
    """Otherwise a reference fitted on two machines would judge otherwise than one of all rows."""
    one, two = sides
    profile = Profile.fit(one) + Profile.fit(two)
    whole = Profile.fit(pl.concat([one, two]))
    assert profile.to_bytes() == whole.to_bytes()
    assert (Profile.fit(two) + Profile.fit(one)).to_bytes() == whole.to_bytes()
    frames = [FrameProfile.fit({"x": side}) for side in sides]
    assert sum(frames).to_bytes() == FrameProfile.fit({"x": pl.concat([one, two])}).to_bytes()


@given(sides=columns(), cut=st.integers(0, 30))
@settings(max_examples=150)
def test_every_type_is_surveyed_the_same_from_rows_and_counts(sides, cut):
    """Otherwise the verdict of a stream would differ from that of its rows at once."""
    reference, current = sides
    profile = FrameProfile.fit({"x": reference})
    found = profile.survey({"x": current}, min_size=2)
    frame = pl.DataFrame({"x": current})
    counts = profile.counts(frame[:cut]) + profile.counts(frame[cut:])
    assert_equal(profile.survey(counts, min_size=2), found)
    assert_told(profile, counts, found, min_size=2)
    assert found.n[0] + found.null[0] + found.nan[0] == len(current)


def test_other_types_of_one_kind_add_exactly():
    """Otherwise a part that was read with another type would be lost, or be rounded."""
    whole = Profile.fit([1, 2, 3]) + Profile.fit([2.5, math.nan, None])
    assert whole.to_bytes() == Profile.fit([1.0, 2.0, 3.0, 2.5, math.nan, None]).to_bytes()
    times = [pl.Series([1, 2]).cast(pl.Datetime(unit)) for unit in ("ms", "us")]
    both = Profile.fit(times[0]) + Profile.fit(times[1])
    assert both.quantiles([0, 1]).tolist() == [1, 2000]
    decimals = [pl.Series([text]).cast(pl.Decimal(9, s)) for text, s in (("1.5", 1), ("1.25", 2))]
    both = Profile.fit(decimals[0]) + Profile.fit(decimals[1])
    assert both.quantiles([0, 1]).tolist() == [1.25, 1.5]
    nothing = Profile.fit([None, None])
    for values in ([1.0], ["a"], [True], [1]):
        assert (nothing + Profile.fit(values)).null == 2
        assert (Profile.fit(values) + nothing).kind == Profile.fit(values).kind
    empty = Profile.fit(pl.Series([math.nan], dtype=pl.Float64))
    assert (empty + Profile.fit([1])).nan == 1
    assert Profile.from_bytes((empty + Profile.fit([1])).to_bytes()).n == 1


def test_parts_that_do_not_fit_are_named():
    """Otherwise a reference would silently lack the rows of one machine."""
    with pytest.raises(StatsInputError, match="cast one to the other"):
        Profile.fit([1.0]) + Profile.fit(["a"])
    with pytest.raises(StatsInputError, match="no exact equal"):
        Profile.fit([2**60 + 1]) + Profile.fit([0.5])
    with pytest.raises(TypeError):
        Profile.fit([1.0]) + 1
    with pytest.raises(TypeError):
        FrameProfile.fit({"x": [1]}) + 1
    a = FrameProfile.fit({"x": [1], "kind": [1], "only": [1], "lists": pl.Series([[1]])})
    b = FrameProfile.fit({"x": [2], "kind": ["a"], "lists": [1], "more": [1]})
    both = a + b
    assert both.names == ("x", "kind", "only", "lists", "more")
    assert list(both.profiles) == ["x"]
    assert set(both.reasons) == {"kind", "only", "lists", "more"}
    found = both.survey({"x": [1] * 30})
    assert set(found.reasons) == set(both.reasons)


def test_counts_of_another_unit_have_quantiles_in_that_of_the_reference():
    """Otherwise the reason of an alarm would be off by a factor of a thousand."""
    reference = Profile.fit(pl.Series([0, 10]).cast(pl.Datetime("ms")))
    window = pl.Series([10_000, 10_000]).cast(pl.Datetime("us"))
    assert reference.counts(window).quantiles([0.5]).tolist() == [10]
    prices = pl.Series(["1.00", "3.00"]).cast(pl.Decimal(9, 2))
    assert Profile.fit(prices).counts(prices).quantiles([0, 1]).tolist() == [1, 3]
    assert Profile.fit(prices).counts([1.0, 2.0, 2.0]).quantiles([0.0])[0] == 1


def test_an_infinite_window_has_finite_quantiles_where_it_has_any():
    """Otherwise one infinity would turn a median into NaN."""
    counts = Profile.fit([1.0, 2.0]).counts([-math.inf, 1.5, math.inf])
    assert counts.quantiles([0, 0.5, 1]).tolist() == [1, 1.5, 2]
    assert np.isnan(Profile.fit([1.0]).counts([None]).quantiles([0.5])).all()


def test_p_values_near_the_level_are_exact():
    """Otherwise an approximation would decide whether a page goes out at night."""
    rng = np.random.default_rng(1)
    reference = rng.normal(size=3_000)
    profile = FrameProfile.fit({"x": reference})
    for shift in np.linspace(0, 0.08, 12):
        current = rng.normal(shift, size=2_900)
        exact = profile["x"].ks(current, method="exact").p_value
        plain = profile.survey({"x": current}).p_value[0]
        assert plain == pytest.approx(exact, rel=0.05)
        assert plain != exact
        # Adjusted among many tests, p is held against small shares of alpha too.
        for alpha, decided in (
            (plain * 1.02, exact),
            (exact * 0.98, exact),
            (plain * 1e5, exact),
            (plain / 3, plain),
            (plain * 1e7, plain),
        ):
            if alpha < 1:
                assert profile.survey({"x": current}, alpha=alpha).p_value[0] == decided


@pytest.mark.parametrize("sizes", [(1_100, 1_100), (1_024, 1_025), (700, 2_100), (110, 10_000)])
def test_no_approximation_hides_what_is_exact(sizes):
    """Otherwise an alarm among many features could be owed to a rounding of its p-value."""
    n, m = sizes
    step = n * m // math.gcd(n, m)
    for p in (0.2, 1e-2, 1e-4, 1e-6, 1e-9):
        statistic = math.ceil(math.sqrt(-math.log(p / 2) / 2 * (n + m) / (n * m)) * step) / step
        # Rows of which this share lies above all of the reference.
        above = round(statistic * n)
        reference = np.arange(m) / m
        current = np.concatenate([np.arange(n - above) / n * (1 - above / n), np.full(above, 2.0)])
        profile = FrameProfile.fit({"x": reference})
        exact = profile["x"].ks(current, method="exact").p_value
        asymptotic = profile.survey({"x": current}).p_value[0]
        # What the docstring says of the error; with an alpha there is none.
        assert asymptotic / 1.5 < exact < asymptotic * 1.5
        for alpha in (exact, exact * 3, min(exact * 1e4, 0.5)):
            assert profile.survey({"x": current}, alpha=alpha).p_value[0] == exact


def test_p_values_of_large_samples_are_upper_bounds_near_the_level():
    """Otherwise the limit for large samples, which is below the truth, would call chance drift."""
    n = 20_000
    rng = np.random.default_rng(8)
    reference, current = rng.normal(size=n), rng.normal(0.03, size=n + 10_000)
    profile = FrameProfile.fit({"x": reference})
    for window in (current, current[:n]):
        plain = profile.survey({"x": window}).p_value[0]
        near = profile.survey({"x": window}, alpha=min(plain * 1e3, 0.5)).p_value[0]
        exact = profile["x"].ks(window, method="exact").p_value
        assert exact <= near <= exact * 1.05
        assert plain == profile["x"].ks(window).p_value
    assert near == exact > plain
