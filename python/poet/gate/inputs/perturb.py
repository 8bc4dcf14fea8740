"""Recorded arguments, changed a little: another length, sign, order, an extreme value; the same shape.

Ways that a shortcut overlooks have changes of their own: numbers that tie, an optional parameter
that no test sets, nesting one level deeper, rows of a frame in another order or twice, NaN.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from poet.gate.inputs._rows import changed_rows

__all__ = ["perturbed", "spoiled", "table_like"]

Call = tuple[list[Any], dict[str, Any]]
_NESTED = 4


def perturbed(
    args: list[Any],
    kwargs: dict[str, Any],
    random: Random,
    optional: Mapping[str, Any] | None = None,
    *,
    deeper: bool = False,
) -> Call | None:
    """Return a copy of the arguments with some of them changed, None where none can be.

    Args:
        args: Positional arguments.
        kwargs: Keyword arguments.
        random: Decides.
        optional: Parameters that these arguments leave at their defaults, with those.
        deeper: Whether dicts may be nested deeper than they are.
    """
    way = random.randrange(8)
    if way < 2 and optional:
        name = random.choice(list(optional))
        other = _change(optional[name], random, 0)
        if other is not None:
            found = _one_place(args, kwargs, random) if random.random() < 0.7 else None
            args, kwargs = found or (args, kwargs)
            return list(args), {**kwargs, name: other}
    if way in (2, 3) and deeper:
        return _deeper(args, kwargs, random)
    if way >= 5:
        tied = _tied(*(_swapped(args, kwargs, random) or (args, kwargs)), random)
        if tied is not None:
            return tied
    made: Call | None = None
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        made = _one_place(*(made or (args, kwargs)), random) or made
    return made


def spoiled(args: list[Any], kwargs: dict[str, Any], random: Random) -> Call | None:
    """Return a copy with one floating-point number made NaN or infinite, None where there is none."""
    places = [p for p in _paths([args, kwargs], 0) if type(p[1]) is float or _floats(p[1])]
    if not places:
        return None
    path, value = random.choice(places)
    odd = random.choice([math.nan, math.nan, math.inf, -math.inf])
    if type(value) is not float:
        odd = _with_odd(value, odd, random)
    new_args, new_kwargs = _put([args, kwargs], path, odd)
    return new_args, new_kwargs


def table_like(value: Any, random: Random) -> Any:
    """Return a frame or series of the same columns and dtypes as one, with other rows."""
    package = type(value).__module__.partition(".")[0]
    other = _array(value, package, random)
    return value if other is None else other


def _one_place(args: list[Any], kwargs: dict[str, Any], random: Random) -> Call | None:
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


def _paths(value: Any, depth: int) -> list[tuple[tuple[Any, ...], Any]]:
    """Return the leaves of nested lists, tuples and dicts, each with the way to it."""
    if type(value) in (list, tuple) and depth <= _NESTED + 1:
        return [((n, *p), v) for n, item in enumerate(value) for p, v in _paths(item, depth + 1)]
    if type(value) is dict and depth <= _NESTED + 1 and "__type__" not in value:
        return [((k, *p), v) for k, item in value.items() for p, v in _paths(item, depth + 1)]
    return [((), value)]


def _put(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """Return a copy of a nested value with the leaf at the end of a way replaced."""
    if not path:
        return other
    if type(value) is dict:
        return {**value, path[0]: _put(value[path[0]], path[1:], other)}
    items = list(value)
    items[path[0]] = _put(items[path[0]], path[1:], other)
    return type(value)(items)


def _tied(args: list[Any], kwargs: dict[str, Any], random: Random) -> Call | None:
    """Return a copy whose nested numbers are all of very few values, so that many are equal."""
    for kind in random.sample([int, float, str], 3):
        leaves = [p for p in _paths([args, kwargs], 0) if type(p[1]) is kind and len(p[0]) > 2]
        if len(leaves) < 2:
            continue
        pool = [v for _, v in random.sample(leaves, min(len(leaves), 2))]
        if kind is not str and random.random() < 0.8:
            pool = [*pool[:1], kind()]
        made: Any = [args, kwargs]
        for path, _ in leaves:
            made = _put(made, path, random.choice(pool))
        return made[0], made[1]
    return None


def _deeper(args: list[Any], kwargs: dict[str, Any], random: Random) -> Call | None:
    """Return a copy with the nested arguments one level further down, under one name."""
    name, both = random.choice(["deeper", "x", "a"]), random.random() < 0.4
    apart = random.random() < 0.7

    def grown(value: Any, mark: str) -> Any:
        """Give every dict in a value one more entry, which the other arguments lack."""
        if type(value) is not dict:
            return value
        return {**{k: grown(v, mark) for k, v in value.items()}, mark: 1}

    def down(value: Any, mark: str) -> Any:
        if type(value) is not dict:
            return value
        value = grown(value, mark) if apart else value
        return {**value, name: {"more": value, **value}} if both else {name: value}

    made = [down(v, f"only{n}") for n, v in enumerate(args)]
    return made, {k: down(v, f"only_{k}") for k, v in kwargs.items()}


def _swapped(args: list[Any], kwargs: dict[str, Any], random: Random) -> Call | None:
    """Return a copy in which the texts are of those that the arguments hold, names of keys too."""
    found = list(dict.fromkeys(_texts([args, list(kwargs.values())], 0)))
    if len(found) < 2 or random.random() < 0.7:
        return None
    made = [random.choice(found) if type(v) is str else v for v in args]
    named = {k: random.choice(found) if type(v) is str else v for k, v in kwargs.items()}
    return made, named


def _texts(value: Any, depth: int) -> list[str]:
    if type(value) is str:
        return [value]
    if depth > _NESTED or type(value) not in (list, tuple, dict):
        return []
    parts = [*value, *value.values()] if type(value) is dict else value
    return [text for part in parts for text in _texts(part, depth + 1)]


def _change(value: Any, random: Random, depth: int) -> Any:
    """Return a value of the same type that is not the same, None where none is known."""
    kind = type(value)
    if kind is bool:
        return not value
    if kind is int:
        near = [-value or 1, value + 1, value - 1, value * 10 + 3, 0 if value else 2, value + 5, 7]
        return random.choice(near)
    if kind is float:
        if not math.isfinite(value):
            return 0.5
        return random.choice([-value or 1.5, value + 0.5, value * 1.01 + 0.01, value * 1000, 0.0])
    if kind in (Decimal, Fraction):
        return random.choice([-value, value + 1, value * 2, value / 2])
    if kind is complex:
        return value + 1
    if kind is str:
        return _text(value, random)
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


def _text(value: str, random: Random) -> str:
    words, lines = value.split(" "), value.split("\n")
    parts, mark = (lines, "\n") if len(lines) > 1 else (words, " ")
    mixed = [random.choice(parts) for _ in range(len(parts) + random.randrange(4))]
    changed = [
        value.upper(),
        value.lower(),
        value[::-1],
        value + " x",
        value * 2,
        value[:-1],
        "",
        mark.join(mixed),
        mark.join(parts[::-1]),
        *[mark.join([*parts, *mixed, "y", "z", "y", "w", "v"])] * 6,
    ]
    return random.choice([c for c in changed if c != value] or ["x"])


def _sequence(value: Any, kind: type, random: Random, depth: int) -> Any:
    items = list(value)
    if kind is tuple and depth:  # a row, whose length means something
        return _one_item(items, kind, random, depth)
    made = [items[::-1], items[1:], items + items, items[:1], []]
    found = random.choice([*made, random.sample(items, len(items)), None, None])
    if found is None or found == items:
        return _one_item(items, kind, random, depth)
    return kind(found)


def _one_item(items: list[Any], kind: type, random: Random, depth: int) -> Any:
    if not items or depth > _NESTED:
        return None
    place = random.randrange(len(items))
    other = _change(items[place], random, depth + 1)
    return None if other is None else kind([*items[:place], other, *items[place + 1 :]])


def _mapping(value: dict[Any, Any], random: Random, depth: int) -> Any:
    if not value or depth > _NESTED:
        return None
    way = random.randrange(6)
    if way == 0 and len(value) > 1:
        return dict(list(value.items())[::-1])
    key = random.choice(list(value))
    if way == 1:
        return {k: v for k, v in value.items() if k != key}
    other = _change(value[key], random, depth + 1)
    return None if other is None else {**value, key: other}


def _floats(value: Any) -> bool:
    return type(value).__module__ == "numpy" and str(getattr(value, "dtype", "")) == "float64"


def _with_odd(value: Any, odd: float, random: Random) -> Any:
    made = value.copy()
    if getattr(made, "size", 0) and made.ndim:
        made.reshape(-1)[random.randrange(made.size)] = odd
    return made


def _array(value: Any, package: str, random: Random) -> Any:
    try:
        if package == "numpy":
            changed = [value[::-1], value[: len(value) // 2], value[1:]]
            changed += [-value, value * 3, value + 1] if value.dtype.kind in "if" else []
            places = sorted(random.choices(range(len(value)), k=len(value)))
            changed += [value[places]]
            return random.choice(changed).copy()
        return changed_rows(value, package, random, _change)
    except (TypeError, ValueError, AttributeError, IndexError):
        return None
