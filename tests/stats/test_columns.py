"""Every kind of column through the one door: in place where that is claimed, equal everywhere."""

import datetime as dt
import itertools
import math
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from poet import _native
from poet.errors import StatsInputError
from poet.stats import FrameProfile, Profile, drift
from poet.stats._columns import native_column

pd = pytest.importorskip("pandas")

FLOATS = np.arange(12.0)
INTEGERS = np.arange(12)

IN_PLACE = {
    "numpy float64": (FLOATS, FLOATS),
    "numpy int64": (INTEGERS, INTEGERS),
    "numpy datetime64": (INTEGERS.view("M8[us]"), INTEGERS),
    "numpy timedelta64": (INTEGERS.view("m8[ns]"), INTEGERS),
    "pandas float64": (pd.Series(FLOATS, copy=False), FLOATS),
}
POLARS = pl.Series(INTEGERS)
MANY_CODES = pl.Series(["a", "b"] * 10_000, dtype=pl.Categorical)
ENUM = pl.Series(["a", "b"], dtype=pl.Enum(["a", "b"]))
SHARED = {
    "float64": (pl.Series(FLOATS), 8),
    "int64": (POLARS, 8),
    "datetime": (POLARS.cast(pl.Datetime("us", "UTC")), 8),
    "duration": (POLARS.cast(pl.Duration("ms")), 8),
    "time": (POLARS.cast(pl.Time), 8),
    "float64 with nulls": (pl.Series([1.0, None, 3.0]), 8),
    "text": (pl.Series(["a", None, "a text of more than twelve bytes"]), 16),
    "codes": (MANY_CODES, 4),
    "enum": (ENUM, ENUM.to_physical().estimated_size() // len(ENUM)),
}


@pytest.mark.parametrize(("values", "owner"), IN_PLACE.values(), ids=IN_PLACE.keys())
def test_an_array_is_not_copied(values, owner):
    """Otherwise a frame that fills half of the memory could not be compared."""
    assert native_column(values, "values").addresses() == [owner.ctypes.data]


@pytest.mark.parametrize(("series", "size"), SHARED.values(), ids=SHARED.keys())
def test_a_polars_column_is_not_copied(series, size):
    """Otherwise a frame that fills half of the memory could not be compared.

    A slice of a series shares its memory, and only what is read in place starts one value further.
    """
    (whole,) = native_column(series, "values").addresses()
    (rest,) = native_column(series.slice(1), "values").addresses()
    assert rest - whole == size


def test_the_memory_outlives_its_array():
    """Otherwise a column would read freed memory once the user's variable is gone."""
    column = native_column(np.arange(100_000.0), "values")
    filler = [np.full(100_000, -1.0) for _ in range(5)]
    fitted = _native.fit_columns([column], 1)[0]
    same = _native.compare_columns([fitted], [native_column(np.arange(100_000.0), "x")], **ASK)[0]
    assert same[1][0] == 0.0, len(filler)


ASK = {
    "min_size": 1,
    "ks": True,
    "level": None,
    "bins": 0,
    "pseudo_count": 0.5,
    "min_expected": 5.0,
    "threads": 1,
}
EPOCH = dt.date(1970, 1, 1)
DAYS = [EPOCH + dt.timedelta(days=int(i)) for i in INTEGERS]

# Each with the same twelve numbers in it, as plain numbers, days, hundredths, ...
TWELVE = {
    "list": INTEGERS.tolist(),
    "list of floats": FLOATS.tolist(),
    "decimals": [Decimal(int(i)) for i in INTEGERS],
    **{f"numpy {d}": INTEGERS.astype(d) for d in ("i1", "u1", "i4", "u8", "f2", "f4", ">i8", "O")},
    "numpy strided": np.repeat(INTEGERS, 2)[::2],
    "numpy masked": np.ma.masked_array([*INTEGERS, 99], [False] * 12 + [True]),
    **{
        f"polars {d}": pl.Series(INTEGERS).cast(d)
        for d in (pl.Int8, pl.UInt16, pl.UInt64, pl.Float32, pl.Int128, pl.Decimal(10, 2))
    },
    "pandas nullable": pd.Series([*INTEGERS, None], dtype="Int64"),
    "pandas object": pd.Series(INTEGERS, dtype=object),
}
TWELVE_DAYS = {
    "list": DAYS,
    "numpy": np.array(DAYS, "M8[D]"),
    "polars": pl.Series(DAYS),
    "with NaT": np.array([*DAYS, "NaT"], "M8[D]"),
}
TWELVE_TIMES = {
    "numpy us": INTEGERS.view("M8[us]"),
    "numpy minutes": (INTEGERS * 60_000_000).astype("M8[us]").astype("M8[m]"),
    "polars ns": (pl.Series(INTEGERS) * 1000).cast(pl.Datetime("ns")),
    "polars us": pl.Series(INTEGERS).cast(pl.Datetime("us")),
    "pandas": pd.Series(INTEGERS.view("M8[us]")),
}


@pytest.mark.parametrize("reference", TWELVE.values(), ids=TWELVE.keys())
@pytest.mark.parametrize("current", TWELVE.values(), ids=TWELVE.keys())
def test_numbers_are_equal_in_every_type(current, reference):
    """Otherwise an int column that came back as float, as pandas does it, would be drift."""
    row = drift({"x": reference}, {"x": current}, min_size=8).row(0, named=True)
    assert (row["statistic"], row["n_current"], row["status"]) == (0.0, 12, "ok"), row["message"]


@pytest.mark.parametrize("values", TWELVE_DAYS.values(), ids=TWELVE_DAYS.keys())
def test_days_are_equal_in_every_library(values):
    """Otherwise a date column would drift for being read by another library."""
    row = drift({"x": pl.Series(DAYS)}, {"x": values}, min_size=8).row(0, named=True)
    assert (row["statistic"], row["kind"], row["n_current"]) == (0.0, "times", 12), row["message"]


@pytest.mark.parametrize("name", TWELVE_TIMES)
def test_times_are_equal_in_every_unit(name):
    """Otherwise timestamps in milliseconds would drift from the same ones in nanoseconds."""
    values = TWELVE_TIMES[name]
    scale = 60_000_000 if "minutes" in name else 1
    reference = pl.Series(INTEGERS * scale).cast(pl.Datetime("us"))
    for a, b in ((reference, values), (values, reference)):
        row = drift({"x": a}, {"x": b}, min_size=8).row(0, named=True)
        assert (row["statistic"], row["status"]) == (0.0, "ok"), row["message"]


@given(
    values=st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=4),
)
@example(values=[0, 0, 0, 7, 2**62], cuts=[])
# A p-value of 1 that SciPy rounds above 1 it computes again, and says so; it is 1 all the same.
@pytest.mark.filterwarnings("ignore:ks_2samp. Exact calculation unsuccessful:RuntimeWarning")
def test_any_chunks_and_nulls_give_scipys_numbers(values, cuts):
    """Otherwise the verdict would depend on how a file was written."""
    reference = [2**62, -5, 0, 2**62 + 1, 7]
    edges = [0, *sorted(min(cut, len(values)) for cut in cuts), len(values)]
    parts = [pl.Series(values[a:b], dtype=pl.Int64) for a, b in itertools.pairwise(edges)]
    series = pl.concat(parts, rechunk=False)
    row = drift({"x": reference}, pl.DataFrame({"x": series}), min_size=1).row(0, named=True)
    present = [v for v in values if v is not None]
    assert (row["n_current"], row["null_current"]) == (len(present), values.count(None))
    if present:
        # As ranks, so that SciPy's float64 keeps integers beyond 2**53 apart.
        order = {v: i for i, v in enumerate(sorted({*present, *reference}))}
        known = stats.ks_2samp([order[v] for v in present], [order[v] for v in reference])
        assert row["statistic"] == pytest.approx(known.statistic, rel=1e-12, abs=1e-15)
        assert row["p_value"] == pytest.approx(known.pvalue, rel=1e-9)
    else:
        assert row["status"] == "insufficient_data"


