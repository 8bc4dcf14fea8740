"""The comparator: exact on plain data, of exact types; it runs no code of what it compares.

What counts: types, dtypes, shapes, names, index, order of dicts, columns and rows, every bit of a
number (-0.0 is not 0.0), an error's arguments and attributes. What does not: the payload of a NaN,
the order of a set, the memory layout of an array, the chunks of a column, an error's cause, and
whether an index of whole numbers is stored as a range. What cannot be compared equals nothing, not
even the like of it.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

from poet.codec import UNVERIFIABLE, decode
from poet.codec._format import MAX_BYTES, MAX_DEPTH, tagged
from poet.gate.compare._tolerance import EXACT, Tolerance

__all__ = ["Tolerance", "difference"]

_MAX_DEPTH = 4 * MAX_DEPTH
_PACKED = ("floats", "ints")
# Compared part by part. A tag that stands in no list of this module is equal to nothing.
_GENERIC = {
    "int", "complex", "str", "bytearray", "memoryview", "tuple", "deque", "range", "slice", "ellipsis",
    "notimplemented", "decimal", "fraction", "uuid", "datetime", "date", "time", "timedelta", "timezone",
    "zoneinfo", "path", "view", "namespace", "chainmap", "enum", "object", "sub", "class", "iterator",
    "dtype",
    "scalar", "arrayclass", "masked", "maskedvalue", "pldtype", "lazyframe", "index", "multiindex",
    "rangeindex", "pdscalar", "pdvalues", "pdarray",
    "same object",  # a default argument that is no data, told by its identity within one process
}  # fmt: skip
_DICTS = ("dict", "ordereddict", "counter", "defaultdict")


def difference(
    expected: Any, got: Any, *, rtol: float = 0.0, ulp: int = 0, path: str = "value"
) -> str | None:
    """Return the first difference between two encoded values, None if they are equal.

    Args:
        expected: As :func:`poet.codec.encode` gives it.
        got: Likewise.
        rtol: Relative tolerance for floating-point numbers, in arrays and columns too.
        ulp: Tolerance in units in the last place; either one forgives. See :class:`Tolerance`.
        path: Where the values stand, for the message.
    """
    try:
        return _Comparison(Tolerance(rtol, ulp)).find(expected, got, path, 0)
    except RecursionError:
        return f"{path} is nested too deeply and cannot be compared"
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        TypeError,
        ValueError,
    ) as error:
        return f"{path} is damaged and cannot be compared: {_line(error)}"


class _Comparison:
    def __init__(self, tolerance: Tolerance) -> None:
        self.tolerance = tolerance
        self.exact = tolerance.rtol <= 0 and tolerance.ulp <= 0

    def find(self, expected: Any, got: Any, path: str, depth: int) -> str | None:
        if depth > _MAX_DEPTH:
            return f"{path} is nested too deeply and cannot be compared"
        for tree in (expected, got):
            if type(tree) is dict and tree.get("$") == UNVERIFIABLE:
                return f"{path} is of type {tree.get('type')}, which cannot be compared"
        if _is_list(expected) and _is_list(got):
            return self._lists(expected, got, path, depth)
        if type(expected) is dict and type(got) is dict:
            return self._tagged(expected, got, path, depth)
        if type(expected) is not type(got) or type(expected) is list or expected != got:
            return _other(expected, got, path)
        return None

    def _tagged(self, a: dict[str, Any], b: dict[str, Any], path: str, depth: int) -> str | None:
        tag = a.get("$")
        if tag != b.get("$"):
            if {tag, b.get("$")} == {"index", "rangeindex"}:
                return self._generic(_listed(a), _listed(b), path, depth)
            return _other(a, b, path)
        if tag == "float":
            return self._floats(a["v"], b["v"], path, lambda _: "")
        if tag in _DICTS:
            return self._dicts(a, b, path, depth)
        if tag in ("set", "frozenset"):
            return self._sets(a["v"], b["v"], path, depth)
        if tag == "error":
            return self._errors(a, b, path, depth)
        if tag in ("ndarray", "records"):
            return self._arrays(a, b, path, depth)
        if tag in ("series", "frame"):
            return self._columns(a, b, path, depth)
        if tag == "scalar" and type(a["v"]) is bytes and a["dtype"] == b["dtype"] != "bytes":
            return self._buffers(a["dtype"], a["v"], b["v"], path, lambda _: "")
        if tag == "complex":
            return self._buffers("<c16", a["v"], b["v"], path, lambda _: "")
        if tag in ("object", "sub", "enum") and a["type"] != b["type"]:
            return f"{path} is of type {b['type']}, expected {a['type']}"
        if tag == "object":
            return self._objects(a, b, path, depth)
        if tag == "iterator" and a["cut"] != b["cut"]:
            ended = "does not end" if b["cut"] else "ends"
            return f"{path} {ended} after {len(_items(b['v']))} items, expected otherwise"
        if tag not in _GENERIC:
            return f"{path} is of kind {str(tag)[:40]!r}, which cannot be compared"
        return self._generic(a, b, path, depth)

    def _generic(self, a: Any, b: Any, path: str, depth: int) -> str | None:
        for key in {**a, **b}:
            if key not in a or key not in b:
                return f"{path} lacks or adds {key!r}"
            if key == "$":
                continue
            name = path if key in ("v", "base") else f"{path}.{key}"
            if type(a[key]) is dict and "$" not in a[key] and type(b[key]) is dict:
                found = self._fields(a[key], b[key], path, depth + 1)
            else:
                found = self.find(a[key], b[key], name, depth + 1)
            if found:
                short = key == "v" and a.get("$") in _WHOLE
                return _other(a, b, path) if short and _show(a) != _show(b) else found
        return None

    def _fields(self, a: dict[str, Any], b: dict[str, Any], path: str, depth: int) -> str | None:
        for name in {**a, **b}:
            if name not in a or name not in b:
                return f"{path} {'lacks' if name in a else 'adds'} the field {name!r}"
            found = self.find(a[name], b[name], f"{path}.{name}", depth + 1)
            if found:
                return found
        return None

    def _objects(self, a: dict[str, Any], b: dict[str, Any], path: str, depth: int) -> str | None:
        if a["form"] != b["form"]:
            return f"{path} is a {b['form']}, expected a {a['form']}"
        if list(a["v"]) != list(b["v"]) and set(a["v"]) == set(b["v"]):
            return f"{path} has its fields in the order {list(b['v'])}, expected {list(a['v'])}"
        return self._fields(a["v"], b["v"], path, depth) or self._fields(
            a.get("state", {}), b.get("state", {}), path, depth
        )

    def _errors(self, a: dict[str, Any], b: dict[str, Any], path: str, depth: int) -> str | None:
        if a["type"] != b["type"]:
            return f"{path} is a {b['type']}, expected a {a['type']}"
        return self.find(a["v"], b["v"], f"{path}.args", depth + 1) or self._fields(
            a.get("state", {}), b.get("state", {}), path, depth
        )

    def _lists(self, a: Any, b: Any, path: str, depth: int) -> str | None:
        return self._sequence(a, b, path, depth, lambda n: f"[{n}]")

    def _sequence(
        self, a: Any, b: Any, path: str, depth: int, label: Callable[[int], str]
    ) -> str | None:
        tags = [x["$"] if type(x) is dict else "" for x in (a, b)]
        if tags[0] == tags[1] != "" and len(a["v"]) == len(b["v"]):
            dtype = "<f8" if tags[0] == "floats" else "<i8"
            return self._buffers(dtype, a["v"], b["v"], path, label)
        ours, theirs = _items(a), _items(b)
        if len(ours) != len(theirs):
            return f"{path} has {len(theirs)} items, expected {len(ours)}"
        for index, (x, y) in enumerate(zip(ours, theirs, strict=True)):
            # Most items are equal text or numbers; the rest is looked at closely.
            if x is y and type(x) is str:
                continue
            found = self.find(x, y, path + label(index), depth + 1)
            if found:
                return found
        return None

    def _dicts(self, a: dict[str, Any], b: dict[str, Any], path: str, depth: int) -> str | None:
        keys = _items(a["k"])
        found = _Comparison(EXACT).find(a["k"], b["k"], f"the keys of {path}", depth + 1)
        if found:
            return found
        if a.get("factory") != b.get("factory") or type(a.get("factory")) is dict:
            return self.find(a["factory"], b["factory"], f"{path}.default_factory", depth + 1)
        return self._sequence(a["v"], b["v"], path, depth + 1, lambda n: f"[{_show(keys[n])}]")

    def _sets(self, a: list[Any], b: list[Any], path: str, depth: int) -> str | None:
        ours, theirs = [(repr(x), x) for x in a], [(repr(x), x) for x in b]
        if self.exact or len(a) != len(b):
            for only, word in ((dict(ours), "lacks"), (dict(theirs), "adds")):
                other = {text for text, _ in (theirs if word == "lacks" else ours)}
                for text, item in only.items():
                    if text not in other:
                        return f"{path} {word} {_show(item)}"
        elif all(type(x) is dict and x.get("$") == "float" for x in (*a, *b)):
            a, b = (sorted(x, key=lambda item: _number(item["v"])) for x in (a, b))
        return self._sequence(a, b, path, depth + 1, lambda _: " holds an item that")

    def _floats(self, a: Any, b: Any, path: str, label: Callable[[int], str]) -> str | None:
        if a == b and type(a) is bytes:
            return None
        return self._buffers("<f8", a, b, path, label)

    def _buffers(
        self, dtype: str, a: Any, b: Any, path: str, label: Callable[[int], str]
    ) -> str | None:
        """Compare two buffers of one dtype, and name the first item that differs."""
        if type(a) is not bytes or type(b) is not bytes or len(a) != len(b):
            raise ValueError("a buffer of another size")
        if a == b:
            return None
        import numpy as np

        from poet.codec._numpy import plain_dtype
        from poet.gate.compare._buffers import unequal

        form = plain_dtype(dtype)
        x, y = np.frombuffer(a, form), np.frombuffer(b, form)
        bad = unequal(x, y, self.tolerance)
        if not bad.any():
            return None
        first = int(bad.argmax())
        within = "" if self.exact else f" within {self._within()}"
        text = f"{path}{label(first)} is {_number_text(y[first])}, expected {_number_text(x[first])}{within}"
        count = int(bad.sum())
        return text if len(x) == 1 else f"{text}; {count:,} of {len(x):,} items differ"

    def _within(self) -> str:
        both = [f"{self.tolerance.rtol:g}"] * (self.tolerance.rtol > 0)
        return " or ".join(both + [f"{self.tolerance.ulp} ulp"] * (self.tolerance.ulp > 0))

    def _arrays(
        self, a: dict[str, Any], b: dict[str, Any], path: str, depth: int, word: str = ""
    ) -> str | None:
        if a.get("dtype") != b.get("dtype"):
            return f"{path} has dtype {b.get('dtype')}, expected {a.get('dtype')}"
        shape = a["shape"]
        if shape != b["shape"]:
            return f"{path} has shape {tuple(b['shape'])}, expected {tuple(shape)}"

        def label(index: int) -> str:
            if word:
                return f" {word} {index}"
            places = []
            for size in reversed(shape):
                index, place = divmod(index, size)
                places.append(place)
            return f"[{', '.join(map(str, reversed(places)))}]" if shape else ""

        if a["$"] == "records":
            if [f[:2] for f in a["v"]] != [f[:2] for f in b["v"]] or a["itemsize"] != b["itemsize"]:
                return f"{path} has the fields {_names(b)}, expected {_names(a)}"
            for (name, _, x), (_, _, y) in zip(a["v"], b["v"], strict=True):
                found = self.find(x, y, f"{path}[{_show(name)}]", depth + 1)
                if found:
                    return found
            return None
        if a["dtype"] == "object":
            return self._sequence(a["v"], b["v"], path, depth + 1, label)
        return self._buffers(a["dtype"], a["v"], b["v"], path, label)

    def _columns(self, a: dict[str, Any], b: dict[str, Any], path: str, depth: int) -> str | None:
        if a["package"] != b["package"]:
            return f"{path} is of {b['package']}, expected {a['package']}"
        if a["package"] == "polars":
            from poet.gate.compare._frames import Columns

            columns = Columns(self.tolerance)
            return columns.series(a, b, path) if a["$"] == "series" else columns.frame(a, b, path)
        for part in ("columns", "index", "name", "attrs"):
            if part in a and (found := self.find(a[part], b[part], f"{path}.{part}", depth + 1)):
                return found
        pairs = zip(a["v"], b["v"], strict=True) if a["$"] == "frame" else [(a["v"], b["v"])]
        names = list(decode(_listed(a["columns"]))) if a["$"] == "frame" else []
        for (x, y), name in zip_longest(pairs, names):
            where = f"{path} column {name!r}" if a["$"] == "frame" else path
            if x.get("$") == y.get("$") == "ndarray":
                found = self._arrays(x, y, where, depth + 1, "row")
            else:
                found = self.find(x, y, where, depth + 1)
            if found:
                return found
        return None


# Kinds that a message shows whole, not by the part that differs.
_WHOLE = {
    "int", "str", "decimal", "fraction", "uuid", "datetime", "date", "time", "timedelta", "timezone",
    "zoneinfo", "path", "range", "slice", "bytearray", "enum", "pdscalar", "rangeindex",
}  # fmt: skip


def _other(expected: Any, got: Any, path: str) -> str:
    """Return the line for two values of which nothing is alike."""
    ours, theirs = _show(expected), _show(got)
    if ours == theirs:
        ours, theirs = (f"{_kind(tree)} {text}" for tree, text in ((expected, ours), (got, theirs)))
    return f"{path} is {theirs}, expected {ours}"


def _kind(tree: Any) -> str:
    if type(tree) is dict:
        return "a list" if tree.get("$") in _PACKED else f"of kind {str(tree.get('$'))[:40]}"
    return f"a {type(tree).__name__}"


def _is_list(tree: Any) -> bool:
    return type(tree) is list or (type(tree) is dict and tree.get("$") in _PACKED)


def _items(tree: Any) -> Any:
    """Return the trees of a list's items, unpacked."""
    if type(tree) is list:
        return tree
    items = decode(tree)
    if tree["$"] == "ints":
        return items
    return [tagged("float", v=data) for data in _eights(tree["v"])]


