"""The audit: the static look at a candidate. No line of it is run.

An allowlist: what is not listed is refused, with the line, the rule and what to write instead. The
audit is a filter, not a boundary; the separate process of :mod:`poet.gate.verify` is behind it.
"""

from __future__ import annotations

import ast
import unicodedata
import warnings
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from poet.gate.allowed import BUILTINS, DECORATORS, MODULES, SPECIAL_METHODS, is_closed_attribute

__all__ = ["Finding", "audit"]

MAX_BYTES = 64 * 1024
MAX_NODES = 20_000
_INVISIBLE = {"Cf", "Cc", "Cs", "Co", "Zl", "Zp"}


class Finding(NamedTuple):
    """One reason to refuse a candidate.

    Attributes:
        line: 1-based.
        column: 1-based.
        rule: Short stable name, such as ``import``.
        message: What was found and what to write instead.
    """

    line: int
    column: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message} [{self.rule}]"


def audit(code: str, name: str, grants: Mapping[str, frozenset[str]]) -> list[Finding]:
    """Return the reasons to refuse ``code``, none if it may be run in the sandbox.

    Args:
        code: The candidate's text.
        name: The function it must define.
        grants: Modules and their names that the domain allows besides the audit's own.
    """
    problem = _text_problem(code)
    if problem:
        return [problem]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line, column = getattr(error, "lineno", 1) or 1, getattr(error, "offset", 1) or 1
        return [Finding(line, column, "syntax", f"not valid Python: {error}")]
    nodes = list(_walk(tree))
    if len(nodes) > MAX_NODES:
        return [Finding(1, 1, "size", f"{len(nodes):,} syntax nodes, at most {MAX_NODES:,}")]
    return sorted(_Audit(tree, nodes, name, grants).findings())


def _text_problem(code: str) -> Finding | None:
    if len(code.encode(errors="surrogatepass")) > MAX_BYTES:
        return Finding(1, 1, "size", f"more than {MAX_BYTES:,} bytes")
    for number, line in enumerate(code.split("\n"), start=1):
        for column, char in enumerate(line, start=1):
            if char != "\t" and unicodedata.category(char) in _INVISIBLE:
                return Finding(number, column, "text", f"invisible character U+{ord(char):04X}")
        if (
            number <= 2
            and line.lstrip().startswith("#")
            and "coding" in line
            and "utf-8" not in line
        ):
            return Finding(number, 1, "text", "source that declares another encoding than UTF-8")
    return None


def _walk(tree: ast.AST) -> Iterator[ast.AST]:
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(ast.iter_child_nodes(node))


