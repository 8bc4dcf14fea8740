"""What the text of a function shows of a parameter that has no annotation."""

from __future__ import annotations

import ast

__all__ = ["usage_of"]

_NUMBERS = {"sum", "fsum", "mean", "fmean", "median", "stdev", "pstdev", "variance", "pvariance"}
_OF_ONE = {
    "sqrt", "log", "exp", "floor", "ceil", "abs", "round", "float", "log10", "log2", "sin", "cos",
}  # fmt: skip
_TEXT = {
    "strip", "split", "lower", "upper", "startswith", "endswith", "replace", "title", "splitlines",
    "casefold", "lstrip", "rstrip", "isdigit", "encode", "partition", "rpartition", "capitalize",
}  # fmt: skip
_MAPPING = {"items", "keys", "values"}


def usage_of(source: str, name: str) -> str:
    """Return an annotation for the parameter, by how it is used; empty where that is not plain."""
    tree = ast.parse(source)
    found: set[str] = set()
    stored = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            stored = True
        found |= _shown(node, name)
    if stored:
        found -= {"number"}  # what is counted with may be another value by then
    if "numbers" in found and found <= {"numbers", "sized", "number"}:
        return "list[int | float]" if "number" not in found else ""
    if len(found) != 1:
        return ""
    return {"number": "int | float", "text": "str", "sized": "", "mapping": "dict[str, int | float]"}.get(
        found.pop(), ""
    )  # fmt: skip


def _shown(node: ast.AST, name: str) -> set[str]:
    """Return what one node says of the parameter."""

    def means(item: ast.AST) -> bool:
        return isinstance(item, ast.Name) and item.id == name

    if isinstance(node, ast.Call):
        called = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        if isinstance(node.func, ast.Attribute) and means(node.func.value):
            return {"text"} if called in _TEXT else {"mapping"} if called in _MAPPING else {"other"}
        if node.args and any(means(a) for a in node.args):
            if called in _NUMBERS and means(node.args[0]):
                return {"numbers"}
            if called in _OF_ONE:
                return {"number"}
            if called in ("len", "sorted", "min", "max", "enumerate", "list", "set", "zip"):
                return {"sized"}
            return {"other"}
    if isinstance(node, ast.BinOp) and (means(node.left) or means(node.right)):
        other = node.right if means(node.left) else node.left
        if (
            isinstance(node.op, ast.Mod)
            and isinstance(other, ast.Constant)
            and isinstance(other.value, str)
        ):
            return {"other"}
        plain = isinstance(other, ast.Constant) and not isinstance(
            other.value, (int, float, complex)
        )
        return {"other"} if plain else {"number"}
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and means(node.operand):
        return {"number"}
    if isinstance(node, ast.Compare) and means(node.left) and len(node.comparators) == 1:
        value = getattr(node.comparators[0], "value", ...)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return {"number"}
    if isinstance(node, (ast.For, ast.comprehension)) and means(node.iter):
        return {"sized"}
    if isinstance(node, ast.Attribute) and means(node.value) and node.attr not in _TEXT | _MAPPING:
        return {"other"}
    return set()
