"""What the kernel counts of a worker: its time on a processor, and its time waiting for one.

The worker has no part in these figures, and another program that keeps the machine busy adds to the
waiting only.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

__all__ = ["Counted", "KernelClock"]

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
