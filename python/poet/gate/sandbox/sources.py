"""The first-party sources a worker needs, as text: so that it opens no file of the project.

The user's module and every first-party module that it imports, directly or through others, are
found by their import statements; no line of them is run here. Tests that stand in such a module are
left out, for what they expect must not reach the process that holds a candidate.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from poet.spec import import_name, parse_module
from poet.spec.closure import first_party_roots

__all__ = ["Sources", "gather_sources"]

MAX_MODULES = 2000


class Sources(NamedTuple):
    """What a worker imports the user's module from.

    Attributes:
        module: The name under which it is imported.
        files: Dotted name to ``(path, text, whether it is a package)``; empty for a module that
            is installed, which the worker imports like any library.
        imports: Top-level names of everything that is imported besides.
    """

    module: str
    files: dict[str, tuple[str, str, bool]]
    imports: frozenset[str]

    def as_data(self) -> dict[str, Any]:
        """Return what crosses to the worker."""
        return {"module": self.module, "files": {n: list(f) for n, f in self.files.items()}}


def gather_sources(path: Path, module: str) -> Sources:
    """Return the sources that importing the module file ``path`` as ``module`` needs.

    Args:
        path: The module's file.
        module: The name it has in the user's process; ``__main__`` becomes the file's own name.
    """
    name = path.stem if module == "__main__" else module
    roots = first_party_roots(path)
    installed = any(p in ("site-packages", "dist-packages") for p in path.parts)
    walker = _Walker(() if installed else roots)
    walker.add(name, path)
    own = import_name(path)
    if own != name and own:
        walker.names.setdefault(own, (path, path.name == "__init__.py"))
    walker.run()
    files = {} if installed else {n: _file(p, package) for n, (p, package) in walker.names.items()}
    return Sources(name, files, frozenset(walker.outside))


class _Walker:
    def __init__(self, roots: tuple[Path, ...]) -> None:
        self.roots = roots
        self.names: dict[
            str, tuple[Path, bool]
        ] = {}  # a folder without __init__.py is a package too
        self.outside: set[str] = set()
        self._todo: list[str] = []

    def add(self, name: str, path: Path) -> None:
        """Add a module and the packages above it."""
        if name in self.names or len(self.names) >= MAX_MODULES:
            return
        package = path.name == "__init__.py" or path.is_dir()
        self.names[name] = (path, package)
        self._todo.append(name)
        above, _, last = name.rpartition(".")
        if above and last:
            folder = path.parent.parent if path.name == "__init__.py" else path.parent
            init = folder / "__init__.py"
            self.add(above, init if init.is_file() else folder)

    def run(self) -> None:
        """Follow imports until nothing new is found."""
        while self._todo:
            name = self._todo.pop()
            path, package = self.names[name]
            if path.is_dir():
                continue
            try:
                tree = parse_module(path)[1]
            except (OSError, SyntaxError, ValueError, RecursionError):
                continue  # the import itself will say what is wrong, in the worker
            for wanted in _imported(tree, name if package else name.rpartition(".")[0]):
                self._resolve(wanted)

    def _resolve(self, dotted: str) -> None:
        """Add every part of a dotted name that is a first-party module."""
        parts = dotted.split(".")
        for cut in range(1, len(parts) + 1):
            name = ".".join(parts[:cut])
            if name in self.names:
                continue
            found = self._find(parts[:cut])
            if found is None:
                if cut == 1:
                    self.outside.add(name)
                return
            self.add(name, found)

    def _find(self, parts: list[str]) -> Path | None:
        for root in self.roots:
            base = root.joinpath(*parts)
            for candidate in (base / "__init__.py", base.with_name(f"{base.name}.py")):
                if candidate.is_file():
                    return candidate
        above = self.names.get(".".join(parts[:-1]))
        if above is not None:  # beside the module that is the package, wherever that was found
            folder = above[0] if above[0].is_dir() else above[0].parent
            for candidate in (folder / parts[-1] / "__init__.py", folder / f"{parts[-1]}.py"):
                if above[1] and candidate.is_file():
                    return candidate
        for root in self.roots:
            base = root.joinpath(*parts)
            if base.is_dir() and any(base.glob("*.py")):
                return base
        return None


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    """Yield the dotted names that a module's text imports; what may be a module or a name too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".") if package else []
                kept = parts[: len(parts) - (node.level - 1)] if node.level > 1 else parts
                base = ".".join([*kept, *([base] if base else [])])
            if base:
                yield base
            for alias in node.names:
                if alias.name != "*":
                    yield f"{base}.{alias.name}" if base else alias.name


def _file(path: Path, package: bool) -> tuple[str, str, bool]:
    if path.is_dir():
        return str(path), "", True
    try:
        text, tree = parse_module(path)
    except (SyntaxError, ValueError, RecursionError):
        return str(path), path.read_text(encoding="utf-8", errors="replace"), package
    except OSError:
        return str(path), "", package
    return str(path), _without_tests(path, text, tree), package


def _without_tests(path: Path, text: str, tree: ast.Module) -> str:
    """Return a test file's text with its tests blanked, every other line where it was."""
    if not (path.stem.startswith("test_") or path.stem.endswith("_test")):
        return text
    lines = text.splitlines(keepends=True)
    for node in tree.body:
        named = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith(
            "test"
        )
        classed = isinstance(node, ast.ClassDef) and node.name.startswith("Test")
        if named or classed:
            assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            for number in range(first - 1, node.end_lineno or first):
                lines[number] = "\n"
    return "".join(lines)
