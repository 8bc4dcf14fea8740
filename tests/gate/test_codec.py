"""What crosses between processes: every bit arrives, and damaged data is refused."""

# ruff: noqa: E501, DTZ001, PYI024
from __future__ import annotations

import copy
import datetime as dt
import enum
import json
import random
from collections import Counter, OrderedDict, namedtuple
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from uuid import UUID

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from poet.gate.codec import decode, encode
from poet.gate.compare import difference

atoms = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers()
    | st.decimals(allow_nan=False) | st.fractions() | st.uuids() | st.dates() | st.datetimes() | st.times()
    | st.timedeltas()
)  # fmt: skip
keys = st.text() | st.integers() | st.booleans() | st.tuples(st.integers(), st.text()) | st.none()
values = st.recursive(
    atoms,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
        | st.sets(st.integers() | st.text(), max_size=4)
        | st.frozensets(st.integers() | st.text(), max_size=4)
    ),
    max_leaves=12,
)
DTYPES = [
    "?",
    "i1",
    "u2",
    "<i4",
    ">i4",
    "f2",
    "f4",
    "<f8",
    ">f8",
    "c8",
    "c16",
    "U3",
    "S3",
    "M8[s]",
    "m8[ms]",
]


def cross(value):
    """Encode, send as JSON, decode."""
    return decode(json.loads(json.dumps(encode(value), allow_nan=False)))


def typed(value):
    """Return the value with the type of each part spelled out, so that 1 and True differ."""
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [typed(v) for v in value]
    if isinstance(value, dict):
        return "dict", [(typed(k), typed(v)) for k, v in value.items()]
    return type(value).__name__, repr(
        sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
    )


@given(values)
@settings(max_examples=120, deadline=None)
def test_plain_data_round_trip(value):
    """A check would judge another value than the candidate returned."""
    got = cross(value)
    assert typed(got) == typed(value)
    assert difference(encode(value), encode(got)) is None


@given(
    st.sampled_from(DTYPES).flatmap(
        lambda d: hnp.arrays(d, hnp.array_shapes(min_dims=0, min_side=0))
    )
)
@settings(max_examples=60, deadline=None)
def test_arrays_round_trip(array):
    """An array's dtype, shape, byte order or bits would change on the way."""
    got = cross(array)
    assert (got.dtype, got.shape, got.tobytes()) == (array.dtype, array.shape, array.tobytes())
    got[...] = got  # writable, as the original
    for item in array.ravel()[:1]:
        scalar = cross(item)
        assert (type(scalar), scalar.tobytes()) == (type(item), item.tobytes())


def test_arrays_of_every_layout_and_objects_round_trip():
    """A transposed or sliced array would arrive with its values shuffled."""
    base = np.arange(24, dtype="f4").reshape(4, 6)
    for array in (base.T, base[::2, ::-1], np.asfortranarray(base)):
        assert (cross(array) == array).all()
    objects = np.array([None, "a", [1, 2], 1.5], dtype=object).reshape(2, 2)
    assert cross(objects).tolist() == objects.tolist()


@pytest.mark.parametrize(
    ("dtype", "items"),
    [
        (pl.Int8, [1, None, -5]), (pl.UInt64, [2**63, None]), (pl.Float32, [0.5, None, float("nan")]),
        (pl.Float64, [1e-320, -0.0]), (pl.String, ["a", None, ""]), (pl.Boolean, [True, None]),
        (pl.Date, [dt.date(2024, 2, 29), None]), (pl.Binary, [b"a", None]), (pl.Int64, []),
        (pl.Time, [dt.time(1, 2), None]),
    ],
)  # fmt: skip
def test_polars_round_trip(dtype, items):
    """A frame's dtypes, nulls, names or column order would change on the way."""
    series = pl.Series("a name", items, dtype=dtype)
    got = cross(series)
    assert (got.name, got.dtype) == (series.name, series.dtype)
    assert got.equals(series, null_equal=True)
    frame = pl.DataFrame([series, series.alias("b")])
    assert cross(frame).equals(frame)
    assert cross(frame).schema == frame.schema


@pytest.mark.parametrize(
    ("dtype", "items"),
    [
        (pl.List(pl.Int32), [[1], None]), (pl.Datetime("ms"), [dt.datetime(2024, 1, 1)]),
        (pl.Duration("ns"), [dt.timedelta(1)]), (pl.Struct({"a": pl.Int8}), [{"a": 1}]),
        (pl.Datetime("us", "UTC"), [dt.datetime(2024, 1, 1, tzinfo=dt.UTC)]), (pl.Categorical, ["a", "b"]),
        (pl.Enum(["a", "b"]), ["a"]), (pl.Array(pl.Int8, 2), [[1, 2]]), (pl.Decimal(10, 2), [Decimal("1.50")]),
    ],
)  # fmt: skip
def test_polars_nested_and_temporal_dtypes_never_compare_equal_to_others(dtype, items):
    """A candidate that changes a column's unit or inner type would pass as the same."""
    series = pl.Series("a", items, dtype=dtype)
    assert difference(encode(series), encode(series.clone())) is None
    assert isinstance(cross(series), pl.Series)
    assert cross(series).to_list() == series.to_list()


