"""Polars series and frames, in a form that no chunking, padding or physical layout changes.

A numeric column is one buffer with zeros where values are missing, and a packed mask of those.
Text and binary columns are the lengths and bytes of what is there, lists the lengths and one inner
column, structs their fields; categorical and decimal columns cross as their text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from poet.codec._format import MAX_BYTES, MAX_DEPTH, MAX_PARTS, UNVERIFIABLE, tagged

if TYPE_CHECKING:
    from poet.codec._decode import Decoder
    from poet.codec._encode import Encoder

__all__ = ["BUFFERS", "decoders", "encoders"]

# The columns that are one buffer, and the dtype of its items.
BUFFERS = {
    "Int8": "<i1", "Int16": "<i2", "Int32": "<i4", "Int64": "<i8", "UInt8": "<u1", "UInt16": "<u2",
    "UInt32": "<u4", "UInt64": "<u8", "Float16": "<f2", "Float32": "<f4", "Float64": "<f8",
    "Date": "<i4", "Time": "<i8", "Datetime": "<i8", "Duration": "<i8",
}  # fmt: skip
_TEXT = ("String", "Categorical", "Enum", "Decimal", "Int128", "UInt128")
# Missing rows cost a bit each in a frame and far more once they are read: they are counted as read.
_MAX_ITEMS = MAX_BYTES // 8


def _dtype_tree(coder: Encoder, dtype: Any, depth: int = 0) -> list[Any] | None:
    """Return a dtype's name and parameters; None where it does not cross."""
    name = type(dtype).__name__
    if depth > MAX_DEPTH or getattr(pl, name, None) is not type(dtype):
        return None
    if name in ("List", "Array"):
        inner = _dtype_tree(coder, dtype.inner, depth + 1)
        width = [dtype.size] if name == "Array" else []
        return None if inner is None else [name, inner, *width]
    if name == "Struct":
        fields = [
            [coder.value(f.name, 0), _dtype_tree(coder, f.dtype, depth + 1)] for f in dtype.fields
        ]
        return None if any(f[1] is None for f in fields) else [name, fields]  # fmt: skip
    if name == "Datetime":
        return [name, dtype.time_unit, dtype.time_zone]
    if name == "Duration":
        return [name, dtype.time_unit]
    if name == "Decimal":
        return [name, dtype.precision, dtype.scale]
    if name == "Enum":
        return [name, coder.items(dtype.categories.to_list(), 0)]
    if name == "Categorical":
        # Newer versions have named sets of categories beside the global one.
        named = getattr(dtype, "categories", None)
        return None if named is not None and not named.is_global() else [name]
    plain = name in BUFFERS or name in _TEXT or name in ("Boolean", "Binary", "Null")
    return [name] if plain else None


def _encode_series(coder: Encoder, series: Any, depth: int) -> Any:
    dtype = _dtype_tree(coder, series.dtype)
    if dtype is None or depth > MAX_DEPTH:
        return tagged(UNVERIFIABLE, type=f"polars.Series of {series.dtype}"[:200])
    missing = series.null_count()
    mask = None
    if missing:
        mask = coder.buffer(np.packbits(series.is_null().to_numpy()).tobytes())
    return tagged(
        "series",
        package="polars",
        name=coder.value(series.name, depth),
        dtype=dtype,
        n=series.len(),
        mask=mask,
        v=_content(coder, series, dtype[0], missing, depth),
    )


def _content(coder: Encoder, series: Any, name: str, missing: int, depth: int) -> Any:
    if name == "Null":
        return None
    if name in BUFFERS:
        items = series.to_physical() if name in ("Date", "Time", "Datetime", "Duration") else series
        items = items.fill_null(0) if missing else items
        return coder.buffer(items.to_numpy().astype(BUFFERS[name], copy=False).tobytes())
    if name == "Boolean":
        coder.spend(size=series.len())
        items = series.fill_null(False) if missing else series
        return coder.buffer(np.packbits(items.to_numpy()).tobytes())
    coder.spend(size=8 * missing * _width(series.dtype))
    present = series.drop_nulls() if missing else series
    if name == "Struct":
        fields = [f.name for f in series.dtype.fields]
        return [_encode_series(coder, present.struct.field(f), depth + 1) for f in fields]
    if name in ("List", "Array"):
        present = present.arr.to_list() if name == "Array" else present
        lengths = present.list.len()
        inner = present.filter(lengths > 0).explode()
        return [_lengths(coder, lengths), _encode_series(coder, inner.alias(""), depth + 1)]
    if name == "Binary":
        items = present.to_list()
        sizes = np.fromiter(map(len, items), "<u8", len(items))
        return [coder.buffer(sizes.tobytes()), coder.buffer(b"".join(items))]
    text = present.cast(pl.String)
    joined = text.str.join("").item() if len(text) else ""
    return [_lengths(coder, text.str.len_bytes()), coder.buffer(joined.encode())]


