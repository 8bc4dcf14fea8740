"""Classes as values: those that could make a class from data, or an array over foreign memory.

``type`` called with three arguments makes a class whose special methods no rule has seen, an empty
``Enum`` does so with two, and ``np.ndarray`` takes a buffer as objects. So these names, and what
``type(x)`` gives, are used only where they cannot be called so.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poet.gate.audit.context import Context
from poet.gate.audit.finding import Finding, at

__all__ = ["class_value", "in_annotation"]

_ENUMS = frozenset(f"enum.{n}" for n in ("Enum", "Flag", "IntEnum", "IntFlag", "StrEnum"))
_ARRAYS = frozenset({"numpy.ndarray"})
_COLLECT = (ast.SetComp, ast.ListComp, ast.GeneratorExp, ast.Set)
_TELLS = frozenset(
    {"isinstance", "issubclass", "str", "repr", "len", "any", "all", "print", "id", "hash", "type"}
)
_LOGS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
_DEPTH = 12


def class_value(context: Context, node: ast.expr) -> Iterator[Finding]:
    """Judge a name, attribute or call that gives a class which must not be called freely."""
    kind = _kind(context, node)
    many = kind == "types"
    if kind is None or _tame(context, node, kind.rstrip("s"), _DEPTH, many=many):
        return
    if kind in ("type", "types"):
        yield at(
            node,
            "class",
            "type as a value: write type(x).__name__, isinstance, or the class itself",
        )
    elif kind == "enum":
        yield at(node, "class", "an Enum made by a call: write the class with its members")
    else:
        yield at(
            node, "class", "numpy.ndarray as a value: make arrays with np.array, np.zeros and so on"
        )


def _kind(context: Context, node: ast.expr) -> str | None:
    if isinstance(node, ast.Name) and node.id == "type" and isinstance(node.ctx, ast.Load):
        return None if context.source.is_local(node) else "type"
    if isinstance(node, ast.Call):
        function = node.func
        if isinstance(function, ast.Name) and function.id == "type" and len(node.args) == 1:
            return None if context.source.is_local(function) else "type"
        if (
            isinstance(function, ast.Name)
            and function.id == "map"
            and node.args
            and isinstance(node.args[0], ast.Name)
            and node.args[0].id == "type"
        ):
            return "types"
        return None
    if isinstance(node, ast.Attribute) and node.attr == "__class__":
        return "type"
    origin = context.imports.origin(node)
    if origin in _ENUMS:
        return "enum"
    if origin in _ARRAYS:
        return "array"
    return None


def _tame(context: Context, node: ast.AST, kind: str, depth: int, *, many: bool = False) -> bool:
    """Say whether a class, or with ``many`` a collection of classes, is used where it is not called."""
    if depth == 0:
        return False
    above = context.source.parent(node)
    if isinstance(above, (ast.FormattedValue, ast.Expr, ast.If, ast.While)):
        return True
    if isinstance(above, ast.Compare):
        return _tame_comparison(context, above)
    if isinstance(above, ast.Attribute):
        return not many  # what the attribute is, is judged for itself
    if isinstance(above, ast.ClassDef):
        return kind == "enum" and node in above.bases
    if in_annotation(context, node):
        return True
    if isinstance(above, ast.Call):
        return _tame_call(context, above, node, kind, depth, many=many)
    if isinstance(above, ast.Subscript):
        item = {"__getitem__", "__setitem__", "__delitem__", "__missing__"}
        return above.slice is node and kind != "enum" and not item & context.source.functions
    if isinstance(above, ast.comprehension):
        return node in above.ifs
    if isinstance(above, (ast.IfExp, ast.BoolOp)):
        return _tame(context, above, kind, depth - 1, many=many)
    if isinstance(above, ast.BinOp):
        if isinstance(above.op, ast.Mod) and isinstance(above.left, (ast.Constant, ast.JoinedStr)):
            return True
        union = (
            isinstance(above.op, ast.BitOr) and not {"__or__", "__ror__"} & context.source.functions
        )
        return union and _tame(context, above, kind, depth - 1, many=many)
    if isinstance(above, (ast.Tuple, *_COLLECT)):
        return _tame(context, above, kind, depth - 1, many=True)
    if isinstance(above, (ast.Assign, ast.NamedExpr, ast.AnnAssign)) and above.value is node:
        return _tame_name(context, above, kind, depth, many=many)
    return False


def _tame_name(
    context: Context,
    given: ast.Assign | ast.NamedExpr | ast.AnnAssign,
    kind: str,
    depth: int,
    *,
    many: bool,
) -> bool:
    """Say whether each use of the name that is given the class is tame."""
    if isinstance(given, ast.NamedExpr) and not _tame(context, given, kind, depth - 1, many=many):
        return False
    targets = given.targets if isinstance(given, ast.Assign) else [given.target]
    return all(
        isinstance(t, ast.Name)
        and context.source.scope(t).kind != "class"
        and all(_tame(context, u, kind, depth - 1, many=many) for u in context.source.loads(t.id))
        for t in targets
    )


def _tame_comparison(context: Context, node: ast.Compare) -> bool:
    """Say whether a comparison hands the class to no method of the source."""
    if all(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
        return True
    if all(_kind(context, side) for side in (node.left, *node.comparators)):
        return True
    return not {"__eq__", "__ne__", "__lt__", "__gt__", "__contains__"} & context.source.functions


def _tame_call(
    context: Context, call: ast.Call, node: ast.AST, kind: str, depth: int, *, many: bool
) -> bool:
    starred = any(isinstance(a, ast.Starred) for a in call.args)
    function = call.func
    if function is node:
        if isinstance(node, ast.Name) and node.id == "type":
            return len(call.args) == 1 and not starred and not call.keywords
        spread = any(k.arg is None or k.arg == "buffer" for k in call.keywords)
        few = kind == "type" and not many and len(call.args) <= 2 and not starred
        return few and (_is_own(node) or not spread)
    if node not in call.args:
        return False
    if isinstance(function, ast.Name):
        if context.imports.origin(function) == "poet.runtime.expect":
            return True
        if context.source.bound_to(function.id) or context.imports.is_imported(function.id):
            return False
        if function.id == "map":  # the call is judged as a whole
            return not many and len(call.args) == 2 and not starred and node is call.args[0]
        if function.id in ("set", "frozenset"):
            return _tame(context, call, kind, depth - 1, many=True)
        return function.id in _TELLS
    if isinstance(function, ast.Attribute) and function.attr not in context.source.own:
        return function.attr in _LOGS or (function.attr == "get" and node is call.args[0])
    return False


def _is_own(node: ast.AST) -> bool:
    """Say whether a node is ``type(self)`` or ``self.__class__``."""
    value = (
        node.args[0] if isinstance(node, ast.Call) and node.args else getattr(node, "value", None)
    )
    return isinstance(value, ast.Name) and value.id == "self"


def in_annotation(context: Context, node: ast.AST) -> bool:
    """Say whether a node is part of an annotation."""
    for above in context.source.parents(node):
        if isinstance(above, ast.arg):
            return True
        if isinstance(above, ast.AnnAssign):
            return above.value is not node
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return above.returns is node
        if not isinstance(above, (ast.Subscript, ast.BinOp, ast.Tuple, ast.List)):
            return False
        node = above
    return False