class Colour(enum.Enum):
    RED = 1


@dataclass
class Point:
    x: int
    parts: list


Pair = namedtuple("Pair", "a b")


def test_objects_become_their_fields():
    """A check could not read the fields of what the user's class holds."""
    assert cross(Point(1, [Pair(1, 2)])) == {
        "__type__": f"{__name__}.Point",
        "x": 1,
        "parts": [{"__type__": f"{__name__}.Pair", "a": 1, "b": 2}],
    }
    assert cross(Colour.RED) == {"__type__": f"{__name__}.Colour", "name": "RED"}
    assert cross(ValueError("a", 1)) == {"__type__": "ValueError", "args": ("a", 1)}
    assert cross(PurePosixPath("a/b")) == PurePosixPath("a/b")
    assert cross([Decimal("1.50"), Fraction(1, 3), UUID(int=7)]) == [
        Decimal("1.50"),
        Fraction(1, 3),
        UUID(int=7),
    ]


class Text(str):
    """A text with a class of its own."""


class Odd:
    """Nothing is known of it; looking at it fails."""

    def __getattr__(self, name):
        raise RuntimeError(name)


@pytest.mark.parametrize(
    "value",
    [object(), Text("a"), OrderedDict(a=1), Counter("a"), iter([1]), (i for i in ()), len, Odd(), int, np.ma.array([1])],
    ids=lambda v: type(v).__name__,
)  # fmt: skip
def test_unknown_kinds_are_equal_to_nothing(value):
    """Two objects nothing is known of would count as equal, and so as evidence."""
    data = encode(value)
    assert data["$"] == "unverifiable"
    assert "cannot be compared" in difference(data, copy.deepcopy(data))
    assert difference(encode([value]), encode([value]))
    assert cross(value)["__unverifiable__"] is True


def test_bottomless_values_end():
    """A value that holds itself would hang the gate."""
    loop: list = []
    loop.append(loop)
    assert "nested too deeply" in json.dumps(encode(loop))
    assert cross(loop)


SAMPLES = [
    1.5, (1, {"a": {2}}), b"x", 1j, Decimal(1), dt.datetime(2024, 1, 1), dt.timedelta(1), np.arange(3), np.float32(1),
    pl.DataFrame({"a": [1, 2]}), Point(1, []), Colour.RED, ValueError("a"), 2**70, Fraction(1, 2), UUID(int=1),
]  # fmt: skip
JUNK = [
    None,
    True,
    -1,
    0,
    1.5,
    "",
    "x",
    [],
    [1],
    {},
    {"$": "?"},
    {"$": "tuple"},
    "0x",
    10**30,
    [[]],
]


def damaged(data, draw):
    """Return a copy with one part replaced by something else."""
    spots = []

    def walk(node):
        parts = (
            node.items()
            if isinstance(node, dict)
            else enumerate(node)
            if isinstance(node, list)
            else ()
        )
        for key, part in parts:
            spots.append((node, key))
            walk(part)

    data = copy.deepcopy(data)
    walk(data)
    if spots:
        node, key = draw.choice(spots)
        node[key] = draw.choice(JUNK)
    return data


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda v: type(v).__name__)
def test_damaged_data_is_an_error_or_a_value(sample):
    """A worker that sends nonsense would bring down the process that judges it."""
    draw = random.Random(7)
    for _ in range(150):
        try:
            decode(damaged(encode(sample), draw))
        except ValueError:
            continue


@pytest.mark.parametrize(
    "data",
    [
        1.5, {}, {"$": 1}, {"$": "no such"}, {"$": "int"}, {"$": "complex", "v": []}, {"$": "ndarray"},
        {"$": "ndarray", "dtype": "O", "shape": [1], "v": ""}, {"$": "scalar", "dtype": "<f8", "v": ""},
        {"$": "series", "package": "pandas", "v": None}, {"$": "series", "package": "polars", "dtype": "Int64", "v": 7},
        {"$": "set", "v": [{"$": "ndarray", "dtype": "<i8", "shape": [0], "v": ""}]},
        {"$": "decimal", "v": "x"}, {"$": "date", "v": "x"}, {"$": "frame", "package": "polars", "v": [1]},
    ],
    ids=str,
)  # fmt: skip
def test_what_encode_never_makes_is_refused(data):
    """A forged answer would be read as a value."""
    with pytest.raises(ValueError, match=r"\w"):
        decode(data)
