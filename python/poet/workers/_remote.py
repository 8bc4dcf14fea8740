"""A version that runs in workers: what its calls go through, and when the baseline serves them."""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from poet.errors import PoetError
from poet.gate.sandbox import Lost
from poet.runtime import observe
from poet.runtime._execution import current_execution
from poet.workers._breaker import Breaker
from poet.workers._crossing import CannotCrossError, Crossing
from poet.workers._kept import Kept, Limits, NotLoadedError
from poet.workers._pool import Pool, Ticket, pool

__all__ = ["Remote", "WorkerState"]


class WorkerState(NamedTuple):
    """How a version fares in its workers.

    Attributes:
        workers: How many hold it now.
        answered: Calls that a worker answered.
        fallbacks: Calls that the baseline served, by reason: ``cannot cross``, ``lost``, ``busy``,
            ``breaker``, ``changed``.
        breaker: ``closed``, ``open`` or ``half-open``.
        seconds_left: Seconds until an open breaker lets a call try.
        last_problem: Of the last fallback.
    """

    workers: int
    answered: int
    fallbacks: Mapping[str, int]
    breaker: str
    seconds_left: float
    last_problem: str


class _Unserved(Exception):  # noqa: N818 - no error, a reason to serve the baseline
    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


class Remote:
    """Runs one version's calls in kept workers, and the baseline where that is not possible.

    Args:
        key: What tells the version from every other.
        request: What a worker loads, as :meth:`Sandbox.load` takes it.
        types: Finds the classes that values may be rebuilt as.
        limits: Of each worker.
        size: How many workers this process keeps at most.
        baseline: The undecorated original.
        still_right: Returns why a worker started now would load something else; empty if not.
        tell: Told each kind of fallback once, and each opening of the breaker.
        refuse: In strict mode: makes the error that a call raises in place of the baseline.
    """

    def __init__(
        self,
        key: object,
        request: Mapping[str, Any],
        types: Callable[[str], type | None],
        limits: Limits,
        size: int,
        baseline: Callable[..., Any],
        still_right: Callable[[], str],
        tell: Callable[[str, str], None],
        refuse: Callable[[str], PoetError] | None = None,
    ) -> None:
        self.key = key
        self.breaker = Breaker()
        self._request = request
        self._script = Path(request["path"]).stem if request["module"] == "__main__" else ""
        self._types = types
        self._limits = limits
        self._size = size
        self.baseline = baseline
        self._still_right = still_right
        self._tell = tell
        self._refuse = refuse
        self._lock = Lock()
        self._answered = 0
        self._fallbacks: dict[str, int] = {}
        self._problem = ""
        _remotes.add(self)

    @property
    def state(self) -> WorkerState:
        """How it fares."""
        return WorkerState(
            self._pool.count(self.key),
            self._answered,
            dict(self._fallbacks),
            self.breaker.state,
            round(self.breaker.seconds_left, 1),
            self._problem,
        )

    @property
    def function(self) -> Callable[..., Any]:
        """The version as a callable of the function's own kind."""
        return self.call_async if self._request["kind"] == "async" else self.call

    @property
    def _pool(self) -> Pool:
        return pool(self._size)

    def warm(self, seconds: float) -> str:
        """Start a worker if none holds the version; return why none can, empty if one does.

        Args:
            seconds: To wait for room; without any the first call starts it.
        """
        ticket = self._pool.request(self.key)
        if not ticket.granted.wait(seconds):
            self._pool.withdraw(ticket)
            return ""
        try:
            kept = self._pool.take(ticket, self._start)
        except (NotLoadedError, _Unserved, PoetError, OSError) as error:
            return error.what if isinstance(error, PoetError) else str(error)
        self._pool.release(kept)
        return ""

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Run one call."""
        try:
            crossing = self._enter(args, kwargs)
            ticket = self._pool.request(self.key)
            try:
                granted = ticket.granted.is_set() or ticket.granted.wait(self._limits.seconds)
            except BaseException:
                self._leave(ticket)
                raise
            if not granted:
                raise self._busy(ticket)
            effect = self._finish(crossing, self._ask(ticket, crossing))
        except _Unserved as reason:
            self._fall_back(reason)
            return self.baseline(*args, **kwargs)
        return effect()

    async def call_async(self, *args: Any, **kwargs: Any) -> Any:
        """Run one call of an async function; a cancelled one ends its worker."""
        try:
            crossing = self._enter(args, kwargs)
            ticket = await self._turn()
            asked = _threads(self._size).submit(self._ask, ticket, crossing)
            try:
                answer = await asyncio.shield(asyncio.wrap_future(asked))
            except asyncio.CancelledError:
                ticket.kill()
                self.breaker.unused()
                raise
            effect = self._finish(crossing, answer)
        except _Unserved as reason:
            self._fall_back(reason)
            return await self.baseline(*args, **kwargs)
        return effect()

    async def _turn(self) -> Ticket:
        """Wait in line without holding a thread."""
        loop = asyncio.get_running_loop()
        turn = asyncio.Event()

        def notify() -> None:
            loop.call_soon_threadsafe(turn.set)

        ticket = self._pool.request(self.key, notify)
        if ticket.granted.is_set():
            return ticket
        try:
            await asyncio.wait_for(turn.wait(), self._limits.seconds)
        except TimeoutError:
            raise self._busy(ticket) from None
        except BaseException:
            self._leave(ticket)
            raise
        return ticket

    # Steps of a call

    def _enter(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Crossing:
        try:
            crossing = Crossing(args, kwargs, self._types, self._request["filename"], self._script)
        except CannotCrossError as error:
            raise _Unserved("cannot cross", str(error)) from None
        if not self.breaker.allows():
            raise _Unserved("breaker", f"its workers were lost again and again: {self._problem}")
        return crossing

    def _leave(self, ticket: Ticket) -> None:
        self._pool.withdraw(ticket)
        self.breaker.unused()

    def _busy(self, ticket: Ticket) -> _Unserved:
        self._leave(ticket)
        return _Unserved(
            "busy",
            f"no worker was free within {self._limits.seconds:g} s; "
            "raise workers in [tool.poet], or approve the version",
        )

    def _start(self) -> Kept:
        kept = Kept(self.key, self._request, self._limits)
        changed = self._still_right()  # asked last, for the sources were read meanwhile
        if changed:
            kept.end()
            raise _Unserved("changed", changed)
        return kept

    def _ask(self, ticket: Ticket, crossing: Crossing) -> dict[str, Any] | Lost:
        """Call the version in the worker that was granted, and give that back."""
        workers = self._pool
        if ticket.is_cancelled():
            workers.withdraw(ticket)
            return Lost("cancelled", "was not wanted any more")
        try:
            kept = workers.take(ticket, self._start)
        except (NotLoadedError, PoetError, OSError) as error:
            what = error.what if isinstance(error, PoetError) else str(error)
            return Lost("exited", f"could not be started: {what}")
        except BaseException:
            self.breaker.unused()
            raise
        if ticket.is_cancelled():
            ticket.hand_back()
            workers.release(kept)
            return Lost("cancelled", "was not wanted any more")
        try:
            answer = kept.call(crossing.request)
        except BaseException:  # Ctrl-C: what the worker is about to answer is for nobody
            ticket.hand_back()
            self.breaker.unused()
            workers.drop(kept)
            raise
        ticket.hand_back()
        if isinstance(answer, dict) and answer.get("error") == "MemoryError":
            limit = self._limits.megabytes
            answer = Lost("memory", f"needed more memory than call_memory_mb = {limit} allows")
        if isinstance(answer, Lost) and not (answer.kind == "refused" and kept.running):
            workers.drop(kept)
        else:
            workers.release(kept)
        return answer

    def _finish(self, crossing: Crossing, answer: dict[str, Any] | Lost) -> Callable[[], Any]:
        if isinstance(answer, Lost):
            if answer.kind == "refused" and "cross" in answer.message:
                self.breaker.unused()
                raise _Unserved("cannot cross", answer.message)
            raise self._lost(answer)
        try:
            effect = crossing.finish(answer)
        except CannotCrossError as error:
            self._answer()
            raise _Unserved("cannot cross", str(error)) from None
        self._answer()
        with self._lock:
            self._answered += 1
        return effect

    def _answer(self) -> None:
        if self.breaker.answered():
            self._tell("closed", "a worker answers again")

    def _lost(self, lost: Lost) -> _Unserved:
        seconds = self.breaker.lost()
        if seconds:
            self._problem = lost.message
            self._tell("opened", f"its worker {lost.message}; for {seconds:g} s no other is asked")
        return _Unserved("lost", f"its worker {lost.message}")

    def _fall_back(self, reason: _Unserved) -> None:
        """Count that the baseline serves a call, say so once, or refuse it in strict mode."""
        with self._lock:
            first = reason.kind not in self._fallbacks
            self._fallbacks[reason.kind] = self._fallbacks.get(reason.kind, 0) + 1
            if reason.kind != "breaker":
                self._problem = reason.reason
        if self._refuse is not None:
            raise self._refuse(reason.reason) from None
        execution = current_execution.get()
        if execution is not None:
            execution.version = None
        observe(fallback=reason.kind)
        if first and reason.kind != "breaker":
            self._tell(reason.kind, reason.reason)

    def renew(self) -> None:
        """In a forked child: start with no lock held and nothing lost."""
        self._lock = Lock()
        self.breaker.renew()


_remotes: weakref.WeakSet[Remote] = weakref.WeakSet()
_executor: list[ThreadPoolExecutor] = []


def _threads(size: int) -> ThreadPoolExecutor:
    """Return the threads that calls of async functions run in: as many as there are workers."""
    if not _executor or _executor[0]._max_workers < size:  # noqa: SLF001 - its size, nowhere else
        _executor[:] = [ThreadPoolExecutor(max(size, 2), thread_name_prefix="poet-worker")]
    return _executor[0]


def _renew() -> None:
    _executor.clear()
    for remote in list(_remotes):
        remote.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