def _width(dtype: Any) -> int:
    """Return how many items one row of a dtype takes, missing or not."""
    if isinstance(dtype, pl.Array):
        return max(1, dtype.size) * _width(dtype.inner)
    if isinstance(dtype, pl.Struct):
        return max(1, sum(_width(field.dtype) for field in dtype.fields))
    return 1


def _lengths(coder: Encoder, lengths: Any) -> bytes:
    return coder.buffer(lengths.to_numpy().astype("<u8").tobytes())


def _encode_frame(coder: Encoder, frame: Any, depth: int) -> Any:
    columns = [_encode_series(coder, column, depth + 1) for column in frame.get_columns()]
    return tagged("frame", package="polars", n=frame.height, v=columns)


def _encode_lazy(coder: Encoder, frame: Any, depth: int) -> Any:
    return tagged("lazyframe", v=_encode_frame(coder, frame.collect(), depth + 1))


def _encode_dtype(coder: Encoder, dtype: Any, depth: int) -> Any:
    tree = _dtype_tree(coder, dtype, depth)
    return (
        tagged(UNVERIFIABLE, type=str(dtype)[:200]) if tree is None else tagged("pldtype", v=tree)
    )


def encoders() -> Mapping[type, Callable[[Encoder, Any, int], Any]]:
    """Return the encoder of each type of Polars that crosses."""
    names = (*BUFFERS, *_TEXT, "Boolean", "Binary", "Null", "List", "Array", "Struct")
    dtypes = {getattr(pl, name): _encode_dtype for name in names if hasattr(pl, name)}
    frames = {pl.Series: _encode_series, pl.DataFrame: _encode_frame, pl.LazyFrame: _encode_lazy}
    return {**dtypes, **frames}


def _read_dtype(reader: Decoder, tree: Any, depth: int = 0) -> Any:
    if type(tree) is not list or not tree or type(tree[0]) is not str or depth > MAX_DEPTH:
        raise ValueError("no dtype")
    name, *given = tree
    if name in ("List", "Array"):
        inner = _read_dtype(reader, given[0], depth + 1)
        if name == "List" and len(given) == 1:
            return pl.List(inner)
        width = given[1]
        if type(width) is not int or not 0 <= width <= MAX_PARTS or len(given) != 2:
            raise ValueError("no width")
        if max(1, width) * _width(inner) > _MAX_ITEMS:
            raise ValueError("too wide a row")
        return pl.Array(inner, width)
    if name == "Struct" and len(given) == 1:
        return pl.Struct({reader.text(n): _read_dtype(reader, d, depth + 1) for n, d in given[0]})
    if name == "Enum" and len(given) == 1:
        return pl.Enum([reader.text(text) for text in given[0]])
    if name in ("Datetime", "Duration"):
        if given[0] not in ("ns", "us", "ms") or len(given) != (2 if name == "Datetime" else 1):
            raise ValueError("no unit of time")
        if name == "Duration":
            return pl.Duration(given[0])
        return pl.Datetime(given[0], None if given[1] is None else reader.text(given[1]))
    if name == "Decimal" and len(given) == 2 and all(type(n) is int for n in given):
        return pl.Decimal(*given)
    plain = name in BUFFERS or name in _TEXT or name in ("Boolean", "Binary", "Null")
    if given or not plain or name in ("Decimal", "Enum"):
        raise ValueError(f"no dtype {name!r}")
    return getattr(pl, name)()


def read_bits(data: Any, count: int) -> Any:
    """Return packed bits as an array of bools.

    Raises:
        ValueError: There are more or fewer of them.
    """
    if type(data) is not bytes or len(data) != (count + 7) // 8:
        raise ValueError("another number of bits than rows")
    return np.unpackbits(np.frombuffer(data, np.uint8), count=count).astype(bool)


def read_lengths(data: Any, count: int, total: int) -> list[int]:
    """Return where each item starts and the last one ends.

    Raises:
        ValueError: The lengths do not make up the whole.
    """
    if type(data) is not bytes or len(data) != 8 * count:
        raise ValueError("another number of lengths than rows")
    lengths = np.frombuffer(data, "<u8")
    if count and int(lengths.max()) > total:
        raise ValueError("a length beyond the end")
    ends: list[int] = [0, *np.cumsum(lengths, dtype=np.uint64).tolist()]
    if ends[-1] != total:
        raise ValueError("lengths that do not make up the whole")
    return ends


