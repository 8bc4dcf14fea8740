"""What may be passed, what is refused, and what the refusal says."""

import doctest
import importlib
import math
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from poet.errors import PoetError, StatsInputError
from poet.stats import category_counts, kl_divergence, ks_2samp

pd = pytest.importorskip("pandas")

NUMBERS = [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]
REFERENCE = list(range(10))
EXPECTED = ks_2samp(NUMBERS, REFERENCE)

SAME_NUMBERS = {
    "list": NUMBERS,
    "tuple": tuple(NUMBERS),
    "decimals": [Decimal(x) for x in NUMBERS],
    "fractions": [Fraction(x) for x in NUMBERS],
    **{
        f"numpy {dtype}": np.array(NUMBERS, dtype)
        for dtype in ("i1", "u1", "i4", "i8", "u8", "f2", "f4", "f8", ">f8", ">i4", "O")
    },
    "numpy strided": np.repeat(np.array(NUMBERS, float), 3)[::3],
    "numpy reversed": np.array(NUMBERS, float)[::-1],
    "numpy misaligned": np.frombuffer(b"x" + np.array(NUMBERS, float).tobytes(), float, -1, 1),
    "polars int": pl.Series(NUMBERS),
    "polars float": pl.Series(NUMBERS, dtype=pl.Float32),
    "polars decimal": pl.Series(NUMBERS).cast(pl.Decimal(10, 2)),
    "polars int128": pl.Series(NUMBERS, dtype=pl.Int128),
    "polars chunks": pl.concat([pl.Series(NUMBERS[:4]), pl.Series(NUMBERS[4:])], rechunk=False),
    "pandas int": pd.Series(NUMBERS),
    "pandas nullable": pd.Series(NUMBERS, dtype="Int64"),
    "pandas float32": pd.Series(NUMBERS, dtype="float32"),
    "pandas object": pd.Series(NUMBERS, dtype=object),
    "pandas sparse": pd.Series(NUMBERS).astype(pd.SparseDtype("int64", 0)),
}

ONE_MISSING = {
    "list None": [None, *NUMBERS],
    "list NaN": [*NUMBERS, math.nan],
    "list NA": [*NUMBERS, pd.NA],
    "decimal NaN": [*NUMBERS, Decimal("NaN")],
    "numpy": np.array([math.nan, *NUMBERS]),
    "numpy masked": np.ma.masked_array([99, *NUMBERS], [True] + [False] * 10),
    "polars int null": pl.Series([None, *NUMBERS]),
    "polars float null": pl.Series([None, *map(float, NUMBERS)]),
    "polars NaN": pl.Series([math.nan, *map(float, NUMBERS)]),
    "pandas nullable": pd.Series([None, *NUMBERS], dtype="Int64"),
    "pandas float": pd.Series([None, *NUMBERS]),
    "pandas object": pd.Series([None, *NUMBERS], dtype=object),
}

NOT_A_SAMPLE = {
    "complex": (np.ones(10, complex), "complex128"),
    "2-D": (np.ones((10, 2)), r"shape \(10, 2\)"),
    "0-d": (np.array(1.0), r"shape \(\)"),
    "text": (["a"] * 10, "<U1"),
    "number as text": ([1.0, "2.0"], "<U"),
    "objects": ([object(), None], "at position 0"),
    "nested": ([[1.0], [2.0]], r"shape \(2, 1\)"),
    "ragged": ([[1.0], [2.0, 3.0]], "unequal lengths"),
    "dates": (np.array(["2026-01-01"], "datetime64[D]"), "datetime64"),
    "huge fraction": ([Fraction(10**400)], "beyond float64"),
    "polars text": (pl.Series(["a"]), "String"),
    "polars dates": (pl.Series([1], dtype=pl.Date), "Date"),
    "polars list": (pl.Series([[1]]), "List"),
    "polars frame": (pl.DataFrame({"a": [1]}), "select one column"),
    "pandas frame": (pd.DataFrame({"a": [1]}), "select one column"),
    "pandas category": (pd.Series([1, 2], dtype="category"), "category"),
    "pandas text": (pd.Series(["a"]), "got"),
    "generator": ((x for x in [1.0]), "generator"),
    "str": ("123", "builtins.str"),
    "None": (None, "NoneType"),
    "scalar": (3.0, "builtins.float"),
}

BEYOND = 2**53 + 1
LARGE_INTEGERS = {
    "list": [BEYOND] * 8,
    "mixed list": [0.5, BEYOND],
    "negative": [-BEYOND] * 8,
    "python int": [2**70],
    "numpy": np.array([BEYOND]),
    "numpy unsigned": np.array([2**64 - 1], "u8"),
    "polars": pl.Series([None, BEYOND]),
    "pandas": pd.Series([None, BEYOND], dtype="Int64"),
}


