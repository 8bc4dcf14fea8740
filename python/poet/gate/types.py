"""Which classes a value that crosses a process may be rebuilt as: the user's own and Python's."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Collection
from types import ModuleType

__all__ = ["class_finder"]


def class_finder(
    module: str, first_party: Collection[str] = (), alias: str = ""
) -> Callable[[str], type | None]:
    """Return a function from a qualified name to the class it names here, None for any other.

    A class counts if its module is imported already and is the user's, first-party or of the
    standard library, and the class goes by that very name. Nothing is imported.

    Args:
        module: Name of the user's module.
        first_party: Top-level names of the packages and modules that count as the user's.
        alias: The name that the same module has in the other process; a script is ``__main__``.
    """
    tops = {module.partition(".")[0], *first_party}
    known: dict[str, type | None] = {}

    def find(name: str) -> type | None:
        if name not in known:
            own = f"{alias}." if alias else "\0"
            here = f"{module}.{name.removeprefix(own)}" if name.startswith(own) else name
            known[name] = _find(here, module, tops)
        return known[name]

    return find


def _find(name: str, module: str, tops: Collection[str]) -> type | None:
    if "." not in name or hasattr(builtins, name.partition(".")[0]):
        return _member(builtins, name.split("."), "builtins")
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        holder = ".".join(parts[:cut])
        found = sys.modules.get(holder)
        own = holder == module or parts[0] in tops
        if found is None or not (own or parts[0] in sys.stdlib_module_names):
            continue
        return _member(found, parts[cut:], holder)
    return None


def _member(holder: ModuleType, parts: list[str], module: str) -> type | None:
    found: object = holder
    for part in parts:
        found = vars(found).get(part) if isinstance(found, (ModuleType, type)) else None
    if not isinstance(found, type) or found.__qualname__ != ".".join(parts):
        return None
    return found if found.__module__ == module else None
