"""Values as a case or a recording keeps them: out of a call, into files, and back again."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from poet.cases._json import HELD, Source, to_tree
from poet.codec import UNVERIFIABLE, Decoder, Encoder, Kept, RefusedError, encode
from poet.codec._raw import resolve_name
from poet.codec.silence import silenced

if TYPE_CHECKING:
    import polars as pl

__all__ = ["capture", "read_value", "table_bytes", "table_of"]

MAX_CALL_PARTS = 200_000
_CLASSES = frozenset({"object", "enum", "error", "class"})


class _Snapshot(Encoder):
    """An encoding on the call path: a Polars frame is held, for a copy of it costs microseconds.

    Args:
        max_bytes: Of the whole value.
        lazy: Whether lazy frames are collected.
    """

    def __init__(self, max_bytes: int, lazy: bool) -> None:
        super().__init__()
        self.bytes = self.most = max_bytes
        self.parts = MAX_CALL_PARTS
        self.lazy = lazy

    def spend(self, parts: int = 0, size: int = 0) -> None:
        self.parts -= parts
        self.bytes -= size
        if self.parts < 0:
            raise RefusedError(f"inputs of more than {MAX_CALL_PARTS:,} parts")
        if self.bytes < 0:
            raise RefusedError(f"inputs of more than {self.most:,} bytes")

    def _other(self, value: Any, kind: type, depth: int) -> Any:
        if kind.__module__.startswith("polars."):
            import polars as pl

            if kind is pl.DataFrame or kind is pl.Series:
                self.spend(size=value.estimated_size())
                return {"$": HELD, "v": value.clone()}
            if kind is pl.LazyFrame and not self.lazy:
                return {"$": UNVERIFIABLE, "type": "polars.LazyFrame, which is not run twice"}
        return super()._other(value, kind, depth)


def capture(value: Any, max_bytes: int, *, lazy: bool = False) -> tuple[Any, int]:
    """Return a value as a tree that later changes of it leave alone, and its bytes; never raises.

    Args:
        value: Of any kind. What cannot be kept becomes ``unverifiable``, with the reason.
        max_bytes: The most it may have.
        lazy: Whether lazy frames are collected.
    """
    taker = _Snapshot(max_bytes, lazy)
    try:
        return taker.value(value, 0), max_bytes - taker.bytes
    except RefusedError as refusal:
        why = str(refusal)
    except RecursionError:
        why = "a value nested too deeply"
    except Exception as error:  # noqa: BLE001 - a value of an unexpected make is no reason to stop
        why = f"a value that cannot be read: {error!r:.200}"
    return {"$": UNVERIFIABLE, "type": why}, 0


class _Reading(Decoder):
    """A decoding of what this machine wrote: tables are there already, and no class is lost."""

    def __init__(self, keep: bool) -> None:
        super().__init__(_loaded_class if keep else None)
        self.keep = keep

    def value(self, tree: Any, depth: int) -> Any:
        if type(tree) is dict:
            tag = tree.get("$")
            if tag == HELD:
                return tree["v"]
            if self.keep and (tag == "sub" or (tag in _CLASSES and self.kind(tree)[1] is None)):
                return Kept(_pure(tree))
        return super().value(tree, depth)


def _loaded_class(name: str) -> type | None:
    """Return the class of a qualified name if its module is loaded; nothing is imported."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        found = resolve_name(".".join(parts[:cut]), ".".join(parts[cut:]))
        if isinstance(found, type):
            return found
    found = resolve_name("builtins", name)
    return found if isinstance(found, type) else None


def _pure(tree: Any) -> Any:
    """Return a tree whose tables are trees, too."""
    if type(tree) is list:
        return [_pure(part) for part in tree]
    if type(tree) is not dict:
        return tree
    if tree.get("$") == HELD:
        return encode(tree["v"])
    return {name: _pure(part) for name, part in tree.items()}


def read_value(found: Any, source: Source, *, keep: bool) -> Any:
    """Return the value of what :func:`poet.cases._json.to_json` wrote.

    Args:
        found: JSON values.
        source: Has the tables.
        keep: Whether an object of a class is put together again, or kept as it is where its module
            is not loaded; else it is a dict of its fields with ``__type__``.

    Raises:
        ValueError: They are damaged.
        OSError: A table cannot be read.
    """
    try:
        tree = to_tree(found, source)
        with silenced():
            return _Reading(keep).value(tree, 0)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"no value that was kept: {error!r:.200}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def table_bytes(table: pl.DataFrame) -> bytes:
    """Return a table as Parquet."""
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd", compression_level=1, statistics=False)
    return buffer.getvalue()


def table_of(data: bytes) -> pl.DataFrame:
    """Return the table of Parquet.

    Raises:
        ValueError: It is damaged.
    """
    import polars as pl

    try:
        return pl.read_parquet(io.BytesIO(data), hive_partitioning=False)
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        raise ValueError(f"a damaged table: {error!r:.200}") from None
