"""Labelled pairs: what a baseline gave, what a candidate gave, and whether they are the same.

Each is a label, the two values, the verdict, and the tolerance asked for, if any. A class that lies
about itself is never the same as what it plays.
"""

# ruff: noqa: DTZ001, PYI024
from __future__ import annotations

import collections
import copy
import datetime as dt
import enum
import math
import pathlib
import struct
import threading
import types
import uuid
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl

from poet.codec import Drained


class Pair(NamedTuple):
    label: str
    expected: Any
    got: Any
    equal: bool
    options: dict[str, Any] = {}  # noqa: RUF012


PAIRS: list[Pair] = []


def same(label: str, expected: Any, got: Any, **options: Any) -> None:
    PAIRS.append(Pair(label, expected, got, True, options))


def other(label: str, expected: Any, got: Any, **options: Any) -> None:
    PAIRS.append(Pair(label, expected, got, False, options))


@dataclass
class Point:
    x: Any
    y: Any = 0


@dataclass
class Place:
    x: Any
    y: Any = 0


@dataclass(frozen=True)
class Frozen:
    x: Any


@dataclass(slots=True)
class Slotted:
    x: Any
    y: Any = 0


@dataclass
class Solid(Point):
    z: Any = 0


@dataclass
class Hidden:
    x: Any
    secret: Any = field(default=None, repr=False, compare=False)


