"""Handing a time-out to the calls inside a function that take one and are given none.

The function's own text is kept, with ``timeout=TIMEOUT_S`` put into those calls and the names of
the user's module read through ``user``. Where that is not safe to do by text, the reason is said.
"""

from __future__ import annotations

import ast
import builtins
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from poet.generate import render_def
from poet.spec import FunctionSpec, dotted_name, global_names
from poet_domain_base._types import imports_in

__all__ = ["Handed", "hand_timeouts"]

_VERBS = ("get", "head", "options", "post", "put", "patch", "delete", "request")
# Each call with the place among its positional arguments at which a time-out would stand.
TAKES: dict[str, int] = {
    "urllib.request.urlopen": 2,
    # not socket.create_connection: the time-out would stay on the socket that it returns
    **{f"{library}.{verb}": 99 for library in ("requests", "httpx") for verb in _VERBS},
}
_BUILTINS = {
    "abs", "all", "any", "bool", "bytes", "dict", "enumerate", "float", "frozenset", "int",
    "isinstance", "len", "list", "map", "max", "min", "next", "range", "repr", "reversed", "round",
    "set", "sorted", "str", "sum", "tuple", "zip",
}  # fmt: skip
_NOT_BY_TEXT = (
    ast.Global, ast.Nonlocal, ast.ClassDef, ast.Import, ast.ImportFrom, ast.FunctionDef,
    ast.AsyncFunctionDef, ast.Yield, ast.YieldFrom, ast.Delete,
)  # fmt: skip
# Attributes that the audit refuses, or that it accepts only where it can see why.
_REFUSED = ("_", "read_", "write_", "scan_", "sink_", "to_", "dump", "format")
_REFUSED_NAMES = {
    "agg", "aggregate", "apply", "eval", "handlers", "manager", "mro", "obj", "plugin", "query",
    "resize", "root", "serialize", "setLevel", "sql", "system", "tofile", "transform",
}  # fmt: skip
_TAKEN = {"TIMEOUT_S", "played", "user", "work"}


class Handed(NamedTuple):
    """The function's text with the time-outs in it.

    Attributes:
        lines: Of a function named ``work``, which a check's script can play.
        imports: The import lines it needs.
        calls: Dotted names of the calls that are given a time-out.
        grants: What it uses of each imported module.
        user: Whether it uses ``user``.
    """

    lines: tuple[str, ...]
    imports: tuple[str, ...]
    calls: tuple[str, ...]
    grants: dict[str, frozenset[str]]
    user: bool


class _Edit(NamedTuple):
    line: int
    column: int
    end: int
    text: str


def hand_timeouts(spec: FunctionSpec) -> Handed | str:
    """Return the function with time-outs handed to its calls, or why there is none."""
    node = ast.parse(spec.source).body[0]
    if spec.kind != "function" or not isinstance(node, ast.FunctionDef):
        return "it is not a plain function"
    imports = _Imports(spec)
    calls = [
        (c, name)
        for c in ast.walk(node)
        if isinstance(c, ast.Call) and (name := _lacking(c, imports))
    ]
    if not calls:
        return "nothing it calls takes one and lacks it"
    shown = ", ".join(dict.fromkeys(name for _, name in calls))
    problem = _problem(spec, node, imports)
    if problem:
        return f"{shown} takes one, but {problem}; add a timeout=None parameter and hand it on"
    edits = [_keyword(call) for call, _ in calls]
    used, uses_user = _names(spec, node, imports, edits)
    lines = _edited(spec, node, edits)
    bare = [p._replace(annotation=None, default=None) for p in spec.parameters]
    head = render_def(spec._replace(name="work", parameters=tuple(bare), returns=None))
    doc = f'    """Work as {spec.name} was written, with a time-out handed to {shown}."""'
    grants: dict[str, frozenset[str]] = {}
    for module, name in used:
        grants[module] = grants.get(module, frozenset()) | {name}
    return Handed(
        lines=("@played", *head.splitlines(), doc, *lines),
        imports=tuple(sorted({imports.line(module) for module, _ in used})),
        calls=tuple(dict.fromkeys(name for _, name in calls)),
        grants=grants,
        user=uses_user,
    )


class _Imports:
    """What the imported names of the user's module mean."""

    def __init__(self, spec: FunctionSpec) -> None:
        self.modules: dict[str, str] = {}  # as written before the dot: the module
        self.members: dict[str, tuple[str, str]] = {}  # a name: its module and name there
        self.aliased: dict[str, str] = {}
        self.used = {name for name in spec.user_names if "." not in name}
        # What the project itself defines is reached through ``user``, whatever module it is in.
        outside = {
            key.partition(":")[2]
            for key, text in spec.closure.items()
            if text.startswith(("import ", "from "))
        }
        for node in imports_in(spec.module_source):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if (alias.asname or alias.name.partition(".")[0]) not in outside:
                        continue
                    self.modules[alias.asname or alias.name] = alias.name
                    if alias.asname:
                        self.aliased[alias.name] = alias.asname
            elif node.module and not node.level:
                for alias in node.names:
                    if (alias.asname or alias.name) not in outside:
                        continue
                    self.members[alias.asname or alias.name] = (node.module, alias.name)

    def meaning(self, node: ast.expr) -> tuple[str, str] | None:
        """Return the module and the name in it that an expression means, None if it is neither."""
        dotted = dotted_name(node) or ""
        if dotted.partition(".")[0] not in self.used:  # a local name that hides the module's
            return None
        if dotted in self.members:
            return self.members[dotted]
        module, _, name = dotted.rpartition(".")
        return (self.modules[module], name) if module in self.modules else None

    def line(self, module: str) -> str:
        """Return the line that imports ``module`` as the user's module does."""
        alias = self.aliased.get(module)
        return f"import {module} as {alias}" if alias else f"import {module}"

    def written(self, module: str) -> str:
        """Return what stands before the dot for ``module``."""
        return self.aliased.get(module, module)


