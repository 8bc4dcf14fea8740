"""The worker: the confined process that holds a candidate. It gets code and inputs, nothing else.

It never learns what a right answer is. Requests and answers are frames on one socket that was open
before the process was confined. A stand-in for the baseline, or for a callable of another module,
asks the parent at each call what to do, so that the parent knows what was called.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import itertools
import linecache
import os
import sys
import threading
import time
import traceback
import types
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from poet.codec import Drained, decode, encode, type_name
from poet.gate.sandbox.clock import Clock
from poet.gate.sandbox.protocol import FrameError, frame, read_frame, write_all
from poet.gate.sandbox.receiver import UnmadeError, make_receiver, named, owner_of
from poet.gate.types import class_finder
from poet.runtime._execution import Execution, current_execution

__all__ = ["serve"]

MAX_ITEMS = 1000
LINGER = 0.2  # seconds a thread may take to end once the call that started it has returned
WEAR = 0.3  # seconds for the calls before the one that counts


class _Sources(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the project's modules from the text that the parent sent."""

    def __init__(self, files: dict[str, list[Any]]) -> None:
        self.files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if fullname not in self.files:
            return None
        origin, _, package = self.files[fullname]
        spec = importlib.machinery.ModuleSpec(fullname, self, origin=origin, is_package=package)
        spec.has_location = origin.endswith(".py")
        if package:
            spec.submodule_search_locations = []
        return spec

    def get_source(self, fullname: str) -> str:
        return str(self.files[fullname][1])

    def is_package(self, fullname: str) -> bool:
        return bool(self.files[fullname][2])

    def exec_module(self, module: ModuleType) -> None:
        origin, text, _ = self.files[module.__name__]
        linecache.cache[origin] = (len(text), None, text.splitlines(keepends=True), origin)
        exec(compile(text, origin, "exec", dont_inherit=True), module.__dict__)  # noqa: S102


class _Conversation:
    """The socket to the parent, and what the present request is."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.nonce = b""
        self.lock = threading.Lock()

    def ask(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """Tell the parent that a stand-in was called and return what it is to do."""
        with self.lock:
            asked = {"name": name, "args": encode(list(args)), "kwargs": encode(kwargs)}
            write_all(self.descriptor, frame({"nonce": self.nonce, "ask": asked}))
            reply = read_frame(self.descriptor)
        return list(reply["step"])

    def stand_in(self, name: str, kind: str) -> Callable[..., Any]:
        """Return a callable of that kind which plays what the parent says."""

        def finish(step: list[Any]) -> Any:
            if step[0] == "raise":
                raise _exception(step[1], decode(step[2]))
            return decode(step[1]) if step[0] == "return" else None

        async def play_async(*args: Any, **kwargs: Any) -> Any:
            step = self.ask(name, args, kwargs)
            if step[0] == "hang":
                import asyncio

                # Time leaps instead of passing: a time-out of minutes is checked in milliseconds.
                loop: Any = asyncio.get_running_loop()
                loop.leap += step[1]
                await asyncio.sleep(step[1])
            return finish(step)

        def play(*args: Any, **kwargs: Any) -> Any:
            step = self.ask(name, args, kwargs)
            if step[0] == "hang":
                time.sleep(step[1])
            return finish(step)

        def play_generator(*args: Any, **kwargs: Any) -> Iterator[Any]:
            yield from finish(self.ask(name, args, kwargs)) or ()

        async def play_async_generator(*args: Any, **kwargs: Any) -> Any:
            for item in finish(self.ask(name, args, kwargs)) or ():
                yield item

        return {
            "async": play_async,
            "generator": play_generator,
            "async generator": play_async_generator,
        }.get(kind, play)


@contextmanager
def _replaced(replacements: dict[str, Callable[..., Any]]) -> Iterator[None]:
    """Put stand-ins in place of the callables of those dotted names, for a time."""
    before: list[tuple[ModuleType, str, Any]] = []
    try:
        for dotted, stand_in in replacements.items():
            module_name, _, name = dotted.rpartition(".")
            module = importlib.import_module(module_name)
            before.append((module, name, getattr(module, name)))
            setattr(module, name, stand_in)
        yield
    finally:
        for module, name, value in reversed(before):
            setattr(module, name, value)


def _exception(name: str, args: list[Any]) -> BaseException:
    module, _, kind = name.rpartition(".")
    if module not in ("", "builtins", "socket", "urllib.error"):
        raise ValueError(f"a stand-in cannot raise {name}")
    found = getattr(importlib.import_module(module or "builtins"), kind)
    made = found(*args)
    assert isinstance(made, BaseException)
    return made


def _resolve(module: ModuleType, qualname: str, path: str) -> Callable[..., Any]:
    """Return the undecorated original of ``qualname``: as its decorator knows it, else by its name.

    Properties and other decorators hide a function from its name, not from its own ``@poet``.
    """
    from poet.registry import targets

    for target in targets():
        if target.qualname == qualname and str(target.path) == path:
            return target.original
    holder: Any = module
    for part in qualname.split("."):
        holder = vars(holder)[part]
    function = getattr(holder, "fget", None) or getattr(holder, "__func__", holder)
    return getattr(function, "__poet_original__", function)  # type: ignore[no-any-return]


def _failed_import(error: BaseException, files: dict[str, list[Any]]) -> str:
    """Say where the user's module failed to import here, and what to do."""
    own = {origin for origin, _, _ in files.values()}
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in own]
    line = (frames[-1].line or "") if frames else ""
    where = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    problem = f"the user's module cannot be imported here: {error!r}{where}"
    if isinstance(error, OSError) or (isinstance(error, KeyError) and "environ" in line):
        problem += (
            "; a module is verified without files, network and environment: move what needs them "
            "from its top level into a function"
        )
    return problem


