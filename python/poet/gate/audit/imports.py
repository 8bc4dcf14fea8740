"""What a candidate imports: which module or name each local name means, and what is not granted."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from poet.gate.audit.finding import Finding, at
from poet.gate.audit.source import Source

__all__ = ["Imports"]

_TEST_MODULES = frozenset(
    {"pytest", "_pytest", "unittest", "hypothesis", "doctest", "nose", "tox", "pytest_poet"}
    | {"pluggy", "test", "conftest", "xdist", "execnet", "coverage"}
)
_ABSENT = ("ImportError", "ModuleNotFoundError")


class Imports:
    """The imports of a candidate.

    Attributes:
        modules: What is granted: each module with its names.
        names: Local name of a module to its dotted name.
        taken: Local name of what was imported from a module to its dotted name.
    """

    def __init__(self, source: Source, modules: Mapping[str, frozenset[str]]) -> None:
        self.source = source
        self.modules = modules
        self.names: dict[str, str] = {}
        self.taken: dict[str, str] = {}
        self._findings: list[Finding] = []
        for node in source.nodes:
            if (
                isinstance(node, (ast.Import, ast.ImportFrom))
                and source.scope(node).kind == "class"
            ):
                message = "imports in a class body: import at the top of the module"
                self._findings.append(at(node, "import", message))
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    self._module(node, alias)
            elif isinstance(node, ast.ImportFrom):
                self._from(node)

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong with the imports and with how imported names are bound."""
        yield from self._findings
        for binding in self.source.bindings:
            if binding.name in self.names or binding.name in self.taken:
                if self._is_fallback(binding.node, binding.name):
                    continue
                yield at(
                    binding.node,
                    "assign",
                    f"rebinds the imported name {binding.name!r}: choose another name",
                )

    def module_of(self, node: ast.AST) -> str | None:
        """Return the dotted name of the module that an expression is, else None."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        if isinstance(node, ast.Attribute):
            base = self.module_of(node.value)
            full = f"{base}.{node.attr}"
            if base and full in self.modules and node.attr not in self.modules.get(base, ()):
                return full
        return None

    def origin(self, node: ast.AST) -> str | None:
        """Return the dotted name of the imported thing that an expression is, else None."""
        if isinstance(node, ast.Name):
            return self.taken.get(node.id)
        if isinstance(node, ast.Attribute):
            module = self.module_of(node.value)
            return f"{module}.{node.attr}" if module else None
        return None

    def uses(self, origin: str) -> bool:
        """Say whether anything in the source is the imported thing of that dotted name."""
        return origin in self.taken.values() or any(
            isinstance(n, ast.Attribute) and self.origin(n) == origin for n in self.source.nodes
        )

    def is_imported(self, name: str) -> bool:
        """Say whether a local name was imported."""
        return name in self.names or name in self.taken

    def _module(self, node: ast.Import, alias: ast.alias) -> None:
        if alias.name not in self.modules:
            self._refuse(node, alias.name, f"module {alias.name} is not granted")
        elif "." in alias.name and not alias.asname:
            top = alias.name.partition(".")[0]
            self._add(node, self.names, top, top)
        else:
            self._add(node, self.names, alias.asname or alias.name, alias.name)

    def _from(self, node: ast.ImportFrom) -> None:
        if node.level or node.module is None:
            self._findings.append(
                at(node, "import", "relative import: import granted modules by their full name")
            )
            return
        granted = self.modules.get(node.module)
        for alias in node.names:
            full, local = f"{node.module}.{alias.name}", alias.asname or alias.name
            if granted is not None and alias.name in granted:
                self._add(node, self.taken, local, full)
            elif full in self.modules and alias.name != "*":
                self._add(node, self.names, local, full)
            elif alias.name == "*":
                self._refuse(node, node.module, f"everything of {node.module}: name what you use")
            else:
                self._refuse(node, node.module, f"{alias.name} of {node.module} is not granted")

    def _add(self, node: ast.AST, into: dict[str, str], local: str, full: str) -> None:
        other = self.names if into is self.taken else self.taken
        if into.get(local, full) != full or local in other:
            self._findings.append(
                at(node, "assign", f"imports {local!r} with two meanings: give one another name")
            )
        elif local.startswith("__") or local in ("self", "cls", "super", "type", "getattr"):
            self._findings.append(at(node, "assign", f"imports something as {local!r}"))
        else:
            into[local] = full

    def _refuse(self, node: ast.AST, module: str, message: str) -> None:
        if module.partition(".")[0] in _TEST_MODULES:
            self._findings.append(
                at(
                    node,
                    "test environment",
                    f"imports {module}: a candidate must not know whether it is being tested",
                )
            )
            return
        hint = ""
        if self.modules.get(module):
            hint = f"; of {module} there are {_few(self.modules[module])}"
        self._findings.append(at(node, "import", message + hint))

    def _is_fallback(self, node: ast.AST, name: str) -> bool:
        """Say whether a binding is the other branch of ``try: import x except ImportError:``."""
        for above in self.source.parents(node):
            if isinstance(above, ast.ExceptHandler):
                kinds = above.type.elts if isinstance(above.type, ast.Tuple) else [above.type]
                guarded = self.source.parent(above)
                return (
                    bool(kinds)
                    and all(isinstance(k, ast.Name) and k.id in _ABSENT for k in kinds)
                    and isinstance(guarded, ast.Try)
                    and any(_imports(s, name) for s in guarded.body)
                    and (name in self.taken or self._is_nothing(node))
                )
            if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
                return False
        return False

    def _is_nothing(self, node: ast.AST) -> bool:
        assign = self.source.parent(node)
        return (
            isinstance(assign, (ast.Assign, ast.AnnAssign))
            and isinstance(assign.value, ast.Constant)
            and not assign.value.value
        )


def _imports(statement: ast.stmt, name: str) -> bool:
    return isinstance(statement, (ast.Import, ast.ImportFrom)) and any(
        name == (a.asname or a.name.partition(".")[0]) for a in statement.names
    )


def _few(names: frozenset[str]) -> str:
    shown = sorted(names)[:8]
    return ", ".join(shown) + (" and more" if len(names) > 8 else "")
