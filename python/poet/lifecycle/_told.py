"""Events of a generation: what was attempted, and what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from poet.events import new_event, store_event
from poet.lifecycle._results import Attempt, Enhancement
from poet.settings import Settings, home_for
from poet.spec import FunctionSpec

__all__ = ["tell_attempt", "tell_enhancement"]


def tell_attempt(attempt: Attempt, spec: FunctionSpec, settings: Settings) -> None:
    """Write the event ``generation.attempted``: no code, no prompt, no reason."""
    payload = {
        "function": spec.qualname,
        "number": attempt.number,
        "candidate": attempt.candidate,
        "rung": attempt.rung,
        "generator": attempt.generator,
        "model": attempt.model,
        "outcome": attempt.outcome,
        "cost_usd": attempt.cost_usd,
        "input_tokens": attempt.input_tokens,
        "output_tokens": attempt.output_tokens,
    }
    _tell("generation.attempted", payload, spec, settings)


def tell_enhancement(result: Enhancement, spec: FunctionSpec, settings: Settings) -> None:
    """Write the event ``enhancement.completed``."""
    payload = {
        "function": result.function,
        "domain": result.domain,
        "generator": result.generator,
        "model": result.model,
        "replayed": result.replayed,
        "outcome": result.outcome,
        "before": result.before,
        "after": result.after,
        "seconds": result.seconds,
        "message": result.message[:10_000],
        "rungs": [r._replace(why=r.why[:2_000])._asdict() for r in result.rungs],
        "used": result.used._asdict(),
    }
    _tell("enhancement.completed", payload, spec, settings)


def _tell(name: str, payload: dict[str, Any], spec: FunctionSpec, settings: Settings) -> None:
    if not settings.events:
        return
    event = new_event(name, payload, environment=settings.environment)
    store_event(event, home_for(Path(spec.path).parent, settings))
