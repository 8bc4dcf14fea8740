"""Numbers as people read them, the same in reasons, on the terminal and on the page."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from poet_domain_ml_monitoring._dtypes import family

__all__ = ["chance", "count", "cut", "effect", "number", "p_value", "share", "writer"]

_LONGEST = 24
_NOTHING = "-"
# Seconds of a unit that times are stored in, and the units that durations are written in.
_STORED = {"ns": 1e-9, "us": 1e-6, "μs": 1e-6, "µs": 1e-6, "ms": 1e-3}
_DURATIONS = (
    (86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"),
)  # fmt: skip


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


def writer(dtype: str | None) -> Callable[[float], str]:
    """Return what writes the values of a column of this type: ``34.12``, ``1.5 h``, ``08:30:00``."""
    kind = family(dtype) if dtype else "number"
    if kind not in ("duration", "time"):
        return number
    unit = re.search(r"(?:\[|')(\w+)(?:\]|')", dtype or "")
    # Without a unit: Python's own durations, and Polars' times of day.
    stored = unit[1] if unit else "us" if kind == "duration" else "ns"
    scale = _STORED.get(stored, 1.0)
    write = _duration if kind == "duration" else _time_of_day
    return lambda value: write(value * scale)


def _duration(seconds: float) -> str:
    for size, unit in _DURATIONS:
        if abs(seconds) >= size * (1 - 1e-9):
            return f"{number(seconds / size)} {unit}"
    return "0 s"


def _time_of_day(seconds: float) -> str:
    whole = min(max(round(seconds), 0), 86_399)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"


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
