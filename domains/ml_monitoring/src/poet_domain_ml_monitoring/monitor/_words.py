"""Numbers as people read them."""

from __future__ import annotations

import math

__all__ = ["chance", "count", "cut", "effect", "number", "share"]

_LONGEST = 24


def number(value: float) -> str:
    """Write a value with four significant digits: ``34.12``, ``1,204``, ``4.1e-07``."""
    if not math.isfinite(value):
        return {math.inf: "infinity", -math.inf: "-infinity"}.get(value, "nothing")
    size = abs(value)
    if size and not 1e-4 <= size < 1e9:
        return f"{value:.3e}"
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def count(value: float) -> str:
    """Write a whole number: ``12,004``."""
    return f"{int(value):,}"


def share(value: float) -> str:
    """Write a share as per cent with two significant digits: ``41 %``, ``0.12 %``."""
    per_cent = 100 * value
    if per_cent in (0, 100):
        return f"{per_cent:.0f} %"
    if 0 < abs(per_cent) < 0.01:
        return "under 0.01 %"
    if 10 <= per_cent < 99:
        return f"{per_cent:.0f} %"
    if per_cent >= 99:
        return f"{min(per_cent, 99.99):.4g} %"
    return f"{per_cent:.2g} %"


def effect(value: float) -> str:
    """Write an effect from 0 to 1 with two significant digits."""
    return "0" if value == 0 else f"{value:.2g}"


def chance(p_value: float) -> str:
    """Write a p-value: ``p = 0.03``, ``p < 1e-12``."""
    if p_value < 1e-12:
        return "p < 1e-12"
    if p_value > 0.1:
        return f"p = {p_value:.1g}" if p_value < 0.95 else "p = 1"
    return f"p = {p_value:.2g}"


def cut(text: str) -> str:
    """Write a category in quotes, a long one cut."""
    return f"'{text}'" if len(text) <= _LONGEST else f"'{text[: _LONGEST - 1]}…'"