@pytest.mark.parametrize("values", SAME_NUMBERS.values(), ids=SAME_NUMBERS.keys())
def test_same_numbers_give_the_same_result(values):
    """Otherwise the verdict would depend on the container that a user happens to use."""
    assert ks_2samp(values, REFERENCE) == EXPECTED


@pytest.mark.parametrize("values", ONE_MISSING.values(), ids=ONE_MISSING.keys())
def test_missing_is_missing_in_every_container(values):
    """Otherwise a null would be 0 in one library, NaN in the next and an error in a third."""
    found = ks_2samp(values, REFERENCE)
    assert (found.nan_current, found.n_current) == (1, 10)
    assert found.statistic == EXPECTED.statistic
    with pytest.raises(StatsInputError, match=r"1 of 11 values are missing"):
        ks_2samp(values, REFERENCE, nan_policy="raise")


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([None] * 9),
        pl.Series([None] * 9, dtype=pl.Int64),
        pd.Series([None] * 9),
        [None] * 9,
        pd.Series([None] * 9, dtype="Int64"),
    ],
)
def test_all_missing_is_insufficient_data(values):
    """Otherwise a column that stopped arriving would crash the report on it."""
    found = ks_2samp(values, REFERENCE)
    assert (found.status, found.nan_current) == ("insufficient_data", 9)


@pytest.mark.parametrize(
    "values",
    [
        [True, False] * 5,
        np.array([True, False] * 5),
        pl.Series([True, False] * 5),
        pd.Series([True, False] * 5),
        pd.Series([True, False] * 5, dtype="boolean"),
    ],
)
def test_booleans_are_zero_and_one(values):
    """Otherwise flags could not be compared without a cast of one's own."""
    assert ks_2samp(values, [0, 1] * 5).statistic == 0.0


@pytest.mark.parametrize(("values", "message"), NOT_A_SAMPLE.values(), ids=NOT_A_SAMPLE.keys())
def test_what_is_no_sample_is_refused_by_name(values, message):
    """Otherwise a wrong column would give a number, or an error that names no argument."""
    with pytest.raises(StatsInputError, match=message) as refused:
        ks_2samp(REFERENCE, values)
    assert "reference must be a 1-D array of real numbers" in str(refused.value)
    assert refused.value.hint


@pytest.mark.parametrize("values", LARGE_INTEGERS.values(), ids=LARGE_INTEGERS.keys())
def test_integers_that_float64_would_merge_are_refused(values):
    """Otherwise different identifiers or nanoseconds would silently become ties."""
    with pytest.raises(StatsInputError, match=r"beyond 2\*\*53"):
        ks_2samp(values, REFERENCE)


def test_errors_are_both_poets_and_pythons():
    """Otherwise `except ValueError` around a statistic would miss bad input."""
    assert issubclass(StatsInputError, PoetError)
    assert issubclass(StatsInputError, ValueError)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"nan_policy": "propagate"}, "nan_policy"),
        ({"min_size": 0}, "min_size is 0"),
        ({"min_size": 2.5}, "min_size is 2.5"),
    ],
)
def test_options_are_checked(options, message):
    """Otherwise a misspelt option would silently be the default."""
    with pytest.raises(StatsInputError, match=message):
        ks_2samp(REFERENCE, REFERENCE, **options)


@given(hnp.arrays(st.sampled_from(["f2", "f4", "f8"]), st.integers(8, 40)))
def test_any_float_array_has_a_result(values):
    """Otherwise some bit pattern in production would be an exception at night."""
    found = ks_2samp(values, values)
    assert found.nan_current == np.isnan(values).sum()
    if found.status == "ok":
        assert (found.statistic, found.p_value) == (0.0, 1.0)


def test_float_columns_are_seen_without_a_copy():
    """Otherwise each comparison of a large column would need its memory twice."""
    from poet.stats._inputs import float_sample

    array = np.arange(10.0)
    series = pl.Series(array)
    assert np.shares_memory(float_sample(array, "current", "omit").values, array)
    assert np.shares_memory(float_sample(series, "current", "omit").values, series.to_numpy())
    pandas = pd.Series(array)
    assert np.shares_memory(float_sample(pandas, "current", "omit").values, pandas.to_numpy())


