"""Values to trees. No code of the encoded value runs: exact types, and methods of base classes."""

from __future__ import annotations

import array
import collections
import datetime as dt
import decimal
import enum
import functools
import pathlib
import sys
import types
import uuid
import zoneinfo
from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import repeat
from operator import is_
from typing import Any

from poet.codec._format import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_FRACTION_BITS,
    MAX_PARTS,
    PACKED_FROM,
    UNVERIFIABLE,
    Drained,
    float_bytes,
    tagged,
)
from poet.codec._raw import (
    class_name,
    find,
    is_named,
    mro,
    namespace,
    plain_names,
    resolve_name,
    state,
    type_name,
)
from poet.settings import imports_confined

__all__ = ["Encoder", "Kept", "RefusedError", "encode"]

_INT64 = range(-(2**63), 2**64)
_ARGS = BaseException.__dict__["args"].__get__
_ERROR_DICT = BaseException.__dict__["__dict__"].__get__
_MAXLEN = collections.deque.__dict__["maxlen"].__get__
_FACTORY = collections.defaultdict.__dict__["default_factory"].__get__
_NAMES_DICT = types.SimpleNamespace.__dict__["__dict__"].__get__
_GET = {
    kind: [kind.__dict__[name].__get__ for name in names.split()]
    for kind, names in {
        dt.date: "year month day",
        dt.datetime: "hour minute second microsecond fold",
        dt.time: "hour minute second microsecond fold",
        dt.timedelta: "days seconds microseconds",
        complex: "real imag",
    }.items()
}


class Kept:
    """A value whose class is not loaded here: its tree, which goes on as it came.

    Where a confined worker runs, it is as unverifiable as any object of a class without fields.
    """

    __slots__ = ("tree",)

    def __init__(self, tree: dict[str, Any]) -> None:
        self.tree = tree

    def __eq__(self, other: object) -> bool:
        return self.tree == other.tree if isinstance(other, Kept) else NotImplemented

    def __hash__(self) -> int:
        return hash(repr(self.tree))

    def __repr__(self) -> str:
        return f"<{self.tree.get('type', 'value')} as it was recorded>"


class RefusedError(Exception):
    """The whole value cannot be encoded: it is too large."""


def encode(value: Any) -> Any:
    """Return ``value`` as a tree of plain data; never raises for the kind of a value.

    The leaves are None, bools, whole numbers within 64 bits, strings and ``bytes``; everything else
    is a list or a tagged dict. What has no place in it becomes ``unverifiable``, with the reason.
    """
    try:
        return Encoder().value(value, 0)
    except RefusedError as refusal:
        return tagged(UNVERIFIABLE, type=str(refusal))
    except RecursionError:
        return tagged(UNVERIFIABLE, type="value nested too deeply")
    except Exception as error:  # noqa: BLE001 - a value of an unexpected make is no reason to stop
        return tagged(UNVERIFIABLE, type=f"{type_name(value)} ({type_name(error)} when read)")


