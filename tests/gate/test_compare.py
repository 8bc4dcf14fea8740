"""The comparator: what counts as equal, and what does not."""

# ruff: noqa: E501
from __future__ import annotations

import datetime as dt
import math
import struct
from collections import namedtuple
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from poet.gate.codec import encode
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
