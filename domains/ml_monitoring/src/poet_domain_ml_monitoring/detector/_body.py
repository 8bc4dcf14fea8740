"""What a baseline does besides comparing two samples, and a detector in its place would not do."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from poet_domain_ml_monitoring.detector._selection import passed_over
from poet_domain_ml_monitoring.reading.source import Reading, refuse

if TYPE_CHECKING:
    from poet.spec import FunctionSpec

__all__ = ["check_body"]

# Reading no more than these of both samples measures their size or shape, not their values.
_SHAPE = {
    "columns", "dtype", "dtypes", "height", "index", "is_null", "isna", "isnull", "ndim",
    "null_count", "schema", "shape", "size", "width",
}  # fmt: skip
_SILENT = {"print", "debug", "info", "warning", "error", "warn", "log"}


def check_body(spec: FunctionSpec, reading: Reading, samples: tuple[str, str]) -> None:
    """Refuse a function whose work is more than a comparison of two samples' values.

    Raises:
        RecipeRefusedError: With the line and the way out.
    """
    parents = {c: n for n in ast.walk(reading.node) for c in ast.iter_child_nodes(n)}

    def line(node: ast.stmt | ast.expr) -> int:
        return spec.line + node.lineno - reading.node.lineno

    for node in ast.walk(reading.node):
        match node:
            case ast.Raise() if not _is_guard(node, parents):
                refuse(
                    spec,
                    f"line {line(node)} raises; a detector in its place would only return",
                    "let a function of your own call this one and raise on its verdict",
                )
            case ast.Expr(value=ast.Call() as call) if not (
                _name(call.func) in _SILENT or _fills_a_local(call, reading)
            ):
                refuse(
                    spec,
                    f"line {line(node)} does {ast.unparse(call)[:60]}, which a detector would not do",
                    "do it in a function of your own that calls this one",
                )
            case (
                ast.Assign(targets=[ast.Name(id=name)]) | ast.AugAssign(target=ast.Name(id=name))
            ) if name in samples:
                refuse(
                    spec,
                    f"line {line(node)} changes {name!r} before it is compared",
                    "prepare the sample before the call",
                )
            case ast.Global() | ast.Nonlocal():
                refuse(spec, f"line {line(node)} changes a global", "keep state outside")
            case ast.comprehension(ifs=[_, *_] as ifs) if _tests_the_loop(node, ifs):
                refuse(
                    spec,
                    f"line {line(ifs[0])} picks columns by {ast.unparse(ifs[0])[:60]}",
                    "hand over the columns as a parameter, or frames that hold only those",
                )
            case _:
                pass
    if _only_shapes(reading.node, samples, parents):
        refuse(
            spec,
            "it compares the sizes, missing values or columns of its samples, not their values",
            "a drift detector compares values; keep this one as it is, with @poet()",
        )


def _fills_a_local(call: ast.Call, reading: Reading) -> bool:
    """Say whether a call puts something into a collection that the function made itself."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr="append" | "add" | "extend" | "update"):
            made = reading.assigned.get(name, [])
            return bool(made) and all(reading.type_of(m) in ("list", "mapping") for m in made)
        case _:
            return False


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_guard(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Say whether the statement stands under a test of its input's size or type."""
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.If):
            names = {
                _name(n) for n in ast.walk(node.test) if isinstance(n, (ast.Name, ast.Attribute))
            }
            bare = isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)
            if bare or names & {
                "len",
                "size",
                "empty",
                "is_empty",
                "height",
                "shape",
                "isinstance",
            }:
                return True
    return False


def _tests_the_loop(node: ast.comprehension, ifs: list[ast.expr]) -> bool:
    """Say whether a condition compares the loop's own name with fixed texts."""
    names = {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
    return any(
        isinstance(test, ast.Compare)
        and not passed_over(test, (ast.NotEq, ast.NotIn), names)
        and any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(test.left))
        and any(
            isinstance(n, ast.Constant) and isinstance(n.value, str)
            for c in test.comparators
            for n in ast.walk(c)
        )
        and not any(isinstance(n, ast.Call) for n in ast.walk(test))
        for test in ifs
    )


def _only_shapes(
    function: ast.AST, samples: tuple[str, str], parents: dict[ast.AST, ast.AST]
) -> bool:
    """Say whether each use of both samples is of their size or shape; False where none is used."""
    used: set[str] = set()
    for node in ast.walk(function):
        if not isinstance(node, ast.Name) or node.id not in samples:
            continue
        used.add(node.id)
        above = parents.get(node)
        sized = isinstance(above, ast.Call) and _name(above.func) == "len"
        shaped = isinstance(above, ast.Attribute) and above.attr in _SHAPE
        if not sized and not shaped:
            return False
    return len(used) == len(samples)
