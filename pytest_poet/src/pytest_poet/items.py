"""Stored versions as test items: each decorated function that collection imports is one item."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from poet.handle import FunctionHandle
    from pytest_poet.session import PoetSession

__all__ = ["CaseItem", "PoetItem", "VersionError"]


class VersionError(Exception):
    """A stored version that does not hold; its text is shown without a traceback."""


class _Item(pytest.Item):
    """An item about one function."""

    def __init__(self, *, handle: FunctionHandle, poet: PoetSession, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.handle = handle
        self.poet = poet
        self.add_marker("poet")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the problem's own text for a problem of a version."""
        if isinstance(excinfo.value, VersionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the function stands."""
        line = self.handle.target.original.__code__.co_firstlineno - 1
        return self.handle.target.path, line, f"poet: {self.handle.target.qualname}"


class PoetItem(_Item):
    """Verifies the current version of one function."""

    def runtest(self) -> None:
        """Verify, or say why there is nothing to verify."""
        state, problem = self.poet.verify(self.handle)
        path, function = self.handle.target.key
        _, whole, seconds = self.poet.states[self.handle.target.key]
        self.user_properties += [
            ("poet", state),
            ("poet_function", function),
            ("poet_path", path),
            ("poet_problem", whole),
            ("poet_seconds", seconds),
        ]
        if problem is None:
            return
        if state in (
            "verified",
            "missing",
            "stale",
            "damaged",
            "outdated",
        ) and not self.poet.fails_on(state):
            pytest.skip(problem)
        raise VersionError(problem)


class CaseItem(_Item):
    """One active case of a function, as its current version passed it or not."""

    def __init__(self, *, case: str, against: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case
        self.against = against

    def runtest(self) -> None:
        """Say what became of the case when the version was verified."""
        if self.against:
            pytest.skip(f"it contradicts the case {self.against}, so neither gates")
        problem = self.poet.case_problem(self.handle, self.case)
        if problem:
            raise VersionError(f"case {self.case} does not hold: {problem}")

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the function stands, and the case."""
        path, line, name = super().reportinfo()
        return path, line, f"{name} case {self.case}"
