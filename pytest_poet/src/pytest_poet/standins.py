"""What stands for a function in the process that runs the tests."""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from poet.codec import encode
from poet.gate.sandbox.protocol import FrameError
from pytest_poet.bridge import Key, Line, LineError
from pytest_poet.crossing import (
    CannotCrossError,
    Types,
    WorkerLostError,
    apply_changes,
    obstacle,
    rebuild,
    rebuild_error,
)

__all__ = ["MAX_ITEMS", "Caller", "Poison", "poisoned"]

MAX_ITEMS = 1000  # of a generator; the worker takes no more


class Caller:
    """Calls functions across the line, one call at a time.

    Args:
        line: To the process that judges.
        note: Told what the present test must be judged by: ``shared`` or ``lost``, and why.
        test: Returns the node id of the present test, empty outside of one.
    """

    def __init__(
        self, line: Line, note: Callable[[str, Key, str], None], test: Callable[[], str]
    ) -> None:
        self.line = line
        self.lock = threading.Lock()
        self._note = note
        self._test = test
        self._process = os.getpid()
        self._broken = ""

    def send(self, content: dict[str, Any]) -> None:
        """Send a report; a process that a test has forked sends none."""
        if os.getpid() == self._process:
            with self.lock:
                self.line.send(content)

    def proxy(
        self, key: Key, original: Callable[..., Any], request: dict[str, Any], types: Types
    ) -> Callable[..., Any]:
        """Return what stands for the function: each call of it goes across the line."""
        owner, kind = request["owner"], request["kind"]
        signature = inspect.signature(original)

        def call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            return self._call(key, owner, args, kwargs, types)

        def function(*args: Any, **kwargs: Any) -> Any:
            signature.bind(*args, **kwargs)
            return call(args, kwargs)

        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            try:
                asyncio.get_running_loop()
            except RuntimeError:  # another kind of event loop
                return call(args, kwargs)
            return await asyncio.to_thread(call, args, kwargs)

        def generator(*args: Any, **kwargs: Any) -> Iterator[Any]:
            signature.bind(*args, **kwargs)

            def replay() -> Iterator[Any]:
                items = call(args, kwargs)
                yield from items
                self._drained(key, items)

            return replay()

        def async_generator(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            signature.bind(*args, **kwargs)

            async def replay() -> AsyncIterator[Any]:
                items = await coroutine(*args, **kwargs)
                for item in items:
                    yield item
                self._drained(key, items)

            return replay()

        return {
            "async": coroutine,
            "generator": generator,
            "async generator": async_generator,
        }.get(kind, function)

    def _drained(self, key: Key, items: list[Any]) -> None:
        if len(items) >= MAX_ITEMS:
            raise self._refuse(key, f"more than {MAX_ITEMS} items of a generator")

    def _refuse(self, key: Key, why: str) -> CannotCrossError:
        self._note("shared", key, why)
        return CannotCrossError(f"{key[1]}: {why} cannot cross to another process")

    def _lose(self, key: Key, why: str) -> WorkerLostError:
        self._note("lost", key, why)
        return WorkerLostError(f"{key[1]}: the worker {why}")

    def _call(
        self,
        key: Key,
        owner: str | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        types: Types,
    ) -> Any:
        if os.getpid() != self._process:
            raise self._refuse(key, "a call in a forked process")
        receiver: list[Any] = []
        if owner in ("method", "classmethod") and args:
            receiver, args = [args[0]], args[1:]
        carried = receiver if owner == "method" else []
        sent = {"self": [encode(r) for r in carried], "args": encode(list(args)),
                "kwargs": encode(dict(kwargs))}  # fmt: skip
        why = obstacle([*carried, *args, *kwargs.values()], list(sent.values()))
        if why:
            raise self._refuse(key, why)
        with self.lock:
            answer = self._ask({"op": "call", "key": list(key), "test": self._test(), **sent}, key)
        if "lost" in answer:
            raise self._lose(key, str(answer["lost"][1]))
        try:
            value, error = _outcome(answer["answer"], carried, args, kwargs, sent, types)
        except CannotCrossError as refused:
            self._note("shared", key, str(refused))
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as damage:
            raise self._lose(key, f"sent an answer that cannot be read: {damage!r}") from None
        for category, text in _warnings(answer["answer"], types):
            warnings.warn(text, category, stacklevel=4)
        if error is not None:
            raise error
        return value

    def _ask(self, frame: dict[str, Any], key: Key) -> dict[str, Any]:
        if self._broken:
            raise self._lose(key, self._broken)
        self._broken = "was left in the middle of a call"
        try:
            self.line.send(frame)
        except FrameError as error:
            self._broken = ""
            raise self._refuse(key, f"arguments of that size ({error})") from None
        except OSError as error:
            self._broken = f"cannot be reached: {error}"
            raise self._lose(key, self._broken) from None
        try:
            answer = self.line.receive()
        except (LineError, OSError) as error:
            self._broken = f"cannot be reached: {error}"
            raise self._lose(key, self._broken) from None
        if answer is None:
            self._broken = "is gone"
            raise self._lose(key, self._broken)
        self._broken = ""
        return answer


def _outcome(
    answer: dict[str, Any],
    carried: list[Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    sent: dict[str, Any],
    types: Types,
) -> tuple[Any, BaseException | None]:
    """Return what the function returned or raised, its arguments changed as it changed them."""
    after, named = answer["inputs"]
    if len(after) > len(args):  # with the receiver, or None in its place
        if carried and answer.get("self") is None:
            answer = {**answer, "self": after[0]}
        after = after[len(after) - len(args) :]
    apply_changes(args, sent["args"], after, types)
    apply_changes([kwargs], [sent["kwargs"]], [named], types)
    if carried and answer.get("self") is not None:
        apply_changes(carried, sent["self"], [answer["self"]], types)
    if answer["kind"] == "raised":
        return None, rebuild_error(str(answer["error"]), answer["value"], types)
    return rebuild(answer["value"], types), None


def _warnings(answer: dict[str, Any], types: Types) -> Iterator[tuple[type[Warning], str]]:
    for item in answer.get("warnings", ()):
        name, text = item if isinstance(item, (list, tuple)) else ("UserWarning", item)
        found = types(str(name))
        known = found is not None and issubclass(found, Warning)
        yield (found if known else UserWarning), str(text)  # type: ignore[misc]


class Poison:
    """What a poisoned function returns: equal to nothing, and of no use."""


def poisoned(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of the same kind that returns, or yields, a :class:`Poison`."""

    async def poisoned_async(*_: Any, **__: Any) -> Poison:
        return Poison()

    def poisoned_generator(*_: Any, **__: Any) -> Iterator[Poison]:
        yield Poison()

    async def poisoned_async_generator(*_: Any, **__: Any) -> Any:
        yield Poison()

    if inspect.isasyncgenfunction(original):
        return poisoned_async_generator
    if inspect.iscoroutinefunction(original):
        return poisoned_async
    if inspect.isgeneratorfunction(original):
        return poisoned_generator
    return lambda *_, **__: Poison()
