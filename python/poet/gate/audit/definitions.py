"""Classes, functions, decorators, annotations, patterns and handlers."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poet.gate.audit.allowed import BUILTINS, DECORATORS
from poet.gate.audit.attributes import by_name_problem, name_problem
from poet.gate.audit.closed import is_barred, is_closed
from poet.gate.audit.context import Context
from poet.gate.audit.finding import Finding, at

__all__ = ["annotation", "class_definition", "decorators", "handler", "pattern"]

_MEMBERS_OF_PROPERTIES = ("setter", "getter", "deleter")
_BASE_LIBRARIES = ("numpy", "polars", "pandas", "scipy", "io", "logging")
_ENUMS = ("enum.Enum", "enum.Flag", "enum.IntEnum", "enum.IntFlag", "enum.StrEnum")
_WIDE = ("BaseException", "BaseExceptionGroup")
_ANNOTATIONS = (
    ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.BinOp, ast.BitOr, ast.Tuple, ast.List,
    ast.Starred, ast.Load, ast.UnaryOp, ast.USub,
)  # fmt: skip


def class_definition(context: Context, node: ast.ClassDef) -> Iterator[Finding]:
    """Judge a class: its keywords, bases, fields and, of an Enum, its members."""
    for keyword in node.keywords:
        if keyword.arg != "total" or not isinstance(keyword.value, ast.Constant):
            shown = keyword.arg or "**"
            yield at(
                node, "class", f"class keyword {shown!r} such as a metaclass: write a plain class"
            )
    for base in node.bases:
        problem = _base_problem(context, base)
        if problem:
            yield at(base, "class", problem)
    for binding in context.source.bindings:
        if binding.scope.node is node and not isinstance(
            binding.node, (ast.FunctionDef, ast.AsyncFunctionDef)
        ):
            if is_closed(binding.name) or is_barred(binding.name):
                yield at(binding.node, "attribute", f"field {binding.name!r}: give it another name")
            elif binding.name == "__match_args__" and not _match_args(context, node):
                yield at(binding.node, "attribute", "__match_args__: write public names out")
            elif binding.name == "_ignore_":
                yield at(binding.node, "class", "_ignore_: leave the members out instead")
    if _is_enum(context, node) and not any(_is_member(context, s) for s in node.body):
        yield at(node, "class", "an Enum without members: give it its members")


def _base_problem(context: Context, base: ast.expr) -> str | None:
    if isinstance(base, ast.Call):
        origin = context.imports.origin(base.func)
        if origin in ("collections.namedtuple", "typing.NamedTuple"):
            return None
        return "a base class made by a call: name the class"
    if isinstance(base, ast.Subscript):
        base = base.value
    origin = context.imports.origin(base)
    if origin is not None:
        library = origin.partition(".")[0]
        fine = library not in _BASE_LIBRARIES or origin == "logging.LoggerAdapter"
        return None if fine else f"a subclass of {origin}: keep one in an attribute instead"
    if isinstance(base, ast.Attribute):
        root: ast.expr = base
        while isinstance(root, ast.Attribute):
            root = root.value
        of_user = context.imports.origin(root) == "poet.runtime.user"
        return None if of_user else "a base class that is not named: name the class"
    if not isinstance(base, ast.Name):
        return "a base class that is not named: name the class"
    if base.id == "type":
        return "a metaclass: write a plain class"
    bound = context.source.bound_to(base.id)
    if any(not isinstance(b.node, ast.ClassDef) for b in bound):
        return f"base class {base.id!r} that is bound otherwise than by class: name the class"
    if not bound and base.id not in BUILTINS:
        return f"base class {base.id!r} is not granted"
    return None


def _match_args(context: Context, node: ast.ClassDef) -> bool:
    for statement in node.body:
        if (
            isinstance(statement, ast.Assign)
            and isinstance(statement.targets[0], ast.Name)
            and statement.targets[0].id == "__match_args__"
        ):
            if not isinstance(statement.value, ast.Tuple):
                return False
            texts = [e.value if isinstance(e, ast.Constant) else None for e in statement.value.elts]
            return all(
                isinstance(t, str) and not t.startswith("__") and name_problem(context, t) is None
                for t in texts
            )
    return False


def _is_enum(context: Context, node: ast.ClassDef) -> bool:
    seen: set[str] = set()
    pending = list(node.bases)
    while pending:
        base = pending.pop()
        if context.imports.origin(base) in _ENUMS:
            return True
        if isinstance(base, ast.Name) and base.id in context.source.classes and base.id not in seen:
            seen.add(base.id)
            pending += context.source.classes[base.id].bases
    return False


def _is_member(context: Context, statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return False
    if statement.targets[0].id.startswith("_"):
        return False
    value = statement.value
    if isinstance(value, ast.Call):
        return context.imports.origin(value.func) == "enum.auto"
    return isinstance(value, (ast.Constant, ast.Tuple, ast.UnaryOp, ast.BinOp, ast.List))


def decorators(context: Context, found: list[ast.expr]) -> Iterator[Finding]:
    """Judge the decorators of a function or class."""
    for decorator in found:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not _decorator(context, target):
            shown = ast.unparse(target)
            yield at(
                decorator,
                "decorator",
                f"decorator {shown if len(shown) < 40 else 'expression'!r} is not granted: "
                "call the function inside the body instead",
            )


def _decorator(context: Context, target: ast.expr) -> bool:
    origin = context.imports.origin(target)
    if origin is not None:
        return origin in DECORATORS
    own = context.source.functions | context.source.classes.keys()
    if isinstance(target, ast.Name):
        return target.id in own or (
            target.id in ("property", "classmethod", "staticmethod")
            and not context.source.bound_to(target.id)
        )
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        if target.value.id not in own:
            return False
        return target.attr in _MEMBERS_OF_PROPERTIES or (
            target.value.id in context.source.classes and target.attr in context.source.functions
        )
    return False


def annotation(context: Context, root: ast.expr) -> Iterator[Finding]:
    """Judge an annotation: it is evaluated, or may be by a tool, so it holds types and nothing else."""
    pending: list[tuple[ast.expr, ast.expr]] = [(root, root)]
    while pending:
        part, place = pending.pop()
        nodes: list[ast.AST] = [part]
        while nodes:
            node = nodes.pop()
            if not isinstance(node, _ANNOTATIONS):
                yield at(
                    place,
                    "annotation",
                    f"annotation with {type(node).__name__}: write a plain type",
                )
                break
            if isinstance(node, ast.Subscript) and _is_literal(context, node.value):
                continue
            if isinstance(node, ast.Subscript) and _is_annotated(context, node.value):
                nodes.append(node.value)
                items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                nodes += [i for i in items if not isinstance(i, ast.Constant)] + [
                    i for i in items[:1] if isinstance(i, ast.Constant)
                ]
                continue
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                try:
                    inner = ast.parse(node.value.strip(), mode="eval").body
                except (SyntaxError, ValueError, RecursionError, MemoryError):
                    yield at(place, "annotation", "a text that is no type: write a plain type")
                    break
                pending.append((inner, place))
                continue
            if part is not root and (problem := _in_text(node)):
                yield at(place, "annotation", problem)
                break
            nodes.extend(ast.iter_child_nodes(node))


def _in_text(node: ast.AST) -> str | None:
    """Return what is wrong with a name or attribute in the text of an annotation."""
    if isinstance(node, ast.Name) and (
        node.id.startswith("__")
        or node.id in ("eval", "exec", "open", "compile", "globals", "vars")
    ):
        return f"annotation with {node.id!r}: write a plain type"
    if isinstance(node, ast.Attribute) and (node.attr.startswith("_") or is_barred(node.attr)):
        return f"annotation with {node.attr!r}: write a plain type"
    return None


def _is_literal(context: Context, node: ast.expr) -> bool:
    return context.imports.origin(node) == "typing.Literal"


def _is_annotated(context: Context, node: ast.expr) -> bool:
    return context.imports.origin(node) == "typing.Annotated"


def handler(_: Context, node: ast.ExceptHandler) -> Iterator[Finding]:
    """Judge what an ``except`` catches."""
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    for kind in kinds:
        if kind is None or (isinstance(kind, ast.Name) and kind.id in _WIDE):
            yield at(node, "except", "catches everything: catch Exception or narrower")


def pattern(context: Context, node: ast.MatchClass) -> Iterator[Finding]:
    """Judge a class pattern: it reads attributes, by name or by ``__match_args__``."""
    for name in node.kwd_attrs:
        problem = by_name_problem(context, name)
        if problem or name.startswith("__"):
            yield at(node, "attribute", f"class pattern: {problem or name}")
    if node.patterns:
        bound = context.source.bound_to(node.cls.id) if isinstance(node.cls, ast.Name) else []
        if any(not isinstance(b.node, ast.ClassDef) for b in bound):
            yield at(
                node, "attribute", "positional pattern of a class that is not named: use keywords"
            )