class Encoder:
    """One encoding, with what is left of its budget."""

    def __init__(self) -> None:
        self.parts = MAX_PARTS
        self.bytes = MAX_BYTES
        self.path: set[int] = set()

    def spend(self, parts: int = 0, size: int = 0) -> None:
        """Count parts and bytes.

        Raises:
            RefusedError: The budget is used up.
        """
        self.parts -= parts
        self.bytes -= size
        if self.parts < 0:
            raise RefusedError(f"value of more than {MAX_PARTS:,} parts")
        if self.bytes < 0:
            raise RefusedError(f"value of more than {MAX_BYTES:,} bytes")

    def buffer(self, data: bytes) -> bytes:
        """Return a buffer after counting its size."""
        self.spend(size=len(data))
        return data

    def value(self, value: Any, depth: int) -> Any:
        """Return the tree of one value."""
        kind = type(value)
        self.parts -= 1
        if value is None or value is True or value is False:
            return value
        if kind is int:
            return self.whole(value)
        if kind is str:
            return self.text(value)
        if kind is float:
            return tagged("float", v=float_bytes(value))
        if self.parts < 0:
            self.spend()
        if depth > MAX_DEPTH:
            return tagged(UNVERIFIABLE, type="value nested too deeply")
        if id(value) in self.path:
            return tagged(UNVERIFIABLE, type="value that holds itself")
        self.path.add(id(value))
        try:
            method = _EXACT.get(id(kind))
            return method(self, value, depth) if method else self._other(value, kind, depth)
        except (RefusedError, RecursionError):
            raise
        except Exception as error:  # noqa: BLE001 - nothing of this kind is known to fail
            return tagged(UNVERIFIABLE, type=f"{class_name(kind)} ({type_name(error)} when read)")
        finally:
            self.path.discard(id(value))

    def items(self, items: Iterable[Any], depth: int) -> Any:
        """Return a list's tree: a buffer where it holds nothing but floats or whole numbers."""
        items = list(items)
        if len(items) >= PACKED_FROM:
            kind = type(items[0])
            if (kind is float or kind is int) and all(map(is_, map(type, items), repeat(kind))):
                self.spend(size=8 * len(items))
                try:
                    data = array.array("d" if kind is float else "q", items)
                except OverflowError:
                    pass
                else:
                    if sys.byteorder == "big":
                        data.byteswap()
                    return tagged("floats" if kind is float else "ints", v=data.tobytes())
        self.spend(size=8 * len(items))
        return [self.value(item, depth + 1) for item in items]

    def named(self, names: dict[str, Any], depth: int) -> dict[str, Any]:
        """Return the trees of values under names."""
        # A name that is no UTF-8 cannot cross; "$" is the mark of a tag.
        keys = {("$" + n if n.startswith("$") else n).encode().decode(): n for n in names}
        return {key: self.value(names[name], depth + 1) for key, name in keys.items()}

    def whole(self, value: int) -> Any:
        if value in _INT64:
            return value
        size = value.bit_length() // 8 + 1
        return tagged("int", v=self.buffer(value.to_bytes(size, "little", signed=True)))

    def text(self, value: str) -> Any:
        self.spend(size=len(value))
        if value.isascii():
            return value
        try:
            self.spend(size=len(value.encode()) - len(value))
        except UnicodeEncodeError:
            return tagged("str", v=self.buffer(value.encode("utf-8", "surrogatepass")))
        return value

    def complex(self, value: complex, depth: int) -> Any:
        del depth
        return tagged("complex", v=b"".join(float_bytes(get(value)) for get in _GET[complex]))

    def mapping(self, value: dict[Any, Any], depth: int) -> Any:
        pairs = list(dict.items(value))
        keys, values = [k for k, _ in pairs], [v for _, v in pairs]
        return tagged("dict", k=self.items(keys, depth), v=self.items(values, depth))

    def collection(self, value: Any, depth: int) -> Any:
        base = frozenset if any(b is frozenset for b in mro(type(value))) else set
        items = [self.value(item, depth + 1) for item in base.__iter__(value)]
        plain = all(map(is_, map(type, items), repeat(int))) or all(
            map(is_, map(type, items), repeat(str))
        )
        # Order of a set is chance: its trees are put in an order of their own.
        return tagged(base.__name__, v=sorted(items) if plain else sorted(items, key=repr))

    def memory(self, value: memoryview, depth: int) -> Any:
        del depth
        data = self.buffer(value.tobytes())
        return tagged("memoryview", format=value.format, shape=list(value.shape or ()), v=data)

    def number(self, value: Any, depth: int) -> Any:
        if type(value) is decimal.Decimal:
            # The context decides of capitals, the value does not.
            return tagged("decimal", v=self.text(str(value).upper()))
        parts = [value.numerator, value.denominator]
        if max(part.bit_length() for part in parts) > MAX_FRACTION_BITS:
            return tagged(UNVERIFIABLE, type=f"fraction of more than {MAX_FRACTION_BITS:,} bits")
        return tagged("fraction", v=[self.value(part, depth + 1) for part in parts])

    def moment(self, value: Any, depth: int) -> Any:
        bases = mro(type(value))
        base = next(b for b in bases if b in (dt.datetime, dt.date, dt.time))
        getters = [*(_GET[dt.date] if base is not dt.time else []), *_GET.get(base, [])]
        if base is dt.date:
            return tagged("date", v=[get(value) for get in _GET[dt.date]])
        zone = base.__dict__["tzinfo"].__get__(value)
        return tagged(
            base.__name__, v=[get(value) for get in getters], zone=self.value(zone, depth + 1)
        )

    def duration(self, value: dt.timedelta, depth: int) -> Any:
        del depth
        return tagged("timedelta", v=[get(value) for get in _GET[dt.timedelta]])

    def offset_zone(self, value: dt.timezone, depth: int) -> Any:
        offset = value.utcoffset(None)
        return tagged(
            "timezone", v=self.duration(offset, depth), name=self.text(value.tzname(None))
        )

    def named_zone(self, value: zoneinfo.ZoneInfo, depth: int) -> Any:
        del depth
        if type(value.key) is not str:
            return tagged(UNVERIFIABLE, type="zoneinfo.ZoneInfo without a key")
        return tagged("zoneinfo", v=self.text(value.key))

    def deque(self, value: Any, depth: int) -> Any:
        items = collections.deque.__iter__(value)
        size = _MAXLEN(value)
        return tagged("deque", v=self.items(items, depth), maxlen=size)

    def ordered(self, value: Any, depth: int) -> Any:
        keys = list(collections.OrderedDict.__iter__(value))
        values = [dict.__getitem__(value, key) for key in keys]
        return tagged("ordereddict", k=self.items(keys, depth), v=self.items(values, depth))

    def defaulting(self, value: Any, depth: int) -> Any:
        factory = _FACTORY(value)
        found: Any = None
        if factory is not None:
            kind = type(factory)
            known = kind is type or kind in (types.FunctionType, types.BuiltinFunctionType)
            module, name = (factory.__module__, factory.__qualname__) if known else (None, "")
            same = type(module) is str and resolve_name(module, name) is factory
            found = (
                f"{module}.{name}"
                if same
                else tagged(UNVERIFIABLE, type="default factory without a name of its own")
            )
        return {**self.mapping(value, depth), "$": "defaultdict", "factory": found}

    def chained(self, value: Any, depth: int) -> Any:
        return tagged("chainmap", v=self.value((state(value) or {})["maps"], depth + 1))

    def drained(self, value: Drained, depth: int) -> Any:
        return tagged("iterator", v=self.items(value.items, depth), cut=value.cut is True)

    def kept(self, value: Kept, depth: int) -> Any:
        """Return the tree that a kept value is; a candidate has no use for one."""
        del depth
        return tagged(UNVERIFIABLE, type="Kept") if imports_confined() else value.tree

    def _other(self, value: Any, kind: type, depth: int) -> Any:
        library = _library_encoder(kind)
        if library is not None:
            return library(self, value, depth)
        bases = mro(kind)
        if any(base is type for base in bases):
            # A class is its name, where it is found under it.
            known = is_named(value)
            return tagged("class" if known else UNVERIFIABLE, type=class_name(value))
        if any(base is enum.Enum for base in bases):
            return self._enum(value, kind, depth)
        if any(base is BaseException for base in bases):
            return self._error(value, kind, depth)
        stored = state(value)
        if stored is None:
            return tagged(UNVERIFIABLE, type=f"{class_name(kind)}, whose fields are hidden")
        fields = find(kind, "_fields")
        if any(base is tuple for base in bases) and type(fields) is tuple:
            items = list(tuple.__iter__(value))
            if len(items) == len(fields) and all(type(name) is str for name in fields):
                pairs = dict(zip(fields, items, strict=True))
                return self._object("namedtuple", kind, pairs, stored, depth)
        for base in bases:
            reader = _BASES.get(id(base))
            if reader is not None:
                content = reader(self, value, depth)
                extra = self.named(dict(sorted(stored.items())), depth)
                return tagged("sub", type=class_name(kind), base=content, state=extra)
        declared = find(kind, "__dataclass_fields__")
        if type(declared) is dict:
            names = [name for name in dict.keys(declared) if type(name) is str and name in stored]
            pairs = {name: stored.pop(name) for name in names}
            return self._object("dataclass", kind, pairs, stored, depth)
        return tagged(UNVERIFIABLE, type=class_name(kind))

    def _object(
        self, form: str, kind: type, fields: dict[str, Any], extra: dict[str, Any], depth: int
    ) -> Any:
        made = tagged("object", type=class_name(kind), form=form, v=self.named(fields, depth))
        if extra:
            made["state"] = self.named(dict(sorted(extra.items())), depth)
        return made

    def _enum(self, value: Any, kind: type, depth: int) -> Any:
        stored = state(value) or {}
        name, worth = stored.get("_name_"), stored.get("_value_")
        members = namespace(kind).get("_member_map_")
        flag = any(base is enum.Flag for base in mro(kind))
        member = type(members) is dict and type(name) is str and members.get(name) is value
        if not member and not flag:
            return tagged(UNVERIFIABLE, type=f"{class_name(kind)} (no member of its class)")
        name = self.text(name) if type(name) is str else None
        return tagged(
            "enum",
            type=class_name(kind),
            name=name,
            v=self.value(worth, depth + 1),
            flag=not member,
        )

    def _error(self, value: Any, kind: type, depth: int) -> Any:
        named, slots = plain_names(_ERROR_DICT(value)), state(value)
        if named is None or slots is None:
            return tagged(UNVERIFIABLE, type=f"{class_name(kind)}, whose fields are hidden")
        named |= slots
        for base, names in _ERROR_FIELDS:
            if any(b is base for b in mro(kind)):
                found = {n: base.__dict__[n].__get__(value) for n in names}
                named |= {n: v for n, v in found.items() if v is not None}
        made = tagged("error", type=class_name(kind), v=self.items(_ARGS(value), depth))
        if named:
            made["state"] = self.named(dict(sorted(named.items())), depth)
        cause = BaseException.__dict__["__cause__"].__get__(value)
        if cause is not None:
            made["cause"] = type_name(cause)
        return made

    def names(self, value: Any, depth: int) -> Any:
        """Return the tree of a simple namespace, whose order does not count."""
        stored = plain_names(_NAMES_DICT(value))
        if stored is None:
            return tagged(UNVERIFIABLE, type="types.SimpleNamespace with names that are no text")
        return tagged("namespace", v=self.named(dict(sorted(stored.items())), depth))