REFUSED = {
    "2-D": (np.ones((2, 2)), r"shape \(2, 2\)"),
    "complex": (np.ones(3, complex), "complex128"),
    "lists": (pl.Series([[1]]), "neither numbers nor times nor categories"),
    "structs": (pl.Series([{"a": 1}]), "neither numbers"),
    "binary": (pl.Series([b"a"]), "Binary"),
    "mixed": ([1, "a"], "'a' .str. at position 1"),
    "zones": ([dt.datetime(2026, 1, 1, tzinfo=dt.UTC)], "zone"),
    "scalar": (3.0, "builtins.float"),
    "text": ("abc", "builtins.str"),
}


@pytest.mark.parametrize(("values", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_column_is_refused(values, message):
    """Otherwise a column of lists would be compared as something it is not, or panic."""
    with pytest.raises(StatsInputError, match=message) as caught:
        native_column(values, "current")
    assert caught.value.where == "current"


def test_integers_beyond_float64_are_never_rounded_into_ties():
    """Otherwise ids beyond 2**53 would be equal to their neighbours without a word."""
    large = [2**53 + 1 + i for i in range(30)]
    rows = drift({"x": large}, {"x": [v + 1 for v in large]})
    assert rows["statistic"].to_list() == [pytest.approx(1 / 30)]
    (row,) = drift({"x": large}, {"x": [0.5] * 30}).rows(named=True)
    assert (row["status"], str(large[0]) in row["message"]) == ("error", True)


LARGE = 2**63 + 5
NOT_HELD = {
    "numpy uint64": (np.array([LARGE] * 10, np.uint64), LARGE),
    "polars uint64": (pl.Series([LARGE] * 10, dtype=pl.UInt64), LARGE),
    "pandas uint64": (pd.Series([LARGE] * 10, dtype="uint64"), LARGE),
    "pandas UInt64": (pd.Series([LARGE, None] * 10, dtype="UInt64"), LARGE),
    "polars Int128": (pl.Series([None, LARGE] * 10, dtype=pl.Int128), LARGE),
    "polars decimal": (pl.Series([Decimal(LARGE)] * 10).cast(pl.Decimal(30, 4)), f"{LARGE}0000e-4"),
    "list": ([LARGE] * 10, LARGE),
    "negative": ([-LARGE] * 10, -LARGE),
    "objects": (np.array([LARGE] * 10, object), LARGE),
    "beside a truth": ([True, LARGE], LARGE),
    "beside a float": ([2**53 + 1, 0.5] * 10, 2**53 + 1),
    "python decimals": ([Decimal("0.1234567890123456789")] * 10, "0.1234567890123456789"),
    "decimal beyond float64": ([Decimal("1e400")] * 10, r"1E\+400"),
}


@pytest.mark.parametrize(("values", "number"), NOT_HELD.values(), ids=NOT_HELD.keys())
def test_numbers_that_cannot_be_held_are_refused(values, number):
    """Otherwise two different ids would be one, and their KS statistic 0, without a word."""
    with pytest.raises(StatsInputError, match=str(number)):
        Profile.fit(values)
    with pytest.raises(StatsInputError, match=str(number)):
        Profile.fit([1.0, 2.0] * 10).ks(values)
    (row,) = drift({"x": values}, {"x": values}).rows(named=True)
    assert (row["status"], row["statistic"]) == ("error", None)
    assert row["message"].startswith("reference: ")


def test_what_fits_is_held_exactly():
    """Otherwise numbers would be refused that int64 has room for, or be rounded."""
    most = 2**63 - 1
    for make in (
        lambda v: np.array(v, np.uint64),
        lambda v: pl.Series(v, dtype=pl.UInt64),
        lambda v: pl.Series(v, dtype=pl.Int128),
        lambda v: pl.Series(v).cast(pl.Decimal(38, 0)),
        list,
    ):
        found = Profile.fit(make([most] * 10)).ks(make([most - 1] * 10))
        assert (found.statistic, found.location) == (1.0, most - 1)
    masked = np.ma.masked_array(np.array([1, LARGE] * 10, np.uint64), [False, True] * 10)
    assert (Profile.fit(masked).n, Profile.fit(masked).null) == (10, 10)
    assert (
        Profile.fit([Decimal("0.1"), 0.5, 2**53, None] * 5).ks([0.1, 0.5, 2**53] * 5).statistic == 0
    )


def test_decimals_of_many_digits():
    """Otherwise fine amounts would be rounded, or refused although there is room for them."""
    fine = pl.Series([Decimal(i).scaleb(-20) for i in range(20)], dtype=pl.Decimal(30, 20))
    assert Profile.fit(fine).ks(fine).statistic == 0.0
    assert Profile.fit(fine).ks([(i + 0.5) * 1e-20 for i in range(20)]).statistic == 0.05
    with pytest.raises(StatsInputError, match="10000000000000000000e-19 does not fit int64"):
        Profile.fit(pl.Series([Decimal(1)], dtype=pl.Decimal(38, 19)))


def test_other_kinds_of_time_are_named_in_plain_words():
    """Otherwise the message would speak of steps of 1e-0 s to one who compared dates with times."""
    days, times = pl.Series(DAYS), pl.Series(INTEGERS).cast(pl.Datetime("us"))
    message = "current holds points in time without a zone, reference dates; cast one to the other"
    with pytest.raises(StatsInputError, match=message):
        Profile.fit(days).ks(times)
    (row,) = drift({"x": times.dt.replace_time_zone("UTC")}, {"x": times}, min_size=8).rows(
        named=True
    )
    assert "reference points in time with a zone;" in row["message"]
    (row,) = drift({"x": [0.5] * 20}, {"x": days}, min_size=8).rows(named=True)
    assert row["message"] == "current holds dates, reference floats; cast one to the other"


def test_nan_and_null_are_counted_apart():
    """Otherwise a rising share of nulls would hide among values that are no numbers."""
    profile = FrameProfile.fit({"x": [1.0, math.nan, None, 2.0]})
    assert (profile["x"].n, profile["x"].null, profile["x"].nan) == (2, 1, 1)


def test_pyarrow_comes_through_the_same_door():
    """Otherwise a table from a database driver would have to be converted first."""
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    floats = pa.array(FLOATS)
    assert native_column(floats, "x").addresses() == [floats.buffers()[1].address]
    chunked = pa.chunked_array([[1, 2], [3, None]])
    assert len(native_column(chunked, "x").addresses()) == 2
    for dtype in (pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())):
        text = pa.array(["a", None, "b"] * 10, dtype)
        table = pa.table({"x": text, "y": pa.array([1, 2, 3] * 10, pa.decimal128(9, 2))})
        for frame in (table, table.to_batches()[0], table.to_pandas()):
            report = drift(table, frame)
            assert report["status"].to_list() == ["ok", "ok"], report["message"].to_list()
            assert report["n_current"].to_list() == [20, 30]
            assert report["null_current"].to_list() == [10, 0]
    arrow = pd.Series(FLOATS, dtype=pd.ArrowDtype(pa.float64()))
    assert native_column(arrow, "x").kind == "numbers"
