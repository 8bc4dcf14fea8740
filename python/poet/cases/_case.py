"""One case, as a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

__all__ = ["AGREED", "Case", "Expect", "Origin", "Status"]

AGREED = "two sources"
"""What :attr:`Case.accepted_by` says of one that is active because sources agree."""

Status = Literal["proposed", "active", "retired"]
Origin = Literal["hand", "failure", "judgement", "request", "import"]
Expect = Mapping[str, Any]
"""What must hold of the outcome. One of:

``{"equals": value}``: the value, floats exact.
``{"fields": {"name": value, "score": {"at_most": 0.2}}}``: of a dict's keys or an object's fields; a
plain value must be equal, a dict of ``equals``, ``at_least``, ``at_most``, ``one_of``, ``not`` is a
predicate.
``{"raises": "ValueError"}``: it raises that.
``{"returns": true}``: it raises nothing.
and beside it, or alone, ``{"seconds": 0.5}`` (at most, wall time, the best of five calls) and
``{"calls": 3}`` (of what ``outside`` names, at most).
"""


class Case(NamedTuple):
    """One case file.

    Attributes:
        name: The file's name without ``.json``.
        status: Only ``active`` ones gate.
        args: Positional arguments.
        kwargs: Keyword arguments.
        expect: What must hold of the outcome.
        why: For a person: what production said. Text of POET's making, nobody's free text.
        origin: Where it comes from. ``failure``: a reproducible error, bound or crash, one of which is
            enough. ``judgement``: what people say is right.
        sources: Who says so; each once.
        execution_id: The execution whose inputs these are; empty for none.
        created: RFC 3339; empty where a person wrote the file.
        accepted_by: Who made it active: a person's name, ``two sources``, ``reproduced``; empty for
            one that a person wrote active.
        outside: What callables of modules do while it is run, by their dotted names, as steps
            ``("return", value)``, ``("raise", "ConnectionRefusedError", args)`` or ``("hang", seconds)``.
        names: Values that global names of the function's module have while it is run.
    """

    name: str
    status: Status
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    expect: Expect
    why: str = ""
    origin: Origin = "hand"
    sources: tuple[str, ...] = ()
    execution_id: str = ""
    created: str = ""
    accepted_by: str = ""
    outside: Mapping[str, Sequence[tuple[Any, ...]]] = {}
    names: Mapping[str, Any] = {}

    @property
    def is_target(self) -> bool:
        """Whether it is active because sources agree on it: a version that never passed it is to learn it."""
        return self.status == "active" and self.origin == "judgement" and self.accepted_by == AGREED
