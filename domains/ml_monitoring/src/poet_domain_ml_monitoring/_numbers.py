"""Numbers as people read them, the same in reasons, on the terminal and on the page."""

from __future__ import annotations

import math

__all__ = ["chance", "count", "cut", "effect", "number", "p_value", "share"]

_LONGEST = 24
_NOTHING = "-"


def number(value: float | None) -> str:
    """Write a value with four significant digits: ``34.12``, ``1,204``, ``4.1e-7``, ``∞``."""
    if value is None or math.isnan(value):
        return _NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    size = abs(value)
    if size and not 1e-4 <= size < 1e9:
        return _exponent(f"{value:.4g}")
    return f"{value:,.0f}" if size >= 1000 else f"{value:.4g}"


def count(value: float) -> str:
    """Write a whole number: ``12,004``."""
    return f"{int(value):,}"


def share(value: float) -> str:
    """Write a share as per cent with two significant digits: ``41 %``, ``0.12 %``.

    What is not nothing never reads 0 %, what is not all never 100 %.
    """
    per_cent = 100 * value
    if per_cent in (0, 100):
        return f"{per_cent:.0f} %"
    if 0 < abs(per_cent) < 0.01:
        return "< 0.01 %"
    if 99.95 <= per_cent < 100:
        return "> 99.9 %"
    if per_cent >= 10:
        return f"{per_cent:.{0 if per_cent < 99 else 1}f} %"
    return f"{per_cent:.2g} %"


def effect(value: float | None) -> str:
    """Write an effect from 0 to 1 with two significant digits."""
    if value is None or math.isnan(value):
        return _NOTHING
    return "0" if value == 0 else _exponent(f"{value:.2g}")


def p_value(value: float | None) -> str:
    """Write a p-value: ``0.03``; what nobody would believe as a bound, ``< 1e-12``."""
    if value is None or math.isnan(value):
        return _NOTHING
    if value < 1e-12:
        return "< 1e-12"
    if value > 0.1:
        return f"{value:.1g}" if value < 0.95 else "1"
    return _exponent(f"{value:.2g}")


def chance(value: float) -> str:
    """Write a p-value in a sentence: ``p = 0.03``, ``p < 1e-12``."""
    said = p_value(value)
    return f"p {said}" if said.startswith("<") else f"p = {said}"


def cut(text: str) -> str:
    """Write a category in quotes, a long one cut."""
    return f"'{text}'" if len(text) <= _LONGEST else f"'{text[: _LONGEST - 1]}…'"


def _exponent(text: str) -> str:
    return text.replace("e+", "e").replace("e0", "e").replace("e-0", "e-")
