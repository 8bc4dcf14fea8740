"""The worker: the process that holds a candidate. It gets code and inputs and returns plain data.

It never learns what a right answer is. Requests come as frames on standard input; answers go to a
copy of standard output that is taken before any candidate code runs, while standard output itself
leads to standard error. A frame is 8 bytes of length, then JSON.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from poet.gate.codec import decode, encode, type_name

__all__ = ["MAX_FRAME", "import_user_module", "main", "read_frame", "resolve", "write_frame"]

MAX_FRAME = 64 * 1024 * 1024
MAX_ITEMS = 1000


def read_frame(stream: BinaryIO) -> Any:
    """Return the next frame's content, None at the end of the stream."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    size = int.from_bytes(head, "big")
    if size > MAX_FRAME:
        raise ValueError(f"a frame of {size:,} bytes, at most {MAX_FRAME:,}")
    data = stream.read(size)
    return json.loads(data) if len(data) == size else None


def write_frame(stream: BinaryIO, content: Any) -> None:
    """Write one frame."""
    data = json.dumps(content, allow_nan=False).encode()
    stream.write(len(data).to_bytes(8, "big") + data)
    stream.flush()


def import_user_module(path: Path, name: str) -> ModuleType:
    """Import the module at ``path``: under its name where that finds the file, else by its path."""
    if name != "__main__":
        try:
            found = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            found = None
        if found is not None and found.origin and Path(found.origin).resolve() == path.resolve():
            return importlib.import_module(name)
    # A script or a test file: its folder is on the path when it runs, and so it is here.
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported as a module")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module


def resolve(module: ModuleType, qualname: str, path: Path) -> Callable[..., Any]:
    """Return the undecorated original of ``qualname``: as its decorator knows it, else by its name.

    Properties and other decorators hide a function from its name, not from its own ``@poet``.
    """
    from poet.registry import targets

    for target in targets():
        if target.qualname == qualname and target.path.resolve() == path.resolve():
            return target.original
    holder: Any = module
    for part in qualname.split("."):
        holder = vars(holder)[part]
    function = getattr(holder, "fget", None) or getattr(holder, "__func__", holder)
    return getattr(function, "__poet_original__", function)  # type: ignore[no-any-return]


