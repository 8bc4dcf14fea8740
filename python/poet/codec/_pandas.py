"""pandas series, frames, indexes and scalars: values, dtype, names and index, each by its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from poet.codec._format import UNVERIFIABLE, tagged
from poet.codec._numpy import encode_array, read_array
from poet.codec._raw import class_name

if TYPE_CHECKING:
    from poet.codec._decode import Decoder
    from poet.codec._encode import Encoder

__all__ = ["decoders", "encoders"]

_INDEXES = (
    pd.Index,
    pd.DatetimeIndex,
    pd.TimedeltaIndex,
    pd.PeriodIndex,
    pd.CategoricalIndex,
    pd.IntervalIndex,
)
_MASKED = (pd.arrays.IntegerArray, pd.arrays.FloatingArray, pd.arrays.BooleanArray)


def _values(coder: Encoder, array: Any, depth: int) -> Any:
    """Return the tree of a column's values: a NumPy array, or an extension array by its parts."""
    if type(array) is pd.arrays.NumpyExtensionArray:
        array = array.to_numpy()
    if type(array) is np.ndarray:
        return encode_array(coder, array, depth)
    dtype, form, parts = array.dtype, "", list[Any]()
    if isinstance(dtype, np.dtype):  # datetimes and lengths of time
        return encode_array(coder, np.asarray(array), depth)
    kind = type(dtype)
    if kind is pd.DatetimeTZDtype:
        form, parts = "zoned", [dtype.unit, dtype.tz, array.asi8]
    elif type(array) in _MASKED:
        mask = array.isna()
        data = array.to_numpy(dtype.numpy_dtype, na_value=dtype.numpy_dtype.type(0))
        form, parts = "masked", [str(dtype), data, mask]
    elif kind is pd.CategoricalDtype:
        form, parts = "category", [dtype.categories, bool(dtype.ordered), np.asarray(array.codes)]
    elif kind is pd.StringDtype:
        missing = "NA" if dtype.na_value is pd.NA else "nan"
        items = [None if gone else text for text, gone in zip(array, array.isna(), strict=True)]
        form, parts = "string", [dtype.storage, missing, items]
    elif kind is pd.PeriodDtype:
        form, parts = "period", [array.freqstr, array.asi8]
    elif kind is pd.IntervalDtype:
        form, parts = "interval", [dtype.closed, array.left, array.right]
    else:
        return tagged(UNVERIFIABLE, type=f"pandas {class_name(kind)}")
    return tagged("pdarray", form=form, v=[coder.value(part, depth + 1) for part in parts])


def _index(coder: Encoder, index: Any, depth: int) -> Any:
    if type(index) is pd.MultiIndex:
        levels = [
            _values(coder, index.get_level_values(n).array, depth + 1) for n in range(index.nlevels)
        ]
        names = [coder.value(name, depth + 1) for name in index.names]
        return tagged("multiindex", v=levels, names=names, n=len(index))  # fmt: skip
    name = coder.value(index.name, depth + 1)
    if type(index) is pd.RangeIndex:
        return tagged("rangeindex", v=[index.start, index.stop, index.step], name=name)
    if type(index) not in _INDEXES:
        return tagged(UNVERIFIABLE, type=class_name(type(index)))
    return tagged("index", v=_values(coder, index.array, depth + 1), name=name)


def _series(coder: Encoder, series: Any, depth: int) -> Any:
    return tagged(
        "series",
        package="pandas",
        name=coder.value(series.name, depth + 1),
        index=_index(coder, series.index, depth + 1),
        attrs=coder.value(dict(series.attrs), depth + 1),
        v=_values(coder, series.array, depth + 1),
    )


def _frame(coder: Encoder, frame: Any, depth: int) -> Any:
    columns = [frame.iloc[:, n].array for n in range(frame.shape[1])]
    return tagged(
        "frame",
        package="pandas",
        columns=_index(coder, frame.columns, depth + 1),
        index=_index(coder, frame.index, depth + 1),
        attrs=coder.value(dict(frame.attrs), depth + 1),
        v=[_values(coder, column, depth + 1) for column in columns],
    )


def _scalar(form: str, read: Callable[[Any], list[Any]]) -> Callable[[Encoder, Any, int], Any]:
    return lambda coder, value, depth: tagged(
        "pdscalar", form=form, v=[coder.value(part, depth + 1) for part in read(value)]
    )


def _array_value(coder: Encoder, array: Any, depth: int) -> Any:
    return tagged("pdvalues", v=_values(coder, array, depth + 1))


def encoders() -> Mapping[type, Callable[[Encoder, Any, int], Any]]:
    """Return the encoder of each type of pandas that crosses."""
    arrays = (
        *_MASKED,
        pd.Categorical,
        pd.arrays.DatetimeArray,
        pd.arrays.TimedeltaArray,
        pd.arrays.PeriodArray,
        pd.arrays.IntervalArray,
        pd.arrays.StringArray,
    )
    return {
        **dict.fromkeys((*_INDEXES, pd.RangeIndex, pd.MultiIndex), _index),
        **dict.fromkeys(arrays, _array_value),
        pd.Series: _series,
        pd.DataFrame: _frame,
        type(pd.NaT): _scalar("NaT", lambda _: []),
        type(pd.NA): _scalar("NA", lambda _: []),
        pd.Timestamp: _scalar("Timestamp", lambda t: [t.asm8.view("i8").item(), t.unit, t.tz, t.fold]),
        pd.Timedelta: _scalar("Timedelta", lambda t: [t.asm8.view("i8").item(), t.unit]),
        pd.Period: _scalar("Period", lambda p: [p.ordinal, p.freqstr]),
        pd.Interval: _scalar("Interval", lambda i: [i.left, i.right, i.closed]),
    }  # fmt: skip


