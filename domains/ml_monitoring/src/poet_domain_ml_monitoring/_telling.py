"""Events about alerts and health, whose reporter may fail."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from poet.errors import PoetWarning
from poet_domain_ml_monitoring._clock import to_text
from poet_domain_ml_monitoring._emit import Emit

__all__ = ["tell"]


def tell(emit: Emit, kind: str, facts: Mapping[str, Any], now: datetime) -> None:
    """Emit an event; whatever goes wrong there, what it is about is not lost."""
    try:
        emit(kind, {**facts, "at": to_text(now)})
    except Exception as error:  # noqa: BLE001 - a reporter of any make
        warnings.warn(
            f"the event {kind!r} was not taken: {type(error).__name__}: {error}",
            PoetWarning,
            stacklevel=3,
        )
