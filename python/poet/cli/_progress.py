"""What a run that makes versions shows while it works: a live table, or plain lines."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Literal, TextIO

from poet.lifecycle.telling import money

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from poet.lifecycle import Step

__all__ = ["Board", "Lines", "progress"]

LINES_EACH = 40  # plain lines of one function; its last one is always shown


@dataclass
class Row:
    """What is known of one function.

    Attributes:
        name: Its qualified name.
        state: ``waiting``, ``running`` or ``done``.
        candidate: The chain that spoke last, counted from 1; 0 before any did.
        attempt: Which try of that chain.
        text: Its last step.
        verdict: The last one.
        usd: What its answers cost so far.
        start: When its first step came.
        end: When its last one came.
        left: How many functions of that name are not done: two files may each have one.
    """

    name: str
    state: Literal["waiting", "running", "done"] = "waiting"
    candidate: int = 0
    attempt: int = 0
    text: str = ""
    verdict: str = ""
    usd: float = 0.0
    start: float = 0.0
    end: float = 0.0
    left: int = 1


@dataclass
class Board:
    """The state of a run, told by steps that come from any thread.

    Attributes:
        rows: One for each function, in the order of the run.
        cap: US dollars the whole run may cost.
    """

    rows: dict[str, Row]
    cap: float
    asked: bool = False  # whether a model was
    start: float = field(default_factory=time.monotonic)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, functions: Sequence[str], cap: float) -> Board:
        """Return the board of a run that has not begun."""
        return cls({name: Row(name, left=n) for name, n in Counter(functions).items()}, cap)

    def tell(self, step: Step) -> None:
        """Take in a step."""
        with self._lock:
            row = self.rows.setdefault(step.function, Row(step.function))
            now = time.monotonic()
            row.start = row.start or now
            row.end = now
            row.left -= step.done
            row.state = "done" if step.done and row.left < 1 else "running"
            row.candidate = step.candidate or row.candidate
            row.attempt = step.attempt or row.attempt
            row.text = _one_line(step.text) or row.text
            row.verdict = _one_line(step.verdict) or row.verdict
            row.usd = max(row.usd, step.cost_usd)
            self.asked = self.asked or step.rung in ("model", "repaired")

    def unfinished(self) -> list[str]:
        """Return the functions that have not come to their end."""
        with self._lock:
            return [row.name for row in self.rows.values() if row.state != "done"]

    @property
    def usd(self) -> float:
        """What all answers cost so far."""
        return sum(row.usd for row in self.rows.values())

    def shown(self, most: int) -> tuple[list[Row], str]:
        """Return the rows for a screen with room for ``most``, and what the others are.

        What runs comes before what ended last, and that before what waits; the order of the run
        stays.
        """
        with self._lock:
            rows = list(self.rows.values())
            if len(rows) <= most:
                return rows, ""
            rank = {"running": 0, "done": 1, "waiting": 2}
            best = sorted(rows, key=lambda r: (rank[r.state], -r.end))[: max(most - 1, 1)]
            kept = {id(r) for r in best}
            left = [r for r in rows if id(r) not in kept]
            counts = [(s, sum(r.state == s for r in left)) for s in ("running", "done", "waiting")]
            more = "and " + ", ".join(f"{n} {state}" for state, n in counts if n)
            return [r for r in rows if id(r) in kept], more

    def total(self) -> str:
        """Return the line about the whole run."""
        with self._lock:
            done = sum(row.state == "done" for row in self.rows.values())
            spent = f"{money(self.usd)} of {money(self.cap)}, " if self.asked else ""
            return f"{done}/{len(self.rows)} done, {spent}{_clock(time.monotonic() - self.start)}"


def _one_line(text: str) -> str:
    """Return the first line without what a terminal would take for a command."""
    line = text.strip().split("\n", 1)[0]
    return "".join(c if c.isprintable() else "?" for c in line)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}" if minutes else f"{rest} s"


class Lines:
    """Plain lines ``  name: step``, a bounded number for each function.

    Args:
        stream: Where they go.
        board: Kept up to date on the way.
    """

    def __init__(self, stream: TextIO, board: Board) -> None:
        self.stream = stream
        self.board = board
        self._lock = Lock()
        self._count: dict[str, int] = {}
        self._last: dict[str, str] = {}

    def __call__(self, step: Step) -> None:
        """Show a step."""
        self.board.tell(step)
        text = _one_line(step.text)
        if step.verdict and step.verdict != step.text:
            text = f"{text}: {_one_line(step.verdict)}" if text else _one_line(step.verdict)
        if step.candidate > 1:
            text = f"candidate {step.candidate}: {text}"
        with self._lock:
            count = self._count.get(step.function, 0)
            if not text or text == self._last.get(step.function):
                return
            if count >= LINES_EACH and not step.done:
                if count == LINES_EACH:
                    self._count[step.function] = count + 1
                    self._write(f"  {step.function}: more steps follow, not shown\n")
                return
            self._count[step.function] = count + 1
            self._last[step.function] = text
            self._write(f"  {step.function}: {text}\n")

    def _write(self, line: str) -> None:
        try:
            self.stream.write(line)
            self.stream.flush()
        except (OSError, ValueError):  # the reader is gone; the run is not its fault
            self._count.clear()


@contextmanager
def progress(
    board: Board, stream: TextIO | None = None, *, quiet: bool = False
) -> Iterator[Callable[[Step], None]]:
    """Show the steps of a run until the block ends; the terminal is as before, however it ends.

    Args:
        board: Of the run.
        stream: Where to show them; standard error by default. A terminal gets a live table,
            everything else plain lines.
        quiet: No plain lines.
    """
    out = stream or sys.stderr
    if not out.isatty() or os.environ.get("TERM", "") in ("dumb", "unknown"):
        yield board.tell if quiet else Lines(out, board)
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(file=out, highlight=False, markup=False, emoji=False)
    with Live(
        console=console,
        get_renderable=lambda: _table(board, console),
        refresh_per_second=8,
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
    ):
        yield board.tell


def _table(board: Board, console: Console) -> RenderableType:
    """Return the table as wide and as high as the terminal is now."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    width, height = console.size
    # The cursor needs the last line of the terminal; the header and the total stand in two more.
    rows, more = board.shown(max(height - 3, 1))
    columns = _columns(width, max((len(name) for name in board.rows), default=0))
    table = Table(
        box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0), show_header=height > 3
    )
    for name, room in columns.items():
        table.add_column(name, no_wrap=True, overflow="ellipsis", width=room,
                         justify="right" if name in ("cost", "time") else "left")  # fmt: skip
    for row in rows:
        cells = _cells(row, merged="verdict" not in columns)
        cells["function"] = _middle(row.name, columns["function"])
        table.add_row(*(cells[name] for name in columns), style=_style(row))
    parts: list[RenderableType] = [table] if height > 2 else []
    if more and height > 3:
        parts.append(Text(more, style="dim", no_wrap=True, overflow="ellipsis"))
    parts.append(Text(board.total(), no_wrap=True, overflow="ellipsis"))
    return Group(*parts)


