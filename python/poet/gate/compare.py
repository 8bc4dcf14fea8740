"""The comparator: exact on plain data, of exact types; it runs no code of what it compares."""

from __future__ import annotations

import math
from typing import Any

from poet.gate.codec import UNVERIFIABLE

__all__ = ["difference"]


def difference(expected: Any, got: Any, *, rtol: float = 0.0, path: str = "value") -> str | None:
    """Return the first difference between two encoded values, None if they are equal.

    Types, dtypes, names, order and every bit of a number count; NaN equals NaN. A value of a kind
    that cannot be encoded is equal to nothing.

    Args:
        expected: As :func:`poet.gate.codec.encode` gives it.
        got: Likewise.
        rtol: Relative tolerance for Python floats; no absolute one.
        path: Where the values stand, for the message.
    """
    if isinstance(expected, dict) and isinstance(got, dict):
        tags = expected.get("$"), got.get("$")
        if UNVERIFIABLE in tags:
            odd = expected if tags[0] == UNVERIFIABLE else got
            return f"{path} is of type {odd.get('type')}, which cannot be compared"
        if tags[0] != tags[1]:
            return f"{path} is of kind {tags[1]}, expected {tags[0]}"
        if tags[0] == "float" and rtol > 0:
            return _close(expected["v"], got["v"], rtol, path)
        if tags[0] == "dict":
            return _dict_difference(expected["v"], got["v"], rtol, path)
        for key in {**expected, **got}:
            if key not in expected or key not in got:
                return f"{path} lacks or adds {key!r}"
            name = path if key == "v" else f"{path}.{key}"
            found = difference(expected[key], got[key], rtol=rtol, path=name)
            if found:
                return found
        return None
    if isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            return f"{path} has {len(got)} items, expected {len(expected)}"
        for index, (a, b) in enumerate(zip(expected, got, strict=True)):
            found = difference(a, b, rtol=rtol, path=f"{path}[{index}]")
            if found:
                return found
        return None
    if type(expected) is not type(got) or expected != got:
        return f"{path} is {_short(got)}, expected {_short(expected)}"
    return None


def _dict_difference(expected: list[Any], got: list[Any], rtol: float, path: str) -> str | None:
    """Compare the pairs of two dicts, their order too, and name the key where they differ."""
    keys = difference([k for k, _ in expected], [k for k, _ in got], path=f"the keys of {path}")
    if keys:
        return keys
    for (key, a), (_, b) in zip(expected, got, strict=True):
        found = difference(a, b, rtol=rtol, path=f"{path}[{_short(key)}]")
        if found:
            return found
    return None


def _close(expected: str, got: str, rtol: float, path: str) -> str | None:
    a, b = float.fromhex(expected), float.fromhex(got)
    if a == b or (a != a and b != b):
        return None
    if math.isfinite(a) and math.isfinite(b) and abs(a - b) <= rtol * max(abs(a), abs(b)):
        return None
    return f"{path} is {b!r}, expected {a!r} within {rtol:g}"


def _short(value: Any) -> str:
    tag = value.get("$") if isinstance(value, dict) else None
    text = f"a {tag}" if tag else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
