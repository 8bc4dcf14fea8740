"""Which classes a value that crosses a process may be rebuilt as: the user's own and Python's."""

from __future__ import annotations

import builtins
import enum
import sys
from collections.abc import Callable, Collection
from types import ModuleType

__all__ = ["class_finder"]


def class_finder(
    module: str,
    first_party: Collection[str] = (),
    alias: str = "",
    libraries: Collection[str] = (),
) -> Callable[[str], type | None]:
    """Return a function from a qualified name to the class it names here, None for any other.

    A class counts if its module is imported already and is the user's or first-party, and the class
    goes by that very name; of the standard library errors, enums, dataclasses and named tuples
    count, of ``libraries`` errors. Nothing is imported.

    Args:
        module: Name of the user's module.
        first_party: Top-level names of the packages and modules that count as the user's.
        alias: The name that the same module has in the other process; a script is ``__main__``.
        libraries: Top-level names of packages whose errors count too.
    """
    tops = {module.partition(".")[0], *first_party}
    known: dict[str, type | None] = {}

    def find(name: str) -> type | None:
        if name not in known:
            own = f"{alias}." if alias else "\0"
            here = f"{module}.{name.removeprefix(own)}" if name.startswith(own) else name
            known[name] = _find(here, module, tops, libraries)
        return known[name]

    return find


def _find(name: str, module: str, tops: Collection[str], libraries: Collection[str]) -> type | None:
    if "." not in name or hasattr(builtins, name.partition(".")[0]):
        return _member(builtins, name.split("."), "builtins")
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        holder = ".".join(parts[:cut])
        found = sys.modules.get(holder)
        if found is None:
            continue
        kind = _member(found, parts[cut:], holder)
        if holder == module or parts[0] in tops or kind is None:
            return kind
        if issubclass(kind, BaseException):
            return kind if parts[0] in sys.stdlib_module_names or parts[0] in libraries else None
        return kind if parts[0] in sys.stdlib_module_names and _has_fields(kind) else None
    return None


def _has_fields(kind: type) -> bool:
    """Say whether a value of the class is no more than its fields."""
    named = issubclass(kind, tuple) and hasattr(kind, "_fields")
    return named or issubclass(kind, enum.Enum) or "__dataclass_fields__" in vars(kind)


def _member(holder: ModuleType, parts: list[str], module: str) -> type | None:
    found: object = holder
    for part in parts:
        found = vars(found).get(part) if isinstance(found, (ModuleType, type)) else None
    if not isinstance(found, type) or found.__qualname__ != ".".join(parts):
        return None
    return found if found.__module__ == module else None
