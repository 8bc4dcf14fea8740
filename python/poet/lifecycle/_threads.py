"""Blocking work beside an event loop: in threads of its own, so many at once, and stopped promptly."""

from __future__ import annotations

import asyncio
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from poet.gate import Sandbox, TestEvidence, parse_in_turns

__all__ = ["Stopped", "Threads"]

_T = TypeVar("_T")
_ENDING = 15.0  # seconds that work under way may take to end once it was told to


class Stopped(BaseException):
    """The run is being stopped; no ``except Exception`` on the way takes it for a failure."""


class Threads:
    """Runs blocking work, at most ``limit`` pieces at once over all functions of a run.

    The threads are daemons: one that does not end when it is told to holds up no exit.

    Args:
        limit: How much runs at once; by default one for each core.
    """

    def __init__(self, limit: int = 0) -> None:
        parse_in_turns()
        self.limit = limit or os.cpu_count() or 1
        self.stopping = threading.Event()
        self._free = self.limit
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._threads: set[threading.Thread] = set()
        self._boxes: weakref.WeakSet[Sandbox] = weakref.WeakSet()
        self._tests: weakref.WeakSet[Any] = weakref.WeakSet()

    async def run(self, work: Callable[[], _T], *, alone: bool = False) -> _T:
        """Return what ``work`` returns.

        Args:
            work: Runs in a thread; it looks at :meth:`look` now and then.
            alone: Nothing else runs meanwhile, so that what it measures means something.
        """
        weight = self.limit if alone else 1
        await self._take(weight)
        loop = asyncio.get_running_loop()
        result: asyncio.Future[_T] = loop.create_future()

        def done(value: _T | None, error: BaseException | None) -> None:
            self._give(weight)
            if result.cancelled():
                return
            if error is not None:
                result.set_exception(error)
            else:
                result.set_result(value)  # type: ignore[arg-type]

        def body() -> None:
            value: _T | None = None
            caught: BaseException | None = None
            try:
                self.look()
                value = work()
            except Stopped:
                caught = asyncio.CancelledError()
            except BaseException as error:  # noqa: BLE001 - it is raised where the work is awaited
                caught = error
            self._threads.discard(threading.current_thread())
            try:
                loop.call_soon_threadsafe(done, value, caught)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return

        thread = threading.Thread(target=body, name="poet-judge", daemon=True)
        self._threads.add(thread)
        thread.start()
        return await result

    def look(self) -> None:
        """Raise :class:`Stopped` where the run is being stopped."""
        if self.stopping.is_set():
            raise Stopped

    def sandbox(
        self, timeout: float = 30.0, *, hash_seed: int = 0, require: bool = False
    ) -> Sandbox:
        """Return a sandbox that answers no more once the run is being stopped."""
        box = _Box(timeout, hash_seed=hash_seed, require=require)
        box.threads = self
        self._boxes.add(box)
        self.look()
        return box

    def watch(self, tests: TestEvidence | None) -> None:
        """Have the tests' runs under way ended too when the run is stopped."""
        if tests is not None and callable(getattr(tests, "stop", None)):
            self._tests.add(tests)

    async def close(self) -> None:
        """End what is under way, and wait for it."""
        self.stopping.set()
        end = time.monotonic() + _ENDING
        while self._threads and time.monotonic() < end:
            for tests in list(self._tests):
                tests.stop()
            for box in list(self._boxes):
                box.kill()
            await asyncio.sleep(0.02)

    async def _take(self, weight: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((weight, turn))
        self._wake()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give(weight)
            else:
                self._waiting.remove((weight, turn))
                self._wake()
            raise

    def _give(self, weight: int) -> None:
        self._free += weight
        self._wake()

    def _wake(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            weight, turn = self._waiting.popleft()
            if turn.cancelled():
                continue
            self._free -= weight
            turn.set_result(None)


class _Box(Sandbox):
    """A sandbox that its run can stop."""

    threads: Threads

    def load(self, request: dict[str, Any]) -> Any:
        """Load as always, unless the run is being stopped."""
        self.threads.look()
        return super().load(request)

    def call(self, request: dict[str, Any], timeout: float | None = None) -> Any:
        """Call as always, unless the run is being stopped."""
        self.threads.look()
        return super().call(request, timeout)
