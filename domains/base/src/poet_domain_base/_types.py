"""From an annotation's text to the classes a guard can test, and to an example value."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from poet.spec import FunctionSpec, definitions

__all__ = ["Guard", "example", "guard_for", "imports_in", "parsed"]

BUILTIN = {
    "bool": True, "bytes": b"poet", "complex": 1j, "dict": {"key": 1}, "float": 0.5,
    "frozenset": frozenset({1}), "int": 3, "list": [1, 2], "set": {1}, "str": "poet", "tuple": (1, 2),
}  # fmt: skip
TYPING = {"List": "list", "Dict": "dict", "Set": "set", "FrozenSet": "frozenset", "Tuple": "tuple"}
ABSTRACT = {
    "Callable", "Collection", "Hashable", "Iterable", "Iterator", "Mapping", "MutableMapping",
    "MutableSequence", "Sequence", "Sized",
}  # fmt: skip
FRAMES = {
    "numpy": {"ndarray"},
    "polars": {"DataFrame", "LazyFrame", "Series"},
    "pandas": {"DataFrame", "Series"},
}
STDLIB = {"datetime": {"date", "datetime", "time", "timedelta"}, "decimal": {"Decimal"}}

STANDARD = {
    "date": dt.date(2024, 2, 29), "datetime": dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC),
    "time": dt.time(12, 30), "timedelta": dt.timedelta(seconds=90), "Decimal": Decimal("1.50"),
}  # fmt: skip


class Guard(NamedTuple):
    """What can be tested of one annotation.

    Attributes:
        types: Expressions of classes, ``None`` among them where it is allowed.
        imports: Import lines those expressions need.
        user: Whether an expression uses ``user``.
    """

    types: tuple[str, ...]
    imports: frozenset[str] = frozenset()
    user: bool = False


@lru_cache(maxsize=8)
def parsed(source: str) -> ast.Module:
    """Return a module's syntax tree, which is only read: each annotation asks for it."""
    return ast.parse(source)


@lru_cache(maxsize=8)
def imports_in(source: str) -> Sequence[ast.Import | ast.ImportFrom]:
    """Return the imports anywhere in a module."""
    return [n for n in ast.walk(parsed(source)) if isinstance(n, (ast.Import, ast.ImportFrom))]


@lru_cache(maxsize=8)
def _classes(source: str) -> Mapping[str, ast.ClassDef]:
    """Return a module's classes by qualified name; of those with one name, the first."""
    found: dict[str, ast.ClassDef] = {}
    seen = set()
    for d in definitions(parsed(source)):
        if d.qualname not in seen and isinstance(d.node, ast.ClassDef):
            found[d.qualname] = d.node
        seen.add(d.qualname)
    return found


def _imports(spec: FunctionSpec) -> dict[str, tuple[str, str | None]]:
    """Return what each imported name of the user's module means: module, and name in it."""
    found: dict[str, tuple[str, str | None]] = {}
    for node in imports_in(spec.module_source):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name] = (alias.name, None)
        elif not node.level and node.module:
            for alias in node.names:
                found[alias.asname or alias.name] = (node.module, alias.name)
    return found


def guard_for(annotation: str | None, spec: FunctionSpec) -> Guard | str:
    """Return the guard for an annotation, or why there is none."""
    if annotation is None:
        return "it has no annotation"
    try:
        tree = ast.parse(annotation, mode="eval").body
    except SyntaxError:
        return "its annotation cannot be read"
    return _guard(tree, spec, _imports(spec))


def _guard(
    node: ast.expr, spec: FunctionSpec, imports: dict[str, tuple[str, str | None]]
) -> Guard | str:
    if isinstance(node, ast.Constant):
        if node.value is None:
            return Guard(("None",))
        if isinstance(node.value, str):
            try:
                return _guard(ast.parse(node.value, mode="eval").body, spec, imports)
            except SyntaxError:
                return "its annotation cannot be read"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _join([node.left, node.right], spec, imports)
    if isinstance(node, ast.Subscript):
        name = _last(node.value)
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "Optional":
            return _join([*inner, ast.Constant(None)], spec, imports)
        if name == "Union":
            return _join(list(inner), spec, imports)
        if name in ("Annotated", "Final"):
            return _guard(inner[0], spec, imports)
        return _guard(node.value, spec, imports)
    return _named(node, spec, imports)


def _join(
    parts: list[ast.expr], spec: FunctionSpec, imports: dict[str, tuple[str, str | None]]
) -> Guard | str:
    types: tuple[str, ...] = ()
    lines: frozenset[str] = frozenset()
    user = False
    for part in parts:
        guard = _guard(part, spec, imports)
        if isinstance(guard, str):
            return guard
        types, lines, user = types + guard.types, lines | guard.imports, user or guard.user
    return Guard(tuple(dict.fromkeys(types)), lines, user)


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _named(
    node: ast.expr, spec: FunctionSpec, imports: dict[str, tuple[str, str | None]]
) -> Guard | str:
    if isinstance(node, ast.Name):
        name = node.id
        local = _classes(spec.module_source).get(name)
        if local is not None:
            generic = any(_last(b) in ("TypedDict", "Protocol") for b in local.bases)
            if generic:
                return f"{name} exists for the type checker only"
            return Guard((f"user.{name}",), user=True)
        if name in BUILTIN and name not in imports:
            return Guard((name,))
        module, inner = imports.get(name, ("", None))
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module, inner = imports.get(node.value.id, ("", None))[0], node.attr
    else:
        return "its annotation is not a class"
    if module in ("typing", "collections.abc") and inner in TYPING:
        return Guard((TYPING[inner],))
    if module in ("typing", "collections.abc") and inner in ABSTRACT:
        return Guard((inner,), frozenset({f"from collections.abc import {inner}"}))
    for table in (FRAMES, STDLIB):
        if inner in table.get(module, set()):
            alias = {"numpy": "np", "polars": "pl", "pandas": "pd"}.get(module)
            if alias:
                return Guard((f"{alias}.{inner}",), frozenset({f"import {module} as {alias}"}))
            return Guard((str(inner),), frozenset({f"from {module} import {inner}"}))
    shown = ast.unparse(node)
    return (
        f"{shown} accepts anything"
        if inner in ("Any", None)
        else f"{shown} is no class a guard can test"
    )


class _Nothing:
    """Marks an annotation no example value is known for."""


NOTHING = _Nothing()


def example(guard: Guard | str) -> Any:
    """Return a plain value that passes the guard; ``NOTHING`` where none is known."""
    if isinstance(guard, str):
        return {"value": 1}
    for name in guard.types:
        if name in BUILTIN:
            return BUILTIN[name]
    for name in guard.types:
        if name in ("Sequence", "Iterable", "Collection", "Sized", "MutableSequence"):
            return [1, 2]
        if name in ("Mapping", "MutableMapping"):
            return {"key": 1}
        if name == "Hashable":
            return "poet"
        if name in STANDARD:
            return STANDARD[name]
        if name == "None":
            return None
        if name in ("np.ndarray", "pl.Series", "pl.DataFrame"):
            return _frame_example(name)
    return NOTHING


def _frame_example(name: str) -> Any:
    if name == "np.ndarray":
        import numpy as np

        return np.array([1.0, 2.0])
    import polars as pl

    series = pl.Series("value", [1.0, 2.0])
    return series if name == "pl.Series" else series.to_frame()
