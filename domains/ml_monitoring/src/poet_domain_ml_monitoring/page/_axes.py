"""Ticks of an axis: round numbers, powers of ten, and times in words."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

from poet_domain_ml_monitoring._numbers import number

__all__ = ["label", "ticks"]

_UNITS = {"ms": 1_000, "us": 1_000_000, "μs": 1_000_000, "ns": 1_000_000_000}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 16


def ticks(low: float, high: float, scale: str, wanted: int = 5) -> list[float]:
    """Return places for ticks between two ends, in order."""
    if scale == "log":
        start, end = math.ceil(math.log10(low)), math.floor(math.log10(high))
        every = max(1, math.ceil((end - start + 1) / wanted))
        found = [10.0**e for e in range(start, end + 1, every)]
        return found if len(found) > 1 else [low, high]
    width = high - low
    if not width > 0 or not math.isfinite(width):
        return [low]
    raw = width / wanted
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= raw * 0.999)
    first = math.ceil(low / step)
    # Whole multiples, so that no tick is a rounding error away from its number.
    return [step * i for i in range(first, math.floor(high / step) + 1)]


def label(value: float, dtype: str | None, width: float) -> str:
    """Write a value of a feature: a number, or a time where the type is one.

    Args:
        value: In the unit that a profile keeps it in.
        dtype: The feature's Polars type, such as ``Datetime(time_unit='us', time_zone=None)``.
        width: Of the axis, so that a time is told as precisely as is of use.
    """
    kind = (dtype or "").partition("(")[0].strip().lower()
    if not math.isfinite(value) or kind not in ("date", "datetime", "duration", "time"):
        return number(value)
    found = re.search(r"\b(ms|us|μs|ns)\b", dtype or "")
    unit = _UNITS[found[1]] if found else 1_000_000_000 if kind == "time" else 1_000_000
    try:
        if kind == "date":
            return (_EPOCH + timedelta(days=value)).strftime("%Y-%m-%d")
        span = timedelta(seconds=value / unit)
        if kind == "duration":
            return str(span).partition(".")[0][:_LONGEST]
        when = _EPOCH + span
        if kind == "time":
            return when.strftime("%H:%M")
        days = width / unit / 86_400
        return when.strftime(
            "%Y-%m-%d" if days > 4 else "%d %b %H:%M" if days > 0.02 else "%H:%M:%S"
        )
    except OverflowError:
        return number(value)
