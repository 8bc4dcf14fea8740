"""NumPy arrays and scalars: dtype, shape and one buffer, in C order whatever the layout was."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from poet.codec._format import MAX_PARTS, UNVERIFIABLE, tagged

if TYPE_CHECKING:
    from poet.codec._decode import Decoder
    from poet.codec._encode import Encoder

__all__ = ["decoders", "encode_array", "encoders", "plain_dtype", "read_array"]

_PLAIN_KINDS = "biufcSUmMV"
_CLASSES: dict[str, type] = {"matrix": np.matrix, "recarray": np.recarray}
_EXTENDED = np.finfo(np.longdouble).nmant == 63  # ten bytes of number in sixteen


def encode_array(coder: Encoder, array: Any, depth: int) -> Any:
    """Return the tree of an exact array or of one of NumPy's own classes of array."""
    if type(array) is not np.ndarray:
        name = next(n for n, kind in _CLASSES.items() if kind is type(array))
        plain = np.ndarray.view(array, np.ndarray)
        return tagged("arrayclass", kind=name, v=_encode_exact(coder, plain, depth))
    return _encode_exact(coder, array, depth)


def _encode_exact(coder: Encoder, array: Any, depth: int) -> Any:
    dtype = array.dtype
    shape = list(array.shape)
    if dtype.kind == "O":
        items = coder.items(array.ravel().tolist(), depth)
        return tagged("ndarray", dtype="object", shape=shape, v=items)
    if dtype.names is not None:
        if any(len(dtype.fields[name]) > 2 for name in dtype.names):
            return tagged(UNVERIFIABLE, type="numpy.ndarray with field titles")
        # One array a field: what lies between fields in memory is nobody's value.
        plain = array.view(np.ndarray) if dtype.type is np.void else np.asarray(array)
        fields = [
            [coder.value(name, depth), dtype.fields[name][1], _encode_exact(coder, plain[name], depth + 1)]
            for name in dtype.names
        ]  # fmt: skip
        return tagged("records", shape=shape, itemsize=dtype.itemsize, v=fields)
    if dtype.kind not in _PLAIN_KINDS or type(dtype).__module__ not in ("numpy", "numpy.dtypes"):
        return tagged(UNVERIFIABLE, type=f"numpy.ndarray of {dtype}")
    coder.spend(size=array.nbytes)
    return tagged("ndarray", dtype=dtype.str, shape=shape, v=_bytes(array))


def _bytes(array: Any) -> bytes:
    if array.dtype.type in (np.longdouble, np.clongdouble) and _EXTENDED:
        raw = np.frombuffer(array.tobytes(), dtype=np.uint8).reshape(-1, 16).copy()
        raw[:, 10:] = 0
        return raw.tobytes()
    return array.tobytes()  # type: ignore[no-any-return]


def _encode_scalar(coder: Encoder, value: Any, depth: int) -> Any:
    if type(value) is np.str_:
        return tagged("scalar", dtype="str", v=coder.value(str.__str__(value), depth))
    if type(value) is np.bytes_:
        return tagged("scalar", dtype="bytes", v=bytes.__getitem__(value, slice(None)))
    if type(value) in (np.void, np.record):
        dtype = "record" if type(value) is np.record else "void"
        return tagged("scalar", dtype=dtype, v=_encode_exact(coder, np.asarray(value), depth))
    return tagged("scalar", dtype=value.dtype.str, v=_bytes(value))


def _encode_masked(coder: Encoder, value: Any, depth: int) -> Any:
    if value is np.ma.masked:
        return tagged("maskedvalue")
    data, mask = np.ma.getdata(value).copy(), np.ma.getmaskarray(value)
    if type(data) is not np.ndarray or data.dtype.names is not None:
        return tagged(UNVERIFIABLE, type="numpy.ma.MaskedArray of records")
    data[mask] = np.zeros((), data.dtype)[()] if data.dtype.kind != "O" else None
    return tagged(
        "masked",
        v=_encode_exact(coder, data, depth + 1),
        mask=_encode_exact(coder, mask, depth + 1),
        fill=coder.value(value.fill_value, depth + 1),
    )


def _encode_dtype(coder: Encoder, value: Any, depth: int) -> Any:
    return tagged("dtype", v=_encode_exact(coder, np.empty(0, value), depth))


def encoders() -> Mapping[type, Callable[[Encoder, Any, int], Any]]:
    """Return the encoder of each type of NumPy that crosses."""
    numeric = {kind for kind in np.sctypeDict.values() if kind is not np.object_}
    scalars = {*numeric, np.record, np.void, np.str_, np.bytes_}
    return {
        **dict.fromkeys(scalars, _encode_scalar),
        **{type(np.dtype(kind)): _encode_dtype for kind in scalars | {np.object_}},
        **dict.fromkeys(_CLASSES.values(), encode_array),
        np.ndarray: encode_array,
        np.ma.MaskedArray: _encode_masked,
        type(np.ma.masked): _encode_masked,
    }


