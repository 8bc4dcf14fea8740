"""What generated code may import of POET and of a domain: each name with its signature and purpose.

Read from source text, so that nothing is imported and the same sources give the same lines.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

__all__ = ["describe"]

LINE = 420
_BOUND = {
    "poet.runtime.baseline": "baseline(...): the user's function as it was written, same arguments; "
    "of an async function await it, a method is handed `self` first.",
    "poet.runtime.user": "user.NAME: a global name of the user's module, read live at each use.",
    "poet.runtime.default": "default(parameter: str) -> Any: the user's own default of a parameter, "
    "the same object.",
}
_LEFT_OUT = frozenset({"poet.runtime.played"})  # for recipes: it means nothing in other code


def describe(modules: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return dotted name to signature and first docstring line, in a fixed order.

    Args:
        modules: Module to the names that may be imported from it.
    """
    found: dict[str, str] = {}
    for module in sorted(modules):
        for name in sorted(modules[module]):
            dotted = f"{module}.{name}"
            if dotted in _LEFT_OUT:
                continue
            if dotted in _BOUND:
                found[dotted] = _BOUND[dotted]
                continue
            node = _definition(module, name)
            found[dotted] = _line(node) if node else name
    return found


@lru_cache(maxsize=128)
def _tree(module: str) -> ast.Module | None:
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    try:
        return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return None


def _definition(
    module: str, name: str, depth: int = 4
) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None:
    """Return where a name is defined, followed through the imports of packages."""
    tree = _tree(module)
    if tree is None or depth == 0:
        return None
    for node in ast.walk(tree):
        if (
            isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            and node.name == name
        ):
            return node
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _definition(node.module, alias.name, depth - 1)
    return None


def _line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    text = _class(node) if isinstance(node, ast.ClassDef) else _function(node)
    doc = (ast.get_docstring(node) or "").split("\n\n")[0]
    purpose = " ".join(doc.split())
    line = f"{text}: {purpose}" if purpose else text
    return line if len(line) <= LINE else line[: LINE - 1] + "…"


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, *, method: bool = False) -> str:
    arguments = node.args
    if method and not _static(node):
        arguments = ast.arguments(
            arguments.posonlyargs[1:] if arguments.posonlyargs else [],
            arguments.args if arguments.posonlyargs else arguments.args[1:],
            arguments.vararg, arguments.kwonlyargs, arguments.kw_defaults, arguments.kwarg,
            arguments.defaults,
        )  # fmt: skip
    start = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{start}{node.name}({ast.unparse(arguments)}){result}"


def _static(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)


def _class(node: ast.ClassDef) -> str:
    """Return how an object of the class is made, or for a result its fields, and its methods."""
    methods = [n for n in node.body if isinstance(n, ast.FunctionDef)]
    start = next((m for m in methods if m.name == "__init__"), None)
    if start is not None:
        made = _function(start, method=True).removeprefix("__init__").partition(" -> ")[0]
        text = f"class {node.name}{made}"
    else:
        fields = [
            ast.unparse(n)
            for n in node.body
            if isinstance(n, ast.AnnAssign) and not ast.unparse(n.target).startswith("_")
        ]
        text = f"class {node.name}({', '.join(fields)})" if fields else f"class {node.name}"
    public = [m for m in methods if not m.name.startswith("_")]
    shown = [m.name if _property(m) else _function(m, method=True) for m in public]
    return f"{text} with {', '.join(f'.{s}' for s in shown)}" if shown else text


def _property(node: ast.FunctionDef) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "property" for d in node.decorator_list)
