"""Trees to values. A tree may come from a candidate's process: every part of it is checked."""

from __future__ import annotations

import array
import collections
import datetime as dt
import decimal
import enum
import math
import pathlib
import re
import struct
import sys
import types
import uuid
import zoneinfo
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from poet.codec._format import MAX_DEPTH, MAX_FRACTION_BITS, MAX_PARTS, UNVERIFIABLE
from poet.codec._raw import find, mro, namespace
from poet.codec.silence import silenced

__all__ = ["Decoder", "decode"]

Types = Callable[[str], type | None]
_MAX_DEPTH = 4 * MAX_DEPTH
_DECIMAL = re.compile(r"-?(?:\d+(?:\.\d+)?(?:E[+-]\d{1,19})?|INFINITY|S?NAN\d*)", re.ASCII)
_FACTORIES: dict[str, Any] = {
    f"builtins.{kind.__name__}": kind
    for kind in (bool, bytes, complex, dict, float, frozenset, int, list, set, str, tuple)
}
_LIBRARIES = {
    "numpy": ("ndarray", "records", "arrayclass", "scalar", "masked", "maskedvalue", "dtype"),
    "polars": ("lazyframe", "pldtype"),
    "pandas": ("index", "rangeindex", "multiindex", "pdscalar", "pdvalues"),
}


def decode(tree: Any, types: Types | None = None) -> Any:
    """Return the value of a tree; an object of a class as a dict with ``__type__``.

    Args:
        tree: As :func:`poet.codec.encode` gives it.
        types: Gives the class of a qualified name, None for one that is not to be built. With it
            dataclasses, enums, named tuples and errors are put together again from their fields;
            no ``__init__`` of a user's class runs.

    Raises:
        ValueError: The tree is not what ``encode`` makes.
    """
    try:
        with silenced():
            return Decoder(types).value(tree, 0)
    except RecursionError:
        raise ValueError("nested too deeply") from None


class Decoder:
    """One decoding, with what is left of its budget."""

    def __init__(self, types: Types | None = None) -> None:
        self.types = types
        self.parts = MAX_PARTS

    def value(self, tree: Any, depth: int) -> Any:
        """Return the value of one part."""
        kind = type(tree)
        self.parts -= 1
        if depth > _MAX_DEPTH or self.parts < 0:
            raise ValueError("nested too deeply" if self.parts >= 0 else "too many parts")
        if tree is None or kind is bool or kind is bytes or kind is str:
            return tree
        if kind is int:
            return self.whole(tree)
        if kind is list:
            return [self.value(item, depth + 1) for item in tree]
        if kind is not dict or type(tree.get("$")) is not str:
            raise ValueError("not tagged data")
        tag = tree["$"]
        reader = _reader(tag, tree.get("package"))
        if reader is None:
            raise ValueError(f"unknown tag {tag[:40]!r}")
        try:
            return reader(self, tree, depth)
        except RecursionError:
            raise
        # Polars panics with an error that is no Exception.
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            message = str(error) if isinstance(error, ValueError) else f"{error!r}"
            raise ValueError(f"damaged {tag}: {message[:300]}") from None

    def items(self, tree: Any, depth: int) -> list[Any]:
        """Return the items of a list's tree, packed or not."""
        packed = type(tree) is dict and tree.get("$") in ("floats", "ints")
        if type(tree) is not list and not packed:
            raise ValueError("no list")
        found: list[Any] = self.value(tree, depth)
        return found

    def whole(self, tree: Any) -> int:
        """Return a whole number within 64 bits."""
        if type(tree) is not int or not -(2**63) <= tree < 2**64:
            raise ValueError("no whole number within 64 bits")
        return tree

    def text(self, tree: Any) -> str:
        """Return a string."""
        if type(tree) is str:
            return tree
        if type(tree) is dict and tree.get("$") == "str" and type(tree.get("v")) is bytes:
            return str(tree["v"].decode("utf-8", "surrogatepass"))
        raise ValueError("no text")

    def key(self, tree: Any, depth: int) -> Any:
        """Return a value that a dict or set can hold: what cannot be is turned into tuples."""
        value = _hashable(self.value(tree, depth))
        try:
            hash(value)
        except TypeError:
            raise ValueError("a key that cannot be hashed") from None
        return value

    def fields(self, tree: Any, depth: int) -> dict[str, Any]:
        """Return the values of named parts."""
        if type(tree) is not dict or not all(type(name) is str for name in tree):
            raise ValueError("no fields")
        names = {name: name.removeprefix("$") for name in tree}
        return {name: self.value(tree[key], depth + 1) for key, name in names.items()}

    def pairs(self, tree: Any, depth: int) -> list[tuple[Any, Any]]:
        """Return the pairs of a dict's tree."""
        keys = [_hashable(key) for key in self.items(tree["k"], depth + 1)]
        values = self.items(tree["v"], depth + 1)
        if len(keys) != len(values):
            raise ValueError("another number of values than keys")
        return list(zip(keys, values, strict=True))

    def kind(self, tree: Any) -> tuple[str, type | None]:
        """Return the name of a tree's type, and its class if it is to be built."""
        name = tree["type"]
        if type(name) is not str:
            raise ValueError("no name of a type")
        found = self.types(name) if self.types is not None else None
        return name, found if isinstance(found, type) else None


