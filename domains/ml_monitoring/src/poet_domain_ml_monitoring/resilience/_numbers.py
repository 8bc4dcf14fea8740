"""Numbers as arguments: True is none."""

from __future__ import annotations

__all__ = ["is_number", "is_whole"]


def is_number(value: object) -> bool:
    """Tell whether this is a plain number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: object) -> bool:
    """Tell whether this is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)
