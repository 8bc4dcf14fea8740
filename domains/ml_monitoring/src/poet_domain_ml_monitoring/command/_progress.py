"""A progress bar on a terminal, nothing anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

__all__ = ["Begin", "Step", "progress"]

Step: TypeAlias = Callable[[int], None]
"""Told how many more rows are done."""
Begin: TypeAlias = Callable[[str, int | None], Step]
"""Told what begins and of how many rows it is, if that is known."""


@contextmanager
def progress(*, shown: bool) -> Iterator[Begin]:
    """Show what is done on standard error, if that is a terminal and `shown` allows it."""
    from rich.console import Console

    console = Console(stderr=True)
    if not shown or not console.is_terminal:
        yield lambda _what, _rows: lambda _done: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<20}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
               TextColumn("{task.completed:,.0f} rows"), TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=console, transient=True) as bars:

        def begin(what: str, rows: int | None) -> Step:
            task = bars.add_task(what, total=rows)
            return lambda done: bars.advance(task, done)

        yield begin