# Where an error keeps what its arguments do not hold.
_ERROR_FIELDS: list[tuple[Any, tuple[str, ...]]] = [
    (OSError, ("filename", "filename2")),
    (SyntaxError, ("filename", "lineno", "offset", "text")),
]
_Method = Callable[[Encoder, Any, int], Any]


def _plain(name: str, read: Callable[[Any], bytes]) -> _Method:
    return lambda coder, value, _: tagged(name, v=coder.buffer(read(value)))


def _path(kind: type) -> _Method:
    return lambda coder, value, _: tagged(
        "path", kind=kind.__name__, v=coder.text(str(value))
    )  # fmt: skip


def _parts(name: str, *names: str) -> _Method:
    return lambda coder, value, depth: tagged(
        name, v=[coder.value(getattr(value, n), depth + 1) for n in names]
    )


def _view(name: str) -> _Method:
    return lambda coder, value, depth: tagged("view", kind=name, v=coder.items(value, depth))


_EXACT_TYPES: dict[type, _Method] = {
    list: lambda coder, value, depth: coder.items(value, depth),
    tuple: lambda coder, value, depth: tagged("tuple", v=coder.items(value, depth)),
    dict: Encoder.mapping,
    set: Encoder.collection,
    frozenset: Encoder.collection,
    bytes: lambda coder, value, _: coder.buffer(value),
    bytearray: _plain("bytearray", bytes),
    memoryview: Encoder.memory,
    complex: Encoder.complex,
    range: _parts("range", "start", "stop", "step"),
    slice: _parts("slice", "start", "stop", "step"),
    type(...): lambda *_: tagged("ellipsis"),
    type(NotImplemented): lambda *_: tagged("notimplemented"),
    decimal.Decimal: Encoder.number,
    Fraction: Encoder.number,
    uuid.UUID: _plain("uuid", lambda value: object.__getattribute__(value, "int").to_bytes(16, "big")),
    dt.datetime: Encoder.moment,
    dt.date: Encoder.moment,
    dt.time: Encoder.moment,
    dt.timedelta: Encoder.duration,
    dt.timezone: Encoder.offset_zone,
    zoneinfo.ZoneInfo: Encoder.named_zone,
    collections.deque: Encoder.deque,
    collections.OrderedDict: Encoder.ordered,
    collections.defaultdict: Encoder.defaulting,
    collections.Counter: lambda coder, value, depth: {**coder.mapping(value, depth), "$": "counter"},
    collections.ChainMap: Encoder.chained,
    types.SimpleNamespace: Encoder.names,
    type({}.keys()): _view("keys"),
    type({}.values()): _view("values"),
    type({}.items()): _view("items"),
    Drained: Encoder.drained,
    Kept: Encoder.kept,
}  # fmt: skip
for _kind in (
    pathlib.PurePosixPath,
    pathlib.PureWindowsPath,
    pathlib.PosixPath,
    pathlib.WindowsPath,
):
    _EXACT_TYPES[_kind] = _path(_kind)
