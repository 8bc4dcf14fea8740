"""Doing to the caller's arguments what a version did to its copies of them, in place.

Only what differs is touched, so that everything else stays the same object. The work is planned
first and done when all of it is known to be possible.
"""

from __future__ import annotations

import struct
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

import msgpack

__all__ = ["apply", "pairs_of", "same"]

Read = Callable[[Any], Any]


def same(one: Any, other: Any) -> bool:
    """Say whether two trees are the same, down to the type of each part: 1 is not True."""
    return one is other or _packed(one) == _packed(other)


def _packed(tree: Any) -> bytes:
    pack: Callable[..., bytes] = msgpack.packb
    return pack(tree, unicode_errors="surrogatepass")


def apply(
    value: Any,
    before: Any,
    after: Any,
    read: Read,
    changes: list[Callable[[], None]],
    *,
    top: bool = False,
) -> None:
    """Plan what makes ``value``, written down as ``before``, what ``after`` says.

    Args:
        value: The caller's object.
        before: Its tree as it was sent.
        after: Its tree as it came back.
        read: Decodes a tree.
        changes: Where the plan is put.
        top: Whether ``value`` is the list of arguments, which itself is no one's.

    Raises:
        ValueError: It cannot be done in place.
    """
    if same(before, after):
        return
    if type(value) is list:
        olds, news = _items_of(before), _items_of(after)
        if len(olds) == len(news):
            for number, (old, new) in enumerate(zip(olds, news, strict=True)):
                _item(
                    value[number], old, new, read, changes, None if top else _setter(value, number)
                )
            return
        if not top:
            kept = _Kept(value, olds)
            items = [kept.take(tree, read) for tree in news]
            changes.append(lambda: value.__setitem__(slice(None), items))
            return
        raise ValueError("another number of arguments")
    tag = after.get("$") if isinstance(after, dict) else None
    if tag is None or not isinstance(before, dict) or before.get("$") != tag:
        raise ValueError(f"{type(value).__name__} became something else")
    if type(value) in (dict, OrderedDict, Counter, defaultdict):
        _dict(value, before, after, read, changes)
    elif type(value) in (set, bytearray, deque):
        new = read(after)
        changes.append(lambda: _refill(value, new))
    elif isinstance(value, tuple):
        olds, news = _parts(before), _parts(after)
        for item, old, new in zip(value, olds, news, strict=True):
            _item(item, old, new, read, changes, None)
    elif hasattr(type(value), "__dataclass_fields__"):
        olds, news = before["v"], after["v"]
        for name in news:
            _item(getattr(value, name), olds[name], news[name], read, changes,
                  _attribute_setter(value, name))  # fmt: skip
    else:
        _library(value, read(after), changes)


def _item(
    value: Any,
    before: Any,
    after: Any,
    read: Read,
    changes: list[Callable[[], None]],
    put: Callable[[Any], None] | None,
) -> None:
    """Plan the change of a part: in place where that is possible, else put another there."""
    if same(before, after):
        return
    inner: list[Callable[[], None]] = []
    try:
        apply(value, before, after, read, inner)
    except ValueError:
        if put is None:
            raise
        new = read(after)
        changes.append(lambda: put(new))
        return
    changes += inner


def _setter(holder: list[Any], number: int) -> Callable[[Any], None]:
    return lambda new: holder.__setitem__(number, new)


def _attribute_setter(holder: Any, name: str) -> Callable[[Any], None]:
    return lambda new: object.__setattr__(holder, name, new)


class _Kept:
    """Gives back the caller's own objects for parts that did not change, wherever they stand now."""

    def __init__(self, values: list[Any], trees: list[Any]) -> None:
        self._left: dict[bytes, deque[Any]] = {}
        for value, tree in zip(values, trees, strict=True):
            self._left.setdefault(_packed(tree), deque()).append(value)

    def take(self, tree: Any, read: Read) -> Any:
        """Return the object that was written down like this, or a new one."""
        left = self._left.get(_packed(tree))
        return left.popleft() if left else read(tree)


def _dict(
    value: dict[Any, Any],
    before: Any,
    after: Any,
    read: Read,
    changes: list[Callable[[], None]],
) -> None:
    pairs = zip(pairs_of(before), value.items(), strict=True)
    mine = {_packed(k): (old, key, held) for (k, old), (key, held) in pairs}
    new: dict[Any, Any] = {}
    for tree, item in pairs_of(after):
        found = mine.get(_packed(tree))
        if found is None:
            new[read(tree)] = read(item)
            continue
        old, key, held = found
        if same(old, item):
            new[key] = held
            continue
        inner: list[Callable[[], None]] = []
        try:
            apply(held, old, item, read, inner)
            new[key] = held
            changes += inner
        except ValueError:
            new[key] = read(item)
    changes.append(lambda: _refill(value, new))


def _refill(value: Any, new: Any) -> None:
    if type(value) is bytearray:
        value[:] = new
        return
    value.clear()
    if type(value) is deque:
        value.extend(new)
    else:
        value.update(new)


def _parts(tree: Any) -> list[Any]:
    content = tree["v"]
    named = isinstance(content, dict) and "$" not in content
    return list(content.values()) if named else _items_of(content)


def _items_of(tree: Any) -> list[Any]:
    """Return the trees of a list's items, also where they were packed into one buffer."""
    if isinstance(tree, list):
        return tree
    tag = tree.get("$")
    if tag == "ints":
        return [n for (n,) in struct.iter_unpack("<q", tree["v"])]
    if tag == "floats":
        data = tree["v"]
        return [{"$": "float", "v": data[n : n + 8]} for n in range(0, len(data), 8)]
    raise ValueError("a list became something else")


def pairs_of(tree: Any) -> list[tuple[Any, Any]]:
    """Return the trees of a dict's keys, each with that of its value."""
    if "k" not in tree:
        return [(k, v) for k, v in tree["v"]]
    return list(zip(_items_of(tree["k"]), _items_of(tree["v"]), strict=True))


def _library(value: Any, new: Any, changes: list[Callable[[], None]]) -> None:
    """Plan the change of an array, a frame or a series."""
    if type(value) is not type(new):
        raise ValueError(f"{type(value).__name__} became {type(new).__name__}")
    package = type(value).__module__.partition(".")[0]
    if package == "numpy" and hasattr(value, "flags"):
        if value.shape != new.shape or value.dtype != new.dtype or not value.flags.writeable:
            raise ValueError("an array changed its shape or type")
        changes.append(lambda: value.__setitem__(..., new))
    elif package in ("polars", "pandas") and type(value).__name__ in ("DataFrame", "Series"):
        changes.append(lambda: type(value).__init__(value, new))
    else:
        raise ValueError(f"a {type(value).__name__} cannot be changed in place")
