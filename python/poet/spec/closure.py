"""The static closure: the first-party helpers and constants a function reaches."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from poet.settings import project_root
from poet.spec.source import (
    Definition,
    FunctionNode,
    definitions,
    dotted_name,
    global_names,
    text_of,
)

__all__ = [
    "bound_names",
    "closure_of",
    "first_party_roots",
    "import_name",
    "module_file",
    "parse_module",
]


@lru_cache(maxsize=128)
def _parse(path: str, stamp: tuple[int, int]) -> tuple[str, ast.Module]:
    del stamp  # part of the key: an edited file is parsed again
    text = Path(path).read_text(encoding="utf-8")
    return text, ast.parse(text, filename=path)


def parse_module(path: Path) -> tuple[str, ast.Module]:
    """Return a module file's text and syntax tree.

    Raises:
        OSError, SyntaxError, UnicodeDecodeError: As reading and parsing give them.
    """
    stat = path.stat()
    return _parse(str(path), (stat.st_mtime_ns, stat.st_size))


def import_base(path: Path) -> Path:
    """Return the folder that the module's absolute imports start from."""
    folder = path.parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return folder


def import_name(path: Path) -> str:
    """Return the dotted name under which the module file ``path`` is imported absolutely."""
    relative = path.relative_to(import_base(path)).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
    return ".".join(parts)


def first_party_roots(path: Path) -> tuple[Path, ...]:
    """Return the folders in which an absolute import is looked up as first-party."""
    base = import_base(path)
    if "site-packages" in base.parts or "dist-packages" in base.parts:
        return (base,)
    root = project_root(base)
    folders = [base] if root is None else [base, root, root / "src"]
    return tuple(dict.fromkeys(folders))


