"""Executions: the identity and the facts of one call, beside the value and never around it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

__all__ = ["Execution", "current_execution", "last_execution", "observe"]


def _nothing(*_: Any, **__: Any) -> None:
    raise AssertionError("a call before it was chosen what runs")


class Execution:
    """One call of a decorated function.

    Attributes:
        function: The function's qualified name.
        version: The version that ran, None for the baseline.
        duration_ns: Wall time in nanoseconds; 0 while it runs.
        error: The type name of the exception it raised, None if it returned.
        facts: What the generated code observed of itself, such as the number of retries.
    """

    __slots__ = (
        "_id",
        "beside",
        "call",
        "duration_ns",
        "error",
        "facts",
        "function",
        "kept",
        "version",
    )

    def __init__(self, function: str, version: str | None) -> None:
        self._id: str | None = None
        self.function = function
        self.version = version
        self.duration_ns = 0
        self.error: str | None = None
        self.facts: dict[str, Any] | None = None
        self.call: Callable[..., Any] = _nothing  # what runs
        self.kept: Any = None  # what a recording took of the arguments before the call
        self.beside: Any = None  # what a trial of another version took of them

    @property
    def id(self) -> str:
        """The execution's id (UUIDv7), made when first asked for."""
        if self._id is None:
            from poet.events import uuid7

            self._id = uuid7()
        return self._id

    def __repr__(self) -> str:
        return f"Execution(id={self.id!r}, function={self.function!r}, version={self.version!r})"


current_execution: ContextVar[Execution | None] = ContextVar("poet_current", default=None)
last: ContextVar[Execution | None] = ContextVar("poet_last", default=None)


def last_execution() -> Execution | None:
    """Return the last finished execution of this context (thread or task), None before any."""
    return last.get()


def observe(**facts: Any) -> None:
    """Attach facts to the running execution; they become part of its event. No-op outside one."""
    execution = current_execution.get()
    if execution is not None:
        if execution.facts is None:
            execution.facts = {}
        execution.facts.update(facts)
