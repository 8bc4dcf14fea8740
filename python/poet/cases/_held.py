"""What a function reads of its module besides its arguments: containers, arrays and frames by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

from poet.codec import UNVERIFIABLE

__all__ = ["held_by", "refused"]

_PLAIN = (dict, list, set)
_LIBRARIES = ("polars", "pandas", "numpy")


def held_by(original: Any) -> Callable[[], dict[str, Any]]:
    """Return what gives the data that a function reads of its module, as it is when asked.

    Numbers and texts are left out: the module's import gives them again, and the text may be a key.

    Args:
        original: The function as it was written. Functions of its module that it calls are looked
            through, too.
    """
    function = inspect.unwrap(original)
    if not isinstance(function, FunctionType):
        return dict
    namespace = function.__globals__
    names = tuple(sorted(_names(function.__code__, namespace, set())))

    def held() -> dict[str, Any]:
        found = {name: namespace[name] for name in names if name in namespace}
        return {name: value for name, value in found.items() if _is_data(value)}

    return held


def refused(tree: Any) -> bool:
    """Say whether nothing of a value was kept: it is too large, or no data."""
    return isinstance(tree, dict) and tree.get("$") == UNVERIFIABLE


def _names(code: CodeType, namespace: dict[str, Any], seen: set[CodeType]) -> Iterator[str]:
    if code in seen:
        return
    seen.add(code)
    for name in code.co_names:
        yield name
        value = inspect.unwrap(namespace[name]) if callable(namespace.get(name)) else None
        if isinstance(value, FunctionType) and value.__globals__ is namespace:
            yield from _names(value.__code__, namespace, seen)
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _names(part, namespace, seen)


def _is_data(value: Any) -> bool:
    if isinstance(value, _PLAIN):
        return True
    kind = type(value)
    table = kind.__name__ in ("DataFrame", "Series", "ndarray")
    return table and kind.__module__.partition(".")[0] in _LIBRARIES
