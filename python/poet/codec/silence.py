"""Warnings kept quiet for a while by any number of threads: Python's own switch is one for them all.

Two overlapping ``warnings.catch_warnings`` of two threads would leave the filters of the one that
ended last, and so a process that shows no warning any more.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["silenced"]

_lock = threading.Lock()
_users = 0
_before = warnings.catch_warnings()


@contextmanager
def silenced() -> Iterator[None]:
    """Ignore warnings in this process until the last of those who asked for it is done."""
    global _users, _before
    with _lock:
        if not _users:
            _before = warnings.catch_warnings()
            _before.__enter__()
            warnings.simplefilter("ignore")
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if not _users:
                _before.__exit__(None, None, None)


def _forget() -> None:
    """In a forked child: the threads that asked are not there."""
    global _lock, _users
    _lock = threading.Lock()
    if _users:
        _before.__exit__(None, None, None)
    _users = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