@dataclass
class Computed:
    x: Any

    @property
    def total(self) -> Any:
        return 1


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Shade(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1


class Rights(enum.Flag):
    READ = 1
    WRITE = 2
    RUN = 4


class Named(NamedTuple):
    a: Any
    b: Any


Loose = namedtuple("Loose", "a b")


class Text(str):
    __slots__ = ()


class Whole(int):
    pass


class Rows(list):
    pass


class OopsError(ValueError):
    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class AlwaysEqual:
    """Says that it is equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


class LyingClass:
    """Says that it is a whole number."""

    @property
    def __class__(self) -> type:
        return int

    def __eq__(self, other: object) -> bool:
        return True

    def __int__(self) -> int:
        return 1

    __index__ = __int__
    __hash__ = None


class LyingList(list):
    """Holds nothing and shows one, two, three."""

    def __iter__(self):
        return iter([1, 2, 3])

    def __len__(self):
        return 3

    def __eq__(self, other):
        return True

    __hash__ = None


class LyingText(str):
    __slots__ = ()

    def __str__(self):
        return "right"

    __repr__ = __str__

    def __eq__(self, other):
        return True

    def __hash__(self):
        return hash("right")


class LyingDict(dict):
    def items(self):
        return {"a": 1}.items()

    def keys(self):
        return {"a": 1}.keys()

    def __eq__(self, other):
        return True

    __hash__ = None


class LyingFloat(float):
    def __eq__(self, other):
        return True

    def hex(self):
        return (1.0).hex()

    def __hash__(self):
        return 0


class Meta(type):
    """A class made by it says it is another."""

    def __eq__(cls, other):
        return True

    def __hash__(cls):
        return hash(float)

    def __instancecheck__(cls, instance):
        return True


class MetaLiar(metaclass=Meta):
    pass


class Fields:
    """Shows fields that it does not store."""

    @property
    def __dict__(self):
        return {"x": 1, "y": 0}


class FakePoint:
    def __init__(self, x, y=0):
        self.x, self.y = x, y

    def __eq__(self, other):
        return True

    __hash__ = None


FakePoint.__name__ = FakePoint.__qualname__ = "Point"


@dataclass
class Disguised:
    x: Any
    y: Any = 0


Disguised.__name__ = Disguised.__qualname__ = "Point"


class Ufunc(np.ndarray):
    def __array_ufunc__(self, *args, **kwargs):
        return True

    def tobytes(self, *args):
        return np.arange(3).tobytes()


class Frame(pl.DataFrame):
    def equals(self, *args, **kwargs):
        return True


class OddEnum(enum.Enum):
    A = 1
    B = 2

    @property
    def name(self):
        return "A"


class HidingPoint(Point):
    def __getattribute__(self, name):
        return 1 if name == "x" else super().__getattribute__(name)


nan, inf = math.nan, math.inf
odd_nan = struct.unpack("<d", b"\1\0\0\0\0\0\xf8\x7f")[0]
up = math.nextafter(1.0, 2)
UTC = dt.UTC
DAY = dt.datetime(2024, 3, 31, 2, 30)
BERLIN = ZoneInfo("Europe/Berlin")

# --- numbers and text
same("int", 5, 5)
same("huge int", 2**200, 2**200)
same("negative huge int", -(2**63) - 1, -(2**63) - 1)
same("int at the edge", 2**64 - 1, 2**64 - 1)
same("nan", nan, nan)
same("nan of another payload", nan, odd_nan)
same("negative nan", nan, -nan)
same("inf", inf, inf)
same("subnormal", 5e-324, 5e-324)
same("complex", 1 + 2j, 1 + 2j)
same("complex nan", complex(nan, 1), complex(odd_nan, 1))
same("none", None, None)
same("text", "grün", "grün")
same("lone surrogate", "a\ud800", "a\ud800")
same("bytes", b"\0\xff", b"\0\xff")
same("bytearray", bytearray(b"ab"), bytearray(b"ab"))
same("memoryview", memoryview(b"ab"), memoryview(bytearray(b"ab")))
other("true and 1", 1, True)
other("false and 0", False, 0)
other("0 and none", 0, None)
other("1 and 1.0", 1, 1.0)
other("1.0 and 1+0j", 1.0, 1 + 0j)
other("one ulp", 1.0, up)
other("tiny numbers", [1e-9], [9e-9])
other("tiny and zero", 0.0, 1e-300)
other("minus zero", 0.0, -0.0)
other("minus zero in complex", 1 + 0j, complex(1, -0.0))
other("inf and largest", inf, 1.7976931348623157e308)
other("inf and -inf", inf, -inf)
other("nan and none", nan, None)
other("nan and 0", nan, 0.0)
other("huge ints one apart", 2**80, 2**80 + 1)
other("int beyond a float", 2**53, 2**53 + 1)
other("int and its text", 1, "1")
other("text and bytes", "a", b"a")
other("bytes and bytearray", b"a", bytearray(b"a"))
other("bytes and memoryview", b"a", memoryview(b"a"))
other("composed and decomposed text", "é", "e\u0301")
other("trailing space", "a", "a ")
other("lone surrogates", "\ud800", "\ud801")
other("surrogate and its escape", "\ud800", "\\ud800")
other("empty text and none", "", None)

# --- tolerance
same("one ulp, one allowed", 1.0, up, ulp=1)
same("within rtol", 1.0, 1.0 + 1e-9, rtol=1e-8)
same("in a list within rtol", [1.0] * 20, [1.0 + 1e-9] * 20, rtol=1e-8)
same("short list within ulp", [1.0, 2.0], [up, 2.0], ulp=1)
same("minus zero within", 0.0, -0.0, ulp=1)
same("nan within", nan, odd_nan, rtol=1e-3)
same("inf within", inf, inf, rtol=1e-3)
same("complex within", 1 + 1j, complex(up, 1), ulp=1)
same("array within rtol", np.array([1.0, 1e300]), np.array([1.0 + 1e-12, 1e300]), rtol=1e-10)
same(
    "float32 array one ulp",
    np.array([1], "f4"),
    np.nextafter(np.array([1], "f4"), np.float32(2)),
    ulp=1,
)
same("big-endian array within", np.array([1.0], ">f8"), np.array([up], ">f8"), ulp=1)
same("frame within", pl.DataFrame({"a": [1.0, None]}), pl.DataFrame({"a": [up, None]}), ulp=1)
same("list column within", pl.Series([[1.0], [2.0]]), pl.Series([[up], [2.0]]), ulp=1)
same("pandas within", pd.DataFrame({"a": [1.0]}), pd.DataFrame({"a": [up]}), rtol=1e-12)
same("set within", {1.0, -3.0}, {up, -3.0}, ulp=1)
same("sum in another order", {"mean": 0.1 + 0.2 + 0.3}, {"mean": 0.3 + 0.2 + 0.1}, rtol=1e-12)
same("numpy scalar within", np.float32(1), np.nextafter(np.float32(1), np.float32(2)), ulp=1)
same("dataclass within", Point(1.0), Point(up), ulp=1)
same("across zero within ulp", 5e-324, -5e-324, ulp=2)
other("two ulp, one allowed", 1.0, math.nextafter(up, 2), ulp=1)
other("beyond rtol", 1.0, 1.0 + 1e-9, rtol=1e-10)
other("no hidden absolute tolerance", 0.0, 1e-300, rtol=1e-3)
other("no hidden absolute tolerance in arrays", np.array([0.0]), np.array([1e-300]), rtol=1e-3)
other("no hidden absolute tolerance in complex parts", complex(1, 0), complex(1, 1e-20), rtol=1e-3)
other("sign within", 1.0, -1.0, rtol=0.5)
other("inf is close to nothing", inf, 1.7976931348623157e308, rtol=0.9, ulp=5)
other("nan is close to nothing", 1.0, nan, rtol=0.9)
other("tolerance is no type", 1, 1.0, rtol=0.5)
other("tolerance is not for ints", 1_000_000, 1_000_001, rtol=0.5)
other("tolerance is not for int arrays", np.array([10]), np.array([11]), rtol=0.5)
other("tolerance is not for decimals", Decimal("1.0"), Decimal("1.01"), rtol=0.5)
other("tolerance is not for dates", DAY, DAY + dt.timedelta(microseconds=1), rtol=0.5)
other("tolerance is not for keys", {1.0: 1}, {up: 1}, ulp=5)
other("null is not close to zero", pl.Series([None], dtype=pl.Float64), pl.Series([0.0]), rtol=0.5)

# --- containers
same("list", [1, [2, (3,)]], [1, [2, (3,)]])
same("long list of ints", list(range(100)), list(range(100)))
same("long list of floats", [0.1] * 50, [0.1] * 50)
same("shared and copied part", [[1]] * 2, [[1], [1]])
same("dict", {"a": [1], 2: None}, {"a": [1], 2: None})
same("set of another order", {"a", "b", "c", "dd"}, {"dd", "c", "b", "a"})
same("set with nan", {nan, 1}, {1, odd_nan})
same("frozenset of tuples", frozenset({(1, "a"), (2, "b")}), frozenset({(2, "b"), (1, "a")}))
same("empty ones", [[], (), {}, set()], [[], (), {}, set()])
same("range", range(0, 9, 2), range(0, 9, 2))
same("slice", slice(1, None), slice(1, None))
same("ellipsis", ..., ...)
same("counter", Counter("abca"), Counter("abca"))
same("deque", deque([1, 2], 5), deque([1, 2], 5))
same("ordered dict", OrderedDict(a=1), OrderedDict(a=1))
same("defaultdict", defaultdict(list, a=[1]), defaultdict(list, a=[1]))
same("chain map", ChainMap({"a": 1}, {}), ChainMap({"a": 1}, {}))
same("namespace of another order", types.SimpleNamespace(a=1, b=2), types.SimpleNamespace(b=2, a=1))
same("dict view", {"a": 1}.keys(), {"a": 2}.keys())
same("deep list", [[[[[[[[1]]]]]]]], [[[[[[[[1]]]]]]]])
other("list and tuple", [1], (1,))
other("packed list and tuple", [1.0] * 20, (1.0,) * 20)
other("order of a list", [1, 2], [2, 1])
other("length", [1], [1, 1])
other("nothing and empty", None, [])
other("true in a long list", [1] * 20, [1] * 19 + [True])
other("float in a long list", [1] * 20, [1] * 19 + [1.0])
other("one ulp in a long list", [1.0] * 20, [1.0] * 19 + [up])
other("minus zero in a long list", [0.0] * 20, [0.0] * 19 + [-0.0])
other("nan in a long list", [nan] * 20, [nan] * 19 + [0.0])
other("huge in a long list", [2**62] * 20, [2**62] * 19 + [2**70])
other("order of a dict", {"a": 1, "b": 2}, {"b": 2, "a": 1})
other("key more", {"a": 1}, {"a": 1, "b": None})
other("key of another type", {1: "a"}, {True: "a"})
other("key as text", {1: "a"}, {"1": "a"})
other("float key", {1: "a"}, {1.0: "a"})
other("value", {"a": 1}, {"a": 2})
other("dict and pairs", {"a": 1}, [("a", 1)])
other("set and frozenset", {1}, frozenset({1}))
other("set and list", {1}, [1])
other("set of other types", {1}, {True})
other("sets", {1, 2}, {1, 3})
other("set and its part", {1, 2}, {1})
other("counter and dict", Counter(a=1), {"a": 1})
other("counter with a zero", Counter(a=1), Counter(a=1, b=0))
other("ordered dict and dict", OrderedDict(a=1), {"a": 1})
other(
    "ordered dict moved",
    OrderedDict(a=1, b=2),
    (lambda d: (d.move_to_end("a"), d)[1])(OrderedDict(a=1, b=2)),
)
other("defaultdict and dict", defaultdict(list), {})
other("default factories", defaultdict(list), defaultdict(set))
other("default factory of its own", defaultdict(lambda: 0), defaultdict(lambda: 1))
other("deque's size", deque([1], 5), deque([1], 6))
other("deque and list", deque([1]), [1])
other("ranges", range(3), range(4))
other("range and list", range(3), [0, 1, 2])
other("dict view and list", {"a": 1}.keys(), ["a"])
other("namespace and dict", types.SimpleNamespace(a=1), {"a": 1})
other("chain maps", ChainMap({"a": 1}, {}), ChainMap({}, {"a": 1}))
other("nested nan", {"a": [nan]}, {"a": [None]})

# --- exact numbers, times, paths
same("decimal", Decimal("1.10"), Decimal("1.10"))
same("decimal nan", Decimal("NaN"), Decimal("NaN"))
same("decimal exponent", Decimal("1E+5"), Decimal("1E+5"))
same("fraction", Fraction(2, 4), Fraction(1, 2))
same("uuid", uuid.UUID(int=7), uuid.UUID(int=7))
same(
    "datetime with zone", DAY.replace(tzinfo=UTC), DAY.replace(tzinfo=dt.timezone(dt.timedelta(0)))
)
same(
    "datetime with zone info",
    DAY.replace(tzinfo=BERLIN),
    DAY.replace(tzinfo=ZoneInfo("Europe/Berlin")),
)
same("time", dt.time(1, 2, 3, 4), dt.time(1, 2, 3, 4))
same("timedelta", dt.timedelta(hours=24), dt.timedelta(days=1))
same("path", pathlib.PurePosixPath("a//b/./c"), pathlib.PurePosixPath("a/b/c"))
other("decimal places", Decimal("1.0"), Decimal("1.00"))
other("decimal and float", Decimal("1.5"), 1.5)
other("decimal minus zero", Decimal(0), Decimal("-0"))
other("decimal nan and snan", Decimal("NaN"), Decimal("sNaN"))
other("decimal exponents", Decimal("1E+2"), Decimal(100))
other("decimal and int", Decimal(1), 1)
other("fraction and float", Fraction(1, 2), 0.5)
other("fraction and int", Fraction(1), 1)
other("uuid and text", uuid.UUID(int=7), str(uuid.UUID(int=7)))
other("zone and none", DAY, DAY.replace(tzinfo=UTC))
other(
    "same instant of another zone",
    dt.datetime(2024, 1, 1, 12, tzinfo=UTC),
    dt.datetime(2024, 1, 1, 13, tzinfo=dt.timezone(dt.timedelta(hours=1))),
)
other("zones of one offset", DAY.replace(tzinfo=UTC), DAY.replace(tzinfo=ZoneInfo("UTC")))
other("zone names", dt.timezone(dt.timedelta(hours=1)), dt.timezone(dt.timedelta(hours=1), "CET"))
other("fold", DAY.replace(tzinfo=BERLIN), DAY.replace(tzinfo=BERLIN, fold=1))
other("microsecond", DAY, DAY.replace(microsecond=1))
other("date and datetime", dt.date(2024, 1, 1), dt.datetime(2024, 1, 1))
other("datetime and text", DAY, DAY.isoformat())
other("timedelta and seconds", dt.timedelta(seconds=1), 1.0)
other("path and text", pathlib.PurePosixPath("a"), "a")
other("kinds of path", pathlib.PurePosixPath("a"), pathlib.PureWindowsPath("a"))
other("case of a path", pathlib.PureWindowsPath("A"), pathlib.PureWindowsPath("a"))

# --- objects
same("dataclass", Point(1, [2]), Point(1, [2]))
same("frozen dataclass", Frozen((1,)), Frozen((1,)))
same("slotted dataclass", Slotted(1), Slotted(1))
same("inherited dataclass", Solid(1, 2, 3), Solid(1, 2, 3))
same("dataclass copied", Point(1), copy.deepcopy(Point(1)))
same("dataclass with a property", Computed(1), Computed(1))
same("named tuple", Named(1, 2), Named(1, 2))
same("enum", Colour.RED, Colour.RED)
same("int enum", Level.LOW, Level.LOW)
same("flags", Rights.READ | Rights.RUN, Rights.RUN | Rights.READ)
same("text subclass", Text("a"), Text("a"))
same("list subclass", Rows([1]), Rows([1]))
other("dataclass and dict", Point(1), {"x": 1, "y": 0})
other("dataclasses of one shape", Point(1), Place(1))
other("dataclass field", Point(1), Point(2))
other("dataclass field type", Point(1), Point(1.0))
other("dataclass and its heir", Point(1), Solid(1))
other("field that == ignores", Hidden(1, "a"), Hidden(1, "b"))
more = Point(1)
more.extra = 1
other("extra attribute", Point(1), more)
other("slotted and not", Slotted(1), Point(1))
other("named tuple and tuple", Named(1, 2), (1, 2))
other("named tuples of one shape", Named(1, 2), Loose(1, 2))
other("named tuple value", Named(1, 2), Named(1, 3))
other("enum and value", Colour.RED, 1)
other("int enum and value", Level.LOW, 1)
other("enum members", Colour.RED, Colour.BLUE)
other("enums of one name", Colour.RED, Shade.RED)
other("flags of another", Rights.READ, Rights.READ | Rights.RUN)
other("text subclass and text", "a", Text("a"))
other("int subclass and int", 1, Whole(1))
other("bool-like int subclass", True, Whole(1))
other("list subclass and list", [1], Rows([1]))
other("list subclasses", Rows([1]), Rows([2]))

# --- errors
noted, linked = ValueError("a"), ValueError("a")
noted.add_note("more")
linked.__cause__ = KeyError("k")
same("error", ValueError("a", 1), ValueError("a", 1))
same("error with attributes", OopsError("a", 3), OopsError("a", 3))
same("error with another cause", ValueError("a"), linked)
same("error group", ExceptionGroup("g", [ValueError(1)]), ExceptionGroup("g", [ValueError(1)]))
same("os error", FileNotFoundError(2, "no", "f"), FileNotFoundError(2, "no", "f"))
same("key error", KeyError("k"), KeyError("k"))
other("error type", ValueError("a"), TypeError("a"))
other("error and its heir", LookupError("a"), KeyError("a"))
other("error message", ValueError("a"), ValueError("b"))
other("error argument more", ValueError("a"), ValueError("a", None))
other("error without arguments", ValueError(), ValueError(""))
other("error argument type", ValueError(1), ValueError("1"))
other("error attribute", OopsError("a", 3), OopsError("a", 4))
other("error note", ValueError("a"), noted)
other("error groups", ExceptionGroup("g", [ValueError(1)]), ExceptionGroup("g", [ValueError(2)]))
other(
    "error in a group",
    ExceptionGroup("g", [ValueError(1)]),
    ExceptionGroup("g", [ValueError(1), KeyError(1)]),
)
other("file of an os error", FileNotFoundError(2, "no", "f"), FileNotFoundError(2, "no", "g"))
other("error and its text", ValueError("a"), "a")
other("error raised and none", ValueError("a"), None)

# --- inputs after the call, and drained generators
same("arguments untouched", [[1, 2]], [[1, 2]])
other("argument sorted in place", [[2, 1]], [[1, 2]])
other("argument emptied", [{"a": 1}], [{}])
other("array argument scaled in place", [np.ones(3)], [np.ones(3) * 2])
other("default list grown", [[]], [[1]])
same("drained", Drained([1, 2], cut=False), Drained([1, 2], cut=False))
same("drained and cut", Drained([1, 2], cut=True), Drained([1, 2], cut=True))
other("drained and list", Drained([1, 2], cut=False), [1, 2])
other("drained and cut or not", Drained([1, 2], cut=False), Drained([1, 2], cut=True))
other("drained items", Drained([1, 2], cut=False), Drained([2, 1], cut=False))
other("drained floats", Drained([0.5] * 9, cut=False), Drained([0.5] * 8 + [up], cut=False))

# --- numpy
grid = np.arange(12.0).reshape(3, 4)
same("array", grid, grid.copy())
same("transposed view and copy", grid.T, np.ascontiguousarray(grid.T))
same("fortran order", grid, np.asfortranarray(grid))
same("reversed view", grid[::-1], grid[::-1].copy())
same("strided view", grid[:, ::2], grid[:, ::2].copy())
same("broadcast and copy", np.broadcast_to(np.float64(1), (3, 2)), np.ones((3, 2)))
same("read-only", grid, (lambda a: (a.setflags(write=False), a)[1])(grid.copy()))
same("array nan payload", np.array([nan, 1]), np.array([odd_nan, 1]))
same("0-d", np.array(5), np.array(5))
same("empty array", np.empty((0, 3)), np.empty((0, 3)))
same("bool array", np.array([True, False]), np.array([1, 0], bool))
same("text array", np.array(["a", "bb"]), np.array(["a", "bb"]))
same(
    "datetime array",
    np.array(["2024-01-01", "NaT"], "M8[s]"),
    np.array(["2024-01-01", "NaT"], "M8[s]"),
)
same("object array", np.array([1, "a", None], object), np.array([1, "a", None], object))
same(
    "records",
    np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")]),
    np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")]),
)
padded = np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True))
dirty = np.frombuffer(
    b"\0" + b"\7" * 7 + b"\0" * 8 + b"\0" + b"\7" * 7 + b"\0" * 8, padded.dtype
).copy()
same("padding of records", padded, dirty)
same(
    "masked array, hidden values",
    np.ma.array([1, 2], mask=[0, 1]),
    np.ma.array([1, 99], mask=[0, 1]),
)
same("numpy scalar", np.float32(1.5), np.float32(1.5))
same("long double", np.longdouble(1) / 3, np.longdouble(1) / 3)
same("long double array", np.ones(3, np.longdouble) / 3, np.ones(3, np.longdouble) / 3)
same("dtype", np.dtype("i4"), np.dtype("int32"))
same("structured dtype", np.dtype([("a", "i4")]), np.dtype([("a", "i4")]))
same("matrix", np.array([[1]]).view(np.matrix), np.array([[1]]).view(np.matrix))
other("int32 and int64", np.array([1], "i4"), np.array([1], "i8"))
other("signed and not", np.array([1], "i8"), np.array([1], "u8"))
other("float32 and float64", np.array([1], "f4"), np.array([1], "f8"))
other("byte order", np.array([1], "<i4"), np.array([1], ">i4"))
other("array and list", np.array([1, 2]), [1, 2])
other("array and scalar", np.array(1.0), np.float64(1))
other("scalar and float", np.float64(1), 1.0)
other("float and numpy's", 1.0, np.float64(1))
other("bool and numpy's", True, np.True_)
other("text and numpy's", "a", np.str_("a"))
other("int and numpy's", 1, np.int64(1))
other("numpy scalars", np.float32(1), np.float64(1))
other("shape", np.ones(6), np.ones((2, 3)))
other("row and column", np.ones((1, 3)), np.ones((3, 1)))
other("transposed", grid, grid.reshape(4, 3))
other("empty shapes", np.empty((0, 3)), np.empty((0, 4)))
other("empty dtypes", np.empty(0, "i4"), np.empty(0, "f4"))
other("empty array and list", np.empty(0), [])
other("array one ulp", np.array([1.0, 2.0]), np.array([up, 2.0]))
other("array minus zero", np.array([0.0]), np.array([-0.0]))
other("array nan and zero", np.array([nan]), np.array([0.0]))
other("tiny array", np.array([1e-9]), np.array([9e-9]))
other(
    "float32 array one ulp, exact",
    np.array([1], "f4"),
    np.nextafter(np.array([1], "f4"), np.float32(2)),
)
other("text width", np.array(["a"], "U1"), np.array(["a"], "U5"))
other("text and bytes arrays", np.array(["a"]), np.array([b"a"]))
other("datetime units", np.array(["2024-01-01"], "M8[s]"), np.array(["2024-01-01"], "M8[ms]"))
other("nat and a time", np.array(["NaT"], "M8[s]"), np.array(["2024-01-01"], "M8[s]"))
other("object and int array", np.array([1], object), np.array([1]))
other("object array items", np.array([1, 2], object), np.array([1, True], object))
other(
    "record names",
    np.array([(1, 2)], [("a", "i4"), ("b", "i4")]),
    np.array([(1, 2)], [("b", "i4"), ("a", "i4")]),
)
other(
    "record values",
    np.array([(1, 2)], [("a", "i4"), ("b", "i4")]),
    np.array([(1, 3)], [("a", "i4"), ("b", "i4")]),
)
other("masks", np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[1, 0]))
other("masked and plain", np.ma.array([1, 2]), np.array([1, 2]))
other("matrix and array", np.array([[1]]).view(np.matrix), np.array([[1]]))
other("one of a million", np.zeros(1_000_000), np.concatenate([np.zeros(999_999), [1e-320]]))
other("numpy bytes with a zero", np.bytes_(b"a"), np.bytes_(b"a\0"))

# --- polars
frame = pl.DataFrame({"a": [1, 2, None], "b": [1.5, nan, None], "c": ["x", None, "ü"]})
same("frame", frame, frame.clone())
same(
    "chunked and contiguous",
    pl.Series("a", [1, 2, 3, 4]),
    pl.concat([pl.Series("a", [1, 2]), pl.Series("a", [3, 4])], rechunk=False),
)
same(
    "chunked frame",
    pl.concat([frame, frame], rechunk=False),
    pl.concat([frame, frame], rechunk=True),
)
same(
    "slice and copy",
    frame.slice(1, 2),
    pl.DataFrame({"a": [2, None], "b": [nan, None], "c": [None, "ü"]}),
)
same(
    "what lies under a null",
    pl.Series("a", [1, 7]).set(pl.Series([False, True]), None),
    pl.Series("a", [1, None]),
)
same("bool with nulls", pl.Series([True, None, False]), pl.Series([True, None, False]))
same("list column", pl.Series([[1], None, [], [2, 3]]), pl.Series([[1], None, [], [2, 3]]))
same(
    "sliced list column",
    pl.Series([[9], [1], None, [2, None]])[1:],
    pl.Series([[1], None, [2, None]]),
)
same("struct column", pl.Series([{"a": 1, "b": "x"}, None]), pl.Series([{"a": 1, "b": "x"}, None]))
same(
    "categorical by another road",
    pl.Series(["b", "a"], dtype=pl.Categorical),
    pl.Series(["a", "b", "a"], dtype=pl.Categorical)[1:],
)
same(
    "enum column",
    pl.Series(["a"], dtype=pl.Enum(["a", "b"])),
    pl.Series(["a"], dtype=pl.Enum(["a", "b"])),
)
same(
    "zoned column",
    pl.Series([dt.datetime(2024, 1, 1)], dtype=pl.Datetime("us", "UTC")),
    pl.Series([dt.datetime(2024, 1, 1)], dtype=pl.Datetime("us", "UTC")),
)
same(
    "decimal column",
    pl.Series([Decimal("1.50"), None], dtype=pl.Decimal(10, 2)),
    pl.Series([Decimal("1.5"), None], dtype=pl.Decimal(10, 2)),
)
same(
    "array column",
    pl.Series([[1, 2], None], dtype=pl.Array(pl.Int8, 2)),
    pl.Series([[1, 2], None], dtype=pl.Array(pl.Int8, 2)),
)
same("empty frame", pl.DataFrame(schema={"a": pl.Int8}), pl.DataFrame(schema={"a": pl.Int8}))
same("binary column", pl.Series([b"a", None]), pl.Series([b"a", None]))
same("null column", pl.Series([None, None]), pl.Series([None, None]))
same("lazy frame", frame.lazy(), frame.lazy().filter(pl.lit(True)))
same("int128", pl.Series([2**100], dtype=pl.Int128), pl.Series([2**100], dtype=pl.Int128))
same("polars dtype", pl.List(pl.Int8()), pl.List(pl.Int8()))
other("null and zero", pl.Series([1, None]), pl.Series([1, 0]))
other("null and nan", pl.Series([None], dtype=pl.Float64), pl.Series([nan]))
other("null and empty text", pl.Series(["a", None]), pl.Series(["a", ""]))
other("null and empty list", pl.Series([[1], None]), pl.Series([[1], []]))
other("null and struct of nulls", pl.Series([{"a": 1}, None]), pl.Series([{"a": 1}, {"a": None}]))
other("int32 and int64 column", pl.Series([1], dtype=pl.Int32), pl.Series([1], dtype=pl.Int64))
other("int and float column", pl.Series([1]), pl.Series([1.0]))
other("column order", frame, frame.select("b", "a", "c"))
other("column name", frame, frame.rename({"a": "A"}))
other("row order", pl.DataFrame({"a": [1, 2]}), pl.DataFrame({"a": [2, 1]}))
other("rows", frame, frame.head(2))
other("column more", frame, frame.with_columns(d=1))
other("series and frame", frame["a"], frame.select("a"))
other("series and list", pl.Series([1]), [1])
other("series name", pl.Series("a", [1]), pl.Series("b", [1]))
other("frame one ulp", pl.DataFrame({"a": [1.0]}), pl.DataFrame({"a": [up]}))
other("frame minus zero", pl.DataFrame({"a": [0.0]}), pl.DataFrame({"a": [-0.0]}))
other(
    "time units",
    pl.Series([dt.datetime(2024, 1, 1)], dtype=pl.Datetime("ms")),
    pl.Series([dt.datetime(2024, 1, 1)], dtype=pl.Datetime("us")),
)
other(
    "time zones",
    pl.Series([dt.datetime(2024, 1, 1)], dtype=pl.Datetime("us", "UTC")),
    pl.Series([dt.datetime(2024, 1, 1)], dtype=pl.Datetime("us")),
)
other(
    "order of categories",
    pl.Series(["a"], dtype=pl.Enum(["a", "b"])),
    pl.Series(["a"], dtype=pl.Enum(["b", "a"])),
)
other("categorical and text", pl.Series(["a"], dtype=pl.Categorical), pl.Series(["a"]))
other(
    "decimal scales",
    pl.Series([Decimal("1.5")], dtype=pl.Decimal(10, 1)),
    pl.Series([Decimal("1.5")], dtype=pl.Decimal(10, 2)),
)
other("empty schemas", pl.DataFrame(schema={"a": pl.Int8}), pl.DataFrame(schema={"a": pl.Int16}))
other("cut of lists", pl.Series([[1, 2], [3]]), pl.Series([[1], [2, 3]]))
other("struct field", pl.Series([{"a": 1}]), pl.Series([{"a": 2}]))
other("struct names", pl.Series([{"a": 1}]), pl.Series([{"b": 1}]))
other("cut of texts", pl.Series(["ab", "c"]), pl.Series(["a", "bc"]))
other("lazy and eager", frame.lazy(), frame)
other(
    "list and array column",
    pl.Series([[1, 2]], dtype=pl.List(pl.Int8)),
    pl.Series([[1, 2]], dtype=pl.Array(pl.Int8, 2)),
)
other(
    "object column", pl.Series([object()], dtype=pl.Object), pl.Series([object()], dtype=pl.Object)
)

# --- pandas
panda = pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=pd.Index(["r", "s"], name="row"))
same("pandas frame", panda, panda.copy())
same("range and listed index", pd.Series([1, 2]), pd.Series([1, 2], index=pd.Index([0, 1])))
same(
    "pandas categorical",
    pd.Series(["a", None], dtype="category"),
    pd.Series(["a", None], dtype="category"),
)
same(
    "pandas zoned",
    pd.Series(pd.to_datetime(["2024-01-01"], utc=True)),
    pd.Series(pd.to_datetime(["2024-01-01"], utc=True)),
)
same("nullable ints", pd.Series([1, None], dtype="Int64"), pd.Series([1, pd.NA], dtype="Int64"))
same(
    "multi-index",
    pd.MultiIndex.from_tuples([(1, "a")], names=["x", "y"]),
    pd.MultiIndex.from_arrays([[1], ["a"]], names=["x", "y"]),
)
same("timestamp", pd.Timestamp("2024-01-01", tz="UTC"), pd.Timestamp("2024-01-01", tz="UTC"))
same("nat", pd.NaT, pd.NaT)
same("na", pd.NA, pd.NA)
same(
    "period index",
    pd.period_range("2024", periods=2, freq="D"),
    pd.period_range("2024", periods=2, freq="D"),
)
same("interval", pd.Interval(0, 1), pd.Interval(0, 1))
same("pandas empty", pd.DataFrame(), pd.DataFrame())
same(
    "frame with columns of one name",
    pd.DataFrame([[1, 2]], columns=["a", "a"]),
    pd.DataFrame([[1, 2]], columns=["a", "a"]),
)
other("index name", panda, panda.rename_axis("other"))
other("index value", panda, panda.set_axis(["r", "t"]))
other("index dropped", panda, panda.reset_index(drop=True))
other("index type", pd.Series([1], index=[0]), pd.Series([1], index=[0.0]))
other("pandas column order", panda, panda[["b", "a"]])
other("pandas name", pd.Series([1], name="a"), pd.Series([1], name="b"))
other("pandas dtype", pd.Series([1], dtype="int32"), pd.Series([1], dtype="int64"))
other("pandas nullable and not", pd.Series([1], dtype="Int64"), pd.Series([1], dtype="int64"))
other("pandas null and nan", pd.Series([None], dtype="Float64"), pd.Series([nan]))
other("pandas none and nan", pd.Series([None], dtype=object), pd.Series([nan], dtype=object))
other(
    "pandas categories' order",
    pd.Series(pd.Categorical(["a"], ["a", "b"])),
    pd.Series(pd.Categorical(["a"], ["b", "a"])),
)
other("pandas ordered or not", pd.Categorical(["a"], ordered=True), pd.Categorical(["a"]))
other("pandas value", panda, panda.assign(a=[1, 3]))
other("pandas attrs", pd.Series([1]), (lambda s: (s.attrs.update(unit="m"), s)[1])(pd.Series([1])))
other("pandas and polars", pd.Series([1]), pl.Series([1]))
other("pandas series and list", pd.Series([1]), [1])
other(
    "level names",
    pd.MultiIndex.from_tuples([(1, "a")], names=["x", "y"]),
    pd.MultiIndex.from_tuples([(1, "a")], names=["x", "z"]),
)
other("timestamp and datetime", pd.Timestamp("2024-01-01"), dt.datetime(2024, 1, 1))
other("timestamp zone", pd.Timestamp("2024-01-01", tz="UTC"), pd.Timestamp("2024-01-01"))
other("nat and none", pd.NaT, None)
other("na and nan", pd.NA, nan)
other("timedelta kinds", pd.Timedelta(1, "s"), dt.timedelta(seconds=1))
other("closed side", pd.Interval(0, 1), pd.Interval(0, 1, closed="left"))
other(
    "pandas zones",
    pd.Series(pd.to_datetime(["2024-01-01"]).tz_localize("UTC")),
    pd.Series(pd.to_datetime(["2024-01-01"])),
)

# --- liars and unknown things
other("always equal and 1", 1, AlwaysEqual())
other("always equal, twice", AlwaysEqual(), AlwaysEqual())
other("class that says int", 1, LyingClass())
other("list that shows another", [1, 2, 3], LyingList())
other("list that shows another, of its kind", LyingList([1]), LyingList([2]))
other("text that shows another", "right", LyingText("wrong"))
other("text that shows another, of its kind", LyingText("right"), LyingText("wrong"))
other("dict that shows another", {"a": 1}, LyingDict())
other("dict that shows another, of its kind", LyingDict(a=1), LyingDict(a=2))
other("float that shows another, of its kind", LyingFloat(1), LyingFloat(2))
other("class of a lying metaclass", 1.0, MetaLiar())
other("class of a lying metaclass in a long list", [1.0] * 10, [1.0] * 9 + [MetaLiar()])
other("fields made up", Fields(), Fields())
other("class under a borrowed name", Point(1), FakePoint(1))
other("dataclass under a borrowed name", Point(1), Disguised(1))
other("object that hides its field", HidingPoint(1), HidingPoint(2))
other("array with its own ufuncs", np.arange(3), np.zeros(3, int).view(Ufunc))
other("two of those", np.arange(3).view(Ufunc), np.zeros(3, int).view(Ufunc))
other("frame that is equal to all", frame, Frame({"a": [0]}))
other("enum that names another", OddEnum.A, OddEnum.B)
other("liar in a dict", {"a": 1}, {"a": AlwaysEqual()})
other("liar as a key", {1: 1}, {AlwaysEqual(): 1})
other("liar in a set", {1}, {AlwaysEqual()})
other("liar in an object array", np.array([1], object), np.array([AlwaysEqual()], object))
other("liar in an error", ValueError(1), ValueError(AlwaysEqual()))
other("liar in a dataclass", Point(1), Point(AlwaysEqual()))
other(
    "liar in a pandas column",
    pd.Series([1], dtype=object),
    pd.Series([AlwaysEqual()], dtype=object),
)
other("functions", len, len)
other("generators", (i for i in [1]), (i for i in [1]))
other("modules", collections, collections)
other("locks", threading.Lock(), threading.Lock())
other("objects", object(), object())
other("one object", *(lambda o: (o, o))(object()))
other("unknown, deep", {"a": [object()]}, {"a": [object()]})
loop: list[Any] = []
loop.append(loop)
other("value that holds itself", loop, loop)

tricky = [{"$": "error", "type": "x", "v": [], "cause": n} for n in (1, 2)]
other("names like marks", types.SimpleNamespace(**tricky[0]), types.SimpleNamespace(**tricky[1]))
other("dicts like trees", *tricky)
same("name like a mark", types.SimpleNamespace(**tricky[0]), types.SimpleNamespace(**tricky[0]))
other("dict like a tree and its value", {"$": "tuple", "v": [1]}, (1,))
same("frame of rows only", pl.DataFrame(height=3), pl.DataFrame(height=3))
other("frames of rows only", pl.DataFrame(height=3), pl.DataFrame(height=4))


class LyingName(str):
    __slots__ = ()

    def __eq__(self, other):
        raise AssertionError("it ran")

    def __hash__(self):
        return hash("extra")


odd = Place(1)
odd.__dict__[LyingName("extra")] = 1
other("attribute name that is no plain text", odd, odd)
