"""The call: the proxies that stand for decorated functions, and what cannot be decorated."""

from __future__ import annotations

import functools
import inspect
import os
import warnings
from collections.abc import AsyncIterator, Callable, Generator
from pathlib import Path
from time import perf_counter_ns
from types import FunctionType
from typing import Any

from poet.errors import DuplicateFunctionError, FunctionError, NoSourceError, PoetWarning
from poet.handle import FunctionHandle, register
from poet.plugins import domain as find_domain
from poet.registry import Target, remember
from poet.runtime._execution import current_execution
from poet.serving import Served
from poet.settings import imports_confined, load_settings
from poet.spec import Options, find_definition

__all__ = ["decorate"]


def _sync(original: Callable[..., Any], handle: FunctionHandle) -> Callable[..., Any]:
    @functools.wraps(original)
    def proxy(*args: Any, **kwargs: Any) -> Any:
        execution = handle.begin(args, kwargs)
        token = current_execution.set(execution)
        started = perf_counter_ns()
        try:
            value = execution.call(*args, **kwargs)
        except BaseException as error:
            handle.finish(execution, error, started)
            raise
        finally:
            current_execution.reset(token)
        handle.finish(execution, None, started, value)
        return value

    return proxy


def _async(original: Callable[..., Any], handle: FunctionHandle) -> Callable[..., Any]:
    @functools.wraps(original)
    async def proxy(*args: Any, **kwargs: Any) -> Any:
        execution = handle.begin(args, kwargs)
        token = current_execution.set(execution)
        started = perf_counter_ns()
        try:
            value = await execution.call(*args, **kwargs)
        except BaseException as error:
            handle.finish(execution, error, started)
            raise
        finally:
            current_execution.reset(token)
        handle.finish(execution, None, started, value)
        return value

    return proxy


def _generator(original: Callable[..., Any], handle: FunctionHandle) -> Callable[..., Any]:
    @functools.wraps(original)
    def proxy(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        execution = handle.begin(args, kwargs)
        started = perf_counter_ns()
        try:
            value = yield from execution.call(*args, **kwargs)
        except BaseException as error:
            handle.finish(execution, error, started)
            raise
        handle.finish(execution, None, started)
        return value

    return proxy


def _async_generator(original: Callable[..., Any], handle: FunctionHandle) -> Callable[..., Any]:
    @functools.wraps(original)
    async def proxy(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        execution = handle.begin(args, kwargs)
        started = perf_counter_ns()
        inner = execution.call(*args, **kwargs)
        try:
            value = await anext(inner)
            while True:
                try:
                    sent = yield value
                except GeneratorExit:
                    await inner.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001 - handed on, as athrow() asks
                    value = await inner.athrow(error)
                else:
                    value = await inner.asend(sent)
        except StopAsyncIteration:
            handle.finish(execution, None, started)
        except BaseException as error:
            handle.finish(execution, error, started)
            raise

    return proxy


def decorate(function: Any, given: dict[str, Any]) -> Any:
    """Return the proxy of a function, or the class with its methods decorated.

    Args:
        function: What ``@poet`` was put on.
        given: The decorator's options.

    Raises:
        ConfigError: An unknown option, domain, objective or config key, with the nearest name.
        FunctionError: What cannot be enhanced, with the reason.
    """
    if isinstance(function, (classmethod, staticmethod)):
        return type(function)(decorate(function.__func__, given))
    if isinstance(function, type):
        return _decorate_class(function, given)
    where = _where(function)
    problem = _refusal(function)
    if problem:
        raise FunctionError(
            f"@poet cannot enhance {_name(function)}: {problem[0]}", where=where, hint=problem[1]
        )
    if imports_confined():  # a worker has no project: every function there is as it was written
        remember(
            Target(function, Path(function.__code__.co_filename), function.__qualname__, Options())
        )
        function.__poet_original__ = function
        return function
    options = Options.parse(given, where)
    find_domain(options.domain, where).settle(options, where)
    path = Path(os.path.abspath(function.__code__.co_filename))  # noqa: PTH100 - no symlink is followed
    target = Target(function, path, function.__qualname__, options)
    handle = FunctionHandle(target, given)
    if not path.is_file() and not _ships_without_source(function):
        _no_source(target, where)
        handle.due = 1 << 62
        handle.served = Served(function, None, "missing", "no source", Path(), events=False)
    elif register(handle):
        _refuse_twice(target)
    if inspect.isasyncgenfunction(function):
        make = _async_generator
    elif inspect.iscoroutinefunction(function):
        make = _async
    elif inspect.isgeneratorfunction(function):
        make = _generator
    else:
        make = _sync
    proxy: Any = make(function, handle)
    proxy.__poet_original__ = function
    proxy.poet = handle
    handle.proxy = proxy
    return proxy


def _decorate_class(cls: type, given: dict[str, Any]) -> type:
    """Give the class's options to its decorated methods, or enhance its public ones."""
    members = {
        n: m for n, m in vars(cls).items()
        if isinstance(getattr(m, "__func__", m), FunctionType)
    }  # fmt: skip
    decorated = {
        n: h for n, m in members.items() if (h := getattr(getattr(m, "__func__", m), "poet", None))
    }
    for name, member in members.items():
        if decorated:
            handle = decorated.get(name)
            if isinstance(handle, FunctionHandle):
                where = _where(handle.target.original)
                options = Options.parse({**given, **handle.given}, where)
                find_domain(options.domain, where).settle(options, where)
                handle.target = handle.target._replace(options=options)
        elif not name.startswith("_"):
            setattr(cls, name, decorate(member, given))
    return cls


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", None) or repr(function)


def _where(function: Any) -> str:
    code = getattr(function, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else _name(function)


def _refusal(function: Any) -> tuple[str, str] | None:
    """Return why the object cannot be enhanced and what to do, None if it can."""
    if isinstance(function, property):
        return "it is a property", "put @poet under @property, next to the def"
    if hasattr(function, "__poet_original__"):
        return "it is decorated already", "keep one @poet on it"
    if not isinstance(function, FunctionType):
        if callable(function):
            return "it has no Python source (a C function or an object)", "wrap it in a def"
        return "it is not a function", "write @poet() above a def"
    if function.__name__ == "<lambda>":
        return "it is a lambda, which has no name to store versions under", "write it as a def"
    if "<locals>" in function.__qualname__:
        return (
            "it is defined inside another function, where it cannot be found again",
            "move it to the top level of its module or class",
        )
    return None


def _ships_without_source(function: FunctionType) -> bool:
    """Say whether the function's module was compiled ahead, with its folder there (a .pyc only)."""
    path = Path(function.__code__.co_filename)
    return path.suffix == ".py" and path.parent.is_dir() and (path.parent / ".poet").is_dir()


def _no_source(target: Target, where: str) -> None:
    error = NoSourceError(
        f"the source of {target.qualname} is in no file, so no version can be made for it; "
        "it runs as it was written",
        where=where,
        hint="put it into a .py file and import it",
    )
    if load_settings().strict:
        raise error
    warnings.warn(str(error), PoetWarning, stacklevel=4)


def _refuse_twice(target: Target) -> None:
    """Raise if the module's text decorates two functions of this name; a reload is no error."""
    try:
        find_definition(target.path, target.qualname)
    except DuplicateFunctionError:
        raise
    except NoSourceError:
        return
