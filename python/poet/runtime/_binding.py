"""How a version's code reaches the function it was made for: read live, and no further than that.

``from poet.runtime import baseline, default, user`` works only while a version is being loaded;
what it gives is bound to that version's function.
"""

from __future__ import annotations

import hashlib
import inspect
import linecache
import sys
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from types import ModuleType
from typing import Any, NamedTuple

from poet.errors import PoetError, StoreError

__all__ = ["Binding", "UserNames", "bound", "load_code"]


class UserNames:
    """The user's module as generated code may see it: the baseline's own global names, live."""

    __slots__ = ("_allowed", "_namespace")

    def __init__(self, namespace: Mapping[str, Any], allowed: Iterable[str]) -> None:
        object.__setattr__(self, "_namespace", namespace)
        object.__setattr__(self, "_allowed", frozenset(allowed))

    def __getattr__(self, name: str) -> Any:
        if name not in self._allowed or name not in self._namespace:
            raise AttributeError(
                f"generated code may not use {name!r} of the user's module: the baseline does not"
            )
        value = self._namespace[name]
        if isinstance(value, ModuleType):
            raise AttributeError(f"{name!r} is a module: generated code imports what it is granted")
        return value

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"generated code may not assign {name!r} in the user's module")


class Binding(NamedTuple):
    """What ``poet.runtime`` gives to one version's code.

    Attributes:
        baseline: The undecorated original, or its stand-in during a check.
        user: The names of its module it may use.
        original: The undecorated original, always; its signature holds the defaults.
    """

    baseline: Callable[..., Any]
    user: UserNames
    original: Callable[..., Any]

    def played(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``function``, or the stand-in that plays the baseline during a check."""
        return function if self.baseline is self.original else self.baseline

    def default(self, parameter: str) -> Any:
        """Return the baseline's own default of ``parameter``, the same object."""
        return inspect.signature(self.original).parameters[parameter].default


_binding: ContextVar[Binding | None] = ContextVar("poet_binding", default=None)


def bound(name: str) -> Any:
    """Return ``baseline``, ``default``, ``played`` or ``user`` of the version that is being loaded.

    Raises:
        PoetError: No version is being loaded.
    """
    binding = _binding.get()
    if binding is None:
        raise PoetError(
            f"poet.runtime.{name} exists only inside a stored version",
            hint="call the decorated function; it loads its version",
        )
    return getattr(binding, name)


def load_code(
    code: str,
    filename: str,
    name: str,
    original: Callable[..., Any],
    user_names: Iterable[str],
    baseline: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """Execute a version's code and return its function.

    Args:
        code: The text of ``code.py``, already checked against its record.
        filename: Shown in tracebacks; lines are found there.
        name: The function's own name.
        original: The undecorated original.
        user_names: Names of the original's module the code may use.
        baseline: Stands in for ``original`` as ``poet.runtime.baseline``.

    Raises:
        StoreError: The code does not define the function.
    """
    module = ModuleType(
        f"_poet_version_{hashlib.sha256((filename + code).encode()).hexdigest()[:16]}"
    )
    module.__file__ = filename
    user = UserNames(getattr(original, "__globals__", {}), user_names)
    token = _binding.set(Binding(baseline or original, user, original))
    sys.modules[module.__name__] = module
    try:
        exec(compile(code, filename, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    finally:
        _binding.reset(token)
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    function = module.__dict__.get(name)
    if not callable(function):
        raise StoreError(f"the code defines no function {name!r}", where=filename)
    return function  # type: ignore[no-any-return]  # callable, of the function's own signature