def _read_values(reader: Decoder, tree: Any, depth: int) -> Any:
    if type(tree) is not dict or tree.get("$") != "pdarray":
        return read_array(reader, tree, depth)
    parts = [reader.value(part, depth + 1) for part in tree["v"]]
    form = tree["form"]
    if form == "zoned":
        unit, zone, data = parts
        if unit not in ("s", "ms", "us", "ns") or data.dtype != np.int64 or data.ndim != 1:
            raise ValueError("no times")
        return pd.DatetimeIndex(data.view(f"M8[{unit}]")).tz_localize("UTC").tz_convert(zone).array
    if form == "masked":
        name, data, mask = parts
        made = pd.array(data, dtype=name)
        if type(made) not in _MASKED or mask.dtype != np.bool_ or mask.shape != data.shape:
            raise ValueError("no masked values")
        made[mask] = pd.NA
        return made
    if form == "category":
        categories, ordered, codes = parts
        if codes.dtype.kind != "i" or codes.ndim != 1:
            raise ValueError("no codes")
        return pd.Categorical.from_codes(codes, categories=categories, ordered=ordered)
    if form == "string":
        storage, missing, items = parts
        if storage not in ("python", "pyarrow") or missing not in ("NA", "nan"):
            raise ValueError("no kind of text")
        if not all(item is None or type(item) is str for item in items):
            raise ValueError("no texts")
        value = pd.NA if missing == "NA" else float("nan")
        return pd.array(items, dtype=pd.StringDtype(storage, na_value=value))
    if form == "period":
        return pd.PeriodIndex.from_ordinals(parts[1], freq=parts[0]).array
    if form == "interval":
        return pd.arrays.IntervalArray.from_arrays(parts[1], parts[2], closed=parts[0])
    raise ValueError(f"no form {form!r}")


def _read_index(reader: Decoder, tree: Any, depth: int) -> Any:
    if type(tree) is not dict:
        raise ValueError("no index")
    if tree.get("$") == "rangeindex":
        start, stop, step = (reader.whole(n) for n in tree["v"])
        return pd.RangeIndex(start, stop, step, name=reader.key(tree["name"], depth + 1))
    if tree.get("$") == "multiindex":
        names = [reader.key(name, depth + 1) for name in tree["names"]]
        levels = [_read_values(reader, level, depth + 1) for level in tree["v"]]
        if not levels or len(names) != len(levels) or any(len(v) != tree["n"] for v in levels):
            raise ValueError("levels of other lengths")
        return pd.MultiIndex.from_arrays(levels, names=names)
    if tree.get("$") != "index":
        raise ValueError("no index")
    values = _read_values(reader, tree["v"], depth + 1)
    dtype = values.dtype if values.dtype == object else None
    return pd.Index(values, dtype=dtype, name=reader.key(tree["name"], depth + 1))


def _read_series(reader: Decoder, tree: Any, depth: int) -> Any:
    index = _read_index(reader, tree["index"], depth + 1)
    values = _read_values(reader, tree["v"], depth + 1)
    dtype = values.dtype if values.dtype == object else None
    made = pd.Series(values, index=index, name=reader.key(tree["name"], depth + 1), dtype=dtype)
    made.attrs = reader.value(tree["attrs"], depth + 1)
    return made


def _read_frame(reader: Decoder, tree: Any, depth: int) -> Any:
    index, labels = (_read_index(reader, tree[part], depth + 1) for part in ("index", "columns"))
    columns = [_read_values(reader, part, depth + 1) for part in tree["v"]]
    if len(labels) != len(columns):
        raise ValueError("another number of columns than labels")
    series = [
        pd.Series(c, index=index, dtype=c.dtype if c.dtype == object else None) for c in columns
    ]
    made = pd.concat(series, axis=1) if series else pd.DataFrame(index=index)
    made.columns = labels  # fmt: skip
    made.attrs = reader.value(tree["attrs"], depth + 1)
    return made


def _read_scalar(reader: Decoder, tree: Any, depth: int) -> Any:
    parts = [reader.value(part, depth + 1) for part in tree["v"]]
    form = tree["form"]
    if form in ("NaT", "NA") and not parts:
        return pd.NaT if form == "NaT" else pd.NA
    if form == "Timestamp":
        time, unit, zone, fold = parts
        moment = pd.Timestamp(np.datetime64(reader.whole(time), unit))
        if zone is not None:
            return moment.tz_localize("UTC").tz_convert(zone)
        return moment.replace(fold=fold) if fold else moment
    if form == "Timedelta":
        return pd.Timedelta(np.timedelta64(reader.whole(parts[0]), parts[1]))
    if form == "Period":
        return pd.Period(ordinal=reader.whole(parts[0]), freq=parts[1])
    if form == "Interval":
        return pd.Interval(*parts)
    raise ValueError(f"no form {form!r}")


def decoders() -> dict[str, Callable[[Decoder, Any, int], Any]]:
    """Return the decoder of each tag."""
    return {
        "series": _read_series,
        "frame": _read_frame,
        "index": _read_index,
        "rangeindex": _read_index,
        "multiindex": _read_index,
        "pdscalar": _read_scalar,
        "pdvalues": lambda reader, tree, depth: _read_values(reader, tree["v"], depth + 1),
    }