def _lacking(call: ast.Call, imports: _Imports) -> str | None:
    """Return the dotted name of a call that takes a time-out and is given none."""
    meaning = imports.meaning(call.func)
    name = ".".join(meaning) if meaning else ""
    given = any(k.arg in ("timeout", None) for k in call.keywords)
    starred = any(isinstance(a, ast.Starred) for a in call.args)
    if name not in TAKES or given or starred or len(call.args) > TAKES[name]:
        return None
    return name


def _problem(spec: FunctionSpec, node: ast.FunctionDef, imports: _Imports) -> str | None:
    """Return why the function's text cannot be carried into another module."""
    if "setdefaulttimeout" in spec.module_source:
        return "the module sets a time-out for all sockets"
    if spec.owner is not None or node.decorator_list:
        return "the function is a method or has other decorators"
    taken = _TAKEN & {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    taken |= _TAKEN & {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)} | (
        {spec.name} & _TAKEN
    )
    if taken:
        return f"the function uses the name {min(taken)}"
    if node.body[0].lineno == node.lineno:
        return "the function is written on one line"
    for item in ast.walk(node):
        if isinstance(item, _NOT_BY_TEXT) and item is not node:
            return f"the function holds a {type(item).__name__} statement"
        if isinstance(item, ast.ExceptHandler) and item.type is None:
            return "the function has a bare except"
        if (
            isinstance(item, ast.Attribute)
            and (item.attr.startswith(_REFUSED) or item.attr in _REFUSED_NAMES)
            and not imports.meaning(item)
        ):
            return f"the function uses the attribute {item.attr}"
        if isinstance(item, ast.Constant) and isinstance(item.value, (str, bytes)):
            doc = item is getattr(node.body[0], "value", None)
            if item.lineno != item.end_lineno and not doc:
                return "the function holds a text of several lines"
    names, _ = global_names(spec.source, set(dir(builtins)))
    defined = {key.partition(":")[2] for key in spec.closure}
    imported = {module.partition(".")[0] for module in imports.modules} | imports.members.keys()
    for name in sorted(names - defined - imported):
        kind = getattr(builtins, name, None)
        if kind is None:
            return f"{name} is a module of the project"
        error = isinstance(kind, type) and issubclass(kind, Exception)
        if name not in _BUILTINS and not error:
            return f"the function uses {name}"
    return None


def _keyword(call: ast.Call) -> _Edit:
    """Return the edit that puts the time-out before the call's closing parenthesis."""
    last = max(
        [*call.args, *(k.value for k in call.keywords)],
        key=lambda a: (a.end_lineno, a.end_col_offset),
        default=None,
    )
    assert last is not None, "each of these calls has an argument"
    assert last.end_lineno is not None
    assert last.end_col_offset is not None
    return _Edit(last.end_lineno, last.end_col_offset, last.end_col_offset, ", timeout=TIMEOUT_S")


def _names(
    spec: FunctionSpec, node: ast.FunctionDef, imports: _Imports, edits: list[_Edit]
) -> tuple[set[tuple[str, str]], bool]:
    """Add the edits of names; return what is used of imported modules, and whether ``user`` is."""
    names = imports.used
    own = names & {key.partition(":")[2] for key in spec.closure}
    used: set[tuple[str, str]] = set()
    uses_user = False
    inside: set[int] = set()
    for item in _body_nodes(node):
        meaning = imports.meaning(item) if isinstance(item, (ast.Attribute, ast.Name)) else None
        head = (dotted_name(item) or "").partition(".")[0] if isinstance(item, ast.expr) else ""
        if meaning and head in names and id(item) not in inside:
            used.add(meaning)
            inside |= {id(n) for n in ast.walk(item)}
            if isinstance(
                item, ast.Name
            ):  # read through its module, so that a check can replace it
                text = f"{imports.written(meaning[0])}.{meaning[1]}"
                edits.append(_Edit(item.lineno, item.col_offset, item.end_col_offset or 0, text))
        elif isinstance(item, ast.Name) and item.id in own and id(item) not in inside:
            uses_user = True
            edits.append(_Edit(item.lineno, item.col_offset, item.col_offset, "user."))
    return used, uses_user


def _body_nodes(node: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield the nodes of the body, each before those inside it."""
    stack: list[ast.AST] = list(reversed(node.body))
    while stack:
        item = stack.pop()
        yield item
        stack.extend(reversed(list(ast.iter_child_nodes(item))))


def _edited(spec: FunctionSpec, node: ast.FunctionDef, edits: list[_Edit]) -> list[str]:
    """Return the body's lines, without the docstring, with the edits made."""
    lines = [line.encode() for line in spec.source.splitlines()]
    for edit in sorted(edits, reverse=True):
        line = lines[edit.line - 1]
        lines[edit.line - 1] = line[: edit.column] + edit.text.encode() + line[edit.end :]
    has_doc = ast.get_docstring(node) is not None
    first = (node.body[0].end_lineno or 0) + 1 if has_doc else node.body[0].lineno
    text = "\n".join(line.decode() for line in lines[first - 1 :])
    return textwrap.indent(textwrap.dedent(text).strip("\n"), "    ").splitlines()