def _hashable(value: Any) -> Any:
    if isinstance(value, (list, bytearray)):
        return tuple(_hashable(item) for item in value)
    if isinstance(value, dict):
        return tuple((k, _hashable(v)) for k, v in value.items())
    return value


def _bytes(tree: Any, size: int | None = None) -> bytes:
    data = tree["v"]
    if type(data) is not bytes or (size is not None and len(data) != size):
        raise ValueError("a buffer of another size")
    return data


def _packed(code: str) -> Callable[[Decoder, Any, int], Any]:
    def read(reader: Decoder, tree: Any, depth: int) -> Any:
        del reader, depth
        found = array.array(code)
        found.frombytes(_bytes(tree))
        if sys.byteorder == "big":
            found.byteswap()
        return found.tolist()

    return read


def _whole_parts(reader: Decoder, tree: Any, count: int) -> list[int]:
    parts = tree["v"]
    if type(parts) is not list or len(parts) != count:
        raise ValueError(f"not {count} parts")
    return [reader.whole(part) for part in parts]


def _memoryview(reader: Decoder, tree: Any, depth: int) -> memoryview:
    del depth
    shape, form = [reader.whole(n) for n in tree["shape"]], tree["format"]
    if type(form) is not str or len(form) > 2:
        raise ValueError("no format")
    view = memoryview(_bytes(tree))
    if form != "B" or len(shape) != 1:
        view = view.cast(form, shape)  # type: ignore[call-overload]
    if list(view.shape or ()) != shape:
        raise ValueError("a buffer of another size than its shape")
    return view


def _decimal(reader: Decoder, tree: Any, depth: int) -> decimal.Decimal:
    del depth
    text = reader.text(tree["v"])
    if not _DECIMAL.fullmatch(text):
        raise ValueError("no decimal number")
    return decimal.Decimal(text)


def _fraction(reader: Decoder, tree: Any, depth: int) -> Fraction:
    above, below = (reader.value(part, depth + 1) for part in tree["v"])
    if type(above) is not int or type(below) is not int or below < 1:
        raise ValueError("no fraction")
    if (
        max(above.bit_length(), below.bit_length()) > MAX_FRACTION_BITS
        or math.gcd(above, below) != 1
    ):
        raise ValueError("no fraction in lowest terms")
    return Fraction(above, below)


def _zone(reader: Decoder, tree: Any, depth: int) -> Any:
    zone = reader.value(tree["zone"], depth + 1)
    if zone is not None and type(zone) not in (dt.timezone, zoneinfo.ZoneInfo):
        raise ValueError("a time zone that does not cross")
    return zone


def _datetime(reader: Decoder, tree: Any, depth: int) -> dt.datetime:
    *parts, fold = _whole_parts(reader, tree, 8)
    return dt.datetime(*parts, tzinfo=_zone(reader, tree, depth), fold=fold)  # type: ignore[misc, arg-type]


def _time(reader: Decoder, tree: Any, depth: int) -> dt.time:
    *parts, fold = _whole_parts(reader, tree, 5)
    return dt.time(*parts, tzinfo=_zone(reader, tree, depth), fold=fold)  # type: ignore[misc, arg-type]


def _timezone(reader: Decoder, tree: Any, depth: int) -> dt.timezone:
    offset, name = reader.value(tree["v"], depth + 1), reader.text(tree["name"])
    plain = dt.timezone(offset)
    return plain if plain.tzname(None) == name else dt.timezone(offset, name)


