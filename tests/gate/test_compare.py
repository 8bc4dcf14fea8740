"""The comparator: what counts as equal, and what does not."""

# ruff: noqa: E501
from __future__ import annotations

import copy
import datetime as dt
import math
import struct
from collections import namedtuple
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import msgpack
import numpy as np
import pandas as pd
import polars as pl
import pytest
from comparator_pairs import PAIRS

from poet.codec import Drained, encode
from poet.gate.compare import difference


@dataclass
class Point:
    x: int


@dataclass
class Other:
    x: int


Pair = namedtuple("Pair", "a b")  # noqa: PYI024
odd_nan = struct.unpack("<d", b"\1\0\0\0\0\0\xf8\x7f")[0]
EQUAL = [
    (1, 1), (math.nan, math.nan), (math.nan, odd_nan), ([1, (2,)], [1, (2,)]), ({1, 2, 3}, {3, 2, 1}),
    (np.array([1.0, np.nan]), np.array([1.0, np.nan])), (ValueError("a", 1), ValueError("a", 1)),
    (pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]})), (Point(1), Point(1)), (2**80, 2**80),
    (np.array([[1, 2], [3, 4]]).T, np.array([[1, 3], [2, 4]])),
]  # fmt: skip
DIFFERENT = [
    (1.0, math.nextafter(1.0, 2)), (0.0, -0.0), (1, 1.0), (1, True), (0, False), (None, False), ("1", 1), ("a", b"a"),
    ([1], (1,)), ({1}, frozenset({1})), ([1, 2], [2, 1]), ([1], [1, 1]), ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({"a": 1}, {"a": 1, "b": None}), ((1, 2), Pair(1, 2)), (Point(1), Other(1)), (Point(1), Point(2)),
    (Point(1), {"x": 1, "__type__": "Point"}), (ValueError("a"), TypeError("a")), (ValueError("a"), ValueError("b")),
    (ValueError("a"), ValueError("a", None)), (1.0, np.float64(1.0)), (np.float32(1), np.float64(1)),
    (np.array([1, 2]), [1, 2]), (np.array([1, 2]), np.array([1.0, 2.0])), (np.array([1, 2]), np.array([[1, 2]])),
    (np.array([1], "<i4"), np.array([1], ">i4")), (np.array([0.0]), np.array([-0.0])),
    (pl.Series("a", [1]), pl.Series("b", [1])), (pl.Series("a", [1]), pl.Series("a", [1], dtype=pl.Int8)),
    (pl.DataFrame({"a": [1], "b": [2]}), pl.DataFrame({"b": [2], "a": [1]})),
    (pl.Series("a", [1, None]), pl.Series("a", [1, 0])), (pl.Series("a", [math.nan]), pl.Series("a", [None], pl.Float64)),
    (pl.Series("a", [dt.datetime(2024, 1, 1)], pl.Datetime("ms")), pl.Series("a", [dt.datetime(2024, 1, 1)], pl.Datetime("us"))),  # noqa: DTZ001
    (dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),  # noqa: DTZ001
    (dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2024, 1, 1, tzinfo=ZoneInfo("Etc/UTC"))),
    (dt.date(2024, 1, 1), dt.datetime(2024, 1, 1)),  # noqa: DTZ001
    (2**53 - 1, 2**53), (2**80, 2**80 + 1), (1 + 0j, complex(1, -0.0)), pytest.param(object(), object(), id="objects"), (math.inf, 1e308),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), EQUAL, ids=str)
def test_equal(a, b):
    """A candidate that returns the same value would be rejected."""
    assert difference(encode(a), encode(b)) is None


@pytest.mark.parametrize(("a", "b"), DIFFERENT, ids=str)
def test_different(a, b):
    """A candidate that returns something else would pass as the same."""
    for x, y in ((a, b), (b, a)):
        found = difference(encode(x), encode(y))
        assert found
        assert "\n" not in found
        assert difference(encode([x]), encode([y]))


def test_message_names_the_place():
    """A person would have to search a large value for what differs."""
    found = difference(encode({"rows": [1, 2, 3]}), encode({"rows": [1, 2, 4]}))
    assert "4" in found
    assert "expected 3" in found


def test_tolerance_is_asked_for_and_relative():
    """A tolerance would creep into checks that asked for none, or forgive a wrong sign."""
    a, b = encode([1.0]), encode([1.0 + 1e-9])
    assert difference(a, b)
    assert difference(a, b, rtol=1e-8) is None
    assert difference(a, b, rtol=1e-10)
    assert difference(encode(0.0), encode(1e-300), rtol=1e-3)
    assert difference(encode(1.0), encode(-1.0), rtol=0.5)
    assert difference(encode(math.inf), encode(1.0), rtol=0.5)
    assert difference(encode(math.nan), encode(math.nan), rtol=0.5) is None
    assert difference(encode(1), encode(1.0), rtol=0.5)


