"""The one way out for events: POET's own log by default, anything else by argument."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from poet.errors import PoetWarning

__all__ = ["Emit", "emit_event", "silent", "tell"]

Emit: TypeAlias = Callable[[str, Mapping[str, Any]], Any]


def emit_event(type: str, payload: Mapping[str, Any]) -> str | None:  # noqa: A002 - the envelope's word
    """Append an event to the project's log; its correlation id is the execution's, where there is one.

    Returns:
        The event's id; None where events are switched off (``POET_EVENTS=0``).
    """
    from poet.events import emit
    from poet.settings import load_settings

    if not load_settings().events:
        return None
    execution = payload.get("execution_id")
    return emit(type, payload, correlation_id=execution if isinstance(execution, str) else None)


def silent(type: str, payload: Mapping[str, Any]) -> None:  # noqa: A002
    """Drop the event."""


def tell(emit: Emit, type: str, payload: Mapping[str, Any]) -> None:  # noqa: A002
    """Emit an event; whatever goes wrong there, what it is about is not lost."""
    try:
        emit(type, payload)
    except Exception as error:  # noqa: BLE001 - a reporter of any make
        warnings.warn(
            f"the event {type!r} was not taken: {error.__class__.__name__}: {error}",
            PoetWarning,
            stacklevel=3,
        )
