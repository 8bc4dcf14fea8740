"""What a feature holds is told from the data, with the reason, and a person has the last word."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_digits
from vega_datasets import data

from poet.errors import ConfigError
from poet.stats import FrameProfile
from poet_domain_ml_monitoring import Schema
from poet_domain_ml_monitoring._dtypes import family
from poet_domain_ml_monitoring.quality import kinds_of

RNG = np.random.default_rng(5)


def kind(values, **overrides):
    frame = {"x": values}
    found = kinds_of(FrameProfile.fit(frame), Schema.of(frame).dtypes, overrides)
    return found.get("x", (None, ""))


NOON = dt.datetime.fromisoformat("2024-01-01T12:00")
COLUMNS = {
    "measurements": (RNG.normal(size=500), "continuous"),
    "rounded measurements": (RNG.normal(size=500).round(2), "continuous"),
    "counts": (RNG.poisson(3, 500), "discrete"),
    "marks as floats": (RNG.integers(1, 6, 500) / 2, "discrete"),
    "whole numbers that hardly repeat": (np.arange(500), "continuous"),
    "flags": (RNG.integers(0, 2, 500), "boolean"),
    "flags as floats": (RNG.integers(0, 2, 500).astype(float), "boolean"),
    "rare flag": (np.array([0] * 999 + [1]), "boolean"),
    "two codes that are no flags": (RNG.integers(1, 3, 500), "discrete"),
    "booleans": (pl.Series([True, False] * 50), "boolean"),
    "mostly zero": (np.where(RNG.random(2000) < 0.97, 0.0, RNG.normal(size=2000)), "sparse"),
    "mostly zero, whole": (
        np.where(RNG.random(2000) < 0.97, 0, 7 + RNG.poisson(4, 2000)),
        "sparse",
    ),
    "nine tenths zero": (np.where(np.arange(2000) % 10, 0.0, RNG.normal(size=2000)), "continuous"),
    "mostly missing": (pl.Series([None] * 950 + RNG.normal(size=50).tolist()), "continuous"),
    "one number": ([4.5] * 50, "constant"),
    "one word": (["a"] * 50, "constant"),
    "nothing": (pl.Series([None] * 50), "constant"),
    "only NaN": (np.full(50, np.nan), "constant"),
    "no rows": (pl.Series([], dtype=pl.Float64), "constant"),
    "words": (["red", "green", "blue"] * 30, "categorical"),
    "few words": (["a", "b", "c"], "categorical"),
    "identifiers": ([f"user {i}" for i in range(500)], "text"),
    "a long tail of words": (
        ["common"] * 300 + [f"rare {i}" for i in range(200)],
        "categorical",
    ),
    "declared words": (
        pl.Series([str(i) for i in range(500)], dtype=pl.Enum([str(i) for i in range(500)])),
        "categorical",
    ),
    "moments": (pl.Series([NOON + dt.timedelta(hours=i) for i in range(50)]), "datetime"),
    "dates": (pl.Series([NOON.date() + dt.timedelta(days=i) for i in range(50)]), "datetime"),
    "times of day": (pl.Series([dt.time(i % 24) for i in range(50)]), "continuous"),
    "durations": (pl.Series([dt.timedelta(i) for i in range(50)]), "continuous"),
    "values of several types": (pl.Series([1, "a", None] * 20, dtype=pl.Object), "mixed"),
    "beyond int64": (pl.Series([2**63 + i for i in range(50)], dtype=pl.UInt64), "continuous"),
    "lists": (pl.Series([[1], [2]]), None),
    "structs": (pl.Series([{"a": 1}]), None),
    "bytes": (pl.Series([b"x"]), None),
}


@pytest.mark.parametrize(("values", "expected"), COLUMNS.values(), ids=COLUMNS.keys())
def test_the_data_say_what_a_feature_holds(values, expected):
    """Taken for another kind, a feature would be compared by what it does not hold."""
    found, why = kind(values)
    assert found == expected
    assert bool(why) == (expected is not None)


def test_zeros_are_counted_exactly():
    """One zero more or less would flip how a whole feature is compared."""
    values = RNG.normal(size=2000)
    values[:1900] = 0.0
    values[:950] = -0.0
    assert kind(values) == ("sparse", "95.0% zeros, apart from which the other values are compared")
    assert kind(values[1:])[0] == "continuous"


@given(st.lists(st.sampled_from([0.0, -1.5, 2.0, 1e300, 5e-324, -np.inf]), min_size=1, max_size=60))
def test_shares_are_those_of_a_count(values):
    """The share of zeros would come out wrong beside infinities and the smallest numbers."""
    array = np.array(values)
    distinct = len(set(values))
    found, why = kind(array)
    if distinct == 1:
        assert found == "constant"
    elif np.mean(array == 0) >= 0.95:
        assert found == "sparse"
        assert why.startswith(f"{np.mean(array == 0):.1%}")
    else:
        assert found == ("discrete" if distinct * 5 <= len(array) else "continuous")


def test_a_person_has_the_last_word():
    """A code that looks like a measurement could never be set right."""
    assert kind(RNG.normal(size=50), x="categorical") == ("categorical", "set by the user")
    with pytest.raises(ConfigError, match="'categoric' is no kind") as unknown:
        kind([1.0], x="categoric")
    assert "categorical" in str(unknown.value)
    with pytest.raises(ConfigError, match="no feature 'y'"):
        kind([1.0], y="text")


def test_real_tables_are_read_as_people_read_them():
    """On the tables that users have the kinds would be wrong, whatever made-up ones say."""
    frame = data.seattle_weather()
    found = kinds_of(FrameProfile.fit(frame), Schema.of(frame).dtypes)
    assert {name: of for name, (of, _) in found.items()} == {
        "date": "datetime", "precipitation": "continuous", "temp_max": "continuous",
        "temp_min": "continuous", "wind": "continuous", "weather": "categorical",
    }  # fmt: skip
    airports = data.airports()
    found = kinds_of(FrameProfile.fit(airports), Schema.of(airports).dtypes)
    assert [found[name][0] for name in ("iata", "name", "city", "state", "latitude")] == [
        "text", "text", "text", "categorical", "continuous",
    ]  # fmt: skip
    cancer = pl.DataFrame(load_breast_cancer().data)
    found = kinds_of(FrameProfile.fit(cancer), Schema.of(cancer).dtypes)
    assert {of for of, _ in found.values()} == {"continuous"}
    digits = load_digits()
    frame = {f"p{i}": digits.data[:, i].astype(int) for i in range(64)} | {"digit": digits.target}
    found = kinds_of(FrameProfile.fit(frame), Schema.of(frame).dtypes)
    assert {of for of, _ in found.values()} == {"constant", "sparse", "boolean", "discrete"}
    assert found["p0"][0] == "constant"
    assert found["digit"][0] == "discrete"


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        ("Int8 UInt64 Float32 Decimal(precision=10,scale=2) int64 double halffloat", "number"),
        ("uint8 decimal128(10,2) Int64 double[pyarrow] Int128 Sparse[float64,0]", "number"),
        ("Boolean bool boolean", "boolean"),
        ("String str string large_string string_view <U5 category Categorical Enum(…)", "text"),
        ("dictionary<values=string,indices=int32> object", None),
        ("Date date32[day] datetime64[D] date date64[ms]", "date"),
        ("datetime64[ns] timestamp[us] Datetime(time_unit='us',time_zone=None)", "datetime"),
        ("datetime64[ns,\xa0UTC] timestamp[us,tz=UTC]", "zoned datetime"),
        ("Datetime(time_unit='us',time_zone='UTC')", "zoned datetime"),
        ("Time time64[us] time32[ms] time", "time"),
        ("timedelta64[ns] Duration(time_unit='us') duration[ns] timedelta", "duration"),
        ("List(Int64) Array(Int64,shape=(2,)) struct<a:int64> list<item:int64>", "nested"),
        ("Binary binary |S3 bytes", "binary"),
        ("Null null", "null"),
    ],
)
def test_types_of_all_libraries_are_known(dtypes, expected):
    """A frame of another library would look like a change of every type."""
    if expected is not None:
        found = {dtype: family(dtype.replace("\xa0", " ")) for dtype in dtypes.split(" ")}
        assert set(found.values()) == {expected}, found
    else:
        assert [family(dtype) for dtype in dtypes.split(" ")] == ["text", "unknown"]