# By identity: a dict keyed by classes would call the hash of a metaclass.
_EXACT: dict[int, _Method] = {id(kind): method for kind, method in _EXACT_TYPES.items()}
# How the content of a subclass is read, by its built-in base.
_BASE_TYPES: dict[type, _Method] = {
    collections.deque: Encoder.deque,
    collections.OrderedDict: Encoder.ordered,
    collections.defaultdict: Encoder.defaulting,
    list: lambda coder, value, depth: coder.items(list.__iter__(value), depth),
    tuple: lambda coder, value, depth: tagged("tuple", v=coder.items(tuple.__iter__(value), depth)),
    dict: Encoder.mapping,
    set: Encoder.collection,
    frozenset: Encoder.collection,
    str: lambda coder, value, _: coder.text(str.__str__(value)),
    int: lambda coder, value, _: coder.whole(int.__int__(value)),
    float: lambda _, value, __: tagged("float", v=float_bytes(float.__float__(value))),
    bytes: lambda coder, value, _: coder.buffer(bytes.__getitem__(value, slice(None))),
    bytearray: _plain("bytearray", lambda value: bytes(bytearray.__getitem__(value, slice(None)))),
    complex: Encoder.complex,
    dt.datetime: Encoder.moment,
    dt.date: Encoder.moment,
    dt.time: Encoder.moment,
    dt.timedelta: Encoder.duration,
}
_BASES: dict[int, _Method] = {id(kind): method for kind, method in _BASE_TYPES.items()}


def _library_encoder(kind: type) -> _Method | None:
    """Return the encoder of a library's type, looked up only in libraries that are loaded."""
    for name in ("numpy", "polars", "pandas"):
        if name in sys.modules and (method := _library(name).get(id(kind))) is not None:
            return method
    return None


@functools.cache
def _library(name: str) -> dict[int, _Method]:
    """Return the encoders of one library's types by the identity of the type."""
    if name == "numpy":
        from poet.codec import _numpy as module
    elif name == "polars":
        from poet.codec import _polars as module  # type: ignore[no-redef]
    else:
        from poet.codec import _pandas as module  # type: ignore[no-redef]
    return {id(kind): method for kind, method in module.encoders().items()}
