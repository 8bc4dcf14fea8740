"""Whether a function may be run on inputs nobody chose where no sandbox holds its effects back."""

from __future__ import annotations

import ast

from poet.spec import FunctionSpec

__all__ = ["why_not_quiet"]

# Modules whose functions have no effect outside the process.
_MODULES = {
    "__future__", "abc", "array", "bisect", "calendar", "cmath", "collections", "collections.abc",
    "copy", "dataclasses", "datetime", "decimal", "difflib", "enum", "fractions", "functools",
    "hashlib", "heapq", "itertools", "json", "math", "numbers", "numpy", "numpy.typing", "operator",
    "pandas", "poet", "polars", "random", "re", "scipy.stats", "statistics", "string", "textwrap",
    "time", "types", "typing", "typing_extensions", "unicodedata", "uuid", "warnings", "zoneinfo",
}  # fmt: skip
_BUILTINS = {
    "__import__", "breakpoint", "compile", "delattr", "eval", "exec", "globals", "input", "open",
    "setattr", "vars",
}  # fmt: skip
# Of the modules above, what reads or writes files, sleeps, or runs text as code.
_METHODS = {
    "dump", "eval", "fromfile", "genfromtxt", "load", "loadtxt", "memmap", "query", "save", "savetxt",
    "savez", "sleep", "sql", "tofile", "write",
}  # fmt: skip
_PREFIXES = ("read_", "write_", "scan_", "sink_", "to_csv", "to_parquet", "to_sql", "to_pickle")


def why_not_quiet(spec: FunctionSpec) -> str | None:
    """Return why the function might have effects outside the process, None if its text shows none.

    Careful, not clever: what is not known to be without effect counts as having one. The closure
    holds the import lines of what the function uses, too.
    """
    for where, text in {spec.qualname: spec.source, **spec.closure}.items():
        try:
            tree = ast.parse(text)
        except SyntaxError:
            return f"{where} cannot be read"
        found = _first_effect(tree)
        if found:
            return f"{where} uses {found}"
    return None


def _first_effect(tree: ast.Module) -> str | None:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            return f"global {', '.join(node.names)}"
        if isinstance(node, ast.Name) and node.id in _BUILTINS:
            return node.id
        if isinstance(node, ast.Attribute):
            name = node.attr
            if name in _METHODS:
                return f".{name}"
            if name.startswith(_PREFIXES):
                return f".{name}"
        if isinstance(node, ast.Import):
            odd = [a.name for a in node.names if a.name not in _MODULES]
            if odd:
                return odd[0]
        if isinstance(node, ast.ImportFrom) and not node.level and node.module not in _MODULES:
            return str(node.module)
    return None