def _path(reader: Decoder, tree: Any, depth: int) -> pathlib.PurePath:
    del depth
    kind, text = tree["kind"], reader.text(tree["v"])
    if kind not in ("PurePosixPath", "PureWindowsPath", "PosixPath", "WindowsPath"):
        raise ValueError("no kind of path")
    foreign = kind == ("PosixPath" if sys.platform == "win32" else "WindowsPath")
    made: pathlib.PurePath = getattr(pathlib, f"Pure{kind}" if foreign else kind)(text)
    return made


def _deque(reader: Decoder, tree: Any, depth: int) -> Any:
    size, items = tree["maxlen"], reader.items(tree["v"], depth + 1)
    if size is not None and reader.whole(size) < len(items):
        raise ValueError("more items than it may hold")
    return collections.deque(items, size)


def _defaultdict(reader: Decoder, tree: Any, depth: int) -> Any:
    name = tree["factory"]
    factory = _FACTORIES.get(name) if type(name) is str else None
    return collections.defaultdict(factory, reader.pairs(tree, depth))


def _chainmap(reader: Decoder, tree: Any, depth: int) -> Any:
    maps = reader.items(tree["v"], depth + 1)
    if not all(isinstance(each, dict) for each in maps):
        raise ValueError("no dicts")
    return collections.ChainMap(*maps)


def _view(reader: Decoder, tree: Any, depth: int) -> Any:
    items = reader.items(tree["v"], depth + 1)
    if tree["kind"] == "values":
        return dict(enumerate(items)).values()
    if tree["kind"] == "keys":
        return dict.fromkeys(map(_hashable, items)).keys()
    if tree["kind"] != "items" or not all(type(i) is tuple and len(i) == 2 for i in items):
        raise ValueError("no view of a dict")
    return {_hashable(k): v for k, v in items}.items()


def _enum(reader: Decoder, tree: Any, depth: int) -> Any:
    name, kind = reader.kind(tree)
    member, worth = tree["name"], reader.value(tree["v"], depth + 1)
    label = None if member is None else reader.text(member)
    if kind is not None and any(base is enum.Enum for base in mro(kind)):
        members = namespace(kind).get("_member_map_", {})
        if tree["flag"] is True and type(worth) is int and any(b is enum.Flag for b in mro(kind)):
            return kind(worth)
        if label not in members:
            raise ValueError(f"{name} has no member {label!r}")
        return members[label]
    return {"__type__": name, "name": label} | ({"value": worth} if label is None else {})


def _object(reader: Decoder, tree: Any, depth: int) -> Any:
    name, kind = reader.kind(tree)
    fields = reader.fields(tree["v"], depth)
    extra = reader.fields(tree.get("state", {}), depth)
    if kind is None:
        return {"__type__": name, **fields, **extra}
    if tree["form"] == "namedtuple":
        names = find(kind, "_fields")
        if not issubclass(kind, tuple) or names != tuple(fields):
            raise ValueError(f"{name} has other fields than {', '.join(fields)}")
        made = tuple.__new__(kind, fields.values())
        fields = {}
    elif tree["form"] == "dataclass":
        declared = find(kind, "__dataclass_fields__") or {}
        if not set(fields) <= set(declared):
            raise ValueError(f"{name} has other fields than {', '.join(fields)}")
        made = object.__new__(kind)
    else:
        raise ValueError("no form of object")
    for field, value in {**fields, **extra}.items():
        object.__setattr__(made, field, value)
    return made


def _error(reader: Decoder, tree: Any, depth: int) -> Any:
    name, kind = reader.kind(tree)
    args = tuple(reader.items(tree["v"], depth + 1))
    extra = reader.fields(tree.get("state", {}), depth)
    if kind is not None and issubclass(kind, BaseException):
        made = _built_error(kind, args, extra)
        if made is not None:
            return made
    return {"__type__": name, "args": args} | ({"attributes": extra} if extra else {})


def _built_error(kind: type, args: tuple[Any, ...], extra: dict[str, Any]) -> Any:
    """Build an error by the constructor of its built-in base; None where that refuses."""
    base: Any = next(b for b in mro(kind) if b.__module__ == "builtins" and b is not object)
    given = args
    if issubclass(kind, OSError) and "filename" in extra and len(args) == 2:
        given = (*args, extra["filename"])
        if "filename2" in extra:
            given = (*given, None, extra["filename2"])
    try:
        made = base.__new__(kind, *given)
        base.__init__(made, *given)
    except Exception:  # noqa: BLE001 - a group of what are no errors here, say
        return None
    if made.args != args:
        BaseException.__dict__["args"].__set__(made, args)
    for field, value in extra.items():
        object.__setattr__(made, field, value)
    return made


