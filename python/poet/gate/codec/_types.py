"""Which classes a tree may be rebuilt into: those of a user's module, and some of the standard library's."""

from __future__ import annotations

import enum
import sys
import types
from collections.abc import Callable, Mapping

from poet.gate.codec._raw import class_name, is_named, mro, namespace

__all__ = ["module_types", "resolver", "standard_types"]

_STANDARD = (
    "builtins", "asyncio.exceptions", "concurrent.futures._base", "configparser", "csv", "decimal",
    "http", "json.decoder", "queue", "re", "shutil", "signal", "socket", "ssl", "statistics",
    "subprocess", "uuid", "urllib.error", "zoneinfo",
)  # fmt: skip


def standard_types() -> dict[str, type]:
    """Return the standard library's errors and enums, of the modules that are loaded, by name."""
    found: dict[str, type] = {}
    for name in _STANDARD:
        module = sys.modules.get(name)
        for kind in vars(module).values() if type(module) is types.ModuleType else ():
            bases = mro(kind) if isinstance(kind, type) else ()
            if any(base in (BaseException, enum.Enum) for base in bases) and is_named(kind):
                found[class_name(kind)] = kind
    return found


def module_types(module: types.ModuleType) -> dict[str, type]:
    """Return the classes that a module defines, nested ones too, by their qualified names.

    Only plain namespaces are read; a class that stands elsewhere than its name says is left out.
    """
    found: dict[str, type] = {}
    waiting: list[Mapping[str, object]] = [vars(module)]
    while waiting:
        for item in list(waiting.pop().values()):
            if not any(base is type for base in mro(type(item))):
                continue
            kind: type = item  # type: ignore[assignment]
            own = type.__dict__["__module__"].__get__(kind) == module.__name__
            if own and is_named(kind) and class_name(kind) not in found:
                found[class_name(kind)] = kind
                waiting.append(namespace(kind))
    return found


def resolver(*modules: types.ModuleType) -> Callable[[str], type | None]:
    """Return a resolver for :func:`poet.gate.codec.decode`: the standard types and those modules'."""
    found = standard_types()
    for module in modules:
        found |= module_types(module)
    return found.get
