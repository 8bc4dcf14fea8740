"""What users hand in: a frame, a lazy frame, or an iterator of frames, whatever the library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from poet.errors import StatsInputError
from poet_domain_ml_monitoring._frames import as_frame, columns, is_lazy
from poet_domain_ml_monitoring.quality import Schema
from poet_domain_ml_monitoring.resilience.sample import drawn, height, seed

__all__ = ["BATCH_ROWS", "Batched", "Source", "bounded"]

# Rows of a batch of a lazy frame: large enough for full speed, small against memory.
BATCH_ROWS = 250_000
# A reference from batches is thinned out to this many values, but never below that many rows.
_MOST_VALUES = 25_000_000
_FEWEST_ROWS = 100_000
# Columns of a lazy frame that are read together: more would be too wide for memory.
_TOGETHER = 100


class Batched(NamedTuple):
    """A frame that is read in batches, and may be read again for other columns.

    Attributes:
        schema: Its columns and their types.
        read: Given names of columns, hands out batches of these, from the first row on.
        together: How many columns are read at once.
    """

    schema: Schema
    read: Callable[[Sequence[str]], Iterator[Any]]
    together: int


class Source:
    """A frame to read once, in memory or batch by batch.

    Attributes:
        schema: Its columns and their types.
        in_memory: The frame itself, None where it comes in batches.
        lazy: The lazy frame, None where it is none.
    """

    def __init__(self, frame: Any, argument: str) -> None:
        """Look at the frame without reading its rows.

        Raises:
            StatsInputError: Not a frame.
        """
        self.in_memory: Any = None
        self.lazy: Any = None
        self._batches: Iterator[Any] = iter(())
        self._batched: Batched | None = None
        if isinstance(frame, Batched):
            self._batched = frame
            self.schema = frame.schema
        elif isinstance(frame, Iterator):
            first = next(frame, None)
            if first is None:
                raise StatsInputError(
                    f"{argument} is an iterator without any frame", where=argument,
                    hint="pass at least one frame, if only an empty one with its columns",
                )  # fmt: skip
            self._batches = chain([first], frame)
            self.schema = Schema.of(first)
        elif is_lazy(frame):
            self.lazy = frame
            self.schema = Schema.of(frame)
        else:
            columns(frame, argument)
            self.in_memory = frame
            self.schema = Schema.of(frame)

    def chunks(self) -> list[list[str]]:
        """Return the columns in groups that are read together; all where it is read only once."""
        names = list(self.schema.dtypes)
        step = self._batched.together if self._batched else _TOGETHER
        if self.lazy is None and self._batched is None:
            return [names]
        return [names[at : at + step] for at in range(0, len(names), step)] or [[]]

    @property
    def rows(self) -> int | None:
        """Rows, None for an iterator."""
        if self.in_memory is not None:
            return height(self.in_memory)
        return height(self.lazy) if self.lazy is not None else None

    def batches(self, names: Iterable[str]) -> Iterator[Any]:
        """Hand out batches, of a lazy frame with these columns only."""
        if self.in_memory is not None:
            yield self.in_memory
        elif self.lazy is not None:
            yield from lazy_batches(self.lazy, names)
        elif self._batched is not None:
            yield from self._batched.read(list(names))
        else:
            yield from self._batches


def lazy_batches(frame: Any, names: Iterable[str]) -> Iterator[Any]:
    """Read a lazy frame in batches, in its order."""
    schema = frame.collect_schema()
    chosen = frame.select([name for name in names if name in schema])
    if not hasattr(chosen, "collect_batches"):  # before Polars 1.34
        for start in range(0, max(height(chosen), 1), BATCH_ROWS):
            yield chosen.slice(start, BATCH_ROWS).collect(engine="streaming")
        return
    # Without rows there is no batch, but there are columns.
    yield chosen.clear().collect()
    yield from chosen.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True)


def bounded(source: Source, rows: int | None, names: Sequence[str]) -> tuple[Any, int]:
    """Return a source as one frame in memory, thinned out where it came in batches and is large.

    Each row is kept or not by a hash of its place, so that the same batches give the same rows.

    Args:
        source: What to read.
        rows: How many rows are kept at most; None for all of a frame in memory, and of batches as
            many as make 25 million values, but at least 100,000.
        names: The columns to read of a source that is read in batches.

    Returns:
        The frame, and how many rows there were.
    """
    if source.in_memory is not None:
        of = height(source.in_memory)
        if rows is None or of <= rows:
            return source.in_memory, of
        return drawn(source.in_memory, seed("reference"), 0.0, rows / of), of
    if rows is None:
        rows = max(_FEWEST_ROWS, _MOST_VALUES // max(len(source.schema.dtypes), 1))
    import polars as pl

    share, of, halved = 1.0, 0, 0
    kept: list[pl.DataFrame] = []
    for at, batch in enumerate(source.batches(names)):
        frame = as_frame(batch)
        of += frame.height
        kept.append(frame if share == 1.0 else drawn(frame, seed(f"batch {at}"), 0.0, share))
        while sum(part.height for part in kept) > rows:
            halved, share = halved + 1, share / 2
            whole = pl.concat(kept, how="diagonal_relaxed", rechunk=True)
            kept = [drawn(whole, seed(f"half {halved}"), 0.0, 0.5)]
    return pl.concat(kept, how="diagonal_relaxed", rechunk=True), of