class _Audit:
    def __init__(
        self,
        tree: ast.Module,
        nodes: list[ast.AST],
        name: str,
        grants: Mapping[str, frozenset[str]],
    ) -> None:
        self.tree = tree
        self.nodes = nodes
        self.name = name
        self.modules = {
            m: MODULES.get(m, frozenset()) | grants.get(m, frozenset()) for m in {*MODULES, *grants}
        }
        self.imported: dict[str, str] = {}  # local name of a module: its dotted name
        self.taken: set[str] = set()  # local names imported from modules
        self.defined = {
            n.name
            for n in nodes
            if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        }
        self.bases = {id(n.value) for n in nodes if isinstance(n, ast.Attribute)}

    def findings(self) -> Iterator[Finding]:
        if not any(
            isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name == self.name
            for n in self.tree.body
        ):
            yield Finding(
                1, 1, "contract", f"no function {self.name!r} at module level: define it with def"
            )
        for node in self.nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                yield from self._import(node)
        for node in self.nodes:
            for rule, message in self._node(node):
                yield Finding(
                    getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1, rule, message
                )

    def _import(self, node: ast.Import | ast.ImportFrom) -> Iterator[Finding]:
        line, column = node.lineno, node.col_offset + 1
        if isinstance(node, ast.ImportFrom):
            if node.level or node.module is None:
                yield Finding(
                    line, column, "import", "relative import: import granted modules by name"
                )
                return
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                if alias.name in self.modules.get(node.module, frozenset()):
                    self.taken.add(alias.asname or alias.name)
                elif full in self.modules:
                    self.imported[alias.asname or alias.name] = full
                else:
                    yield Finding(
                        line, column, "import", f"{alias.name} of {node.module} is not granted"
                    )
            return
        for alias in node.names:
            if alias.name not in self.modules:
                yield Finding(line, column, "import", f"module {alias.name} is not granted")
            elif "." in alias.name and not alias.asname:
                self.imported[alias.name.split(".")[0]] = alias.name.split(".")[0]
            else:
                self.imported[alias.asname or alias.name] = alias.name

    def _module_path(self, node: ast.expr) -> str | None:
        """Return the dotted name of the imported module that the expression is, else None."""
        if isinstance(node, ast.Name):
            return self.imported.get(node.id)
        if isinstance(node, ast.Attribute):
            base = self._module_path(node.value)
            full = f"{base}.{node.attr}"
            return full if base and full in self.modules else None
        return None

    def _node(self, node: ast.AST) -> Iterator[tuple[str, str]]:
        match node:
            case ast.Attribute():
                yield from self._attribute(node)
            case ast.Name():
                yield from self._name(node)
            case ast.Call():
                yield from self._call(node)
            case ast.ClassDef():
                if node.keywords:
                    yield "class", "class keywords such as metaclass: write a plain class"
                yield from self._decorators(node.decorator_list)
                yield from self._bound(node.name)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if node.name.startswith("__") and node.name not in SPECIAL_METHODS:
                    yield "name", f"special method {node.name}: not one generated code needs"
                yield from self._decorators(node.decorator_list)
                yield from self._bound(node.name)
            case ast.ExceptHandler():
                kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
                if any(
                    k is None or (isinstance(k, ast.Name) and k.id == "BaseException")
                    for k in kinds
                ):
                    yield "except", "catches everything: catch Exception or narrower"
            case ast.Global() | ast.Nonlocal():
                for name in node.names:
                    yield from self._bound(name)
            case ast.MatchClass() if node.kwd_attrs:
                for name in node.kwd_attrs:
                    if name.startswith("_") or is_closed_attribute(name):
                        yield "attribute", f"class pattern reads {name!r}"
            case ast.arg():
                if not node.arg.isascii():
                    yield "name", f"identifier {node.arg!r} is not ASCII"
            case _:
                pass

    def _attribute(self, node: ast.Attribute) -> Iterator[tuple[str, str]]:
        module = self._module_path(node.value)
        if module is not None:
            if f"{module}.{node.attr}" not in self.modules and node.attr not in self.modules.get(
                module, ()
            ):
                yield "import", f"{node.attr} of {module} is not granted"
            if not isinstance(node.ctx, ast.Load):
                yield "assign", f"assigns to {module}.{node.attr}: imported things stay as they are"
            return
        own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
        named = node.attr == "__name__" and isinstance(node.value, ast.Call)
        if (
            node.attr.startswith("_")
            and not named
            and (not own or (node.attr.startswith("__") and node.attr.endswith("__")))
        ):
            yield "attribute", f"attribute {node.attr!r}: only public names, or self._name"
        elif is_closed_attribute(node.attr):
            yield "attribute", f"attribute {node.attr!r} leads to files, code or memory"
        if (
            not isinstance(node.ctx, ast.Load)
            and isinstance(node.value, ast.Name)
            and node.value.id in self.taken
        ):
            yield "assign", f"assigns to an attribute of {node.value.id}, which is imported"

    def _name(self, node: ast.Name) -> Iterator[tuple[str, str]]:
        if not node.id.isascii():
            yield "name", f"identifier {node.id!r} is not ASCII"
        if isinstance(node.ctx, ast.Load):
            if node.id in self.imported and id(node) not in self.bases:
                yield "import", f"module {node.id} as a value: use it before a dot only"
            elif (
                _is_builtin(node.id)
                and node.id not in BUILTINS
                and node.id not in self.defined | self.taken
            ):
                yield "name", f"builtin {node.id!r} is not granted"
            elif node.id.startswith("__") and node.id != "__name__":
                yield "name", f"name {node.id!r} is not granted"
        else:
            yield from self._bound(node.id)

    def _bound(self, name: str) -> Iterator[tuple[str, str]]:
        if name in self.imported or name in self.taken:
            yield "assign", f"rebinds the imported name {name!r}"
        elif name.startswith("__") and name not in SPECIAL_METHODS:
            yield "name", f"binds {name!r}"

    def _call(self, node: ast.Call) -> Iterator[tuple[str, str]]:
        function = node.func
        if isinstance(function, ast.Name) and function.id in ("getattr", "hasattr"):
            key = node.args[1] if len(node.args) > 1 else None
            text = key.value if isinstance(key, ast.Constant) else None
            if not isinstance(text, str) or text.startswith("_") or is_closed_attribute(text):
                yield "attribute", f"{function.id} with a name that is not a public constant"
        if isinstance(function, ast.Name) and function.id == "type" and len(node.args) != 1:
            yield "class", "type() that makes a class: write the class"
        if isinstance(function, ast.Attribute) and function.attr == "format":
            base = function.value
            text = base.value if isinstance(base, ast.Constant) else None
            if not isinstance(text, str) or "._" in text or "[_" in text:
                yield "attribute", "format on text that is not a plain literal: use an f-string"

    def _decorators(self, decorators: list[ast.expr]) -> Iterator[tuple[str, str]]:
        for decorator in decorators:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            if (
                name not in DECORATORS
                and name not in self.defined
                and name not in ("setter", "getter")
            ):
                yield "decorator", f"decorator {name or 'expression'!r} is not granted"


def _is_builtin(name: str) -> bool:
    import builtins

    return hasattr(builtins, name)