def _eights(data: bytes) -> Iterator[bytes]:
    return (data[n : n + 8] for n in range(0, len(data), 8))


def _listed(index: Any) -> Any:
    """Return the tree of an index with a range's numbers listed."""
    if type(index) is not dict or index.get("$") != "rangeindex":
        return index
    import numpy as np

    start, stop, step = index["v"]
    if len(range(start, stop, step)) > MAX_BYTES // 8:
        raise ValueError("too long an index")
    numbers = np.arange(start, stop, step, dtype="<i8")
    values = tagged("ndarray", dtype="<i8", shape=[len(numbers)], v=numbers.tobytes())
    return tagged("index", v=values, name=index["name"])


def _number(data: bytes) -> tuple[bool, float]:
    value: float = struct.unpack("<d", data)[0]
    return math.isnan(value), 0.0 if math.isnan(value) else value


def _number_text(value: Any) -> str:
    item = value.item() if value.dtype.kind in "biufcSU" else value
    return repr(item) if value.dtype.kind != "M" and value.dtype.kind != "m" else str(value)


def _names(tree: dict[str, Any]) -> str:
    return ", ".join(f"{_show(field[0])} at {field[1]}" for field in tree["v"])


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def _size(tree: Any, left: int = 40) -> int:
    """Return what is left of a budget of parts and letters after this tree; below zero: too large."""
    if type(tree) in (str, bytes):
        return left - 1 - len(tree) // 16
    parts = tree if type(tree) is list else list(tree.values()) if type(tree) is dict else []
    left -= 1
    for part in parts:
        if left < 0:
            break
        left = _size(part, left)
    return left


def _show(tree: Any) -> str:
    """Return one short line for a value, read from its tree."""
    tag = tree.get("$") if type(tree) is dict else None
    if tag in ("object", "sub", "error", "enum"):
        name = f".{tree['name']}" if tag == "enum" else ""
        return f"a value of type {tree.get('type')}{name}"
    if type(tree) is list or tag in _PACKED:
        kind, size = "list", len(tree) if type(tree) is list else len(tree["v"]) // 8
    else:
        kind, size = str(tag), -1
    text = ""
    if type(tree) is str:
        text = repr(tree[:80])
    elif _size(tree) >= 0:
        try:
            text = repr(decode(tree))
        except ValueError:
            text = ""
    if not text or "\n" in text or "__type__" in text:
        text = f"a {kind} of {size} items" if size >= 0 else f"a {kind}"
    return text if len(text) <= 80 else text[:77] + "..."
