"""What crosses between processes: every bit arrives, and damaged data is refused."""

# ruff: noqa: E501, DTZ001, PYI024
from __future__ import annotations

import contextlib
import copy
import datetime as dt
import decimal
import enum
import json
import random
import signal
import subprocess
import sys
import types
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath, PureWindowsPath
from uuid import UUID
from zoneinfo import ZoneInfo

import msgpack
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from poet.codec import (
    Drained,
    _decode,
    decode,
    drain,
    encode,
)
from poet.gate.compare import difference
from poet.gate.types import class_finder

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


def cross(value, types=None):
    """Encode, send as a frame does, decode."""
    return decode(sent(encode(value)), types)


def sent(tree):
    """Pack and unpack a tree as the frames of the sandbox do."""
    return msgpack.unpackb(msgpack.packb(tree, use_bin_type=True), raw=False, strict_map_key=True)


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


class Odd:
    """Nothing is known of it; looking at it fails."""

    def __getattr__(self, name):
        raise RuntimeError(name)


@pytest.mark.parametrize(
    "value",
    [object(), iter([1]), (i for i in ()), len, Odd(), type("Odd", (), {}), copy, sys.stdout, pl.Series([object()], dtype=pl.Object)],
    ids=lambda v: type(v).__name__,
)  # fmt: skip
def test_unknown_kinds_are_equal_to_nothing(value):
    """Two objects nothing is known of would count as equal, and so as evidence."""
    data = encode(value)
    assert data["$"] == "unverifiable"
    assert "cannot be compared" in difference(data, copy.deepcopy(data))
    assert difference(encode([value]), encode([value]))
    assert cross(value)["__unverifiable__"] is True


def test_classes_are_told_apart_by_name():
    """An error that names a class, as those of decimal do, could not be compared."""
    with pytest.raises(decimal.DivisionByZero) as caught:
        decimal.Decimal(1) / 0
    data = encode(caught.value)
    assert difference(data, copy.deepcopy(data)) is None
    assert "which cannot be compared" not in str(difference(encode(int), encode(bool)))
    assert difference(encode(int), encode(bool))
    assert cross(int) == {"__type__": "type", "name": "int"}
    assert cross(decimal.DivisionByZero, class_finder(__name__)) is decimal.DivisionByZero


def test_bottomless_values_end():
    """A value that holds itself would hang the gate."""
    loop: list = []
    loop.append(loop)
    assert "holds itself" in repr(encode(loop))
    assert cross(loop)
    assert difference(encode(loop), encode(loop))


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
        {"$": "set", "v": [{"$": "ndarray", "dtype": "<i8", "shape": [0], "v": b""}]},
        {"$": "decimal", "v": "x"}, {"$": "date", "v": "x"}, {"$": "frame", "package": "polars", "v": [1]},
    ],
    ids=str,
)  # fmt: skip
def test_what_encode_never_makes_is_refused(data):
    """A forged answer would be read as a value."""
    with pytest.raises(ValueError, match=r"\w"):
        decode(data)


@given(values)
@settings(max_examples=150)
def test_encoding_is_deterministic_and_a_copy_is_equal(value):
    """A candidate that returns the same value twice would be called undecided."""
    tree = encode(value)
    assert sent(tree) == tree
    assert encode(value) == tree
    assert difference(tree, sent(encode(copy.deepcopy(value)))) is None


@given(values, st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_a_changed_leaf_is_found(value, draw):
    """A candidate that is wrong in one place would pass."""
    mark = ("a value", "that is drawn by nobody")

    def changed(part):
        """Return the part with one leaf replaced."""
        if type(part) in (list, tuple) and part:
            items = list(part)
            spot = draw.randrange(len(items))
            items[spot] = changed(items[spot])
            return type(part)(items)
        if type(part) is dict and part:
            key = draw.choice(list(part))
            return {k: changed(v) if k is key else v for k, v in part.items()}
        return mark

    other = changed(value)
    assert difference(encode(value), encode(other))
    assert difference(encode(other), encode(value))


@given(st.lists(st.floats(), min_size=8) | st.lists(st.integers(-(2**70), 2**70), min_size=8))
@settings(max_examples=80)
def test_packed_lists_round_trip(items):
    """A long list of numbers would lose a bit, or a number too large for its buffer."""
    got = cross(items)
    assert [type(i) for i in got] == [type(i) for i in items]
    assert repr(got) == repr(items)


trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5) | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["$", "v", "k", "type", "name", "dtype", "shape", "n", "mask"]), inner, max_size=5)
        | st.builds(
            lambda tag, rest: {**rest, "$": tag},
            st.sampled_from([*_decode._READERS, *sum(_decode._LIBRARIES.values(), ()), "series", "frame"]),
            st.dictionaries(
                st.sampled_from(["v", "k", "type", "name", "dtype", "shape", "n", "mask", "package", "form", "zone", "index"]),
                inner | st.sampled_from(["polars", "pandas", "Int64", "<f8", "object", "zoned", "Timestamp", ["List", ["Int8"]], ["Int64"]]),
            ),
        )
    ),
    max_leaves=15,
)  # fmt: skip


