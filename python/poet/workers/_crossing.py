"""What of a call crosses to a worker and back: arguments, what became of them, value, exception.

A worker has no effect outside itself. So whatever cannot cross, even after the worker has run, costs
nothing but time: the baseline then serves the call, with arguments nobody has touched.
"""

from __future__ import annotations

import builtins
import dataclasses
import enum
import sys
import warnings
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from poet.codec import decode, encode
from poet.errors import PoetWarning
from poet.gate.writeback import apply, pairs_of, same
from poet.runtime import observe

__all__ = ["CannotCrossError", "Crossing"]

_ATOMS = frozenset({type(None), bool, int, float, str, bytes, complex})
_HOLDERS = frozenset({list, tuple, set, frozenset, deque})
_NEVER = frozenset({"unverifiable", "iterator", "sub", "memoryview", "view", "maskedvalue"})
# Trees of these are read back as they were written; of any other that is tried out.
_PLAIN = frozenset({
    "int", "float", "ints", "floats", "complex", "str", "bytes", "bytearray", "tuple", "dict", "set",
    "frozenset", "ordereddict", "counter", "deque", "decimal", "fraction", "uuid", "date", "time",
    "datetime", "timedelta", "timezone", "zoneinfo", "path", "range", "slice", "ellipsis", "ndarray",
    "scalar", "series", "frame",
})  # fmt: skip


class CannotCrossError(Exception):
    """Something of a call cannot cross a process; the text says what."""


class Crossing:
    """One call on its way to a worker and back.

    Args:
        args: The positional arguments.
        kwargs: The keyword arguments.
        types: Finds the classes that values may be rebuilt as.
        filename: Where warnings of the version are said to come from.
        script: The name that the user's module has in a worker, where it is ``__main__`` here.

    Raises:
        CannotCrossError: An argument cannot cross.
    """

    def __init__(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        types: Callable[[str], type | None],
        filename: str,
        script: str = "",
    ) -> None:
        self._args = args
        self._kwargs = kwargs
        self._types = types
        self._filename = filename
        self._script = script
        self._shared = ""
        if any(type(v) not in _ATOMS for v in (*args, *kwargs.values())):
            self._shared = _look_through((*args, *kwargs.values()))
        try:
            self.request = {"args": encode(list(args)), "kwargs": encode(kwargs)}
        except Exception as error:  # noqa: BLE001 - reading an argument may run code of its class
            raise CannotCrossError(f"an argument cannot be read: {error!r}") from None
        if script:
            _rename(self.request, script)
        self._rebuild(self.request, "an argument", look_only=True)

    def finish(self, answer: Mapping[str, Any]) -> Callable[[], Any]:
        """Read an answer; return what does what the call did: returns its value or raises.

        Nothing is changed before all of the answer has been read.

        Raises:
            CannotCrossError: Part of it cannot be had here; the call has had no effect.
        """
        try:
            raised = answer["kind"] == "raised"
            error = self._exception(answer) if raised else None
            value = None if raised else self._decode(answer["value"], "its value")
            changes = self._changes(answer["inputs"])
            facts = self._decode(answer.get("facts") or encode({}), "its facts")
            said = _warnings(answer)
        except CannotCrossError:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever a forged answer makes the reader say
            raise CannotCrossError(f"its answer cannot be read: {problem!r}") from None

        def effect() -> Any:
            for change in changes:
                change()
            if isinstance(facts, dict) and facts:
                observe(**{str(k): v for k, v in facts.items()})
            for text, category in said:
                warnings.warn_explicit(text, category, self._filename, 1)
            if error is not None:
                raise error
            return value

        return effect

    def _decode(self, tree: Any, what: str) -> Any:
        return self._rebuild(tree, what)

    def _rebuild(self, tree: Any, what: str, *, look_only: bool = False) -> Any:
        """Return the value of a tree, if it is all that was written down.

        Raises:
            CannotCrossError: Part of it could not be written down, or cannot be rebuilt here.
        """
        tags = _tags(tree, what)
        if look_only and tags <= _PLAIN:
            return None
        missing: list[str] = []

        def types(name: str) -> type | None:
            found = self._types(name)
            if found is None:
                missing.append(name)
            return found

        parts = tree.values() if look_only else (tree,)
        values = [decode(part, types=types) for part in parts]
        if missing:
            raise CannotCrossError(f"{what} is of type {missing[0]}, which cannot be rebuilt here")
        if not tags <= _PLAIN:
            for value, part in zip(values, parts, strict=True):
                again = encode(value)
                if self._script:
                    _rename(again, self._script)
                if not same(again, part):
                    rest = ", ".join(sorted(tags - _PLAIN))
                    raise CannotCrossError(f"{what} cannot be rebuilt as it was ({rest})")
        return values[0]

    def _exception(self, answer: Mapping[str, Any]) -> Exception:
        name = str(answer["error"])
        whole = answer.get("exception")
        if isinstance(whole, dict):
            whole.pop("cause", None)  # what it was raised from stays where it happened
            try:
                found = self._decode(whole, "its exception")
            except CannotCrossError:
                found = None
            if isinstance(found, Exception):
                return found
        args = [self._decode(arg, "its exception") for arg in answer["value"]]
        kind = self._types(name)
        known = kind is not None and issubclass(kind, Exception)
        if not known and name.startswith("poet.errors."):
            kind = getattr(sys.modules["poet.errors"], name.removeprefix("poet.errors."), None)
        if not isinstance(kind, type) or not issubclass(kind, Exception):
            raise CannotCrossError(f"it raised {name}, which cannot be rebuilt here")
        made = None
        if not _made_by_own_code(kind) or kind.__module__ == "poet.errors":
            try:
                made = kind(*args)
            except Exception:  # noqa: BLE001 - its class wants other arguments
                made = None
        if type(made) is not kind or made.args != tuple(args):
            raise CannotCrossError(f"it raised {name}, of which more than its arguments is needed")
        return made

    def _changes(self, after: Any) -> list[Callable[[], None]]:
        """Return what does to the caller's arguments what the version did to its own."""
        args, kwargs = after
        before = self.request
        if same(args, before["args"]) and same(kwargs, before["kwargs"]):
            return []
        if self._shared:
            raise CannotCrossError(
                f"it changes an argument, and a {self._shared} is passed in two places"
            )
        read = lambda tree: self._decode(tree, "an argument, after the call,")  # noqa: E731
        changes: list[Callable[[], None]] = []
        try:
            apply(list(self._args), before["args"], args, read, changes, top=True)
            olds, news = dict(pairs_of(before["kwargs"])), dict(pairs_of(kwargs))
            for name, value in self._kwargs.items():
                apply(value, olds[name], news[name], read, changes)
        except CannotCrossError:
            raise
        except Exception as error:  # noqa: BLE001 - a change of a kind that is not known
            raise CannotCrossError(
                f"it changed an argument in a way that cannot be repeated: {error}"
            ) from None
        return changes


