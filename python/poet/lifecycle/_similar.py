"""Whether two candidates are nearly the same: then one verification is enough."""

from __future__ import annotations

import ast
import hashlib

__all__ = ["shape"]


def shape(code: str, name: str) -> str:
    """Return a hash that is the same for code which differs in form and in names of its own only.

    Comments, docstrings, line breaks, quotes and annotations do not count; neither do
    the names of locals, helpers and imports. The function's own name and its parameters do.

    Args:
        code: A candidate.
        name: The function's.
    """
    try:
        tree = ast.parse(code)
        kept = _Kept(name).names(tree)
        text = ast.dump(_Shaped(kept).visit(tree), annotate_fields=False)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        text = code
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class _Kept(ast.NodeVisitor):
    """Gathers the names a module binds, in order, but those that callers use."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.bound: dict[str, str] = {}
        self.fixed = {name}

    def names(self, tree: ast.Module) -> dict[str, str]:
        """Return each name the module gives, with the one that stands for it."""
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == self.name:
                arguments = node.args
                listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
                listed += [a for a in (arguments.vararg, arguments.kwarg) if a]
                self.fixed |= {a.arg for a in listed}
        self.visit(tree)
        return self.bound

    def generic_visit(self, node: ast.AST) -> None:
        """Note what a node binds."""
        match node:
            case ast.Name(id=found, ctx=ast.Store()) | ast.arg(arg=found):
                self._bind(found)
            case ast.FunctionDef(name=found) | ast.AsyncFunctionDef(name=found):
                self._bind(found)
            case ast.ClassDef(name=found):
                self._bind(found)
            case ast.alias(name=found, asname=other):
                self._bind(other or found.partition(".")[0])
            case ast.ExceptHandler(name=str(found)):
                self._bind(found)
            case ast.MatchAs(name=str(found)) | ast.MatchStar(name=str(found)):
                self._bind(found)
        super().generic_visit(node)

    def _bind(self, name: str) -> None:
        if name not in self.fixed:
            self.bound.setdefault(name, f"_{len(self.bound)}")


class _Shaped(ast.NodeTransformer):
    """Gives every name that is the module's own a number, and takes out what does not run."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit(self, node: ast.AST) -> ast.AST:
        """Return the node without docstrings and with numbers for names."""
        super().generic_visit(node)
        for field in ("id", "arg", "name", "asname"):
            value = getattr(node, field, None)
            if isinstance(value, str) and not isinstance(node, (ast.keyword, ast.alias)):
                setattr(node, field, self.names.get(value, value))
        for field in ("annotation", "returns"):
            if hasattr(node, field) and not isinstance(node, ast.AnnAssign):
                setattr(node, field, None)
        if isinstance(node, ast.alias):
            bound = node.asname or node.name.partition(".")[0]
            node.asname = self.names.get(bound, bound)
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            node.names = [self.names.get(n, n) for n in node.names]
        for block in ("body", "orelse", "finalbody"):
            lines = getattr(node, block, None)
            if isinstance(lines, list):
                kept = [line for line in lines if not _says_nothing(line)]
                setattr(node, block, kept or ([ast.Pass()] if lines and block == "body" else []))
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            return ast.Assign([node.target], node.value)
        return node


def _says_nothing(node: ast.AST) -> bool:
    return isinstance(node, ast.Pass) or (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