@given(trees)
@settings(max_examples=300)
def test_any_tree_is_a_value_or_a_value_error(tree):
    """A worker that sends nonsense would bring down the process that judges it."""
    for classes in (None, class_finder(__name__)):
        with contextlib.suppress(ValueError):
            decode(tree, classes)
    difference(tree, tree)
    difference(tree, encode([1.5, "a"]))


COLUMNS = [
    pl.Series("a", [1, None, 3]), pl.Series([[1.5], None, []]), pl.Series([{"a": 1, "b": "x"}, None]), pl.Series(["a", None, "ü"]),
    pl.Series(["a", "b"], dtype=pl.Enum(["a", "b"])), pl.Series([[1, 2], None], dtype=pl.Array(pl.Int8, 2)), pl.Series([True, None]),
    pl.Series([[[1], []], None]), pl.Series([{"a": [1, None]}, {"a": None}]), pl.Series([None, None]), pl.Series([b"a", None]),
    pl.Series([Decimal("1.5"), None]), pl.Series([dt.timedelta(1), None]), pl.Series([[[1, 2], [3, 4]]], dtype=pl.Array(pl.Int8, (2, 2))),
]  # fmt: skip
PANDAS = [
    pd.Series([1.5, None], name="a"), pd.Series(["a", None]), pd.Series([1, None], dtype="Int64"), pd.Series(["a"], dtype="category"),
    pd.DataFrame({"a": [1], "b": ["x"]}, index=["r"]), pd.date_range("2024", periods=2, tz="Europe/Berlin").to_series(),
    pd.MultiIndex.from_tuples([(1, "a")], names=["x", "y"]), pd.interval_range(0, 2), pd.period_range("2024", periods=2, freq="D"),
    pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.Series([1, "a"], dtype=object), pd.Timestamp("2024-01-01 01:00", tz="UTC"),
    pd.Timedelta(5, "s"), pd.Period("2024", "D"), pd.Interval(0, 1), pd.DataFrame(), pd.Series([True, None], dtype="boolean"),
]  # fmt: skip
MORE = [
    np.ma.array([1, 2], mask=[0, 1]), np.array([(1, 2.5)], [("a", "i4"), ("b", "f8", (2,))]), np.void(b"abc"),
    np.array([(1, "x")], [("a", "i4"), ("b", "U3")])[0], np.str_("a"), np.bytes_(b"a\0"), np.longdouble(1) / 3, np.dtype("M8[ms]"),
    np.array([(1,)], [("a", "i4")]).view(np.recarray), np.float64("nan"), memoryview(b"abcd").cast("H"), range(3), slice(1, None, 2),
    OrderedDict(b=1, a=2), Counter("aab"), deque([1, 2], 3), defaultdict(list, a=[1]), ChainMap({"a": 1}), "a\ud800",
    dt.datetime(2024, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"), fold=1), dt.time(1, tzinfo=dt.timezone(dt.timedelta(hours=1), "x")),
    Decimal("sNaN12"), types.SimpleNamespace(a=[1]), PureWindowsPath("a/b"), frozenset({(1, "a")}), bytearray(b"a"), -(2**200), ..., pl.List(pl.Int8()),
]  # fmt: skip


@pytest.mark.parametrize("value", [*COLUMNS, *PANDAS, *MORE], ids=lambda v: type(v).__name__)
def test_every_kind_comes_back_as_itself(value):
    """A check would judge another value than the candidate returned."""
    got = cross(value)
    assert type(got) is type(value)
    assert difference(encode(value), encode(got)) is None
    if isinstance(value, pl.Series):
        assert got.dtype == value.dtype
        assert got.to_list() == value.to_list()
    elif isinstance(value, (pd.Series, pd.DataFrame)):
        (pd.testing.assert_series_equal if got.ndim == 1 else pd.testing.assert_frame_equal)(
            got, value, check_freq=False
        )
    elif not isinstance(value, (np.ma.MaskedArray, np.void, memoryview)):
        assert repr(got) == repr(value)


@pytest.mark.parametrize("value", [*COLUMNS, *PANDAS, *MORE], ids=lambda v: type(v).__name__)
def test_damage_in_buffers_and_schemas_is_an_error_or_a_value(value):
    """A worker that sends a damaged frame would bring down the process that judges it."""
    draw = random.Random(11)
    for _ in range(60):
        tree = damaged(encode(value), draw)
        with contextlib.suppress(ValueError):
            decode(tree)
        difference(encode(value), tree)


@dataclass(slots=True, frozen=True)
class Frozen:
    x: int
    y: list


class OopsError(ValueError):
    def __init__(self, message, code):
        super().__init__(message)
        self.code = code


class Rights(enum.Flag):
    READ = 1
    RUN = 2


@dataclass
class Counted:
    x: int

    def __post_init__(self):
        raise AssertionError("no code of the user's class runs when it is read")


def test_types_are_rebuilt_from_their_fields():
    """A user's test would be handed a dict in place of the object the candidate returned."""
    types_of = class_finder(__name__)
    counted = object.__new__(Counted)
    counted.x = 1
    assert cross(counted, types_of).x == 1
    for value in (
        Point(1, [2]),
        Frozen(1, [2]),
        Pair(1, "b"),
        Colour.RED,
        Rights.READ | Rights.RUN,
    ):
        got = cross(value, types_of)
        assert type(got) is type(value)
        assert got == value
    errors = [
        OopsError("a", 3), KeyError("k"), FileNotFoundError(2, "no", "f"), UnicodeDecodeError("utf-8", b"a", 0, 1, "no"),
        ExceptionGroup("g", [ValueError(1), OopsError("b", 1)]), json.JSONDecodeError("no", "doc", 1), StopIteration(3),
    ]  # fmt: skip
    for error in errors:
        got = cross(error, types_of)
        assert type(got) is type(error)
        assert (got.args, str(got)) == (error.args, str(error)) or isinstance(error, ExceptionGroup)
        assert difference(encode(error), encode(got)) is None
    assert cross(errors[0], types_of).code == 3
    with pytest.raises(ValueError, match="other fields"):
        decode({**encode(Pair(1, 2)), "type": f"{__name__}.Point", "form": "dataclass"}, types_of)


def test_only_classes_of_the_module_are_rebuilt():
    """A worker could have any class of the process instantiated."""
    find = class_finder(__name__, libraries={"numpy"})
    assert find(f"{__name__}.Point") is Point
    assert find("signal.Signals") is signal.Signals
    assert find("numpy.linalg.LinAlgError") is np.linalg.LinAlgError
    for name in ("Decimal", "OrderedDict", "np.ndarray", "missing", "Point.__class__"):
        assert find(f"{__name__}.{name}") is None
    for name in (
        "subprocess.Popen",
        "collections.OrderedDict",
        "numpy.ndarray",
        "polars.DataFrame",
    ):
        assert find(name) is None
    assert class_finder("__main__", alias="app")("app.Point") is None
    tree = {"$": "object", "type": "subprocess.Popen", "form": "dataclass", "v": {"args": "true"}}
    assert cross_tree(tree)["__type__"] == "subprocess.Popen"


def cross_tree(tree):
    return decode(tree, class_finder(__name__))


def test_large_values_are_refused_with_the_reason(monkeypatch):
    """A worker would be killed for a frame that is too large, and nobody would learn why."""
    monkeypatch.setattr("poet.codec._encode.MAX_PARTS", 50_000)
    assert "bytes" in encode(np.zeros(7_000_000))["type"]
    assert "bytes" in encode(["x" * 1_000_000] * 60)["type"]
    tangle = [1]
    for _ in range(40):
        tangle = [tangle, tangle]
    assert "parts" in encode(tangle)["type"]
    assert encode(np.zeros(6_000_000))["$"] == "ndarray"


def test_no_recursion_error_whatever_the_limit():
    """A candidate would turn its judge's reading into a crash by lowering a limit."""
    deep = [1]
    for _ in range(50):
        deep = [deep]
    code = (
        "import sys; from poet.codec import encode; import poet.codec._encode; "
        "deep=[1]\nfor _ in range(50): deep=[deep]\nsys.setrecursionlimit(40)\nprint(encode(deep)['$'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "unverifiable", done.stderr
    assert cross(deep) == deep


def test_reading_a_value_runs_none_of_its_code():
    """A candidate would see that it is being judged, or answer its judge with a lie."""
    calls = []

    def spy(name):
        return lambda *args, **kwargs: calls.append(name)

    names = [
        "getattribute",
        "getattr",
        "iter",
        "len",
        "eq",
        "hash",
        "str",
        "repr",
        "reduce_ex",
        "getstate",
        "bool",
        "index",
        "float",
        "int",
        "dir",
        "instancecheck",
    ]
    body = {f"__{name}__": spy(name) for name in names}
    body["__class__"] = property(spy("class"))
    meta = type(
        "M",
        (type,),
        {
            "__eq__": spy("meta eq"),
            "__hash__": spy("meta hash"),
            "__getattribute__": spy("meta get"),
        },
    )
    for base in (object, list, dict, str, int, float, tuple, set, ValueError, Point):
        kind = type.__new__(meta, "K", (base,), dict(body))
        made = base.__new__(kind)
        calls.clear()
        for value in (made, [made], {"a": made}, [1.0] * 9 + [made]):
            encode(value)
        assert calls == [], base


def test_drained_iterators_say_whether_they_ended():
    """An endless generator would pass for one that ends."""
    assert drain(iter([1, 2]), 2) == Drained([1, 2], cut=False)
    assert drain(iter([1, 2, 3]), 2) == Drained([1, 2], cut=True)
    assert cross(drain((i for i in "ab"), 9)) == ["a", "b"]
    assert encode(drain(iter(range(20)), 10))["cut"] is True


@pytest.mark.parametrize(
    "tree",
    [
        {"$": "series", "package": "polars", "name": "", "dtype": ["String"], "n": 2**28, "mask": b"\xff" * 2**25, "v": [b"", b""]},
        {"$": "series", "package": "polars", "name": "", "dtype": ["Null"], "n": 2**40, "mask": None, "v": None},
        {"$": "series", "package": "polars", "name": "", "dtype": ["Array", ["Array", ["Int8"], 10**6], 10**6], "n": 1, "mask": b"\x80", "v": [b"", None]},
        {"$": "frame", "package": "polars", "n": 2**40, "v": []}, {"$": "ndarray", "dtype": "S0", "shape": [2**40], "v": b""},
        {"$": "ndarray", "dtype": "<f8", "shape": [2**61, 2**61], "v": b""}, {"$": "ndarray", "dtype": "<f8", "shape": [-1], "v": b"12345678"},
        {"$": "records", "shape": [2**30], "itemsize": 65536, "v": []}, {"$": "ndarray", "dtype": "f8,(1000000,)f8", "shape": [0], "v": b""},
        {"$": "fraction", "v": [{"$": "int", "v": b"\x01" * 10**6}, 3]}, {"$": "decimal", "v": "9" * 10 + "E" + "9" * 30},
        {"$": "deque", "v": [1, 2], "maxlen": 1}, {"$": "memoryview", "format": "B", "shape": [2**40], "v": b""}, [[[None] * 1500] * 1500],
    ],
    ids=lambda tree: str(tree)[:60],
)  # fmt: skip
def test_small_frames_that_would_fill_memory_are_refused(tree):
    """A worker would end its judge by a few bytes that stand for many."""
    with pytest.raises(ValueError, match=r"\w"):
        decode(tree)


def test_an_index_that_would_fill_memory_is_a_difference():
    """A worker would end its judge by a few bytes that stand for many."""
    long = {"$": "rangeindex", "v": [0, 2**50, 1], "name": None}
    assert "too long" in difference(encode(pd.Index([1, 2])), long)
