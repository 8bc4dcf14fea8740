"""Constants of a text, also those that are put together: sums, joins, repeats, converted texts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

__all__ = ["Constants"]

MAX_SIZE = 2000
_BINARY = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b, ast.FloorDiv: lambda a, b: a // b, ast.Mod: lambda a, b: a % b,
    ast.LShift: lambda a, b: a << b, ast.RShift: lambda a, b: a >> b, ast.BitXor: lambda a, b: a ^ b,
    ast.BitOr: lambda a, b: a | b, ast.BitAnd: lambda a, b: a & b, ast.Pow: lambda a, b: a**b,
}  # fmt: skip
_TEXT_METHODS = {
    "capitalize", "decode", "encode", "fromhex", "join", "lower", "replace", "split", "strip", "title",
    "upper", "zfill", "swapcase", "removeprefix", "removesuffix", "format",
}  # fmt: skip
_CALLS = {
    "int": int, "float": float, "str": str, "chr": chr, "list": list, "tuple": tuple, "set": set,
    "frozenset": frozenset, "bytes": bytes, "sum": sum, "abs": abs, "len": len, "sorted": sorted,
    "reversed": lambda v: list(reversed(v)), "round": round,
}  # fmt: skip


class _UnknownError(Exception):
    """A part is no constant."""


class Constants:
    """Evaluates the constant expressions of a module, without running any of it.

    Args:
        tree: The module. Names assigned once, to a constant, stand for it.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self._names: dict[str, ast.expr | None] = {}
        for node in ast.walk(tree):
            for name, value in _assigned(node):
                self._names[name] = None if name in self._names else value
        self._known: dict[int, Any] = {}

    def all(self) -> Iterator[tuple[ast.expr, Any]]:
        """Yield each constant expression that is no docstring, the largest ones first."""
        skipped = {id(n.value) for n in ast.walk(self.tree) if isinstance(n, ast.Expr)}
        for node in ast.walk(self.tree):
            if (
                isinstance(node, ast.expr)
                and id(node) not in skipped
                and not isinstance(node, ast.Name)
            ):
                try:
                    yield node, self.value(node)
                except _UnknownError:
                    continue

    def of(self, node: ast.expr) -> Any:
        """Return the value of an expression, Ellipsis where it is not constant."""
        try:
            return self.value(node)
        except _UnknownError:
            return ...

    def value(self, node: ast.expr, depth: int = 0) -> Any:
        """Return the value of a constant expression; raises where it is none."""
        key = id(node)
        if key not in self._known:
            self._known[key] = _UnknownError  # what refers to itself is no constant
            try:
                found = self._value(node, depth)
            except _UnknownError:
                raise
            except Exception:  # noqa: BLE001 - 1 / 0 in the text is no constant
                raise _UnknownError from None
            if _size(found) > MAX_SIZE:
                raise _UnknownError
            self._known[key] = found
        if self._known[key] is _UnknownError:
            raise _UnknownError
        return self._known[key]

    def _value(self, node: ast.expr, depth: int) -> Any:
        if depth > 40:
            raise _UnknownError

        def part(item: ast.expr) -> Any:
            return self.value(item, depth + 1)

        match node:
            case ast.Constant():
                return node.value
            case ast.Name() if self._names.get(node.id) is not None:
                value = self._names[node.id]
                assert value is not None
                return part(value)
            case ast.UnaryOp(op=ast.USub()):
                return -part(node.operand)
            case ast.BinOp() if type(node.op) in _BINARY:
                left, right = part(node.left), part(node.right)
                _bounded(node.op, left, right)
                return _BINARY[type(node.op)](left, right)  # type: ignore[no-untyped-call]
            case ast.List() | ast.Tuple() | ast.Set():
                items = [part(e) for e in node.elts]
                return items if isinstance(node, ast.List) else tuple(items)
            case ast.Dict() if None not in node.keys:
                return {part(k): part(v) for k, v in zip(node.keys, node.values, strict=True) if k}
            case ast.JoinedStr():
                pieces = [v.value if isinstance(v, ast.FormattedValue) else v for v in node.values]
                return "".join(str(part(p)) for p in pieces)
            case ast.Subscript():
                return part(node.value)[self._index(node.slice, depth)]
            case ast.Call(keywords=[]):
                return self._call(node, [part(a) for a in node.args], depth)
        raise _UnknownError

    def _index(self, node: ast.expr, depth: int) -> Any:
        if not isinstance(node, ast.Slice):
            return self.value(node, depth + 1)
        ends = (node.lower, node.upper, node.step)
        return slice(*[None if e is None else self.value(e, depth + 1) for e in ends])

    def _call(self, node: ast.Call, args: list[Any], depth: int) -> Any:
        if isinstance(node.func, ast.Name) and node.func.id in _CALLS:
            return _CALLS[node.func.id](*args)  # type: ignore[operator]
        if isinstance(node.func, ast.Attribute) and node.func.attr in _TEXT_METHODS:
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "bytes":
                return bytes.fromhex(*args)
            owner = self.value(node.func.value, depth + 1)
            if isinstance(owner, (str, bytes)):
                return getattr(owner, node.func.attr)(*args)
        raise _UnknownError


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            for name in ast.walk(target):
                if isinstance(name, ast.Name):
                    yield name.id, node.value if name is target else None
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id, node.value
    elif isinstance(node, (ast.AugAssign, ast.For, ast.comprehension, ast.NamedExpr)):
        for name in ast.walk(node.target):
            if isinstance(name, ast.Name):
                yield name.id, None
                yield name.id, None
    elif isinstance(node, ast.arg):
        yield node.arg, None
        yield node.arg, None


def _bounded(op: ast.operator, left: Any, right: Any) -> None:
    """Refuse what would take long or grow large."""
    sized = isinstance(left, (str, bytes, list, tuple)) or isinstance(
        right, (str, bytes, list, tuple)
    )
    if isinstance(op, ast.Mult) and sized:
        count = right if isinstance(right, int) else left
        if not isinstance(count, int) or abs(count) > MAX_SIZE:
            raise _UnknownError
    if isinstance(op, (ast.Pow, ast.LShift)) and (abs(right) > 200 or abs(left) > 2**64):
        raise _UnknownError
    if isinstance(op, ast.Mod) and isinstance(left, (str, bytes)):
        raise _UnknownError


def _size(value: Any) -> int:
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        items = value.items() if isinstance(value, dict) else value
        return len(value) + sum(map(_size, items))
    return value.bit_length() // 8 if isinstance(value, int) else 1
