"""Recorded arguments, changed a little: another length, sign, order, an extreme value; the same shape."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

__all__ = ["perturbed"]


def perturbed(
    args: list[Any], kwargs: dict[str, Any], random: Random
) -> tuple[list[Any], dict[str, Any]] | None:
    """Return a copy of the arguments with one of them changed, None where none can be."""
    places: list[int | str] = [*range(len(args)), *kwargs]
    random.shuffle(places)
    for place in places:
        value = args[place] if isinstance(place, int) else kwargs[place]
        other = _change(value, random, 0)
        if other is not None:
            new_args, new_kwargs = list(args), dict(kwargs)
            if isinstance(place, int):
                new_args[place] = other
            else:
                new_kwargs[place] = other
            return new_args, new_kwargs
    return None


def _change(value: Any, random: Random, depth: int) -> Any:
    """Return a value of the same type that is not the same, None where none is known."""
    kind = type(value)
    if kind is bool:
        return not value
    if kind is int:
        return random.choice([-value or 1, value + 1, value - 1, value * 10 + 3, 0 if value else 2])
    if kind is float:
        if not math.isfinite(value):
            return 0.5
        return random.choice([-value or 1.5, value + 0.5, value * 1.01 + 0.01, value * 1000, 0.0])
    if kind in (Decimal, Fraction):
        return random.choice([-value, value + 1, value * 2])
    if kind is complex:
        return value + 1
    if kind is str:
        changed = [
            value.upper(),
            value.lower(),
            value[::-1],
            value + " x",
            value * 2,
            value[:-1],
            "",
        ]
        return random.choice([c for c in changed if c != value] or ["x"])
    if kind in (bytes, bytearray):
        return random.choice([value + b"\x00", value[::-1] + b"x", value[:-1] + b"~"])
    if isinstance(value, dt.date):
        return value + dt.timedelta(days=random.choice([-366, -1, 1, 31]))
    if kind is dt.timedelta:
        return random.choice([-value, value * 2, value + dt.timedelta(seconds=1)])
    if kind in (list, tuple):
        return _sequence(value, kind, random, depth)
    if kind is dict and "__type__" not in value:
        return _mapping(value, random, depth)
    if kind in (set, frozenset) and value:
        return kind(sorted(value, key=repr)[1:])
    package = kind.__module__.partition(".")[0]
    return _array(value, package, random) if package in ("numpy", "polars", "pandas") else None


def _sequence(value: Any, kind: type, random: Random, depth: int) -> Any:
    items = list(value)
    if kind is tuple and depth:  # a row, whose length means something
        return _one_item(items, kind, random, depth)
    made = [items[::-1], items[1:], items + items, items[:1], []]
    found = random.choice([*made, None, None])
    if found is None or found == items:
        return _one_item(items, kind, random, depth)
    return kind(found)


def _one_item(items: list[Any], kind: type, random: Random, depth: int) -> Any:
    if not items or depth > 4:
        return None
    place = random.randrange(len(items))
    other = _change(items[place], random, depth + 1)
    return None if other is None else kind([*items[:place], other, *items[place + 1 :]])


def _mapping(value: dict[Any, Any], random: Random, depth: int) -> Any:
    if not value or depth > 4:
        return None
    key = random.choice(list(value))
    other = _change(value[key], random, depth + 1)
    return None if other is None else {**value, key: other}


def _array(value: Any, package: str, random: Random) -> Any:
    try:
        if package == "numpy":
            changed = [value[::-1], value[: len(value) // 2], value[1:]]
            changed += [-value, value * 3, value + 1] if value.dtype.kind in "if" else []
            return random.choice(changed).copy()
        if package == "polars":
            return random.choice([value.reverse(), value.head(max(1, len(value) // 2))])
        return random.choice([value.iloc[::-1], value.iloc[: max(1, len(value) // 2)]])
    except (TypeError, ValueError, AttributeError):
        return None
