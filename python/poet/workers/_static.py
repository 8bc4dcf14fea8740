"""Why a function's calls cannot be handed to a worker, read from its source text.

A worker imports the module afresh, without files, network or environment, and keeps nothing for its
parent. What a text does not show is found at the call, or is a limit the docs name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from poet.spec import FunctionSpec, dotted_name, global_names, module_file, parse_module

__all__ = ["why_not"]

_MUTATORS = frozenset({
    "add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert",
    "intersection_update", "difference_update", "symmetric_difference_update", "move_to_end", "pop",
    "popitem", "popleft", "put", "put_nowait", "register", "release", "remove", "reverse", "rotate",
    "set", "setdefault", "sort", "subtract", "update", "acquire", "__setitem__", "__delitem__",
})  # fmt: skip
_STATE = frozenset({"ContextVar", "contextvars.ContextVar", "threading.local", "local"})
_NETWORK = frozenset({
    "aiohttp", "asyncpg", "boto3", "ftplib", "grpc", "httpx", "imaplib", "kafka", "paramiko", "pika",
    "poplib", "psycopg", "psycopg2", "pymongo", "redis", "requests", "smtplib", "socket",
    "socketserver", "sqlalchemy", "ssl", "telnetlib", "urllib3", "websockets", "xmlrpc",
    "http.client", "http.server", "urllib.request",
})  # fmt: skip
_MACHINE = frozenset({
    "fileinput", "getpass", "glob", "mmap", "multiprocessing", "shelve", "shutil", "signal", "sqlite3",
    "subprocess", "tempfile", "webbrowser",
})  # fmt: skip
_BUILTINS = frozenset({"open", "input", "print", "breakpoint"})
_PURE_OS = re.compile(
    r"os(\.(path(\.(join|basename|dirname|split|splitext|normpath|commonpath|isabs|sep))?"
    r"|sep|linesep|fspath|PathLike|cpu_count|fsencode|fsdecode|urandom))?"
)
_STREAMS = re.compile(r"sys\.(stdin|stdout|stderr|argv|exit|path|modules)(\..*)?")
_FILE_METHODS = re.compile(
    r"read_(text|bytes|csv|parquet|json|excel|sql|database|ipc|ndjson|avro|feather|pickle|table|hdf)"
    r"|(write|sink|scan)_[a-z_]+|to_(csv|parquet|pickle|excel|sql|hdf|feather)"
    r"|iterdir|mkdir|unlink|rmdir|touch|tofile|fromfile|savetxt|loadtxt|genfromtxt|memmap|savez|savefig"
)


def why_not(spec: FunctionSpec, code: str) -> str:
    """Return why calls of the function cannot run in a worker, an empty text where they can.

    Args:
        spec: The function.
        code: The version's text.
    """
    if spec.owner in ("method", "classmethod"):
        first = "its class" if spec.owner == "classmethod" else "the state of its object"
        return f"it is a {spec.owner}: {first} does not cross to another process"
    if "generator" in spec.kind:
        return f"it is {'an' if spec.kind[0] == 'a' else 'a'} {spec.kind}, which runs between its values"
    texts = {spec.name: spec.source, **spec.closure}
    return _outside(texts.values(), code) or _state(spec)


def _trees(texts: Iterable[str]) -> Iterator[ast.Module]:
    for text in texts:
        try:
            yield ast.parse(text)
        except SyntaxError:  # a part of a statement, which names nothing by itself
            continue


def _outside(texts: Iterable[str], code: str) -> str:
    """Return what of the outside world the function or the version uses."""
    for tree in _trees([*texts, code]):
        for node in ast.walk(tree):
            found = _outside_of(node)
            if found:
                return f"it uses {found}, which a worker does not have"
    return ""


def _outside_of(node: ast.AST) -> str:
    match node:
        case ast.Import():
            modules = [a.name for a in node.names]
        case ast.ImportFrom(module=str(module), level=0):
            modules = [module, *(f"{module}.{a.name}" for a in node.names)]
        case ast.Call(func=ast.Name(id=name)) if name in _BUILTINS:
            return f"{name}()"
        case ast.Attribute():
            dotted = dotted_name(node) or ""
            if dotted.startswith("os.") and not _PURE_OS.fullmatch(dotted):
                return dotted
            if _STREAMS.fullmatch(dotted):
                return dotted
            return f".{node.attr}" if _FILE_METHODS.fullmatch(node.attr) else ""
        case _:
            return ""
    for name in modules:
        if {name, name.partition(".")[0]} & (_NETWORK | _MACHINE):
            return f"the module {name}"
        if name.startswith("os.") and not _PURE_OS.fullmatch(name):
            return name
    return ""


def _state(spec: FunctionSpec) -> str:
    """Return which changing thing of its modules the function reads."""
    own = _default_changed(spec)
    if own:
        return own
    reached: dict[str, set[str]] = {}
    for key in spec.closure:
        module, _, name = key.rpartition(":")
        reached.setdefault(module, set()).add(name)
    path = Path(spec.path)
    here = global_names(spec.source)[0] | {spec.name}
    trees = [(path, parse_module(path)[1], here | reached.get(_own_module(reached, path), set()))]
    for module, names in reached.items():
        other = module_file(path, module)
        if other is not None and other != path:
            trees.append((other, parse_module(other)[1], names))
    for where, tree, names in trees:
        for name in sorted({n.partition(".")[0] for n in names}):
            line = _changed_at(tree, name)
            if line:
                return (
                    f"it reads {name}, which {where.name}:{line} changes while the program runs; "
                    "a worker does not see that"
                )
    return ""


def _own_module(reached: Iterable[str], path: Path) -> str:
    return next((m for m in reached if module_file(path, m) == path), "")


def _default_changed(spec: FunctionSpec) -> str:
    """Say whether the function keeps something in a default value."""
    tree = ast.parse(spec.source)
    for parameter in spec.parameters:
        if parameter.default and parameter.default[0] in "[{" and _changes(tree, parameter.name):
            return (
                f"it changes the default value of {parameter.name}, "
                "which each worker has for itself"
            )
    return ""


def _changed_at(tree: ast.Module, name: str) -> int:
    """Return the line of a function that rebinds or changes the module's ``name``; 0 for none."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named = any(isinstance(t, ast.Name) and t.id == name for t in targets)
            if named and dotted_name(node.value.func) in _STATE:
                return node.lineno
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        declared = any(isinstance(n, ast.Global) and name in n.names for n in ast.walk(function))
        line = _changes(function, name)
        if line and (declared or not _is_local(function, name)):
            return line
    return 0


def _is_local(function: ast.AST, name: str) -> bool:
    """Say whether a function binds the name itself, so that it means another thing there."""
    for node in ast.walk(function):
        if isinstance(node, ast.arg) and node.arg == name:
            return True
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            return True
    return False


def _changes(function: ast.AST, name: str) -> int:
    """Return the line where the text under ``function`` rebinds or changes ``name``; 0 for none."""
    for node in ast.walk(function):
        match node:
            case ast.Name(id=found, ctx=ast.Store() | ast.Del()) if found == name:
                return node.lineno
            case (
                ast.Attribute(ctx=ast.Store() | ast.Del())
                | ast.Subscript(ctx=ast.Store() | ast.Del())
            ) if _root(node) == name:
                return node.lineno
            case ast.Call(func=ast.Attribute(attr=method)) if (
                method in _MUTATORS and _root(node.func) == name
            ):
                return node.lineno
            case ast.Call(func=ast.Name(id="next"), args=[first, *_]) if _root(first) == name:
                return node.lineno
    return 0


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
