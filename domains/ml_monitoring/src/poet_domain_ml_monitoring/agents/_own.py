"""Expressions and statements of the user's own that generated code keeps as they are written."""

from __future__ import annotations

import ast
import builtins
import io
import tokenize
from typing import TYPE_CHECKING, NamedTuple

from poet.generate import literal
from poet_domain_ml_monitoring.reading.source import (
    Reading,
    called,
    closure_text,
    imports_of,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poet.spec import FunctionSpec

__all__ = ["After", "check_before", "own_text", "read_after"]

_SILENT = {"print", "debug", "info", "warning", "error", "warn", "log"}
_ADDING = {"append", "add", "extend", "update", "setdefault", "insert", "sort"}


class After(NamedTuple):
    """What the function does once its result is made.

    Attributes:
        name: What the user calls the result.
        lines: The statements, for the body of generated code; empty where there are none.
        uses_user: Whether they use names of the user's module.
    """

    name: str = ""
    lines: tuple[str, ...] = ()
    uses_user: bool = False


def own_text(spec: FunctionSpec, reading: Reading, values: list[ast.expr]) -> str:
    """Return the one expression a value is made of, if generated code can hold it; else nothing."""
    parts = [p for v in values for p in reading.resolved(v)]
    texts = {ast.unparse(p) for p in parts}
    if len(texts) != 1:
        return ""
    return _kept(spec, parts[0], set()) or ""


def _kept(spec: FunctionSpec, node: ast.AST, local: set[str]) -> str | None:
    """Return the text with global names as ``user.x``; None where it uses what is not there."""
    known = {p.name for p in spec.parameters} | local
    bound = {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    imported = imports_of(spec.module_source)
    for part in ast.walk(node):
        if isinstance(part, ast.Await | ast.Yield | ast.YieldFrom | ast.Lambda):
            return None
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            if part.id in known | bound:
                continue
            if part.id in imported:
                return None
            if part.id not in spec.user_names and not hasattr(builtins, part.id):
                return None
    return _quoted(ast.unparse(_Prefixed(spec, known | bound).visit(ast.parse(ast.unparse(node)))))


def _quoted(text: str) -> str:
    """Return the text with double quotes around its strings, as a formatter writes it."""
    lines = text.splitlines()
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for token in reversed(tokens):
        if (
            token.type == tokenize.STRING
            and token.string.startswith("'")
            and "\n" not in token.string
        ):
            row, start = token.start
            made = literal(ast.literal_eval(token.string))
            lines[row - 1] = lines[row - 1][:start] + made + lines[row - 1][token.end[1] :]
    return "\n".join(lines)


class _Prefixed(ast.NodeTransformer):
    """Writes ``user.name`` for the names of the user's module."""

    def __init__(self, spec: FunctionSpec, local: set[str]) -> None:
        self.spec, self.local = spec, local

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.local or node.id not in self.spec.user_names:
            return node
        return ast.Attribute(ast.Name("user", ast.Load()), node.id, node.ctx)


class _Replaced(ast.NodeTransformer):
    """Writes what a local name stands for in its place."""

    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return (
            self.names[node.id]
            if isinstance(node.ctx, ast.Load) and node.id in self.names
            else node
        )


def read_after(spec: FunctionSpec, reading: Reading) -> After:
    """Read what follows the making of the result: callbacks, what the object remembers.

    Raises:
        RecipeRefusedError: It uses what only the baseline knows.
    """
    body = reading.node.body
    last = body[-1]
    if not (isinstance(last, ast.Return) and isinstance(last.value, ast.Name)):
        return After()
    name = last.value.id
    made = [
        n
        for n, statement in enumerate(body)
        if isinstance(statement, ast.Assign | ast.AnnAssign) and name in _targets(statement)
    ]
    filled = [n for n, statement in enumerate(body) if _fills(statement, name)]
    if not made:
        return After(name)
    statements = body[max([*made, *filled]) + 1 : -1]
    statements = [s for s in statements if not _is_silent(s)]
    if not statements:
        return After(name)
    given = _standing_for(spec, body[made[-1]], name)
    local = {name} | {t for s in statements for t in _stored(s)}
    lines: list[str] = []
    for statement in statements:
        replaced = _Replaced(given).visit(ast.parse(ast.unparse(statement)).body[0])
        text = _kept(spec, replaced, local)
        if text is None or any(isinstance(p, ast.Return | ast.Raise) for p in ast.walk(statement)):
            line = spec.line + statement.lineno - reading.node.lineno
            refuse(
                spec,
                f"line {line}, after its result is made, uses what generated code does not have: "
                f"{ast.unparse(statement)[:60]}",
                f"use {name}, the arguments and the attributes of its object there",
            )
        same = ast.unparse(replaced) == ast.unparse(statement) and "user." not in text
        lines += _written(spec, statement) if same else text.splitlines()
    return After(name, tuple(lines), any("user." in line for line in lines))


def _fills(statement: ast.stmt, name: str) -> bool:
    """Say whether a statement puts something into the result: an item, or by ``append``."""
    for part in ast.walk(statement):
        match part:
            case (
                ast.Subscript(value=ast.Name(id=found), ctx=ast.Store())
                | ast.AugAssign(target=ast.Name(id=found))
            ) if found == name:
                return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr=attr)) if (
                found == name and attr in _ADDING
            ):
                return True
            case _:
                pass
    return False


