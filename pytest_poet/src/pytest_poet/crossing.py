"""Values on their way between a test and a worker: what crosses, and how it comes back."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from poet.gate import codec

__all__ = [
    "CannotCrossError",
    "Types",
    "WorkerLostError",
    "apply_changes",
    "obstacle",
    "rebuild",
    "rebuild_error",
    "types_of",
]

Types = Callable[[str], "type | None"]
LIBRARIES = {"poet", "numpy", "polars", "pandas"}  # of these, exceptions only


class WorkerLostError(BaseException):
    """The worker that holds the candidate gave no answer. No ``except Exception`` swallows it."""


class CannotCrossError(BaseException):
    """A value cannot go to another process, or come back from it."""


def obstacle(values: Sequence[object], tree: Any) -> str | None:
    """Return why encoded arguments cannot cross, None if they can.

    Args:
        values: The arguments themselves, looked at for iterators: listing one uses it up.
        tree: The same arguments, encoded.
    """
    for value in values:
        if hasattr(type(value), "__next__"):
            return f"an iterator ({type(value).__name__})"
    found = _unverifiable(tree)
    return f"an object of type {found}" if found else None


def _unverifiable(tree: Any) -> str | None:
    """Return the type of the first value in encoded data that no process could rebuild."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if item.get("$") == codec.UNVERIFIABLE:
                return str(item.get("type"))
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return None


def types_of(roots: Sequence[str]) -> Types:
    """Return what finds a class by its qualified name.

    Args:
        roots: Top-level packages of the user's project; besides, the standard library counts.
    """

    def find(name: str) -> type | None:
        parts = name.split(".")
        if len(parts) == 1:
            return _class(vars(importlib.import_module("builtins")), parts)
        for cut in range(len(parts) - 1, 0, -1):
            module = sys.modules.get(".".join(parts[:cut]))
            if module is None:
                continue
            found = _class(vars(module), parts[cut:])
            if found is None:
                continue
            own = parts[0] in roots or parts[0] in sys.stdlib_module_names
            error = parts[0] in LIBRARIES and issubclass(found, BaseException)
            return found if own or error else None
        return None

    return find


def _class(namespace: Mapping[str, Any], parts: Sequence[str]) -> type | None:
    found: Any = namespace.get(parts[0])
    for part in parts[1:]:
        found = inspect.getattr_static(found, part, None)
    return found if isinstance(found, type) else None


def rebuild(tree: Any, types: Types) -> Any:
    """Return the value of encoded data, objects of known classes included.

    Raises:
        CannotCrossError: It holds what this process cannot rebuild.
    """
    found = _unverifiable(tree)
    if found:
        raise CannotCrossError(f"a value of type {found} cannot come back from another process")
    try:
        return codec.decode(tree, types=types)
    except ValueError as error:
        raise CannotCrossError(f"a value cannot be rebuilt: {error}") from None


def rebuild_error(name: str, value: Any, types: Types) -> BaseException:
    """Return the exception of type ``name`` whose encoded arguments are ``value``.

    Raises:
        CannotCrossError: Its class is not known here.
    """
    kind = types(name)
    if kind is None or not issubclass(kind, BaseException):
        raise CannotCrossError(f"an exception of type {name} cannot come back from another process")
    made = rebuild(value, types) if isinstance(value, dict) else None
    if isinstance(made, kind):
        return made
    items = made if made is not None else [rebuild(item, types) for item in value]
    arguments = tuple(items)
    try:
        error: BaseException = kind.__new__(kind, *arguments)
    except TypeError:
        raise CannotCrossError(f"an exception of type {name} cannot be rebuilt") from None
    error.args = arguments
    return error


def apply_changes(values: Sequence[object], before: Any, after: Any, types: Types) -> None:
    """Change the caller's objects as the function changed its copies of them.

    Args:
        values: The caller's.
        before: They, encoded before the call.
        after: Their copies, encoded after it.
        types: As for :func:`rebuild`.

    Raises:
        CannotCrossError: A change that cannot be made in place.
    """
    if not isinstance(after, list) or len(after) != len(values):
        raise CannotCrossError("the arguments did not come back from the other process")
    for value, old, new in zip(values, before, after, strict=True):
        if old == new:
            continue
        if _merged(value, rebuild(new, types)) is not value:
            kind = type(value).__name__
            raise CannotCrossError(f"the function changed its argument of type {kind}")


def _merged(old: Any, new: Any) -> Any:
    """Return ``old`` with the content of ``new`` where it can be changed, else ``new``."""
    kind = type(old)
    if kind is not type(new):
        return new
    if kind is list:
        common = [_merged(a, b) for a, b in zip(old, new, strict=False)]
        old[:] = common + new[len(common) :]
    elif kind is dict:
        items = {k: _merged(old[k], v) if k in old else v for k, v in new.items()}
        old.clear()
        old.update(items)
    elif kind is set:
        old.clear()
        old.update(new)
    elif kind is bytearray:
        old[:] = new
    elif kind is tuple:
        items_ = tuple(_merged(a, b) for a, b in zip(old, new, strict=False))
        same = len(old) == len(new) and all(a is b for a, b in zip(items_, old, strict=True))
        return old if same else (*items_, *new[len(items_) :])
    elif dataclasses.is_dataclass(kind):
        for field in dataclasses.fields(kind):
            value = _merged(getattr(old, field.name, None), getattr(new, field.name, None))
            object.__setattr__(old, field.name, value)
    elif kind.__module__ == "numpy" and kind.__name__ == "ndarray":
        if old.shape != new.shape or old.dtype != new.dtype or not old.flags.writeable:
            return new
        old[...] = new
    else:
        return new
    return old
