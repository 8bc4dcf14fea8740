"""What the tests of cases share: recorded executions and values of every kind."""

from __future__ import annotations

import datetime as dt
import enum
import math
from collections import namedtuple
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import strategies as st

from poet.cases import Recorded
from poet.domain import Outcome


@dataclass
class Window:
    """A user's own class."""

    rows: object
    level: float = 0.05


class Colour(enum.Enum):
    """A user's enum."""

    RED = 1


Pair = namedtuple("Pair", "left right")  # noqa: PYI024 - as users write it

KINDS = [
    1, -(2**63), 2**64, 2**200, 2.5, -0.0, math.nan, math.inf, True, None, "x", "é\0\U0001f600", "\ud800",
    b"\x00\xff", bytearray(b"a"), {"a": 1, "b": [1.0] * 10}, {"$": 1, "$x": 2, "": 3}, {1: 2, (1, 2): 3},
    (1, (2,)), {1, 2}, frozenset({"a"}), [1.5] * 1000, list(range(1000)), ["a", None] * 500, [True] * 300,
    dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC), dt.date(2026, 3, 1), dt.timedelta(days=1, microseconds=1),
    Decimal("1.20"), Fraction(1, 3), complex(1, -0.0), Colour.RED, Pair(1, 2.5), ValueError("no", 3),
    Window(pl.DataFrame({"x": [1.0, None]})), {"deep": [Window(np.arange(300.0))]},
    np.arange(5.0), np.arange(1000).reshape(10, 100), np.zeros((0, 3)), np.array(["a", "bb"]),
    np.float32(1.5),
    np.zeros(300, complex), np.zeros(700, bool), np.zeros(300, ">f8"), np.array([1, None, "x"], object),
    np.arange(300).astype("M8[s]"), np.datetime64("NaT"), np.array([1.0, math.nan]),
    np.frombuffer(b"\x23\x01\x00\x00\x00\x00\xf8\x7f" * 100, "<f8"),
    pl.Series("s", [1.0, None]), pl.DataFrame(), pl.DataFrame({"a": []}, schema={"a": pl.Float64}),
    pl.DataFrame({"": [1], "a.b": [2], "é\n": [3]}),
    pl.DataFrame({
        "list": [[1, None], [], None], "struct": [{"a": 1, "b": "x"}, None, {"a": None, "b": None}],
        "time": pl.Series([0, None, -(10**15)]).cast(pl.Datetime("us")), "nan": [math.nan, -0.0, None],
        "cat": pl.Series(["b", "a", None], dtype=pl.Categorical), "text": ["", "é", None],
        "enum": pl.Series(["x", None, "y"], dtype=pl.Enum(["y", "x"])), "bin": [b"\x00", b"", None],
        "dec": pl.Series([Decimal("1.20"), None, Decimal(0)], dtype=pl.Decimal(10, 2)),
        "arr": pl.Series([[1, 2], None, [3, 4]], dtype=pl.Array(pl.Int64, 2)), "null": [None] * 3,
        "zoned": pl.Series([1, None, 2]).cast(pl.Datetime("ns", "Europe/Vienna")),
    }),
    pd.DataFrame({"a": range(1000), "b": ["x", None] * 500, "c": pd.date_range("2026", periods=1000)}),
    pd.Series([1, None], dtype="Int64", name="n"), pd.DataFrame({"x": [1]}, index=["r"]),
    pd.Timestamp("2026"),
]  # fmt: skip

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.binary(max_size=8) | st.datetimes() | st.dates() | st.decimals(allow_nan=False),
    lambda inner: st.lists(inner, max_size=5)
    | st.tuples(inner, inner)
    | st.dictionaries(st.text(max_size=4) | st.just("$"), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


def execution(*args: object, ident: str = "e1", missing: str = "", **kwargs: object) -> Recorded:
    """Return a recorded execution."""
    outcome = Outcome("returned", None)
    return Recorded(ident, "f", "app.py", None, 1.0, args, kwargs, outcome, "", missing)
