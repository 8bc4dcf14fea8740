"""Values as plain data: what crosses between the worker and its parent, and what is compared.

Tagged JSON. Numbers keep every bit, arrays their dtype and shape, frames their schema. An object of
a class is its type's name and its fields, so neither side ever runs the other's code to read it. A
value of a kind that is not listed becomes ``unverifiable``, which is equal to nothing.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import enum
import json
import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from typing import Any
from uuid import UUID

__all__ = ["UNVERIFIABLE", "decode", "encode", "type_name"]

MAX_DEPTH = 60
UNVERIFIABLE = "unverifiable"
_TEXTUAL: dict[type, str] = {Decimal: "decimal", Fraction: "fraction", UUID: "uuid"}
_PLAIN_KINDS = "biufcSUmM"


def type_name(value: object) -> str:
    """Return the qualified name of the value's type."""
    kind = type(value)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def _tag(tag: str, **fields: Any) -> dict[str, Any]:
    return {"$": tag, **fields}


def encode(value: Any, depth: int = 0) -> Any:
    """Return ``value`` as tagged JSON data; never raises for the kind of a value."""
    if value is None or value is True or value is False or type(value) is str:
        return value
    if depth > MAX_DEPTH:
        return _tag(UNVERIFIABLE, type="value nested too deeply")
    kind = type(value)
    if kind is int:
        return value if abs(value) < 2**53 else _tag("int", v=hex(value))
    if kind is float:
        return _tag("float", v="nan" if math.isnan(value) else value.hex())
    if kind is list:
        return [encode(item, depth + 1) for item in value]
    if kind is tuple:
        return _tag("tuple", v=[encode(item, depth + 1) for item in value])
    if kind is dict:
        return _tag(
            "dict", v=[[encode(k, depth + 1), encode(v, depth + 1)] for k, v in value.items()]
        )
    if kind in (set, frozenset):
        items = [encode(item, depth + 1) for item in value]
        return _tag(kind.__name__, v=sorted(items, key=lambda i: json.dumps(i, sort_keys=True)))
    return _encode_other(value, kind, depth)


def _encode_other(value: Any, kind: type, depth: int) -> Any:
    if kind in (bytes, bytearray):
        return _tag(kind.__name__, v=base64.b64encode(value).decode())
    if kind is complex:
        return _tag("complex", v=[encode(value.real), encode(value.imag)])
    if kind in _TEXTUAL:
        return _tag(_TEXTUAL[kind], v=str(value))
    if isinstance(value, enum.Enum):
        return _tag("enum", type=type_name(value), name=value.name)
    if kind in (dt.datetime, dt.date, dt.time):
        zone, fold = str(getattr(value, "tzinfo", None)), getattr(value, "fold", 0)
        return _tag(kind.__name__, v=value.isoformat(), zone=zone, fold=fold)
    if kind is dt.timedelta:
        return _tag("timedelta", v=[value.days, value.seconds, value.microseconds])
    if isinstance(value, PurePath):
        return _tag("path", v=str(value))
    if isinstance(value, BaseException):
        return _tag("error", type=type_name(value), v=[encode(a, depth + 1) for a in value.args])
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [f.name for f in dataclasses.fields(value)]
        return _object(value, {n: getattr(value, n, None) for n in names}, depth)
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return _object(value, dict(zip(kind._fields, value, strict=True)), depth)
    package = kind.__module__.partition(".")[0]
    if package == "numpy":
        return _encode_numpy(value, depth)
    if package in ("polars", "pandas"):
        return _encode_frame(value, package, depth)
    return _tag(UNVERIFIABLE, type=type_name(value))


def _object(value: object, fields: Mapping[str, Any], depth: int) -> Any:
    return _tag(
        "object", type=type_name(value), v={n: encode(v, depth + 1) for n, v in fields.items()}
    )


def _encode_numpy(value: Any, depth: int) -> Any:
    import numpy as np

    if isinstance(value, np.ndarray) and type(value) is np.ndarray:
        if value.dtype.kind in _PLAIN_KINDS:
            data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
            return _tag("ndarray", dtype=value.dtype.str, shape=list(value.shape), v=data)
        if value.dtype.kind == "O":
            items = [encode(item, depth + 1) for item in value.ravel().tolist()]
            return _tag("ndarray", dtype="object", shape=list(value.shape), v=items)
    if isinstance(value, np.generic) and value.dtype.kind in _PLAIN_KINDS:
        dtype = (
            value.dtype.str if value.dtype.itemsize else f"{value.dtype.str[:-1]}1"
        )  # empty text
        return _tag("scalar", dtype=dtype, v=base64.b64encode(value.tobytes()).decode())
    return _tag(UNVERIFIABLE, type=type_name(value))


def _encode_frame(value: Any, package: str, depth: int) -> Any:
    name = type(value).__name__
    if name == "Series":
        index = encode(value.index.tolist(), depth + 1) if package == "pandas" else None
        items = encode(
            value.to_numpy()
            if value.dtype.__class__.__name__.startswith("float")
            else value.to_list(),
            depth + 1,
        )
        label = value.name if isinstance(value.name, (str, int, type(None))) else str(value.name)
        return _tag(
            "series", package=package, name=label, dtype=str(value.dtype), index=index, v=items
        )
    if name == "DataFrame":
        columns = [encode(value[column], depth + 1) for column in value.columns]
        return _tag("frame", package=package, v=columns)
    return _tag(UNVERIFIABLE, type=type_name(value))


