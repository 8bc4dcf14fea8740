"""Tables like a recorded one: its rows in another order, twice, mixed or with a value changed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

__all__ = ["changed_rows"]

Change = Callable[[Any, Random, int], Any]


def changed_rows(value: Any, package: str, random: Random, change: Change) -> Any:
    """Return a Polars or pandas frame or series of the same columns and dtypes with other rows."""
    size = len(value)
    order = [
        list(range(size))[::-1],
        list(range(max(1, size // 2))),
        random.sample(range(size), size),
        random.choices(range(size), k=size + random.randrange(4)) if size else [],
        [*range(size), *random.sample(range(size), size)],
    ]
    places = random.choice(order) if size else []
    if package == "polars":
        return _polars(value, places, random, change)
    made = value.iloc[places]
    if getattr(made, "ndim", 1) == 2 and len(made.columns) and random.random() < 0.5:
        name = random.choice(list(made.columns))
        mixed = made[name].iloc[random.sample(range(len(made)), len(made))]
        made = made.assign(**{name: mixed.to_numpy()})
    return made


def _polars(value: Any, places: list[int], random: Random, change: Change) -> Any:
    made = value[places] if places else value.head(0)
    if not hasattr(made, "columns") or not made.columns or not places:
        return made
    name = random.choice(made.columns)
    column = made[name]
    way = random.randrange(3)
    if way == 0:
        column = column[random.sample(range(len(column)), len(column))]
    elif way == 1:
        items = column.to_list()
        place = random.randrange(len(items))
        other = change(items[place], random, 3)
        items[place] = items[place] if other is None else other
        column = type(column)(name, items, dtype=column.dtype)
    return made.with_columns(column.alias(name))
