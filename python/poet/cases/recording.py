"""Recorded inputs: what an execution was called with, kept on this machine until feedback or time comes.

    POET_HOME/recorded/<function's folder name>/<execution id>/…

Interface that is fixed; the inside is the owner's:
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from poet.domain import Outcome

__all__ = ["Recorded", "recorded", "recordings"]


class Recorded(NamedTuple):
    """The inputs of one execution, and what it gave.

    Attributes:
        execution_id: Its id.
        function: The function's qualified name.
        file: Its module's file, relative to the project, as ``function.execution`` events carry it.
        version: The version that ran; None for the baseline.
        at: When it began, seconds since 1970 (UTC).
        args: As they were before the call.
        kwargs: Likewise.
        outcome: What it gave.
        fingerprint: Of the function as it was then.
    """

    execution_id: str
    function: str
    file: str
    version: str | None
    at: float
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    outcome: Outcome
    fingerprint: str = ""


def recorded(home: Path, execution_id: str) -> Recorded | None:
    """Return what was recorded of an execution; None where nothing is kept (any more).

    Raises:
        CaseError: It is there and cannot be read.
    """
    raise NotImplementedError


def recordings(home: Path, function: str, file: str, *, since: float = 0.0) -> Iterator[Recorded]:
    """Yield what was recorded of a function's executions, oldest first; damaged ones are skipped."""
    raise NotImplementedError