def _read_series(reader: Decoder, tree: Any, depth: int) -> Any:
    if type(tree) is not dict or tree.get("$") != "series" or depth > MAX_DEPTH + 2:
        raise ValueError("a column that is no series")
    dtype, rows, label = _read_dtype(reader, tree["dtype"]), tree["n"], reader.text(tree["name"])
    name, content = tree["dtype"][0], tree["v"]
    if type(rows) is not int or not 0 <= rows <= MAX_BYTES:
        raise ValueError("no number of rows")
    if name not in BUFFERS and name != "Boolean" and rows * _width(dtype) > _MAX_ITEMS:
        raise ValueError("too many rows")
    if tree["dtype"][0] == "Null":
        if rows > MAX_PARTS or tree["v"] is not None:
            raise ValueError("too many rows")
        return pl.Series(label, [None] * rows, dtype=pl.Null)
    if name in BUFFERS:
        items = _read_buffer(content, name, dtype, rows)
        if tree["mask"] is None:
            return items.alias(label)
        mask = pl.Series(read_bits(tree["mask"], rows))
        return pl.select(pl.when(mask).then(None).otherwise(items).alias(label)).to_series()
    missing = None if tree["mask"] is None else read_bits(tree["mask"], rows)
    if name == "Boolean":
        made = pl.Series(read_bits(content, rows), dtype=pl.Boolean)
        if missing is not None:
            made = pl.select(pl.when(pl.Series(missing)).then(None).otherwise(made)).to_series()
        return made.alias(label)
    count = rows if missing is None else rows - int(missing.sum())
    present = _read_present(reader, content, name, dtype, count, depth)
    if present.len() != count:
        raise ValueError("another number of values than rows")
    if missing is None:
        return present.alias(label)
    places = np.where(missing, count, np.cumsum(~missing) - 1)
    nothing = pl.Series("", [None], dtype=dtype)
    return pl.concat([present.alias(""), nothing]).gather(places).alias(label)


def _read_buffer(content: Any, name: str, dtype: Any, rows: int) -> Any:
    kind = np.dtype(BUFFERS[name])
    if type(content) is not bytes or len(content) != rows * kind.itemsize:
        raise ValueError("a buffer of another size than its rows")
    items = pl.Series(np.frombuffer(content, kind).copy())
    return items if items.dtype == dtype else items.cast(dtype)


def _read_present(
    reader: Decoder, content: Any, name: str, dtype: Any, count: int, depth: int
) -> Any:
    if type(content) is not list:
        raise ValueError("no column")
    if name == "Struct":
        columns = [_read_series(reader, part, depth + 1) for part in content]
        if [(c.name, c.dtype) for c in columns] != [(f.name, f.dtype) for f in dtype.fields]:
            raise ValueError("other fields than the dtype has")
        if not columns:
            return pl.Series("", [{}] * count, dtype=dtype)
        return pl.DataFrame(columns).to_struct("")
    lengths, inside = content
    if name in ("List", "Array"):
        inner = _read_series(reader, inside, depth + 1)
        if inner.dtype != dtype.inner:
            raise ValueError("another inner dtype")
        ends = read_lengths(lengths, count, inner.len())
        made = _lists(inner, np.diff(np.array(ends, dtype=np.int64)), count)
        return made.list.to_array(dtype.size) if name == "Array" else made
    if type(inside) is not bytes:
        raise ValueError("no buffer")
    spans = pairwise(read_lengths(lengths, count, len(inside)))
    if name == "Binary":
        return pl.Series("", [inside[a:b] for a, b in spans], dtype=pl.Binary)
    text = pl.Series("", [inside[a:b].decode() for a, b in spans], dtype=pl.String)
    return text if name == "String" else text.cast(dtype)


def _lists(inner: Any, lengths: Any, count: int) -> Any:
    """Cut a column into lists of the given lengths."""
    rows = pl.Series("row", np.repeat(np.arange(count), lengths))
    grouped = pl.DataFrame([rows, inner.alias("item")]).group_by("row", maintain_order=True)
    filled = grouped.agg("item")["item"]
    places = np.where(lengths > 0, np.cumsum(lengths > 0) - 1, filled.len())
    empty = pl.Series("item", [[]], dtype=pl.List(inner.dtype))
    return pl.concat([filled, empty]).gather(places)


def _read_frame(reader: Decoder, tree: Any, depth: int) -> Any:
    if type(tree["v"]) is not list:
        raise ValueError("no columns")
    columns = [_read_series(reader, part, depth + 1) for part in tree["v"]]
    if any(column.len() != tree["n"] for column in columns) or type(tree["n"]) is not int:
        raise ValueError("columns of other lengths")
    if not columns and tree["n"] > 0:
        if tree["n"] > MAX_PARTS:
            raise ValueError("too many rows")
        return pl.DataFrame(height=tree["n"])
    return pl.DataFrame(columns)


def _read_lazy(reader: Decoder, tree: Any, depth: int) -> Any:
    inner = tree["v"]
    if type(inner) is not dict or inner.get("$") != "frame" or inner.get("package") != "polars":
        raise ValueError("no frame")
    return _read_frame(reader, inner, depth + 1).lazy()


def decoders() -> dict[str, Callable[[Decoder, Any, int], Any]]:
    """Return the decoder of each tag."""
    return {
        "series": _read_series,
        "frame": _read_frame,
        "lazyframe": _read_lazy,
        "pldtype": lambda reader, tree, _: _read_dtype(reader, tree["v"]),
    }
