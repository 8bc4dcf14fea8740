"""Trees of the codec as JSON that a person can read, with tables in files beside it.

Numbers, texts, lists and dicts with names stand as themselves, all else as ``{"$": kind, …}``. What
has more than a few hundred items is a column of a Parquet file.
"""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from poet.codec import UNVERIFIABLE, encode

if TYPE_CHECKING:
    import polars as pl

__all__ = ["HELD", "Sink", "Source", "to_json", "to_tree"]

HELD = "held"
"""The tag of a Polars frame or series that stands in a tree as the object it is."""
FEW = 256
_FEW_BYTES = 512
_INT64 = range(-(2**63), 2**64)
_NUMBERS = {"<f8": "d", "<f4": "f", "<i8": "q", "<i4": "i"}
_COLUMNS = {"<f8", "<f4", "<i8", "<i4", "<i2", "|i1", "<u8", "<u4", "<u2", "|u1"}


class Sink(Protocol):
    """Where tables go."""

    def put(self, table: pl.DataFrame) -> str:
        """Keep a table and return the name of its file."""


class Source(Protocol):
    """Where tables come from."""

    def get(self, name: str) -> pl.DataFrame:
        """Return the table in the file of that name."""


def to_json(tree: Any, sink: Sink) -> tuple[Any, list[str]]:
    """Return a tree as JSON values, and what of it could not be kept, one text each."""
    writer = _Writer(sink)
    return writer.value(tree), writer.missing


def to_tree(found: Any, source: Source) -> Any:
    """Return the tree of JSON values that :func:`to_json` made or a person wrote.

    Raises:
        ValueError: They are neither.
        OSError: A table cannot be read.
    """
    return _Reader(source).value(found)


class _Writer:
    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.missing: list[str] = []
        self.group: dict[int, list[tuple[dict[str, Any], Any]]] | None = None

    def value(self, tree: Any) -> Any:
        kind = type(tree)
        if kind is list:
            return self._items(tree)
        if kind is bytes:
            return {"$": "bytes", "v": base64.b64encode(tree).decode()}
        if kind is not dict:
            return tree
        tag = tree.get("$")
        if tag is None:
            return {"$": "fields", "v": {name: self.value(part) for name, part in tree.items()}}
        if tag == "float":
            return _float(struct.unpack("<d", tree["v"])[0])
        if tag in ("floats", "ints"):
            return self._packed(tag, tree["v"])
        if tag == "dict":
            return self._mapping(tree)
        if tag == HELD:
            return self._table(tree["v"])
        if tag == "ndarray" and type(tree["v"]) is bytes:
            return {**tree, "v": self._buffer(tree["v"], tree["dtype"])}
        if tag == UNVERIFIABLE:
            self.missing.append(str(tree["type"]))
        if tag == "frame" and tree.get("package") == "pandas" and self.group is None:
            return self._frame(tree)
        return self._fields(tree)

    def _fields(self, tree: Mapping[str, Any]) -> dict[str, Any]:
        return {name: part if name == "$" else self.value(part) for name, part in tree.items()}

    def _items(self, items: list[Any]) -> Any:
        if len(items) >= FEW and all(item is None or type(item) is str for item in items):
            import polars as pl

            return {"$": "texts", "v": self._column(pl.Series(items, dtype=pl.String))}
        return [self.value(item) for item in items]

    def _packed(self, tag: str, data: bytes) -> Any:
        count = len(data) // 8
        if count < FEW:
            numbers = struct.unpack(f"<{count}{'d' if tag == 'floats' else 'q'}", data)
            return [_float(n) if tag == "floats" else n for n in numbers]
        return {"$": tag, "v": self._buffer(data, "<f8" if tag == "floats" else "<i8")}

    def _mapping(self, tree: Mapping[str, Any]) -> Any:
        keys = tree["k"]
        if type(keys) is list and all(type(key) is str and key != "$" for key in keys):
            values = tree["v"] if type(tree["v"]) is list else self._listed(tree["v"])
            if len(values) == len(keys):
                return {k: self.value(v) for k, v in zip(keys, values, strict=True)}
        return self._fields(tree)

    @staticmethod
    def _listed(packed: Mapping[str, Any]) -> list[Any]:
        data, code = packed["v"], "d" if packed["$"] == "floats" else "q"
        numbers = struct.unpack(f"<{len(data) // 8}{code}", data)
        return [{"$": "float", "v": struct.pack("<d", n)} if code == "d" else n for n in numbers]

    def _table(self, held: Any) -> Any:
        import polars as pl

        name = held.name if isinstance(held, pl.Series) else None
        table = held.to_frame() if isinstance(held, pl.Series) else held
        if table.width == 0 or not all(map(_fits, table.dtypes)):
            return self.value(encode(held))
        row = {"$": "table", "file": self.sink.put(table)}
        return row if name is None else {**row, "series": name}

    def _buffer(self, data: bytes, dtype: str) -> Any:
        if len(data) < _FEW_BYTES:
            code = _NUMBERS.get(dtype)
            if code is not None:
                form = f"<{len(data) // struct.calcsize(code)}{code}"
                numbers = struct.unpack(form, data)
                if all(map(math.isfinite, numbers)) and struct.pack(form, *numbers) == data:
                    return list(numbers)
            return self.value(data)
        import numpy as np
        import polars as pl

        kind = dtype if dtype in _COLUMNS else "<i8" if dtype[:2] in ("<M", "<m") else "|u1"
        return self._column(pl.Series(np.frombuffer(data, kind)))

    def _column(self, series: pl.Series) -> dict[str, Any]:
        row: dict[str, Any] = {"$": "column", "file": "", "column": "values"}
        if self.group is not None:
            self.group.setdefault(len(series), []).append((row, series))
        else:
            row["file"] = self.sink.put(series.alias("values").to_frame())
        return row

    def _frame(self, tree: Mapping[str, Any]) -> Any:
        """Keep the columns of one frame of pandas in one table."""
        import polars as pl

        self.group = {}
        try:
            made = self._fields(tree)
            for columns in self.group.values():
                for n, (row, _) in enumerate(columns):
                    row["column"] = f"c{n}"
                name = self.sink.put(
                    pl.DataFrame([series.alias(row["column"]) for row, series in columns])
                )
                for row, _ in columns:
                    row["file"] = name
        finally:
            self.group = None
        return made


