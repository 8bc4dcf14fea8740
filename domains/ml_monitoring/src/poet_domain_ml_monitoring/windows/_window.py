"""What a window is, and what cuts them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, Self, TypeAlias

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Closed", "Window", "Windows"]

Closed: TypeAlias = Literal["rows", "time", "change", "memory", "flush"]


class Window(NamedTuple):
    """Rows of a stream that are judged together.

    Attributes:
        start: Its first row, counted from the start of the stream. Of windows of time the rows are
            counted in the order of their times.
        end: The row after its last.
        rows: The rows themselves.
        began: Of windows of time, where it begins, in the zone of the windows; of others the time of
            its earliest row, None without a time column.
        ended: Of windows of time the first instant after it; of others the time of its latest row.
        closed: What closed it: it had its ``"rows"``, its ``"time"`` was over, a ``"change"`` was
            found behind it, the ``"memory"`` limit was reached, or the stream ended (``"flush"``).
    """

    start: int
    end: int
    rows: pl.DataFrame
    began: datetime | None = None
    ended: datetime | None = None
    closed: Closed = "rows"


class Windows(Protocol):
    """What cuts a stream of rows into windows."""

    def push(self, rows: pl.DataFrame) -> list[Window]:
        """Take rows in order; return the windows that close with them, in order."""
        ...

    def flush(self) -> list[Window]:
        """End the stream: return what was open, as far as no window had it yet."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return all that `from_dict` needs, open rows included, as plain data for JSON."""
        ...

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Return the object whose `to_dict` this is; it goes on as if never interrupted."""
        ...