def _sub(reader: Decoder, tree: Any, depth: int) -> Any:
    name, _ = reader.kind(tree)
    extra = reader.fields(tree["state"], depth)
    return {"__type__": name, "base": reader.value(tree["base"], depth + 1), **extra}


def _iterator(reader: Decoder, tree: Any, depth: int) -> Any:
    if type(tree["cut"]) is not bool:
        raise ValueError("nothing says whether it was cut")
    return reader.items(tree["v"], depth + 1)


def _unverifiable(reader: Decoder, tree: Any, depth: int) -> Any:
    del reader, depth
    if type(tree["type"]) is not str:
        raise ValueError("no name of a type")
    return {"__type__": tree["type"], "__unverifiable__": True}


def _class(reader: Decoder, tree: Any, depth: int) -> Any:
    del depth
    name, kind = reader.kind(tree)
    return {"__type__": "type", "name": name} if kind is None else kind


def _surrogates(reader: Decoder, tree: Any, depth: int) -> str:
    del depth
    return reader.text(tree)


def _set_items(reader: Decoder, tree: Any, depth: int) -> Any:
    return map(_hashable, reader.items(tree["v"], depth + 1))


_READERS: dict[str, Callable[[Decoder, Any, int], Any]] = {
    "int": lambda _, tree, __: int.from_bytes(_bytes(tree), "little", signed=True),
    "float": lambda _, tree, __: struct.unpack("<d", _bytes(tree, 8))[0],
    "complex": lambda _, tree, __: complex(*struct.unpack("<dd", _bytes(tree, 16))),
    "floats": _packed("d"),
    "ints": _packed("q"),
    "str": _surrogates,
    "bytearray": lambda _, tree, __: bytearray(_bytes(tree)),
    "memoryview": _memoryview,
    "tuple": lambda reader, tree, depth: tuple(reader.items(tree["v"], depth + 1)),
    "dict": lambda reader, tree, depth: dict(reader.pairs(tree, depth)),
    "ordereddict": lambda reader, tree, depth: collections.OrderedDict(reader.pairs(tree, depth)),
    "counter": lambda reader, tree, depth: collections.Counter(dict(reader.pairs(tree, depth))),
    "defaultdict": _defaultdict,
    "chainmap": _chainmap,
    "deque": _deque,
    "set": lambda reader, tree, depth: set(_set_items(reader, tree, depth)),
    "frozenset": lambda reader, tree, depth: frozenset(_set_items(reader, tree, depth)),
    "range": lambda reader, tree, depth: range(*reader.items(tree["v"], depth + 1)),
    "slice": lambda reader, tree, depth: slice(*reader.items(tree["v"], depth + 1)),
    "ellipsis": lambda *_: ...,
    "notimplemented": lambda *_: NotImplemented,
    "view": _view,
    "namespace": lambda reader, tree, depth: types.SimpleNamespace(**reader.fields(tree["v"], depth)),
    "decimal": _decimal,
    "fraction": _fraction,
    "uuid": lambda _, tree, __: uuid.UUID(bytes=_bytes(tree, 16)),
    "datetime": _datetime,
    "date": lambda reader, tree, _: dt.date(*_whole_parts(reader, tree, 3)),
    "time": _time,
    "timedelta": lambda reader, tree, _: dt.timedelta(*_whole_parts(reader, tree, 3)),
    "timezone": _timezone,
    "zoneinfo": lambda reader, tree, _: zoneinfo.ZoneInfo(reader.text(tree["v"])),
    "path": _path,
    "enum": _enum,
    "object": _object,
    "error": _error,
    "class": _class,
    "sub": _sub,
    "iterator": _iterator,
    UNVERIFIABLE: _unverifiable,
}  # fmt: skip


def _reader(tag: str, package: Any) -> Callable[[Decoder, Any, int], Any] | None:
    """Return what reads a tag; a library is imported only where a tree names one of its kinds."""
    if tag in _READERS:
        return _READERS[tag]
    if tag in ("series", "frame"):
        name = package if package in ("polars", "pandas") else ""
    else:
        name = next((n for n, tags in _LIBRARIES.items() if tag in tags), "")
    if name == "numpy":
        from poet.codec import _numpy

        return _numpy.decoders()[tag]
    if name == "polars":
        from poet.codec import _polars

        return _polars.decoders()[tag]
    if name == "pandas":
        from poet.codec import _pandas

        return _pandas.decoders()[tag]
    return None
