"""POET: a simple function in, a verified production implementation out.

The names below are loaded when first used, so that ``import poet`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from poet._version import VERSION as __version__

if TYPE_CHECKING:
    from poet import capture, events
    from poet.capture import watches
    from poet.decorator import poet
    from poet.errors import PoetError, PoetWarning
    from poet.events import emit, feedback
    from poet.runtime._execution import Execution, last_execution

__all__ = [
    "Execution",
    "PoetError",
    "PoetWarning",
    "__version__",
    "capture",
    "emit",
    "events",
    "feedback",
    "last_execution",
    "poet",
    "watches",
]

_HOME = {
    "Execution": "poet.runtime._execution",
    "PoetError": "poet.errors",
    "PoetWarning": "poet.errors",
    "emit": "poet.events",
    "feedback": "poet.events",
    "last_execution": "poet.runtime._execution",
    "poet": "poet.decorator",
    "watches": "poet.capture",
}


def __getattr__(name: str) -> Any:
    if name in ("capture", "events"):
        return import_module(f"poet.{name}")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
