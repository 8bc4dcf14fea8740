"""Finding a function in a module's text, without importing anything."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from poet.spec.model import Kind, Parameter

__all__ = [
    "Definition",
    "decorator_aliases",
    "definitions",
    "global_names",
    "parameters_of",
    "text_of",
]

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class Definition(NamedTuple):
    """A function or class of a module, with where it stands.

    Attributes:
        qualname: With its class, as ``Monitor.check``; no functions inside functions.
        node: Its syntax tree.
        decorator: The ``@poet`` or ``@poet(...)`` expression on it, or None.
    """

    qualname: str
    node: FunctionNode | ast.ClassDef
    decorator: ast.expr | None


def decorator_aliases(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Return the names that mean the decorator, and those that mean the package ``poet``."""
    direct, packages = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "poet" and not node.level:
            direct |= {a.asname or a.name for a in node.names if a.name == "poet"}
        elif isinstance(node, ast.Import):
            packages |= {a.asname or a.name for a in node.names if a.name == "poet"}
    return direct, packages


def definitions(tree: ast.Module) -> Iterator[Definition]:
    """Yield every module-level and class-level function and class, in order of their lines."""
    direct, packages = decorator_aliases(tree)

    def is_poet(expression: ast.expr) -> bool:
        target = expression.func if isinstance(expression, ast.Call) else expression
        if isinstance(target, ast.Name):
            return target.id in direct
        return (
            isinstance(target, ast.Attribute)
            and target.attr == "poet"
            and isinstance(target.value, ast.Name)
            and target.value.id in packages
        )

    def walk(body: list[ast.stmt], prefix: str) -> Iterator[Definition]:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                decorator = next((d for d in node.decorator_list if is_poet(d)), None)
                yield Definition(prefix + node.name, node, decorator)
                if isinstance(node, ast.ClassDef):
                    yield from walk(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, (ast.If, ast.Try, ast.With)):
                parts = [node.body, getattr(node, "orelse", []), getattr(node, "finalbody", [])]
                parts += [h.body for h in getattr(node, "handlers", [])]
                for part in parts:
                    yield from walk(part, prefix)

    yield from walk(tree.body, "")


def text_of(module_text: str, definition: Definition) -> str:
    """Return the definition's text, dedented, without its ``@poet`` decorator."""
    node = definition.node
    lines = module_text.split("\n")  # as the parser counts them: a form feed ends no line
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    dropped: set[int] = set()
    if definition.decorator is not None:
        last = definition.decorator.end_lineno or definition.decorator.lineno
        dropped = set(range(definition.decorator.lineno, last + 1))
    texts = [n for n in ast.walk(node) if isinstance(n, (ast.Constant, ast.JoinedStr))]
    within = {i for n in texts for i in range(n.lineno + 1, (n.end_lineno or n.lineno) + 1)}
    margin = node.col_offset

    def outdented(number: int) -> str:
        line = lines[number - 1]
        if number in within:  # a part of a text, which must stay as it is
            return line
        return line[margin:] if not line[:margin].strip() else line.lstrip()

    end = node.end_lineno or first
    kept = [outdented(i) for i in range(first, end + 1) if i not in dropped]
    return "\n".join(kept).rstrip() + "\n"


def kind_of(node: FunctionNode) -> Kind:
    """Return what calling the function gives."""
    yields = any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in _own_nodes(node))
    if isinstance(node, ast.AsyncFunctionDef):
        return "async generator" if yields else "async"
    return "generator" if yields else "function"


def _own_nodes(node: FunctionNode) -> Iterator[ast.AST]:
    """Yield the nodes of the function's own body, not those of functions inside it."""
    stack: list[ast.AST] = list(node.body)
    while stack:
        current = stack.pop()
        yield current
        if not isinstance(
            current, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
        ):
            stack.extend(ast.iter_child_nodes(current))


def parameters_of(node: FunctionNode) -> tuple[Parameter, ...]:
    """Return the function's parameters, as text."""
    args = node.args
    found: list[Parameter] = []

    def add(arg: ast.arg, kind: str, default: ast.expr | None = None) -> None:
        found.append(
            Parameter(
                arg.arg,
                kind,  # type: ignore[arg-type]  # one of the five names below
                ast.unparse(arg.annotation) if arg.annotation else None,
                ast.unparse(default) if default else None,
            )
        )

    positional = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(positional) - len(args.defaults)) + list(args.defaults)
    for index, (arg, default) in enumerate(zip(positional, defaults, strict=True)):
        only = index < len(args.posonlyargs)
        add(arg, "POSITIONAL_ONLY" if only else "POSITIONAL_OR_KEYWORD", default)
    if args.vararg:
        add(args.vararg, "VAR_POSITIONAL")
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        add(arg, "KEYWORD_ONLY", default)
    if args.kwarg:
        add(args.kwarg, "VAR_KEYWORD")
    return tuple(found)


def global_names(source: str, bound: AbstractSet[str] = frozenset()) -> tuple[set[str], set[str]]:
    """Return the global names a definition's text uses, and the dotted names that start at one.

    Args:
        source: The definition's text.
        bound: Names its module binds; of the built-in names only those count.
    """
    import builtins

    names: set[str] = set()

    def visit(table: symtable.SymbolTable) -> None:
        top = table.get_type() == "module"
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (
                symbol.is_global() or (top and not symbol.is_assigned())
            ):
                names.add(symbol.get_name())
        for child in table.get_children():
            visit(child)

    visit(symtable.symtable(source, "<definition>", "exec"))
    tree = ast.parse(source)
    for node in ast.walk(tree):  # with postponed evaluation annotations leave no symbol
        for annotation in _annotations(node):
            names |= {n.id for n in ast.walk(annotation) if isinstance(n, ast.Name)}
    names -= (set(dir(builtins)) - bound) | {
        d.name for d in tree.body if isinstance(d, FunctionNode | ast.ClassDef)
    }
    dotted = set()
    for node in ast.walk(tree):
        path = dotted_name(node)
        if path and "." in path and path.split(".")[0] in names:
            dotted.add(path)
    return names, dotted


def _annotations(node: ast.AST) -> Iterator[ast.expr]:
    for field in ("annotation", "returns"):
        value = getattr(node, field, None)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            try:
                yield ast.parse(value.value, mode="eval").body
            except SyntaxError:
                continue
        elif isinstance(value, ast.expr):
            yield value


def dotted_name(node: ast.AST) -> str | None:
    """Return ``a.b.c`` for that expression, None for any other."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])
