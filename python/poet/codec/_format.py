"""What both sides of the format agree on: limits, tags, and the value of a drained iterator."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_FRACTION_BITS",
    "MAX_PARTS",
    "PACKED_FROM",
    "UNVERIFIABLE",
    "Drained",
    "drain",
    "float_bytes",
    "tagged",
]

MAX_DEPTH = 60
MAX_PARTS = 2_000_000
# Lowest terms are checked in time that grows with the square of the length.
MAX_FRACTION_BITS = 32768
MAX_BYTES = 48 * 1024 * 1024
# Lists of so many floats or whole numbers, and no others, cross as one buffer.
PACKED_FROM = 8
UNVERIFIABLE = "unverifiable"
_NAN = struct.pack("<d", math.nan)


class Drained(NamedTuple):
    """What an iterator gave; the worker makes it where a function returns or is an iterator.

    Attributes:
        items: What it yielded, in order.
        cut: Whether it was stopped before its end.
    """

    items: list[Any]
    cut: bool


def drain(iterator: Iterable[Any], limit: int) -> Drained:
    """Take up to ``limit`` items of an iterator."""
    rest: Iterator[Any] = iter(iterator)
    items = list(islice(rest, limit))
    cut = len(items) == limit and next(rest, rest) is not rest
    return Drained(items, cut)


def tagged(tag: str, **fields: Any) -> dict[str, Any]:
    """Return one tagged part of a tree."""
    return {"$": tag, **fields}


def float_bytes(value: float) -> bytes:
    """Return the eight bytes of a float; every NaN is the same one."""
    return struct.pack("<d", value) if value == value else _NAN