class _Worker:
    def __init__(self, conversation: _Conversation, layers: list[Any]) -> None:
        self.conversation = conversation
        self.layers = layers
        self.original: Callable[..., Any] | None = None
        self.request: dict[str, Any] = {}
        self.candidate: Callable[..., Any] | None = None
        self.types: Callable[[str], type | None] | None = None
        self.clock: Clock | None = None
        self.ready: Iterator[tuple[list[Any], dict[str, Any]]] = iter(())

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        does = {"load": self.load, "call": self.call, "prepare": self.prepare, "run": self.run}
        return does[request["op"]](request)

    def load(self, request: dict[str, Any]) -> dict[str, Any]:
        from poet.gate.contract import describe

        self.request = request
        files = request["sources"]["files"]
        if request.get("clock"):
            self.clock = Clock()
            self.clock.install()
        sys.meta_path.insert(0, _Sources(files))
        try:
            module = importlib.import_module(request["sources"]["module"])
            self.original = _resolve(module, request["qualname"], request["path"])
            tops = {name.partition(".")[0] for name in files}
            self.types = class_finder(self.original.__module__, tops, request["module"])
            baseline = describe(self.original)
        except BaseException as error:  # noqa: BLE001 - importing a user's module may do anything
            return {"failed": _failed_import(error, files), "layers": self.layers}
        found = {"baseline": baseline, "candidate": None, "layers": self.layers}
        if request["code"] is None:
            self.candidate = self.original
            return found
        try:
            threads = set(threading.enumerate())
            self.candidate = self._load_code(None)
            found["candidate"] = describe(self.candidate)
            left = _left_running(threads)
            if left:
                raise RuntimeError(f"its import starts {left} threads and leaves them running")
        except BaseException as error:  # noqa: BLE001 - it is the candidate that runs
            return {"failed": f"the candidate cannot be loaded: {error!r}", "layers": self.layers}
        return found

    def _load_code(self, stand_in: Callable[..., Any] | None) -> Callable[..., Any]:
        from poet.runtime._binding import load_code

        assert self.original is not None
        r = self.request
        if r["code"] is None:
            return stand_in or self.original
        return load_code(
            r["code"], r["filename"], r["name"], self.original, r["user_names"], stand_in
        )

    def _decoded(self, tree: Any) -> Any:
        """Return the value of a tree; objects of the project's own classes as such."""
        return decode(tree, self.types)

    def _arguments(self, request: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return what a request calls the function with, made anew."""
        args, kwargs = self._decoded(request["args"]), self._decoded(request["kwargs"])
        if self.request["owner"] in ("method", "classmethod"):
            made = request.get("receiver")
            args = [self._made(made) if made else self._decoded(request.get("self")), *args]
        return args, kwargs

    def _made(self, receiver: dict[str, Any]) -> Any:
        """Return an object of the user's class, called before as a check asks for."""

        def call(*args: Any, **kwargs: Any) -> None:
            _run(self.candidate, list(args), kwargs, self.request["kind"], _Yields())

        kind = owner_of(self.original, self.request["qualname"])
        return make_receiver(kind, receiver, call, self._decoded)

    def call(self, request: dict[str, Any]) -> dict[str, Any]:
        from poet.runtime._retry import skip_waits

        kind = self.request["kind"]
        played = bool(request.get("stand_in"))
        skip_waits(played or bool(request.get("outside")))
        function = self.candidate
        if played:
            function = self._load_code(self.conversation.stand_in("", kind))
        assert function is not None
        outside = {
            name: self.conversation.stand_in(name, "function")
            for name in request.get("outside", ())
        }
        if self.clock is not None:
            self.clock.leap(int(request.get("leap") or 0))
        self._wear(function, request)
        try:
            args, kwargs = self._arguments(request)
        except UnmadeError as error:
            args, kwargs, function = [], {}, error.again
        execution = Execution(self.request["qualname"], None)
        token = current_execution.set(execution)
        threads = set(threading.enumerate())
        with (
            warnings.catch_warnings(record=True) as caught,
            _replaced(outside),
            named(self.original, self._decoded(request.get("names"))),
        ):
            warnings.simplefilter("always")
            yields = _Yields()
            try:
                result = encode(_run(function, args, kwargs, kind, yields))
                answer = {"kind": "returned", "value": result, "error": ""}
            except Exception as error:  # noqa: BLE001 - the candidate's own outcome
                value: list[Any] = [encode(a) for a in error.args]
                answer = {"kind": "raised", "value": value, "error": type_name(error)}
                answer |= {"exception": encode(error), "yielded": encode(yields.items)}
                answer["raised_by"] = self._raised_by(error)
                answer["at"] = self._at(error)
        current_execution.reset(token)
        left = _left_running(threads)
        return {
            **answer,
            "inputs": [None, None] if request.get("brief") else [encode(args), encode(kwargs)],
            "warnings": [str(w.message) for w in caught][:100],
            "warning_types": [type_name(w.message) for w in caught][:100],
            "facts": encode(execution.facts or {}),
            "memory": _peak(),
            "threads_left": left,
        }

    def prepare(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make the arguments of calls that are to be timed; only the parent has a clock for it."""
        from poet.runtime._retry import skip_waits

        skip_waits(False)
        made = [self._arguments({"args": a, "kwargs": k}) for a, k in request["calls"]]
        self.ready = iter(made)
        return {"ready": len(made)}

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make the next calls that were prepared, of the candidate or of the user's own function.

        Returns:
            How many of them ``returned``.
        """
        function = self.original if request["original"] else self.candidate
        assert function is not None
        returned = 0
        token = current_execution.set(Execution(self.request["qualname"], None))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for args, kwargs in itertools.islice(self.ready, request["count"]):
                with contextlib.suppress(Exception):
                    _run(function, args, kwargs, self.request["kind"], _Yields())
                    returned += 1
        current_execution.reset(token)
        return {"returned": returned}

    def _wear(self, function: Callable[..., Any], request: dict[str, Any]) -> None:
        """Call the function with these arguments up to ``before`` times, for a moment at most."""
        end = self._now() + WEAR
        for _ in range(int(request.get("before") or 0)):
            args, kwargs = self._arguments(request)
            with warnings.catch_warnings(), contextlib.suppress(Exception):
                warnings.simplefilter("ignore")
                _run(function, args, kwargs, self.request["kind"], _Yields())
            if self._now() > end:
                break

    def _now(self) -> float:
        return time.monotonic() - (self.clock.ahead if self.clock else 0)

    def _at(self, error: BaseException) -> list[list[Any]]:
        """Return line and function of each of the candidate's frames that an error passed."""
        if self.request["code"] is None:
            return []
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if f.filename == self.request["filename"]]
        return [[f.lineno or 0, f.name] for f in own[-4:]]

    def _raised_by(self, error: BaseException) -> str:
        """Say who raised an error with a ``raise`` or ``assert`` of its own.

        Returns:
            ``function``, the function itself; ``module``, other source of the project;
            ``operation`` where the interpreter or a library raised it.
        """
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is None:
            return "operation"
        name, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        code, original = self.request["code"], getattr(self.original, "__code__", None)
        if code is not None and name == self.request["filename"]:
            return "function" if _raises(code, line) else "operation"
        files = self.request["sources"]["files"].values()
        text = next((text for origin, text, _ in files if origin == name), None)
        if text is None or not _raises(text, line):
            return "operation"
        if original is None or name != original.co_filename:
            return "module"
        body = max((n for *_, n in original.co_lines() if n), default=0)
        for inner in _nested(original):
            body = max([body, *[n for *_, n in inner.co_lines() if n]])
        return "function" if original.co_firstlineno <= line <= body else "module"


def _raises(text: str, line: int) -> bool:
    """Say whether a line of a source belongs to a ``raise`` or ``assert``."""
    return any(
        isinstance(node, (ast.Raise, ast.Assert)) and node.lineno <= line <= (node.end_lineno or 0)
        for node in ast.walk(ast.parse(text))
    )


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    for item in code.co_consts:
        if isinstance(item, types.CodeType):
            yield item
            yield from _nested(item)


def _left_running(before: set[threading.Thread]) -> int:
    """Return how many threads that a call started go on after it; one that is ending may end."""
    until = time.monotonic() + LINGER
    for thread in threading.enumerate():
        if thread not in before:
            thread.join(max(0.0, until - time.monotonic()))
    return sum(t not in before for t in threading.enumerate())


def _peak() -> int:
    """Return the largest resident size so far, in bytes."""
    import resource

    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


_ITERATORS: tuple[type, ...] = (types.GeneratorType, map, filter, zip, enumerate, reversed, itertools.chain,
              itertools.islice, type(iter([])), type(iter(())), type(iter(range(0))))  # fmt: skip


class _Yields:
    """Items as they are yielded: what came before an error is part of the outcome."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    def take(self, iterator: Iterator[Any]) -> Drained:
        for item in iterator:
            if len(self.items) == MAX_ITEMS:
                return Drained(self.items, cut=True)
            self.items.append(item)
        return Drained(self.items, cut=False)

    async def take_async(self, iterator: AsyncIterator[Any]) -> Drained:
        async for item in iterator:
            if len(self.items) == MAX_ITEMS:
                return Drained(self.items, cut=True)
            self.items.append(item)
        return Drained(self.items, cut=False)


def _run(
    function: Any,
    args: list[Any],
    kwargs: dict[str, Any],
    kind: str,
    yields: _Yields,
) -> Any:
    """Call the function to its end: await it, or take up to ``MAX_ITEMS`` of what it yields."""
    if kind in ("function", "generator"):
        value = function(*args, **kwargs)
        return yields.take(value) if kind == "generator" or type(value) in _ITERATORS else value
    import asyncio

    async def run() -> Any:
        if kind == "async":
            return await function(*args, **kwargs)
        return await yields.take_async(function(*args, **kwargs))

    class Loop(asyncio.SelectorEventLoop):
        leap = 0.0

        def time(self) -> float:
            return super().time() + self.leap

    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(run())


def serve(descriptor: int, layers: list[Any]) -> None:
    """Serve requests on a socket until its other end is closed."""
    from poet.settings import confine_imports

    confine_imports()
    os.environ.clear()
    with contextlib.suppress(ImportError):
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed()  # each worker its own; the zygote's would be shared
    conversation = _Conversation(descriptor)
    worker = _Worker(conversation, layers)
    while (request := read_frame(descriptor)) is not None:
        conversation.nonce = request["nonce"]
        answer = worker.answer(request)
        try:
            reply = frame({"nonce": request["nonce"], "answer": answer})
        except FrameError as error:
            reply = frame({"nonce": request["nonce"], "refused": str(error)})
        write_all(descriptor, reply)
