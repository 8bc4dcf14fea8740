"""The thread that repeats calls on another version, after they were answered."""

from __future__ import annotations

import atexit
import contextvars
import os
import queue
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from poet.runtime._execution import Execution

__all__ = ["Call", "Shadow"]

_WAITING = 64  # shadow calls that wait; more are left out
_ENDING = 2.0  # seconds to wait at the end of the process for the call that runs


class Call(NamedTuple):
    """A call that the shadow is to repeat."""

    context: contextvars.Context
    execution: Execution
    arguments: tuple[tuple[Any, ...], dict[str, Any]]
    value: Any


class Shadow:
    """One thread that repeats calls; it starts with the first, and in a forked child anew."""

    def __init__(self, repeat: Callable[[Call], None]) -> None:
        self._repeat = repeat
        self._pid = 0
        self._calls: queue.Queue[Call | None] = queue.Queue()
        self._lock = threading.Lock()

    def put(self, call: Call) -> bool:
        if self._pid != os.getpid():
            with self._lock:
                if self._pid != os.getpid():
                    self._calls = queue.Queue(_WAITING)
                    self._pid = os.getpid()
                    thread = threading.Thread(
                        target=self._run, args=(self._calls,), name="poet-shadow", daemon=True
                    )
                    thread.start()
                    atexit.register(self._stop, self._calls, thread)
        try:
            self._calls.put_nowait(call)
        except queue.Full:
            return False
        return True

    def _run(self, calls: queue.Queue[Call | None]) -> None:
        while True:
            call = calls.get()
            try:
                if call is None:
                    return
                call.context.run(self._repeat, call)
            except Exception:  # noqa: BLE001, S110 - a shadow harms nobody
                pass
            finally:
                calls.task_done()

    @staticmethod
    def _stop(calls: queue.Queue[Call | None], thread: threading.Thread) -> None:
        """Let the call under way end, so that the interpreter is not taken away under it."""
        try:
            while True:
                calls.get_nowait()
        except queue.Empty:
            pass
        calls.put(None)
        thread.join(_ENDING)

    def drain(self, seconds: float) -> bool:
        with self._calls.all_tasks_done:
            return self._calls.all_tasks_done.wait_for(
                lambda: not self._calls.unfinished_tasks, seconds
            )