def _float(number: float) -> Any:
    return number if math.isfinite(number) else {"$": "float", "v": repr(number)}


def _fits(dtype: Any) -> bool:
    """Say whether Parquet gives a column of that dtype back as it was."""
    import polars as pl

    if isinstance(dtype, (pl.List, pl.Array)):
        return _fits(dtype.inner)
    if isinstance(dtype, pl.Struct):
        return bool(dtype.fields) and all(_fits(field.dtype) for field in dtype.fields)
    if isinstance(dtype, pl.Categorical):  # newer versions have named sets of categories
        named = getattr(dtype, "categories", None)
        return named is None or bool(named.is_global())
    return not isinstance(dtype, (pl.Object, pl.Unknown))


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.tables: dict[str, Any] = {}

    def value(self, found: Any) -> Any:
        kind = type(found)
        if kind is float:
            return {"$": "float", "v": struct.pack("<d", found)}
        if kind is int and found not in _INT64:
            size = found.bit_length() // 8 + 1
            return {"$": "int", "v": found.to_bytes(size, "little", signed=True)}
        if kind is list:
            return [self.value(item) for item in found]
        if kind is not dict:
            return found
        tag = found.get("$")
        if "$" not in found:
            return {"$": "dict", "k": list(found), "v": [self.value(v) for v in found.values()]}
        if type(tag) is not str:
            raise ValueError(f'"$" is {tag!r:.50}, which names no kind of value')
        if tag == "bytes":
            return base64.b64decode(found["v"], validate=True)
        if tag == "float":
            return {"$": "float", "v": struct.pack("<d", float(found["v"]))}
        if tag == "fields":
            return {name: self.value(part) for name, part in found["v"].items()}
        if tag == "table":
            table = self._table(found["file"])
            held = table.to_series().alias(found["series"]) if "series" in found else table
            return {"$": HELD, "v": held}
        if tag == "texts":
            return self._column(found["v"]).to_list()
        tree = {name: part if name == "$" else self.part(part) for name, part in found.items()}
        if tag == "ndarray":
            self._numbers(tree, found)
        return tree

    def part(self, found: Any) -> Any:
        """Return a field of a tagged value, which may be a buffer."""
        if type(found) is dict and found.get("$") == "column":
            return self._column(found).to_numpy().tobytes()
        return self.value(found)

    @staticmethod
    def _numbers(tree: dict[str, Any], found: Mapping[str, Any]) -> None:
        """Make the buffer of an array whose few numbers stand in the text."""
        code = _NUMBERS.get(found["dtype"])
        if code is not None and type(found["v"]) is list:
            tree["v"] = struct.pack(f"<{len(found['v'])}{code}", *found["v"])

    def _table(self, name: Any) -> Any:
        if type(name) is not str:
            raise ValueError("a table without the name of its file")
        if name not in self.tables:
            self.tables[name] = self.source.get(name)
        return self.tables[name]

    def _column(self, row: Mapping[str, Any]) -> Any:
        return self._table(row["file"])[row["column"]]
