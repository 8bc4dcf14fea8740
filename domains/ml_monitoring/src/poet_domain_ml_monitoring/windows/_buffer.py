"""The rows of open windows, held without what they were cut from, and counted in bytes."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from io import BytesIO
from typing import TYPE_CHECKING, Any

from poet.errors import StatsInputError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RowBuffer", "joined"]


class RowBuffer:
    """Rows of a stream by their positions; what is kept shares no memory with what was pushed.

    Attributes:
        start: Position of the first row held.
        end: Position after the last.
    """

    __slots__ = ("_frames", "end", "start")

    def __init__(self, start: int = 0) -> None:
        self._frames: list[pl.DataFrame] = []
        self.start = start
        self.end = start

    def __len__(self) -> int:
        return self.end - self.start

    @property
    def nbytes(self) -> int:
        """Bytes of the rows held."""
        return sum(int(frame.estimated_size()) for frame in self._frames)

    def append(self, rows: pl.DataFrame) -> None:
        """Hold these rows, still in the caller's memory until `settle`."""
        if rows.width:
            self._frames.append(rows)
            self.end += rows.height

    def take(self, start: int, end: int) -> pl.DataFrame:
        """Return rows by their positions."""
        import polars as pl

        found, at = [], self.start
        for frame in self._frames:
            low, high = max(start - at, 0), min(end - at, frame.height)
            if low < high:
                found.append(frame.slice(low, high - low))
            at += frame.height
        return (
            joined(found)
            if found
            else (self._frames[-1].clear() if self._frames else pl.DataFrame())
        )

    def drop(self, before: int) -> None:
        """Let go of the rows before a position, which may lie ahead of the last one."""
        kept, at = [], self.start
        for frame in self._frames:
            gone = min(max(before - at, 0), frame.height)
            at += frame.height
            if gone < frame.height:
                kept.append(frame.slice(gone))
        self._frames = kept
        self.start = max(self.start, min(before, self.end))

    def replace(self, rows: pl.DataFrame, start: int) -> None:
        """Hold these rows only, from this position on."""
        self._frames = [rows] if rows.height else []
        self.start, self.end = start, start + rows.height

    def settle(self, fresh: int) -> None:
        """Copy rows of the last push out of the caller's memory, and join small pieces.

        Args:
            fresh: How many of the last rows came with the last push.
        """
        if not self._frames:
            return
        pieces = self._frames
        if len(pieces) > 1 and pieces[-1].height == min(fresh, len(self)):
            pieces[-1] = _detached(pieces[-1])
        else:
            pieces = [_detached(joined(pieces))]
        # Each piece is more than twice the next one: few pieces, and each row moves seldom.
        while len(pieces) > 1 and pieces[-2].height <= 2 * pieces[-1].height:
            last = pieces.pop()
            pieces[-1] = joined([pieces[-1], last])
            if not _is_plain(pieces[-1]):
                pieces[-1] = _detached(pieces[-1])
        self._frames = pieces

    def to_text(self) -> str:
        """Return the rows as Arrow IPC in base64; empty without rows."""
        if not len(self):
            return ""
        stored = BytesIO()
        _plain(joined(self._frames)).write_ipc(stored)
        return b64encode(stored.getvalue()).decode("ascii")

    @classmethod
    def of_text(cls, text: str, start: int) -> RowBuffer:
        """Take up what `to_text` gave, as rows from a position on.

        Raises:
            StatsInputError: Damaged text.
        """
        import polars as pl

        buffer = cls(start)
        if text != "":
            try:
                buffer.append(pl.read_ipc(BytesIO(b64decode(text, validate=True))))
            except (
                Base64Error,
                pl.exceptions.PolarsError,
                ValueError,
                OSError,
                TypeError,
            ) as error:
                raise StatsInputError(
                    "the open rows of the windows cannot be read: they are damaged",
                    where="state",
                    hint="pass what to_dict() returned, unchanged",
                ) from error
        return buffer


def joined(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Return all rows as one frame; a column that some lack is null there.

    A column whose type changes on the way takes the type that holds both, text where there is no
    other: a change of schema in mid-stream loses no row.
    """
    import polars as pl

    if len(frames) == 1:
        return frames[0]
    if all(frame.schema == frames[0].schema for frame in frames):
        return pl.concat(frames, rechunk=True)
    try:
        return pl.concat(frames, how="diagonal_relaxed", rechunk=True)
    except pl.exceptions.PolarsError:
        types: dict[str, set[Any]] = {}
        for frame in frames:
            for name, dtype in frame.schema.items():
                types.setdefault(name, set()).add(dtype)
        split = [name for name, found in types.items() if len(found) > 1]
        return pl.concat([_as_text(frame, split) for frame in frames], how="diagonal_relaxed")


def _as_text(frame: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    import polars as pl

    wanted = [name for name in names if frame.schema.get(name, pl.String) != pl.String]
    return frame.with_columns([_text_of(frame.get_column(name)) for name in wanted])


def _text_of(column: pl.Series) -> pl.Series:
    import polars as pl

    try:
        return column.cast(pl.String)
    except pl.exceptions.PolarsError:
        texts = [None if value is None else str(value) for value in column.to_list()]
        return pl.Series(column.name, texts, dtype=pl.String)


def _detached(frame: pl.DataFrame) -> pl.DataFrame:
    """Copy a frame, so that it keeps nothing alive of the frame that it is a slice of."""
    import numpy as np
    import polars as pl

    if _is_plain(frame):
        return frame[np.arange(frame.height, dtype=np.uint32)]
    # Text is held as views: a copy of the rows alone would keep all the text they were cut from.
    stored = BytesIO()
    try:
        frame.write_ipc(stored)
        stored.seek(0)
        return pl.read_ipc(stored)
    except pl.exceptions.PolarsError:
        return frame[np.arange(frame.height, dtype=np.uint32)]


def _is_plain(frame: pl.DataFrame) -> bool:
    import polars as pl

    return all(t.is_numeric() or t.is_temporal() or t == pl.Boolean for t in frame.dtypes)


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame that Arrow can hold: Python objects become their text."""
    import polars as pl

    objects = [name for name, dtype in frame.schema.items() if dtype == pl.Object]
    return _as_text(frame, objects) if objects else frame