def _tags(tree: Any, what: str) -> set[str]:
    """Return the tags in a tree; refuse it where something could not be written down."""
    found: set[str] = set()
    stack = [tree]
    while stack:
        item = stack.pop()
        if type(item) is list:
            stack += [i for i in item if type(i) is list or type(i) is dict]
        elif type(item) is dict:
            tag = item.get("$")
            if tag in _NEVER:
                kind = item.get("type", tag)
                raise CannotCrossError(f"{what} of type {kind} cannot cross to another process")
            if type(tag) is str:
                found.add(tag)
            stack += [i for i in item.values() if type(i) is list or type(i) is dict]
    return found


def _rename(tree: Any, script: str) -> None:
    """Name the classes of a program by its module's name instead of ``__main__``."""
    stack = [tree]
    while stack:
        item = stack.pop()
        name = item.get("type") if isinstance(item, dict) else None
        if isinstance(name, str) and name.startswith("__main__.") and "$" in item:
            item["type"] = f"{script}{name.removeprefix('__main__')}"
        parts = item if isinstance(item, list) else item.values()
        stack += [i for i in parts if isinstance(i, (list, dict))]


def _look_through(values: tuple[Any, ...]) -> str:
    """Refuse what reading would use up; return the type of what is passed twice and can change."""
    seen: set[int] = set()
    shared = ""
    stack: list[Any] = [*values]
    while stack:
        value = stack.pop()
        kind = type(value)
        if kind in _ATOMS or isinstance(value, (type, enum.Enum)):
            continue
        if hasattr(kind, "__next__") or hasattr(kind, "__anext__") or hasattr(kind, "readinto"):
            raise CannotCrossError(
                f"an argument of type {kind.__name__} is used up by reading: it cannot cross to "
                "another process"
            )
        if not isinstance(value, (tuple, frozenset)):
            memory = getattr(value, "base", None) if kind.__module__ == "numpy" else None
            if not seen.isdisjoint({id(value), id(memory) if memory is not None else 0}):
                shared = kind.__name__
                continue
            seen.add(id(value) if memory is None else id(memory))
        if kind in _HOLDERS:
            stack += [v for v in value if type(v) not in _ATOMS]
        elif isinstance(value, dict):
            stack += [v for v in dict.values(value) if type(v) not in _ATOMS]
        elif dataclasses.is_dataclass(value):
            stack += [getattr(value, f.name, None) for f in dataclasses.fields(value)]
        elif isinstance(value, tuple):
            stack += [v for v in value if type(v) not in _ATOMS]
    return shared


def _made_by_own_code(kind: type) -> bool:
    """Say whether a class makes its objects by code that is not Python's own."""
    own = [k for k in kind.__mro__ if k.__module__.partition(".")[0] not in sys.stdlib_module_names]
    return any("__init__" in vars(k) or "__new__" in vars(k) for k in own)


def _warnings(answer: Mapping[str, Any]) -> list[tuple[str, type[Warning]]]:
    texts = [str(t) for t in answer.get("warnings", ())]
    names = [str(n) for n in answer.get("warning_types", ())]
    names += ["UserWarning"] * (len(texts) - len(names))
    found = []
    for text, name in zip(texts, names, strict=False):
        kind = PoetWarning if name == "poet.errors.PoetWarning" else getattr(builtins, name, None)
        if not isinstance(kind, type) or not issubclass(kind, Warning):
            kind = UserWarning
        found.append((text, kind))
    return found
