"""Locks between processes that end with their holder, and a clock for leases."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

fcntl: Any
try:
    import fcntl
except ImportError:  # no such locks here: one process at a time
    fcntl = None

__all__ = ["boot", "held", "lease_clock", "nobody_holds", "take"]


def take(fd: int) -> None:
    """Lock a file for as long as its descriptor is open; nobody else has it for long."""
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks
            # To wait matters: somebody may be asking just now whether anybody holds it, and a
            # segment whose writer has no lock is taken for one that nobody writes any more.
            fcntl.flock(fd, fcntl.LOCK_EX)


def nobody_holds(path: Path, *, idle: float = 86_400.0) -> bool:
    """Return whether no process holds the file at ``path`` with :func:`take`.

    Args:
        path: The file.
        idle: Where locks do not exist: seconds without a write after which its writer is gone.
    """
    fd = os.open(path, os.O_RDONLY)
    try:
        if fcntl is None:
            return time.time() - os.fstat(fd).st_mtime > idle
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)  # many may ask at once
        fcntl.flock(fd, fcntl.LOCK_UN)  # a child forked meanwhile has the descriptor too
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(fd)


@contextmanager
def held(fd: int) -> Iterator[None]:
    """Hold the lock of an open file, waiting for it."""
    if fcntl is None:
        yield
        return
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(fd, fcntl.LOCK_UN)


def lease_clock() -> float:
    """Return seconds on a clock that all processes share and that nobody sets back."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@lru_cache(maxsize=1)
def boot() -> str:
    """Return what this start of the machine is called: the lease clock begins anew with each."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        return ""
