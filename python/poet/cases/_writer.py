"""A thread that writes what calls hand it, so that a call waits for no disk."""

from __future__ import annotations

import atexit
import os
import threading
from collections import deque
from collections.abc import Callable

__all__ = ["flush", "submit"]

MAX_WAITING = 64
MAX_BYTES = 64 << 20
_IDLE = 5.0
Job = Callable[[], None]

_ready = threading.Condition()
_jobs: deque[tuple[Job, int]] = deque()
_busy: list[int] = []  # sizes of what is being written now
_threads: list[threading.Thread] = []
_ended = [False]


def submit(job: Job, size: int) -> None:
    """Have a job done soon; where too much is waiting, it is done here and now.

    Args:
        job: Raises nothing.
        size: Bytes that it holds on to.
    """
    with _ready:
        waiting = sum(each for _, each in _jobs)
        full = len(_jobs) >= MAX_WAITING or (waiting > 0 and waiting + size > MAX_BYTES)
        here = _ended[0] or full
        if not here:
            _jobs.append((job, size))
            if not _threads:
                thread = threading.Thread(target=_work, name="poet-recording", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # the interpreter is going down
                    _jobs.pop()
                    here = True
                else:
                    _threads.append(thread)
            _ready.notify_all()
    if here:
        job()


def flush(timeout: float = 30.0) -> bool:
    """Wait until all that was handed over is written; say whether it is."""
    if not _jobs and not _busy:
        return True
    with _ready:
        return _ready.wait_for(lambda: not _jobs and not _busy, timeout)


def _work() -> None:
    while True:
        with _ready:
            if not _ready.wait_for(lambda: bool(_jobs), _IDLE):
                _threads.clear()  # idle: the next job starts another
                return
            job, size = _jobs.popleft()
            _busy.append(size)
        try:
            job()
        finally:
            del job
            with _ready:
                _busy.clear()
                _ready.notify_all()


def _at_exit() -> None:
    flush(10.0)
    _ended[0] = True


def _after_fork() -> None:
    """The child writes what it records itself; what waited is the parent's."""
    global _ready
    _ready = threading.Condition()
    _jobs.clear()
    _busy.clear()
    _threads.clear()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