class _StandIn:
    """Plays the baseline from a script and remembers how it was called."""

    def __init__(self, steps: list[list[Any]], kind: str) -> None:
        self.steps = steps
        self.kind = kind
        self.calls: list[list[Any]] = []

    def function(self) -> Callable[..., Any]:
        def step(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
            chosen = self.steps[min(len(self.calls), len(self.steps) - 1)]
            self.calls.append([encode(list(args)), encode(kwargs)])
            return chosen

        def finish(chosen: list[Any]) -> Any:
            if chosen[0] == "raise":
                raise _exception(chosen[1], decode(chosen[2]))
            return decode(chosen[1]) if chosen[0] == "return" else None

        async def play_async(*args: Any, **kwargs: Any) -> Any:
            chosen = step(args, kwargs)
            if chosen[0] == "hang":
                import asyncio

                # Time leaps instead of passing: a time-out of minutes is checked in milliseconds.
                loop: Any = asyncio.get_running_loop()
                loop.leap += chosen[1]
                await asyncio.sleep(chosen[1])
            return finish(chosen)

        def play(*args: Any, **kwargs: Any) -> Any:
            chosen = step(args, kwargs)
            if chosen[0] == "hang":
                time.sleep(chosen[1])
            return finish(chosen)

        def play_generator(*args: Any, **kwargs: Any) -> Iterator[Any]:
            yield from finish(step(args, kwargs)) or ()

        async def play_async_generator(*args: Any, **kwargs: Any) -> Any:
            for item in finish(step(args, kwargs)) or ():
                yield item

        return {
            "async": play_async,
            "generator": play_generator,
            "async generator": play_async_generator,
        }.get(self.kind, play)


@contextmanager
def _replaced(outside: dict[str, _StandIn]) -> Iterator[None]:
    """Put the stand-ins in place of the callables of those dotted names, for a time."""
    before: list[tuple[ModuleType, str, Any]] = []
    try:
        for dotted, stand_in in outside.items():
            module_name, _, name = dotted.rpartition(".")
            module = importlib.import_module(module_name)
            before.append((module, name, getattr(module, name)))
            setattr(module, name, stand_in.function())
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def _exception(name: str, args: list[Any]) -> BaseException:
    module, _, kind = name.rpartition(".")
    if module not in ("", "builtins", "socket", "urllib.error"):
        raise ValueError(f"a stand-in cannot raise {name}")
    found = getattr(importlib.import_module(module or "builtins"), kind)
    made = found(*args)
    assert isinstance(made, BaseException)
    return made


class _Worker:
    def __init__(self) -> None:
        self.original: Callable[..., Any] | None = None
        self.request: dict[str, Any] = {}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["op"] == "load":
            return self.load(request)
        return self.call(request)

    def load(self, request: dict[str, Any]) -> dict[str, Any]:
        from poet.gate.contract import describe

        self.request = request
        try:
            module = import_user_module(Path(request["path"]), request["module"])
            self.original = resolve(module, request["qualname"], Path(request["path"]))
            baseline = describe(self.original)
        except BaseException as error:  # noqa: BLE001 - importing a user's module may do anything
            return {"failed": f"the user's module cannot be imported here: {error!r}"}
        if request["code"] is None:
            return {"baseline": baseline, "candidate": None}
        try:
            candidate = describe(self._candidate(None))
        except BaseException as error:  # noqa: BLE001 - it is the candidate that runs
            return {"failed": f"the candidate cannot be loaded: {error!r}"}
        return {"baseline": baseline, "candidate": candidate}

    def _candidate(self, stand_in: Callable[..., Any] | None) -> Callable[..., Any]:
        from poet.runtime._binding import load_code

        assert self.original is not None
        r = self.request
        if r["code"] is None:
            return stand_in or self.original
        return load_code(
            r["code"], r["filename"], r["name"], self.original, r["user_names"], stand_in
        )

    def call(self, request: dict[str, Any]) -> dict[str, Any]:
        from poet.runtime._retry import skip_waits

        script = request.get("stand_in")
        skip_waits(script is not None or bool(request.get("outside")))
        stand_in = _StandIn(script, self.request["kind"]) if script else None
        function = self._candidate(stand_in.function() if stand_in else None)
        outside = {
            n: _StandIn(steps, "function") for n, steps in request.get("outside", {}).items()
        }
        args, kwargs = decode(request["args"]), decode(request["kwargs"])
        if self.request["owner"] in ("method", "classmethod"):
            args = [None, *args]
        with warnings.catch_warnings(record=True) as caught, _replaced(outside):
            warnings.simplefilter("always")
            start = time.perf_counter()
            try:
                result = encode(_drain(function, args, kwargs, self.request["kind"]))
                answer = {"kind": "returned", "value": result, "error": ""}
            except Exception as error:  # noqa: BLE001 - the candidate's own outcome
                value = [encode(a) for a in error.args]
                answer = {"kind": "raised", "value": value, "error": type_name(error)}
            seconds = time.perf_counter() - start
        return {
            **answer,
            "seconds": seconds,
            "inputs": [encode(args), encode(kwargs)],
            "stand_in_calls": stand_in.calls if stand_in else [],
            "outside_calls": {name: played.calls for name, played in outside.items()},
            "warnings": [str(w.message) for w in caught][:100],
        }


def _drain(function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any], kind: str) -> Any:
    """Call the function to its end: await it, or take up to ``MAX_ITEMS`` of what it yields."""
    from itertools import islice

    if kind == "function":
        return function(*args, **kwargs)
    if kind == "generator":
        return list(islice(function(*args, **kwargs), MAX_ITEMS))
    import asyncio

    async def run() -> Any:
        if kind == "async":
            return await function(*args, **kwargs)
        items = []
        async for item in function(*args, **kwargs):
            items.append(item)
            if len(items) >= MAX_ITEMS:
                break
        return items

    class Loop(asyncio.SelectorEventLoop):
        leap = 0.0

        def time(self) -> float:
            return super().time() + self.leap

    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(run())


def main(limits: dict[str, int]) -> None:
    """Serve requests until standard input ends."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file_bytes"], limits["file_bytes"]))
        resource.setrlimit(resource.RLIMIT_DATA, (limits["data_bytes"], limits["data_bytes"]))
        resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"] + 1))
    except (ImportError, ValueError, OSError):  # the record says that limits are missing
        pass
    worker = _Worker()
    while (request := read_frame(requests)) is not None:
        write_frame(answers, {"nonce": request["nonce"], "answer": worker.answer(request)})