def _columns(width: int, longest: int) -> dict[str, int]:
    """Return the columns that fit and the room of each; between two of them stand two spaces."""
    longest = max(longest, len("function"))
    if width >= 72:
        rest = width - 1 - 3 - 7 - 5 - 19 - 5 * 2
        function = min(longest, rest // 2)
        return {"function": function, "try": 3, "step": min(rest - function, 48), "cost": 7,
                "verdict": 19, "time": 5}  # fmt: skip
    if width >= 32:
        rest = width - 1 - 7 - 2 * 2
        function = min(longest, rest // 2)
        return {"function": function, "step": rest - function, "cost": 7}
    function = max(min(longest, width // 2 - 2), 2)
    return {"function": function, "step": max(width - 3 - function, 2)}


def _middle(name: str, room: int) -> str:
    """Return a name with its middle left out where it is too long: both of its ends tell."""
    if len(name) <= room:
        return name
    tail = (room - 1) // 2
    return f"{name[: room - 1 - tail]}…{name[len(name) - tail :]}"


def _cells(row: Row, *, merged: bool) -> dict[str, str]:
    waits = row.state == "waiting"
    step = row.text if row.state == "running" else row.state
    if merged and row.state == "done":
        step = row.verdict or step
    which = f"{row.candidate}.{row.attempt}" if row.candidate and row.attempt else ""
    end = time.monotonic() if row.state == "running" else row.end
    return {
        "function": row.name,
        "try": which or (str(row.candidate) if row.candidate else ""),
        "step": step,
        "cost": money(row.usd) if row.usd else "",
        "verdict": row.verdict,
        "time": "" if waits else _clock(end - row.start),
    }


def _style(row: Row) -> str:
    if row.state == "waiting":
        return "dim"
    if row.state == "done":
        good = row.verdict in ("promoted", "unchanged", "kept")
        return "green" if good else "red"
    return ""