def sent(tree):
    """Pack and unpack a tree as the frames of the sandbox do."""
    return msgpack.unpackb(msgpack.packb(tree, use_bin_type=True), raw=False, strict_map_key=True)


def test_labelled_pairs(record_property):
    """The gate would take a wrong candidate for the same, or refuse an honest one."""
    assert len(PAIRS) >= 240
    assert len({p.label for p in PAIRS}) == len(PAIRS)
    accepted, rejected = [], []
    for pair in PAIRS:
        a, b = sent(encode(pair.expected)), sent(encode(pair.got))
        for x, y in ((a, b), (b, a)):
            found = difference(x, y, **pair.options)
            assert found is None or ("\n" not in found and "damaged" not in found), pair.label
            if found is None and not pair.equal:
                accepted.append(pair.label)
            if found is not None and pair.equal:
                rejected.append(f"{pair.label}: {found}")
    equal = sum(p.equal for p in PAIRS)
    record_property("pairs", f"{len(PAIRS)}, of them {equal} equal")
    print(
        f"{len(PAIRS)} pairs, {equal} equal: {len(accepted)} false accepts, {len(rejected)} false rejects"
    )
    assert accepted == []
    assert len(rejected) <= 0.02 * 2 * equal, rejected


@pytest.mark.parametrize(
    ("a", "b", "parts"),
    [
        (np.zeros((3, 4)), np.eye(3, 4), ["value[0, 0] is 1.0, expected 0.0", "3 of 12 items differ"]),
        ([0.0] * 20, [0.0] * 19 + [1.5], ["value[19] is 1.5, expected 0.0", "1 of 20"]),
        (pl.DataFrame({"a": [1, 2], "b": ["x", "y"]}), pl.DataFrame({"a": [1, 2], "b": ["x", None]}), ["column 'b' row 1 is None, expected 'y'", "1 of 2 rows differ"]),
        (pl.DataFrame({"a": [1]}), pl.DataFrame({"b": [1]}), ["columns 'b', expected 'a'"]),
        (pl.Series([[1, 2], [3]]), pl.Series([[1], [2, 3]]), ["row 0 has 1 items, expected 2"]),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 3]}), ["column 'a' row 1 is 3, expected 2"]),
        (Point(1), Point(2), ["value.x is 2, expected 1"]),
        ({"a": {"b": [1]}}, {"a": {"b": [2]}}, ["value['a']['b'][0] is 2, expected 1"]),
        (ValueError("a"), ValueError("b"), ["value.args[0] is 'b', expected 'a'"]),
        ({1, 2}, {1, 3}, ["value lacks 2"]),
        (Drained([1, 2], cut=False), Drained([1, 2], cut=True), ["does not end after 2 items"]),
        (Drained([1], cut=False), [1], ["kind iterator", "list"]),
        (np.array([1], "i4"), np.array([1], "i8"), ["has dtype <i8, expected <i4"]),
        (1.0, 1, ["is 1, expected 1.0"]),
    ],
    ids=str,
)  # fmt: skip
def test_message_says_what_differs_and_where(a, b, parts):
    """A person would have to search a large value for what differs."""
    found = difference(sent(encode(a)), sent(encode(b)))
    assert all(part in found for part in parts), found


def test_tolerances_are_no_absolute_ones():
    """A small number would pass for another as if it were zero."""
    a, b = encode(np.array([0.0, 1.0])), encode(np.array([1e-300, 1.0]))
    assert "within 0.5 or 3 ulp" in difference(a, b, rtol=0.5, ulp=3)
    a, b = encode(np.array([1, 2**-20], "f4")), encode(np.array([1, 2**-20 * (1 + 2**-23)], "f4"))
    assert difference(a, b)
    assert difference(a, b, ulp=1) is None
    half = np.float16(1), np.nextafter(np.float16(1), np.float16(2))
    assert difference(*map(encode, half), ulp=1) is None
    assert difference(*map(encode, half))


@pytest.mark.parametrize(
    "tree",
    [
        {"$": "no such"}, {"$": "ndarray", "dtype": "<f8", "shape": [1], "v": 5}, {"$": "floats", "v": "x"},
        {"$": "series", "package": "polars"}, {"$": 7}, {}, {"$": "dict"}, {"$": "float", "v": None}, 1.5j,
    ],
    ids=str,
)  # fmt: skip
def test_forged_trees_are_equal_to_nothing(tree):
    """A worker would have its answer accepted, or crash its judge, by a tree of its own making."""
    for other in (
        encode(1),
        encode([0.5] * 9),
        encode(np.ones(1)),
        encode(pl.Series([1])),
        encode(2.5),
    ):
        assert difference(other, tree)
        assert difference(tree, other)
    if type(tree) is dict:
        assert difference(tree, copy.deepcopy(tree)) or tree.get("$") not in ("no such", 7, None)


def test_bottomless_trees_are_a_difference():
    """A worker would crash its judge by nesting."""
    tree = [1]
    for _ in range(5000):
        tree = [tree]
    assert "too deeply" in difference(tree, copy.copy(tree))