def module_file(path: Path, module: str) -> Path | None:
    """Return the file of a first-party module, as the module at ``path`` would import it."""
    for root in first_party_roots(path):
        base = root.joinpath(*module.split("."))
        for candidate in (base.with_name(f"{base.name}.py"), base / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None


def closure_of(
    path: Path, source: str, installed: Iterable[str] | None = None, owner: str = ""
) -> tuple[dict[str, str], set[str]]:
    """Return what ``source``, a definition in the module at ``path``, reaches.

    Args:
        path: The module's file.
        source: The definition's text.
        installed: For a module in site-packages: the top-level names that count as first-party.
        owner: For a method: the qualified name of its class.

    Returns:
        A mapping from ``module:name`` to the text of each helper, constant or import statement,
        and the top-level names of the first-party modules among them.
    """
    walker = _Walker(path, installed)
    walker.visit(path, source)
    if owner:
        walker.visit_members(path, owner, source)
    return walker.found, walker.top_level


class _Walker:
    def __init__(self, path: Path, installed: Iterable[str] | None) -> None:
        self.roots = first_party_roots(path)
        self.in_site = any(p in self.roots[0].parts for p in ("site-packages", "dist-packages"))
        own = self._module_name(path).split(".")[0]
        self.allowed = {own, *(installed or ())}
        self.found: dict[str, str] = {}
        self.seen: set[tuple[object, ...]] = set()
        self.top_level: set[str] = {own}

    def _module_name(self, path: Path) -> str:
        for root in self.roots:
            if path.is_relative_to(root):
                relative = path.relative_to(root).with_suffix("")
                parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
                return ".".join(parts) or relative.name
        return path.stem

    def visit(self, path: Path, source: str) -> None:
        """Add what the definition ``source`` of the module at ``path`` reaches."""
        names, dotted = global_names(source, self._bound(path))
        for name in sorted(names):
            self.resolve(path, name, _below(name, dotted))
        nodes = list(ast.walk(ast.parse(source)))
        dotted = {d for d in map(dotted_name, nodes) if d}
        for node in nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    name = _bound_by(alias)
                    self._imported(path, node, alias, "", _below(name, dotted))

    def visit_members(self, path: Path, owner: str, source: str) -> None:
        """Add what a method reaches through its first parameter: members of its class ``owner``."""
        function = ast.parse(source).body[0]
        if not isinstance(function, FunctionNode):
            return
        first = [a.arg for a in (*function.args.posonlyargs, *function.args.args)][:1]
        text, tree = parse_module(path)
        found = {d.qualname: d for d in definitions(tree)}
        cls = found[owner].node if owner in found else None
        if not isinstance(cls, ast.ClassDef):
            return
        nodes = list(ast.walk(function))
        inherited = any(isinstance(n, ast.Name) and n.id == "super" for n in nodes)
        for name in sorted({d.split(".")[1] for d in map(dotted_name, nodes) if d and "." in d
                            and d.split(".")[0] in first}):  # fmt: skip
            if ("member", owner, name) in self.seen:
                continue
            self.seen.add(("member", owner, name))
            bindings = _bindings(cls.body, name)
            inherited |= not bindings
            for node, _ in bindings:
                segment = _segment(text, tree, node)
                self._add(path, f"{self._module_name(path)}:{owner}.{name}", segment)
                if isinstance(node, FunctionNode):
                    self.visit_members(path, owner, segment)
        for base in cls.bases if inherited else ():
            self.visit(path, f"({ast.unparse(base)})\n")

    def resolve(self, path: Path, name: str, attributes: set[str]) -> None:
        """Add what ``name`` means in the module at ``path``; attributes matter for a module."""
        state = (path, name, frozenset(attributes))
        if state in self.seen:
            return
        self.seen.add(state)
        key = f"{self._module_name(path)}:{name}"
        try:
            text, tree = parse_module(path)
        except (OSError, SyntaxError, UnicodeDecodeError):
            return
        bindings = _bindings(tree.body, name)
        for node, headers in bindings:
            for header in headers:
                self._add(path, key, f"({ast.get_source_segment(text, header)})\n")
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                alias = next(a for a in node.names if _bound_by(a) == name)
                self._imported(path, node, alias, key, attributes)
            elif not isinstance(node, (ast.For, ast.With)):
                self._add(path, key, _segment(text, tree, node))
        if not bindings:
            for node, _ in _bindings(tree.body, "*"):
                assert isinstance(node, ast.ImportFrom)
                target = self._find(node.module or "", node.level, path)
                if target is not None:
                    self.resolve(target, name, attributes)

    def _add(self, path: Path, key: str, segment: str) -> None:
        if segment not in self.found.get(key, ""):
            self.found[key] = self.found.get(key, "") + segment
            self.visit(path, segment)

    def _imported(
        self,
        path: Path,
        node: ast.Import | ast.ImportFrom,
        alias: ast.alias,
        key: str,
        attributes: set[str],
    ) -> None:
        """Follow an import to first-party files; for any other, add its text under ``key``."""
        name, level, module = _bound_by(alias), 0, ""
        if isinstance(node, ast.Import):
            start = (alias.name if alias.asname else name).split(".")
            text = f"import {alias.name} as {name}\n"
        else:
            level, module = node.level, node.module or ""
            start = [p for p in module.split(".") if p] + [alias.name]
            text = f"from {'.' * level}{module} import {alias.name} as {name}\n"
        hit = False
        for attribute in sorted(attributes) or [""]:
            parts = start + [p for p in attribute.split(".") if p]
            target, rest = self._member(parts, level, path)
            if target is None:
                continue
            hit = True
            if rest:
                self.resolve(target, rest[0], {".".join(rest[1:])} - {""})
            else:  # the module as a value: any of its names may be meant
                self.found[f"{self._module_name(target)}:*"] = parse_module(target)[0]
        if not hit and key:
            self.found[key] = self.found.get(key, "") + text

    def _member(self, parts: list[str], level: int, path: Path) -> tuple[Path | None, list[str]]:
        """Return the first-party file that the longest part of ``parts`` names, and the rest.

        Where a package binds the name of one of its modules, the binding is meant.
        """
        for cut in range(len(parts), -1 if level else 0, -1):
            target = self._find(".".join(parts[:cut]), level, path)
            if target is None:
                continue
            above = self._find(".".join(parts[: cut - 1]), level, path) if cut else None
            if above not in (None, path) and parts[cut - 1] in self._bound(above):
                return above, parts[cut - 1 :]
            return target, parts[cut:]
        return None, parts

    def _bound(self, path: Path | None) -> set[str]:
        """Return the names that the module at ``path`` binds."""
        try:
            tree = parse_module(path)[1] if path is not None else ast.Module([], [])
        except (OSError, SyntaxError, UnicodeDecodeError):
            return set()
        return bound_names(tree)

    def _find(self, module: str, level: int, path: Path) -> Path | None:
        """Return the file of a first-party module, None for any other."""
        parts = [p for p in module.split(".") if p]
        if level:
            folder = path.parent
            for _ in range(level - 1):
                folder = folder.parent
            folders: tuple[Path, ...] = (folder,)
        elif not parts or (self.in_site and parts[0] not in self.allowed):
            return None
        else:
            folders = self.roots
        for folder in folders:
            base = folder.joinpath(*parts)
            for candidate in (base.with_suffix(".py") if parts else base, base / "__init__.py"):
                if candidate.is_file():
                    self.top_level.add(self._module_name(candidate).split(".")[0])
                    return candidate
        return None


def _below(name: str, dotted: Iterable[str]) -> set[str]:
    """Return what follows ``name.`` in the dotted names that start with it, the longest only."""
    found = {d.partition(".")[2] for d in dotted if d.startswith(f"{name}.")}
    return {f for f in found if not any(other.startswith(f"{f}.") for other in found)}


def _bound_by(alias: ast.alias) -> str:
    return alias.asname or alias.name.split(".")[0]


def _segment(text: str, tree: ast.Module, node: ast.stmt) -> str:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        found = next((d for d in definitions(tree) if d.node is node), None)
        return text_of(text, found or Definition(node.name, node, None))
    return (ast.get_source_segment(text, node) or "") + "\n"


def bound_names(tree: ast.Module) -> set[str]:
    """Return the names that a module's statements bind, as far as its text shows them."""
    return {name for node, _ in _statements(tree.body, ()) for name in _names_bound(node)}


def _bindings(body: list[ast.stmt], name: str) -> list[tuple[ast.stmt, tuple[ast.expr, ...]]]:
    """Return the statements that bind ``name``, each with the conditions it stands under."""
    return [(n, headers) for n, headers in _statements(body, ()) if name in _names_bound(n)]


def _statements(
    body: list[ast.stmt], headers: tuple[ast.expr, ...]
) -> Iterator[tuple[ast.stmt, tuple[ast.expr, ...]]]:
    """Yield the statements of a module or class body, also those inside if, for, try and with."""
    for node in body:
        inner = headers
        match node:
            case ast.If() | ast.While():
                inner = (*headers, node.test)
            case ast.For():
                inner = (*headers, node.iter)
            case ast.With():
                inner = (*headers, *(item.context_expr for item in node.items))
            case ast.Match():
                inner = (*headers, node.subject)
            case ast.Try() | ast.TryStar():
                pass
            case _:
                yield node, headers
                continue
        yield node, inner
        for field in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(node, field, []), inner)
        for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from _statements(part.body, inner)


def _names_bound(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Import() | ast.ImportFrom():
            return {_bound_by(alias) for alias in node.names}
        case ast.Assign():
            targets: list[ast.expr] = node.targets
        case ast.AnnAssign() | ast.AugAssign() | ast.For():
            targets = [node.target]
        case ast.With():
            targets = [item.optional_vars for item in node.items if item.optional_vars]
        case _:
            alias = getattr(node, "name", None)  # type X = ..., since Python 3.12
            targets = [alias] if isinstance(alias, ast.Name) else []
    return {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