@pytest.mark.parametrize(
    "counts",
    [
        [30, 10],
        (30, 10),
        np.array([30, 10], "u1"),
        np.array([30, 10], ">i4"),
        pl.Series([30, 10]),
        pd.Series([30, 10]),
        pd.Series([30, 10], dtype="Int64"),
        {"a": 30, "b": np.int64(10)},
    ],
)
def test_counts_come_in_any_container(counts):
    """Otherwise users would have to convert what they counted with."""
    reference = {"a": 20, "b": 20} if isinstance(counts, dict) else [20, 20]
    assert kl_divergence(counts, reference).statistic == pytest.approx(5.4115320909768325)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([0.5, 0.5], "dtype float64"),
        (["a", "b"], "<U1"),
        ([True, False], "dtype bool"),
        (np.ones((2, 2), int), r"shape \(2, 2\)"),
        ([3, -2], "-2 at position 1"),
        ([[1], [1, 2]], "unequal lengths"),
        (np.ma.masked_array([1, 2], [True, False]), "masked"),
        (pl.Series([1, None]), "1 nulls"),
        (pl.Series([0.5]), "Float64"),
        (pd.Series([1, None], dtype="Int64"), "Int64"),
        (pd.Series(["a"]), "got dtype"),
        (pl.DataFrame({"a": [1]}), "select one column"),
        (7, "builtins.int"),
    ],
)
def test_what_is_no_count_is_refused_by_name(counts, message):
    """Otherwise shares or raw values would be taken for counts and give a number."""
    with pytest.raises(StatsInputError, match=message) as refused:
        kl_divergence(counts, [1, 2])
    assert refused.value.where == "current"


LETTERS = ["b", "a", None, "b"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (LETTERS, {"b": 2, "a": 1}),
        (tuple(LETTERS), {"b": 2, "a": 1}),
        (np.array(LETTERS, object), {"b": 2, "a": 1}),
        (np.array(["b", "a", "b"]), {"b": 2, "a": 1}),
        (pl.Series("count", LETTERS), {"b": 2, "a": 1}),
        (pl.Series(LETTERS, dtype=pl.Categorical), {"b": 2, "a": 1}),
        (pl.Series(LETTERS, dtype=pl.Enum(["a", "b", "unused"])), {"b": 2, "a": 1}),
        (pl.Series([{}, {}], dtype=pl.Object), None),
        (pd.Series(LETTERS), {"b": 2, "a": 1}),
        (pd.Series(LETTERS, dtype=object), {"b": 2, "a": 1}),
        (pd.Series(pd.Categorical(LETTERS, ["a", "b", "unused"])), {"b": 2, "a": 1}),
        (np.array([True, False, True]), {True: 2, False: 1}),
        (pl.Series([True, None, False, True]), {True: 2, False: 1}),
        (pd.Series([True, None, False, True], dtype="boolean"), {True: 2, False: 1}),
        (np.array([3, 1, 3], "u1"), {3: 2, 1: 1}),
        (pl.Series([3, 1, 3]), {3: 2, 1: 1}),
        ([1.5, math.nan, np.float32("nan"), 0.0, -0.0], {1.5: 1, 0.0: 2}),
        (np.array([1.5, math.nan, 0.0, -0.0]), {1.5: 1, 0.0: 2}),
        (pl.Series([1.5, math.nan, 0.0, -0.0]), {1.5: 1, 0.0: 2}),
        (pd.Series([1.5, math.nan, 0.0, -0.0]), {1.5: 1, 0.0: 2}),
        (np.ma.masked_array([1, 2, 2], [True, False, False]), {2: 2}),
        (pl.Series([None, None]), {}),
        ([], {}),
        ([["unhashable"]], None),
        (np.ones((2, 2)), None),
        (pl.Series([[1], [2]]), None),
        (pl.DataFrame({"a": [1]}), None),
        ("text", None),
    ],
)
def test_category_counts(values, expected):
    """Otherwise the same column would have other categories in another library."""
    if expected is None:
        with pytest.raises(StatsInputError, match="values must be a 1-D array of categories"):
            category_counts(values)
    else:
        assert category_counts(values) == expected
        assert {type(key) for key in category_counts(values)} <= {str, bool, int, float}


@given(st.lists(st.sampled_from("abcdef") | st.none()))
def test_category_counts_add_up(values):
    """Otherwise categories would be lost or counted twice on their way into the comparison."""
    plain = category_counts(values)
    assert sum(plain.values()) == sum(value is not None for value in values)
    assert plain == category_counts(pl.Series(values, dtype=pl.String))


def test_import_is_light():
    """Otherwise every program that imports POET would wait for libraries it may never use."""
    heavy = "('numpy', 'scipy', 'polars', 'pandas')"
    code = f"import sys, poet.stats; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("module", ["_categories", "_kl", "_ks"])
def test_examples_in_docstrings_run(module):
    """Otherwise the first thing a newcomer copies would not work."""
    results = doctest.testmod(importlib.import_module(f"poet.stats.{module}"))
    assert results.attempted
    assert not results.failed
