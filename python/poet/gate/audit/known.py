"""The attributes that are known of the user's own types: those their sources show."""

from __future__ import annotations

import ast

from poet.domain import Grants
from poet.gate.audit.closed import is_closed
from poet.gate.audit.source import Source
from poet.spec import FunctionSpec

__all__ = ["known_attributes"]


def known_attributes(spec: FunctionSpec, grants: Grants = Grants()) -> frozenset[str]:  # noqa: B008
    """Return the attribute names in the function's source and in the first-party code it reaches.

    A candidate may use them besides the reviewed ones, for they are what the user's own types have.
    What the audit closes stays closed, unless the user's code defines a method or field called so.

    Args:
        spec: The function.
        grants: From the domain; its attributes count too, but for what the audit closes.
    """
    own: set[str] = set()
    names: set[str] = set()
    for dotted in spec.user_names:
        names |= set(dotted.split(".")[1:])
    for text in (spec.source, *spec.closure.values()):
        try:
            source = Source(ast.parse(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        own |= source.own
        names |= {node.attr for node in source.nodes if isinstance(node, ast.Attribute)}
        names |= {
            name
            for node in source.nodes
            if isinstance(node, ast.MatchClass)
            for name in node.kwd_attrs
        }
    names = own | {n for n in names | grants.attributes if not is_closed(n)}
    return frozenset(n for n in names if not (n.startswith("__") and n.endswith("__")))
