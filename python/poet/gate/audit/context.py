"""What every rule is handed: the walked source, its imports, and what is known of the user's types."""

from __future__ import annotations

from typing import NamedTuple

from poet.gate.audit.imports import Imports
from poet.gate.audit.source import Source

__all__ = ["Context"]


class Context(NamedTuple):
    """What a rule asks.

    Attributes:
        source: The candidate.
        imports: What it imports.
        attributes: Names of the reviewed types and of the user's own.
        known: Of these, the user's own.
    """

    source: Source
    imports: Imports
    attributes: frozenset[str]
    known: frozenset[str]