def decode(data: Any, depth: int = 0) -> Any:
    """Return the value of tagged data; an object of a class as a dict with ``__type__``.

    Raises:
        ValueError: The data is not what :func:`encode` makes.
    """
    if depth > MAX_DEPTH + 2:
        raise ValueError("nested too deeply")
    if data is None or isinstance(data, (bool, str, int)):
        return data
    if isinstance(data, list):
        return [decode(item, depth + 1) for item in data]
    if not isinstance(data, dict) or not isinstance(data.get("$"), str):
        raise ValueError("not tagged data")
    tag, v = data["$"], data.get("v")
    reader = _READERS.get(tag)
    if reader is None:
        raise ValueError(f"unknown tag {tag!r}")
    try:
        return reader(data, v, depth)
    except Exception as error:  # noqa: BLE001 - numpy and polars have errors of their own
        raise ValueError(f"damaged {tag}: {error}") from None


def _items(v: Any, depth: int) -> list[Any]:
    return [decode(item, depth + 1) for item in v]


def _decode_array(data: Mapping[str, Any], v: Any, depth: int) -> Any:
    import numpy as np

    shape = tuple(int(n) for n in data["shape"])
    if data["dtype"] == "object":
        array = np.empty(len(v), dtype=object)
        array[:] = _items(v, depth)
        return array.reshape(shape)
    return np.frombuffer(base64.b64decode(v), dtype=_plain_dtype(data)).reshape(shape).copy()


def _plain_dtype(data: Mapping[str, Any]) -> Any:
    import numpy as np

    dtype = np.dtype(data["dtype"])
    if dtype.kind not in _PLAIN_KINDS:
        raise ValueError(f"dtype {data['dtype']!r} does not cross")
    return dtype


def _decode_scalar(data: Mapping[str, Any], v: Any, depth: int) -> Any:
    import numpy as np

    del depth
    return np.frombuffer(base64.b64decode(v), dtype=_plain_dtype(data))[0]


def _decode_series(data: Mapping[str, Any], v: Any, depth: int) -> Any:
    items = decode(v, depth + 1)
    if data["package"] == "polars":
        import polars as pl

        kind = getattr(pl, str(data["dtype"]).partition("(")[0], None)
        plain = isinstance(kind, type) and issubclass(kind, pl.DataType)
        return pl.Series(
            data["name"] or "", items, dtype=kind if plain and "(" not in data["dtype"] else None
        )
    import pandas as pd

    return pd.Series(items, index=decode(data["index"]), name=data["name"])


def _decode_frame(data: Mapping[str, Any], v: Any, depth: int) -> Any:
    columns = _items(v, depth)
    if data["package"] == "polars":
        import polars as pl

        if not all(isinstance(column, pl.Series) for column in columns):
            raise ValueError("a column that is no series")
        return pl.DataFrame(columns)
    import pandas as pd

    return pd.concat(columns, axis=1) if columns else pd.DataFrame()


_READERS: dict[str, Any] = {
    "int": lambda _, v, __: int(v, 16),
    "float": lambda _, v, __: float.fromhex(v),
    "tuple": lambda _, v, depth: tuple(_items(v, depth)),
    "dict": lambda _, v, depth: {_hashable(decode(k, depth + 1)): decode(x, depth + 1) for k, x in v},
    "set": lambda _, v, depth: {_hashable(i) for i in _items(v, depth)},
    "frozenset": lambda _, v, depth: frozenset(_hashable(i) for i in _items(v, depth)),
    "bytes": lambda _, v, __: base64.b64decode(v),
    "bytearray": lambda _, v, __: bytearray(base64.b64decode(v)),
    "complex": lambda _, v, __: complex(decode(v[0]), decode(v[1])),
    "decimal": lambda _, v, __: Decimal(v),
    "fraction": lambda _, v, __: Fraction(v),
    "uuid": lambda _, v, __: UUID(v),
    "enum": lambda data, _, __: {"__type__": data["type"], "name": data["name"]},
    "datetime": lambda data, v, __: dt.datetime.fromisoformat(v).replace(fold=data["fold"]),
    "date": lambda _, v, __: dt.date.fromisoformat(v),
    "time": lambda data, v, __: dt.time.fromisoformat(v).replace(fold=data["fold"]),
    "timedelta": lambda _, v, __: dt.timedelta(*v),
    "path": lambda _, v, __: PurePath(v),
    "error": lambda data, v, depth: {"__type__": data["type"], "args": tuple(_items(v, depth))},
    "object": lambda data, v, depth: {
        "__type__": data["type"], **{str(k): decode(x, depth + 1) for k, x in v.items()}
    },
    "iterator": lambda _, v, depth: _items(v, depth),
    "ndarray": _decode_array,
    "scalar": _decode_scalar,
    "series": _decode_series,
    "frame": _decode_frame,
    UNVERIFIABLE: lambda data, _, __: {"__type__": data["type"], "__unverifiable__": True},
}  # fmt: skip


def _hashable(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_hashable(item) for item in value)
    if isinstance(value, dict):
        return tuple((k, _hashable(v)) for k, v in value.items())
    return value
