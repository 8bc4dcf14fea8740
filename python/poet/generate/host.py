"""A thread and an event loop of its own for a provider, so that nothing it does holds others up.

A provider may come from anywhere: it may block the loop it runs in, and may not end when it is
cancelled. Whoever waits for it here stops waiting when the time is over, whatever it does.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from poet.errors import PoetError

__all__ = ["BrokenProviderError", "Host"]

_T = TypeVar("_T")
_CLOSING = 3.0  # seconds that closing may take


class BrokenProviderError(Exception):
    """The provider raised something else than it may."""


class Host:
    """Runs a provider's coroutines; started by the first one.

    Args:
        name: The provider's, for the thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    async def call(self, start: Callable[[], Coroutine[Any, Any, _T]], timeout: float) -> _T:
        """Return what the coroutine that ``start`` makes returns.

        Raises:
            TimeoutError: It did not end in ``timeout`` seconds. It is cancelled, and left alone.
            PoetError: The coroutine raised it.
            BrokenProviderError: It raised anything else.
        """
        future: Future[_T] = asyncio.run_coroutine_threadsafe(_guarded(start), self._running())
        waiting = asyncio.wrap_future(future)
        try:
            async with asyncio.timeout(timeout):
                return await waiting
        finally:
            future.cancel()  # no effect on one that has ended

    async def close(self, start: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run the provider's own end and stop the thread; one that does not stop is left behind."""
        if self._loop is None or self._thread is None:
            return
        try:
            with suppress(TimeoutError, PoetError, BrokenProviderError):
                await self.call(start, _CLOSING)
        finally:
            loop, self._loop = self._loop, None
            asyncio.run_coroutine_threadsafe(_stop(), loop)
            await asyncio.to_thread(self._thread.join, 1.0)

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(
                target=_run, args=(self._loop,), name=f"poet-{self._name}", daemon=True
            )
            self._thread.start()
        return self._loop


async def _guarded(start: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    try:
        return await start()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and not task.cancelling():
            raise BrokenProviderError("it cancelled itself") from None
        raise
    except (TimeoutError, GeneratorExit, PoetError):
        raise
    except BaseException as error:  # noqa: BLE001 - SystemExit too would end the thread
        raise BrokenProviderError(f"{type(error).__name__}: {error}") from None


def _run(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


async def _stop() -> None:
    """Cancel what is left, and stop once it has ended; what goes on keeps its thread."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left)
    asyncio.get_running_loop().stop()