def _written(spec: FunctionSpec, statement: ast.stmt) -> list[str]:
    """Return the lines of a statement as the user wrote them, comments included."""
    lines = spec.source.splitlines()[statement.lineno - 1 : statement.end_lineno]
    return [line[min(statement.col_offset, 4) :].rstrip() for line in lines]


def check_before(spec: FunctionSpec, reading: Reading, after: After) -> None:
    """Refuse a function that changes something before its result is made.

    Raises:
        RecipeRefusedError: With the line and the way out.
    """
    hint = "make the result first (result = ...), then do it, then return the result"
    kept = {line.strip() for line in after.lines}
    statements = _before(reading, after)
    local = reading.assigned.keys() | reading.loops.keys()
    for statement in statements:
        for node in ast.walk(statement):
            what = ""
            match node:
                case ast.Expr(value=ast.Call() as call):
                    name, target = called(call), _root(call.func)
                    fine = name in _SILENT or (name in _ADDING and target in local)
                    what = "" if fine else f"does {ast.unparse(call)[:60]}"
                case (
                    ast.Attribute(ctx=ast.Store() | ast.Del())
                    | ast.Subscript(ctx=ast.Store() | ast.Del())
                ) if _root(node) not in local:
                    what = f"changes {ast.unparse(node)[:60]}"
                case ast.Global() | ast.Nonlocal():
                    what = "changes a global"
                case ast.Raise() if not _under_test(statement):
                    what = "raises; generated code in its place would only return"
                case _:
                    pass
            if what and ast.unparse(node).strip() not in kept:
                line = spec.line + getattr(node, "lineno", 1) - reading.node.lineno
                refuse(spec, f"line {line} {what}, before its result is made", hint)


def _before(reading: Reading, after: After) -> list[ast.stmt]:
    body = reading.node.body
    if not after.name:
        return body
    made = [
        n for n, s in enumerate(body)
        if isinstance(s, ast.Assign | ast.AnnAssign) and after.name in _targets(s)
    ]  # fmt: skip
    texts = "\n".join(after.lines)
    if not texts:
        return body
    return body[: max(made) + 1]


def _targets(statement: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return {t.id for t in targets if isinstance(t, ast.Name)}


def _stored(statement: ast.stmt) -> set[str]:
    return {
        n.id
        for n in ast.walk(statement)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def _is_silent(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and called(statement.value) in _SILENT


def _standing_for(spec: FunctionSpec, statement: ast.stmt, name: str) -> dict[str, ast.expr]:
    """Return, for each local that is a value of the result, how to read it from the result."""
    value = getattr(statement, "value", None)
    found: dict[str, ast.expr] = {}
    result = ast.Name(name, ast.Load())
    if isinstance(value, ast.Call):
        text = closure_text(spec.closure, called(value)) or ""
        made = ast.parse(text).body[0] if text else None
        for field, item in zip(getattr(made, "body", []), value.args, strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(item, ast.Name):
                found[item.id] = ast.Attribute(result, ast.unparse(field.target), ast.Load())
        for keyword in value.keywords:
            if isinstance(keyword.value, ast.Name) and keyword.arg:
                found[keyword.value.id] = ast.Attribute(result, keyword.arg, ast.Load())
    elif isinstance(value, ast.Dict):
        for key, item in zip(value.keys, value.values, strict=True):
            if isinstance(item, ast.Name) and isinstance(key, ast.Constant):
                found[item.id] = ast.Subscript(result, key, ast.Load())
    return found


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _under_test(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If)
