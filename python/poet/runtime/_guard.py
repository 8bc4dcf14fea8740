"""Guards on inputs and outputs: what does not match its annotation is reported, not rejected."""

from __future__ import annotations

import warnings
from typing import Any

from poet.errors import PoetWarning, RuntimeTypeError
from poet.runtime._execution import current_execution, observe

__all__ = ["expect"]

# PEP 484: an int is accepted where a float is expected, and both where a complex is.
_TOWER: dict[type, tuple[type, ...]] = {float: (float, int), complex: (complex, float, int)}


def expect(name: str, value: Any, *types: Any, strict: bool = False) -> None:
    """Report a value that is of none of ``types``: a warning and a fact of the execution.

    Args:
        name: The parameter's name, or ``return``.
        value: Looked at, never changed or consumed.
        *types: Classes; ``None`` stands for its type, and an int passes as a float.
        strict: Raise instead.

    Raises:
        RuntimeTypeError: With ``strict``, on a mismatch.
    """
    for kind in types:
        if kind is None:
            if value is None:
                return
        elif isinstance(value, _TOWER.get(kind, kind)):
            return
    execution = current_execution.get()
    function = execution.function if execution else "function"
    expected = " or ".join("None" if k is None else getattr(k, "__name__", str(k)) for k in types)
    got = type(value).__name__
    what = (
        f"{function} returned {got}, its annotation says {expected}"
        if name == "return"
        else f"{function} was given {name} of type {got}, its annotation says {expected}"
    )
    if strict:
        raise RuntimeTypeError(what, hint="mend the caller or the annotation, or drop strict_types")
    observe(**{f"mismatch.{name}": f"{got}, expected {expected}"})
    warnings.warn(what, PoetWarning, stacklevel=3)
