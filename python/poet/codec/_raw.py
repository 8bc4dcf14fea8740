"""Looking at an object without asking it: its class, its class's name and its stored state.

A class can lie through ``__class__``, ``__dict__``, ``__getattribute__`` or a metaclass. What is
read here goes through descriptors of the interpreter's own base classes, so none of that runs.
"""

from __future__ import annotations

import sys
import types
from typing import Any

__all__ = [
    "class_name",
    "find",
    "is_named",
    "mro",
    "namespace",
    "plain_names",
    "resolve_name",
    "state",
    "type_name",
]

_HEAP = 1 << 9
_FLAGS = type.__dict__["__flags__"].__get__
_MRO = type.__dict__["__mro__"].__get__
_NAMESPACE = type.__dict__["__dict__"].__get__
_MODULE = type.__dict__["__module__"].__get__
_QUALNAME = type.__dict__["__qualname__"].__get__
_MODULE_DICT: Any = vars(types.ModuleType)["__dict__"].__get__  # type: ignore[index, unused-ignore]
# What a class says it is, and is not: shown in messages, equal only to the like.
_IMPOSTOR = " (not the class found under that name)"


def mro(kind: type) -> tuple[type, ...]:
    """Return the class's method resolution order, as the interpreter holds it."""
    found: tuple[type, ...] = _MRO(kind)
    return found


def namespace(kind: type) -> Any:
    """Return the class's own namespace, read-only."""
    return _NAMESPACE(kind)


def find(kind: type, name: str) -> Any:
    """Return what a class or the nearest of its bases holds under a name, None if nothing does."""
    return next((names[name] for base in mro(kind) if name in (names := namespace(base))), None)


def resolve_name(module: str, qualname: str) -> object:
    """Return what stands in a loaded module under a dotted name, None if there is nothing.

    Only plain namespaces are read: no import, no ``getattr``.
    """
    found: Any = sys.modules.get(module)
    if found is None or not any(base is types.ModuleType for base in mro(type(found))):
        return None
    names = _MODULE_DICT(found)
    for part in qualname.split("."):
        if names is None:
            return None
        found = names.get(part)
        is_class = any(base is type for base in mro(type(found)))
        names = namespace(found) if is_class else None
    return found


def is_named(kind: type) -> bool:
    """Whether the class is what its module and qualified name lead to."""
    module, qualname = _MODULE(kind), _QUALNAME(kind)
    return type(module) is str and resolve_name(module, qualname) is kind


def type_name(value: object) -> str:
    """Return the qualified name of the value's type, built-in ones without their module.

    A class that stands elsewhere than its name says is named so.
    """
    return class_name(type(value))


def class_name(kind: type) -> str:
    """Return the qualified name of a class, as :func:`type_name` gives it."""
    module, qualname = _MODULE(kind), _QUALNAME(kind)
    if type(module) is not str or type(qualname) is not str:
        return "a class without a name"
    name = qualname if module == "builtins" else f"{module}.{qualname}"
    # A class of the interpreter's own need not be found under its name, and cannot lie about it.
    if not _FLAGS(kind) & _HEAP or "<locals>" in qualname or is_named(kind):
        return name
    return name + _IMPOSTOR


def plain_names(names: Any) -> dict[str, Any] | None:
    """Return a copy of an object's dict; None where a name of it is no plain string.

    A name of a class of its own would run its code when it is looked up.
    """
    pairs = list(dict.items(names))
    return dict(pairs) if all(type(name) is str for name, _ in pairs) else None


def state(value: object) -> dict[str, Any] | None:
    """Return what the object stores under names, in its dict and its slots.

    None where its dict is hidden behind something of its class, or has names that are no strings.
    """
    found: dict[str, Any] = {}
    for kind in mro(type(value)):
        if not _FLAGS(kind) & _HEAP:
            continue
        for name, item in namespace(kind).items():
            if name == "__dict__":
                if type(item) is not types.GetSetDescriptorType or item.__objclass__ is not kind:
                    return None
                names = plain_names(item.__get__(value))
                if names is None:
                    return None
                found |= names
            elif type(item) is types.MemberDescriptorType and item.__objclass__ is kind:
                try:
                    stored = item.__get__(value)
                except AttributeError:
                    continue
                found[f"{class_name(kind)}.{name}" if name in found else name] = stored
    return found
