"""Values on their way between a test and a worker: what crosses, and how it comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from poet import codec
from poet.gate.types import class_finder
from poet.gate.writeback import apply

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
    return class_finder("", roots, libraries=LIBRARIES)


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
        CannotCrossError: A change that cannot be made in place; none has been made then.
    """
    if not isinstance(after, list) or len(after) != len(values):
        raise CannotCrossError("the arguments did not come back from the other process")
    changes: list[Callable[[], None]] = []
    for value, old, new in zip(values, before, after, strict=True):
        try:
            apply(value, old, new, lambda tree: rebuild(tree, types), changes)
        except (ValueError, TypeError, KeyError, AttributeError):
            kind = type(value).__name__
            raise CannotCrossError(f"the function changed its argument of type {kind}") from None
    for change in changes:
        change()
