"""Retries with exponential back-off and full jitter, for failures that are safe to repeat."""

from __future__ import annotations

import errno
import random
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Literal, NamedTuple

from poet.runtime._execution import observe

__all__ = ["Retry", "is_before_effect", "is_transient", "retry", "retry_async"]

# Other libraries wrap a refused connection or a failed look-up in classes of these names.
_CONNECT_NAMES = {
    "NewConnectionError",
    "NameResolutionError",
    "ConnectError",
    "ClientConnectorError",
}
_TRANSIENT_NAMES = {
    "ReadTimeout",
    "ConnectTimeout",
    "PoolTimeout",
    "RemoteDisconnected",
    "IncompleteRead",
}
_REDIRECTS = {"http_error_302", "resolve_redirects"}
_TRANSIENT_ERRNO = {
    errno.ETIMEDOUT, errno.ECONNRESET, errno.ECONNABORTED, errno.ENETUNREACH, errno.EHOSTUNREACH,
    errno.EAGAIN, errno.EINTR,
}  # fmt: skip
_TRANSIENT_STATUS = {408, 425, 429, 500, 502, 503, 504}


class Retry(NamedTuple):
    """When and how often to repeat.

    Attributes:
        attempts: Calls in all, the first included.
        delay: Seconds; the longest wait before the second call.
        factor: How much longer each wait may be than the one before.
        max_delay: Seconds; no wait is longer.
        on: ``before_effect`` repeats only failures before anything can have taken effect
            (a refused connection, a failed name look-up); ``transient`` also time-outs, resets
            and answers such as 503, which is right only for functions that may run twice.
    """

    attempts: int = 3
    delay: float = 0.1
    factor: float = 2.0
    max_delay: float = 5.0
    on: Literal["before_effect", "transient"] = "before_effect"

    def wait(self, failures: int) -> float:
        """Return seconds to wait after that many failures, drawn at random up to the bound.

        Full jitter: uniform between 0 and ``min(max_delay, delay * factor ** (failures - 1))``.
        """
        bound = min(self.max_delay, self.delay * self.factor ** (failures - 1))
        return random.uniform(0, bound)  # noqa: S311 - spreads load, guards nothing

    def repeats(self, error: BaseException) -> bool:
        """Say whether this failure is one to repeat."""
        return is_transient(error) if self.on == "transient" else is_before_effect(error)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what it wraps, through causes, contexts, ``reason`` and arguments."""
    stack: list[Any] = [error]
    seen: set[int] = set()
    while stack and len(seen) < 50:
        item = stack.pop()
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        stack += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]


def _redirected(error: BaseException) -> bool:
    """Say whether the error passed through code of urllib or requests that follows a redirect."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name in _REDIRECTS:
            return True
        trace = trace.tb_next
    return False


def is_before_effect(error: BaseException) -> bool:
    """Say whether the failure came before anything can have taken effect.

    True for a refused connection and for a failed name look-up, also as urllib, requests, httpx
    and aiohttp wrap them; a time-out or a reset is not, for the other side may have acted. Nor is a
    refusal met while following a redirect: the first server has been asked by then.
    """
    if any(_redirected(e) for e in _chain(error)):
        return False
    return any(
        isinstance(e, (ConnectionRefusedError, socket.gaierror))
        or type(e).__name__ in _CONNECT_NAMES
        for e in _chain(error)
    )


def is_transient(error: BaseException) -> bool:
    """Say whether the same call may well succeed a moment later."""
    if is_before_effect(error):
        return True
    for e in _chain(error):
        status = getattr(e, "code", None) or getattr(e, "status", None)
        status = status or getattr(getattr(e, "response", None), "status_code", None)
        if isinstance(e, (TimeoutError, ConnectionError)) or type(e).__name__ in _TRANSIENT_NAMES:
            return True
        if isinstance(e, OSError) and e.errno in _TRANSIENT_ERRNO:
            return True
        if isinstance(status, int) and status in _TRANSIENT_STATUS:
            return True
    return False


_waits = [True]


def skip_waits(skip: bool) -> None:
    """Have calls repeated at once: while a script plays the function, nothing needs the time."""
    _waits[:] = [not skip]


def _used_up_by_reading(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Say whether an argument is an iterator or a file: a second call would find it read."""
    return any(
        hasattr(type(a), "__next__") or hasattr(type(a), "__anext__") or hasattr(a, "readinto")
        for a in (*args, *kwargs.values())
    )


def retry(policy: Retry, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call ``function`` and repeat the failures that ``policy`` allows; raise the last one.

    Nothing is repeated where an argument is an iterator or a file, which the first call has read.
    """
    attempts = 1 if _used_up_by_reading(args, kwargs) else policy.attempts
    failures = 0
    while True:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            failures += 1
            if failures >= attempts or not policy.repeats(error):
                raise
            observe(retries=failures, retried=type(error).__name__)
        if _waits[0]:
            time.sleep(policy.wait(failures))


async def retry_async(
    policy: Retry, function: Callable[..., Awaitable[Any]], /, *args: Any, **kwargs: Any
) -> Any:
    """Await ``function`` and repeat the failures that ``policy`` allows; raise the last one."""
    import asyncio

    attempts = 1 if _used_up_by_reading(args, kwargs) else policy.attempts
    failures = 0
    while True:
        try:
            return await function(*args, **kwargs)
        except Exception as error:
            failures += 1
            if failures >= attempts or not policy.repeats(error):
                raise
            observe(retries=failures, retried=type(error).__name__)
        if _waits[0]:
            await asyncio.sleep(policy.wait(failures))
