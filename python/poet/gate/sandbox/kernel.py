"""What the kernel counts of a worker: its time on a processor, and its time waiting for one.

The worker has no part in these figures, and another program that keeps the machine busy adds to the
waiting only.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

__all__ = ["BUSY", "Counted", "KernelClock", "Spent", "process_of", "resident"]

BUSY = 10  # times its limit that a request may last where the worker waits for a processor

_SWITCHES = re.compile(r"^voluntary_ctxt_switches:\s*(\d+)", re.MULTILINE)


class Counted(NamedTuple):
    """Seconds of a process's main thread since its start.

    Attributes:
        ran: On a processor.
        waited: Ready to run, and no processor free.
    """

    ran: float
    waited: float


class KernelClock:
    """Reads what Linux counts of one process; a context manager. Elsewhere it has nothing to say.

    Args:
        pid: The process, as this one sees it.
    """

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")
        self._file = -1
        with contextlib.suppress(OSError):
            self._file = os.open(self._folder / "schedstat", os.O_RDONLY)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Read no more."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def read(self) -> Counted | None:
        """Return the times so far, None where the kernel does not tell."""
        if self._file < 0:
            return None
        try:
            ran, waited, _ = os.pread(self._file, 100, 0).split()
        except (OSError, ValueError):
            return None
        return Counted(int(ran) / 1e9, int(waited) / 1e9)

    def switches(self) -> int:
        """Return how often it went to sleep or waited for something; 0 where that is not told."""
        try:
            found = _SWITCHES.search((self._folder / "status").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0
        return int(found[1]) if found else 0


class Spent:
    """What a request has taken so far.

    Args:
        clock: The worker's.
    """

    def __init__(self, clock: KernelClock | None) -> None:
        self._clock = clock
        self._start = time.monotonic()
        self._waited = self._before = self._waiting()

    def wall(self) -> float:
        """Return the seconds by the clock on the wall."""
        return time.monotonic() - self._start

    def own(self) -> float:
        """Return them without those in which the worker could have run, and no processor was free."""
        self._waited = max(self._waited, self._waiting())
        return max(0.0, self.wall() - (self._waited - self._before))

    def left(self, timeout: float) -> float:
        """Return the seconds that the worker may still take; the wall's clock has a limit of its own."""
        left = timeout - self.wall()
        return left if left > 0 else min(timeout - self.own(), BUSY * timeout - self.wall())

    def stalled(self, timeout: float) -> bool:
        """Say whether a request has lasted as long as it may on the busiest machine."""
        return self.wall() > (BUSY if self._clock is not None else 1) * timeout

    def _waiting(self) -> float:
        counted = self._clock.read() if self._clock is not None else None
        return counted.waited if counted is not None else 0.0


def resident(pid: int) -> int:
    """Return the resident bytes of a process, 0 where that cannot be read."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123 - a hundred times a second
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def process_of(handle: int) -> int:
    """Return the process of a pidfd as this process sees it, 0 where that cannot be read."""
    try:
        text = Path(f"/proc/self/fdinfo/{handle}").read_text(encoding="ascii")
        return int(text.partition("Pid:")[2].split()[0])
    except (OSError, ValueError, IndexError):
        return 0
