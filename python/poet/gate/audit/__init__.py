"""The audit: the static look at a candidate. No line of it is run.

An allowlist: what is not listed is refused, with the line, the rule and what to write instead. The
audit is a filter, not a boundary; the confined process of :mod:`poet.gate.sandbox` is behind it.

The text that is judged is the text to compile: whoever runs a candidate compiles the same ``str``
and reads no file again.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from poet.gate.audit import attributes, calls, classes, definitions, tables, text
from poet.gate.audit.context import Context
from poet.gate.audit.finding import Finding, at
from poet.gate.audit.imports import Imports
from poet.gate.audit.known import known_attributes
from poet.gate.audit.source import Function, Source
from poet.gate.audit.summary import importable, poet_names

__all__ = ["Finding", "audit", "importable", "known_attributes", "poet_names"]


def audit(
    code: str,
    name: str,
    grants: Mapping[str, frozenset[str]],
    known: frozenset[str] = frozenset(),
) -> list[Finding]:
    """Return the reasons to refuse ``code``, none if it may be run in the sandbox.

    Args:
        code: The candidate's text.
        name: The function it must define.
        grants: Modules and their names that the domain allows besides the audit's own;
            ``poet.domain.REVIEWED`` stands for the reviewed table of a library.
        known: Attributes of the user's own types, as :func:`known_attributes` reads them.
    """
    tree = text.parse(code)
    if isinstance(tree, Finding):
        return [tree]
    source = Source(tree)
    imports = Imports(source, tables.granted_modules(grants))
    context = Context(source, imports, tables.attributes(), known)
    return sorted(set(_findings(context, name)))


def _findings(context: Context, name: str) -> Iterator[Finding]:
    if not any(isinstance(n, Function) and n.name == name for n in context.source.tree.body):
        message = f"no function {name!r} at module level: define it with def"
        yield Finding(1, 1, "contract", message)
    yield from context.imports.findings()
    yield from calls.rebinding(context)
    for node in context.source.nodes:
        for rule in _RULES.get(type(node), ()):
            yield from rule(context, node)


def _decorators(
    context: Context, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
) -> Iterator[Finding]:
    return definitions.decorators(context, node.decorator_list)


def _annotation(
    context: Context, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.arg | ast.AnnAssign
) -> Iterator[Finding]:
    function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    found = getattr(node, "returns" if function else "annotation")
    if found is not None:
        yield from definitions.annotation(context, found)


def _item(context: Context, node: ast.Subscript) -> Iterator[Finding]:
    """Judge an item that is set or deleted."""
    if isinstance(node.ctx, ast.Load):
        return
    root: ast.expr = node
    while isinstance(root, (ast.Attribute, ast.Subscript)):
        root = root.value
    if isinstance(root, ast.Name) and context.imports.is_imported(root.id):
        message = f"changes {root.id}, which is imported: what is imported stays as it is"
        yield at(node, "assign", message)


_RULES: dict[type[ast.AST], tuple[Callable[[Context, Any], Iterator[Finding]], ...]] = {
    ast.Name: (calls.name, calls.imported_use, classes.class_value),
    ast.Attribute: (attributes.attribute, calls.imported_use, classes.class_value),
    ast.Call: (calls.call, classes.class_value),
    ast.Constant: (calls.text,),
    ast.Subscript: (_item,),
    ast.ClassDef: (definitions.class_definition, _decorators),
    ast.FunctionDef: (_decorators, _annotation),
    ast.AsyncFunctionDef: (_decorators, _annotation),
    ast.arg: (_annotation,),
    ast.AnnAssign: (_annotation,),
    ast.ExceptHandler: (definitions.handler,),
    ast.MatchClass: (definitions.pattern,),
}
