"""Events of a generation: what was attempted, and what came of it."""

from __future__ import annotations

from pathlib import Path

from poet.events import new_event, store_event
from poet.lifecycle._results import Enhancement
from poet.settings import Settings, home_for
from poet.spec import FunctionSpec

__all__ = ["tell_enhancement"]


def tell_enhancement(result: Enhancement, spec: FunctionSpec, settings: Settings) -> None:
    """Write the event ``enhancement.completed``."""
    if not settings.events:
        return
    payload = {
        "function": result.function,
        "domain": result.domain,
        "generator": result.generator,
        "outcome": result.outcome,
        "before": result.before,
        "after": result.after,
        "seconds": result.seconds,
        "message": result.message[:10_000],
    }
    event = new_event("enhancement.completed", payload, environment=settings.environment)
    store_event(event, home_for(Path(spec.path).parent, settings))