def plain_dtype(text: Any) -> Any:
    """Return the dtype of its text.

    Raises:
        ValueError: It is none that crosses as a buffer.
    """
    if type(text) is not str or len(text) > 40 or not text.isascii() or "," in text:
        raise ValueError("no dtype")
    dtype = np.dtype(text)
    if dtype.kind not in _PLAIN_KINDS or dtype.hasobject or dtype.names or dtype.subdtype:
        raise ValueError(f"dtype {text!r} does not cross")
    return dtype


def read_array(reader: Decoder, tree: Any, depth: int) -> Any:
    """Return the exact array of an array's tree, writable.

    Raises:
        ValueError: It is damaged.
    """
    if type(tree) is not dict or tree.get("$") not in ("ndarray", "records") or depth > 200:
        raise ValueError("no array")
    shape = tree.get("shape")
    if type(shape) is not list or len(shape) > 32:
        raise ValueError("no shape")
    if not all(type(n) is int and 0 <= n < 2**62 for n in shape):
        raise ValueError("a negative or endless shape")
    count = math.prod(shape)
    if tree["$"] == "records":
        return _read_records(reader, tree, tuple(shape), depth)
    if tree["dtype"] == "object":
        items = reader.items(tree["v"], depth)
        if len(items) != count:
            raise ValueError("another number of items than the shape has")
        array = np.empty(count, dtype=object)
        for index, item in enumerate(items):
            array[index] = item
        return array.reshape(shape)
    dtype, data = plain_dtype(tree["dtype"]), tree["v"]
    if type(data) is not bytes or count * dtype.itemsize != len(data):
        raise ValueError("a buffer of another size than its shape")
    if dtype.itemsize == 0:
        if count > MAX_PARTS:
            raise ValueError("too many items")
        return np.zeros(shape, dtype)
    return np.frombuffer(data, dtype=dtype).reshape(shape).copy()


def _read_records(reader: Decoder, tree: Any, shape: tuple[int, ...], depth: int) -> Any:
    names, formats, offsets, arrays = [], [], [], []
    for name, offset, part in tree["v"]:
        array = read_array(reader, part, depth + 1)
        if array.shape[: len(shape)] != shape:
            raise ValueError("a field of another shape")
        names.append(reader.text(name))
        formats.append((array.dtype, array.shape[len(shape) :]))
        offsets.append(offset)
        arrays.append(array)
    size, count = tree["itemsize"], math.prod(shape)
    held = sum(array.nbytes for array in arrays)
    # Padding is not sent; so much of it that it alone would fill memory is damage.
    if type(size) is not int or not 0 <= size <= 65536 or count * size > 64 * held + 65536:
        raise ValueError("a record of another size than its fields")
    if not all(type(offset) is int for offset in offsets):
        raise ValueError("no offset")
    form: Any = {"names": names, "formats": formats, "offsets": offsets, "itemsize": size}
    made = np.zeros(shape, np.dtype(form))
    for name, array in zip(names, arrays, strict=True):
        made[name] = array
    return made


def _read_class(reader: Decoder, tree: Any, depth: int) -> Any:
    return read_array(reader, tree["v"], depth + 1).view(_CLASSES[tree["kind"]])


def _read_scalar(reader: Decoder, tree: Any, depth: int) -> Any:
    kind, data = tree["dtype"], tree["v"]
    if kind == "str":
        return np.str_(reader.text(data))
    if kind in ("void", "record"):
        array = read_array(reader, data, depth + 1)
        if array.shape != () or array.dtype.kind != "V":
            raise ValueError("no record")
        return (array.view(np.recarray) if kind == "record" else array)[()]
    if type(data) is not bytes:
        raise ValueError("no buffer")
    if kind == "bytes":
        return np.bytes_(data)
    dtype = plain_dtype(kind)
    if dtype.itemsize != len(data) or dtype.kind in "SUV":
        raise ValueError("a buffer of another size than its dtype")
    return np.frombuffer(data, dtype=dtype)[0]


def _read_masked(reader: Decoder, tree: Any, depth: int) -> Any:
    data, mask = (read_array(reader, tree[part], depth + 1) for part in ("v", "mask"))
    if mask.dtype != np.bool_ or mask.shape != data.shape:
        raise ValueError("no mask")
    return np.ma.MaskedArray(data, mask, fill_value=reader.value(tree["fill"], depth + 1))


def decoders() -> dict[str, Callable[[Decoder, Any, int], Any]]:
    """Return the decoder of each tag."""
    return {
        "ndarray": read_array,
        "records": read_array,
        "arrayclass": _read_class,
        "scalar": _read_scalar,
        "masked": _read_masked,
        "maskedvalue": lambda *_: np.ma.masked,
        "dtype": lambda reader, tree, depth: read_array(reader, tree["v"], depth + 1).dtype,
    }
