"""Cases: recorded inputs plus what must hold of the outcome, as small JSON files beside the versions.

    {"status": "active", "args": [1, 2], "kwargs": {}, "expect": {"equals": 3}, "why": "..."}

``expect`` holds one of ``equals`` (a JSON value, floats exact), ``fields`` (a dict: each named field
of the result equals), or ``raises`` (an exception's type name). Only active cases gate.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from poet.codec import encode
from poet.domain import CallCheck, Outcome
from poet.errors import StoreError
from poet.gate.compare import difference

__all__ = ["Case", "read_cases"]


class Case(NamedTuple):
    """One case file.

    Attributes:
        name: The file's name without ``.json``.
        status: Only ``active`` ones gate.
        args: Positional arguments.
        kwargs: Keyword arguments.
        expect: ``{"equals": …}``, ``{"fields": {…}}`` or ``{"raises": "ValueError"}``.
        why: For a person: what production said.
    """

    name: str
    status: Literal["proposed", "active", "retired"]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    expect: Mapping[str, Any]
    why: str = ""

    def as_check(self) -> CallCheck:
        """Return the case as a check of the gate."""
        return CallCheck(f"case:{self.name}", self.args, self.kwargs, self._problem)

    def _problem(self, outcome: Outcome) -> str | None:
        if "raises" in self.expect:
            wanted = self.expect["raises"]
            if outcome.kind == "raised" and wanted in (
                outcome.error,
                outcome.error.rpartition(".")[2],
            ):
                return None
            return f"expected {wanted}, got {outcome.error or repr(outcome.value)}"
        if outcome.kind == "raised":
            return f"expected a value, got {outcome.error}{outcome.value!r}"
        if "equals" in self.expect:
            return difference(encode(self.expect["equals"]), encode(outcome.value))
        for name, value in self.expect["fields"].items():
            if not isinstance(outcome.value, dict) or name not in outcome.value:
                return f"the result has no field {name!r}"
            found = difference(encode(value), encode(outcome.value[name]), path=name)
            if found:
                return found
        return None


def read_cases(folder: Path) -> list[Case]:
    """Return the cases in ``folder`` (a function's ``cases``), in order of their names.

    Raises:
        StoreError: A file is no case; the message says what is missing.
    """
    cases = []
    for path in sorted(folder.glob("*.json")):
        try:
            found = json.loads(path.read_bytes())
            case = Case(
                path.stem,
                found["status"],
                tuple(found.get("args", ())),
                dict(found.get("kwargs", {})),
                dict(found["expect"]),
                str(found.get("why", "")),
            )
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise StoreError(f"this case cannot be read: {error!r}", where=str(path)) from None
        if case.status not in ("proposed", "active", "retired"):
            raise StoreError(
                f"status {case.status!r} is not proposed, active or retired", where=str(path)
            )
        if len({"equals", "fields", "raises"} & case.expect.keys()) != 1:
            raise StoreError("expect needs one of equals, fields, raises", where=str(path))
        if not isinstance(case.expect.get("fields", {}), dict):
            raise StoreError("fields is not a dict of a field's name to its value", where=str(path))
        cases.append(case)
    return cases
