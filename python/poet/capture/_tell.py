"""What all of capture shares: telling, and who tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from poet.errors import FeedbackError
from poet.events import emit, timestamp
from poet.events._feedback import source_of
from poet.events.types import check_payload
from poet.settings import home_for, load_settings

__all__ = ["Clock", "home_of", "is_number", "number", "rfc3339", "tell"]

Clock = Callable[[], float]
"""Seconds since 1970 (UTC), as :func:`time.time` gives them."""


def home_of(home: Path | None) -> Path:
    """Return the folder of live state that is meant: by default that of the project here."""
    return home if home is not None else home_for(Path.cwd(), load_settings())


def rfc3339(seconds: float) -> str:
    """Return a time as events hold it."""
    return timestamp(int(seconds * 1e9))


def tell(
    type: str,  # noqa: A002 - the envelope's own word
    facts: Mapping[str, Any],
    *,
    source: str | None,
    home: Path | None,
    about: str | None = None,
) -> str:
    """Write an event of a known type without its empty fields; return its id.

    Raises:
        EventError: A field is not what the type says.
    """
    who = source_of(source, load_settings())
    payload = {k: v for k, v in {**facts, "source": who}.items() if v is not None}
    check_payload(type, payload)
    return emit(type, payload, correlation_id=about, home=home)


def is_number(value: object) -> bool:
    """Say whether a value is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def number(value: object, name: str, *, least: float | None = None) -> float:
    """Return a finite number, at least ``least``.

    Raises:
        FeedbackError: It is none; the message names it.
    """
    if not is_number(value) or (least is not None and value < least):  # type: ignore[operator]
        what = "a finite number" if least is None else f"a finite number of at least {least:g}"
        raise FeedbackError(f"{name}={value!r} is not {what}")
    return float(value)  # type: ignore[arg-type]
