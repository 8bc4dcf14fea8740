"""One reason to refuse a candidate."""

from __future__ import annotations

import ast
from typing import NamedTuple

__all__ = ["Finding", "at"]


class Finding(NamedTuple):
    """One reason to refuse a candidate.

    Attributes:
        line: 1-based.
        column: 1-based.
        rule: Short stable name, such as ``import``.
        message: What was found and what to write instead.
    """

    line: int
    column: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message} [{self.rule}]"


def at(node: ast.AST, rule: str, message: str) -> Finding:
    """Return a finding at a node."""
    return Finding(getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1, rule, message)
