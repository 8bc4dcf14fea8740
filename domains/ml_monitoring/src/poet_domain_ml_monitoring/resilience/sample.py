"""Rows drawn at random, by a seed that the data themselves give: the same rows every time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from poet.errors import StatsInputError
from poet_domain_ml_monitoring._frames import is_lazy
from poet_domain_ml_monitoring.resilience._numbers import is_whole

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

__all__ = ["drawn", "sample", "seed"]

# Rows whose values make the seed, and rows whose keys are made at a time.
_SEED_ROWS = 16
_CHUNK = 1 << 20
_INDEX = "__row"


def sample(frame: Any, rows: int, seed_of: object = None) -> Any:
    """Draw rows without replacement, in their order.

    Each row is drawn or not by a hash (SplitMix64) of its position and the seed, so that a lazy
    frame is sampled while it streams, into the same rows as the collected one, and no other library
    has a say in which rows those are. The number of rows drawn is `rows` on average.

    Args:
        frame: A Polars frame, eager or lazy, a pandas frame, a pyarrow Table, or a mapping of name
            to column.
        rows: How many; all where there are no more.
        seed_of: Text, bytes or an integer that the seed is made of; by default the frame: its
            columns, its length and its first rows.

    Returns:
        A frame of the same type; `frame` itself where all rows are drawn.

    Raises:
        StatsInputError: Not a frame, or a number of rows below 1.
    """
    if not (is_whole(rows) and rows > 0):
        hint = "pass a whole number of at least 1"
        raise StatsInputError(f"rows is {rows!r}", where="rows", hint=hint)
    of = height(frame)
    if rows >= of:
        return frame
    return drawn(frame, seed(frame if seed_of is None else seed_of), 0.0, rows / of)


def height(frame: Any) -> int:
    """Return the number of rows, of a lazy frame without reading its columns.

    Raises:
        StatsInputError: Not a frame.
    """
    if is_lazy(frame):
        import polars as pl

        return int(frame.select(pl.len()).collect().item())
    if isinstance(frame, Mapping):
        return max((len(column) for column in frame.values()), default=0)
    if hasattr(frame, "num_rows"):
        return int(frame.num_rows)
    if hasattr(frame, "columns") and hasattr(frame, "__len__"):
        return len(frame)
    kind = type(frame)
    raise StatsInputError(
        f"frame must be a frame, got {kind.__module__}.{kind.__qualname__}",
        where="frame",
        hint="pass a Polars or pandas frame, a pyarrow Table, or a mapping of name to column",
    )


def seed(of: object) -> int:
    """Return 64 bits that follow from text, bytes, an integer, or a frame's own content."""
    if isinstance(of, str | bytes | int):
        text = of if isinstance(of, bytes) else str(of).encode()
    else:
        text = repr((height(of), _head(of))).encode(errors="surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "little")


def _head(frame: Any) -> list[tuple[str, list[Any]]]:
    if isinstance(frame, Mapping):
        return [(str(name), _plain(column[:_SEED_ROWS])) for name, column in frame.items()]
    if is_lazy(frame):
        frame = frame.head(_SEED_ROWS).collect()
    elif hasattr(frame, "num_rows"):
        head = frame.slice(0, _SEED_ROWS)
        return list(zip(head.column_names, map(_plain, head.columns), strict=True))
    head = frame.head(_SEED_ROWS)
    if hasattr(head, "get_columns"):
        return [(column.name, column.to_list()) for column in head.get_columns()]
    return [(str(name), _plain(column)) for name, column in head.items()]


def _plain(column: Any) -> list[Any]:
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(column, method):
            return list(getattr(column, method)())
    return list(column)


def drawn(frame: Any, seed: int, start: float, end: float) -> Any:
    """Return the rows whose key lies from `start` up to `end`, as shares of all keys.

    Disjoint ranges give disjoint samples, which together are a sample themselves.
    """
    low, high = (round(share * 2.0**63) * 2 for share in (start, end))
    if is_lazy(frame):
        return _lazily(frame, seed, low, high)
    at = _positions(height(frame), seed, low, high)
    if isinstance(frame, Mapping):
        return {name: _taken(column, at) for name, column in frame.items()}
    if hasattr(frame, "get_columns"):
        return frame[at]
    return frame.iloc[at] if hasattr(frame, "iloc") else frame.take(at)


def _taken(column: Any, at: NDArray[np.int64]) -> Any:
    # Columns of a mapping may differ in length; an error about it is another's to raise.
    at = at[at < len(column)]
    if isinstance(column, list | tuple | range):
        return [column[i] for i in at.tolist()]
    if hasattr(column, "gather"):
        return column.gather(at)
    if hasattr(column, "iloc"):
        return column.iloc[at]
    return column.take(at) if hasattr(column, "take") else column[at]


def _lazily(frame: pl.LazyFrame, seed: int, low: int, high: int) -> pl.LazyFrame:
    import polars as pl

    def keep(index: pl.Series) -> pl.Series:
        keys = _keys(index.to_numpy().astype("uint64"), seed)
        return pl.Series(index.name, _between(keys, low, high), dtype=pl.Boolean)

    kept = pl.col(_INDEX).map_batches(keep, return_dtype=pl.Boolean, is_elementwise=True)
    return frame.with_row_index(_INDEX).filter(kept).drop(_INDEX)


def _positions(rows: int, seed: int, low: int, high: int) -> NDArray[np.int64]:
    import numpy as np

    found = [np.empty(0, np.int64)]
    for start in range(0, rows, _CHUNK):
        index = np.arange(start, min(start + _CHUNK, rows), dtype=np.uint64)
        found.append(np.flatnonzero(_between(_keys(index, seed), low, high)) + start)
    return np.concatenate(found)


def _between(keys: NDArray[np.uint64], low: int, high: int) -> NDArray[np.bool_]:
    import numpy as np

    above = keys >= np.uint64(low)
    return above if high >= 2**64 else above & (keys < np.uint64(high))


def _keys(index: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """Return SplitMix64's numbers of these positions (Steele, Lea and Flood, 2014)."""
    import numpy as np

    with np.errstate(over="ignore"):
        z = index * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
