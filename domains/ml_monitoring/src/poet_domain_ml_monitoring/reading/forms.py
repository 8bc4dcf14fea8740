"""In what form a sample arrives, as far as annotations and the module's imports tell."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Literal, NamedTuple

from poet.spec import FunctionSpec, dotted_name
from poet_domain_ml_monitoring.reading.source import closure_text, imports_of

__all__ = ["Form", "annotation_of", "class_named", "form_of", "is_frame", "plain_type"]

Container = Literal[
    "list", "tuple", "ndarray", "polars_series", "pandas_series", "polars_frame", "pandas_frame",
    "mapping", "iterator", "scalar", "other", "unknown",
]  # fmt: skip
Element = Literal["float", "int", "str", "bool", "unknown"]

_CONTAINERS: dict[str, Container] = {
    "list": "list", "List": "list", "Sequence": "list", "Iterable": "list", "Collection": "list",
    "MutableSequence": "list", "tuple": "tuple", "Tuple": "tuple", "ndarray": "ndarray",
    "NDArray": "ndarray", "ArrayLike": "ndarray", "polars.Series": "polars_series",
    "pandas.Series": "pandas_series", "polars.DataFrame": "polars_frame",
    "pandas.DataFrame": "pandas_frame", "dict": "mapping", "Dict": "mapping", "Mapping": "mapping",
    "Iterator": "iterator", "Generator": "iterator", "int": "scalar", "float": "scalar",
    "str": "scalar", "bool": "scalar", "Any": "unknown", "object": "unknown",
}  # fmt: skip


class Form(NamedTuple):
    """The container of a sample and what it holds."""

    container: Container = "unknown"
    element: Element = "unknown"


def is_frame(form: Form) -> bool:
    """Say whether samples of this form have columns."""
    return form.container in ("polars_frame", "pandas_frame", "mapping")


def annotation_of(text: str | None) -> tuple[ast.expr | None, bool]:
    """Parse an annotation, quoted or not; the flag says that it also allows None."""
    if text is None:
        return None, False
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None, False
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return annotation_of(node.value)
    parts = _alternatives(node)
    rest = [p for p in parts if not (isinstance(p, ast.Constant) and p.value is None)]
    optional = len(rest) < len(parts)
    if len(rest) == 1:
        return rest[0], optional
    return node, optional


def _alternatives(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return [*_alternatives(left), *_alternatives(right)]
        case ast.Subscript(value=value, slice=inner) if _last(value) in ("Union", "Optional"):
            inside = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            extra = [ast.Constant(None)] if _last(value) == "Optional" else []
            return [p for i in inside for p in _alternatives(i)] + extra
        case _:
            return [node]


def _last(node: ast.expr) -> str:
    return (dotted_name(node) or "").rpartition(".")[2]


def plain_type(node: ast.expr | None) -> str | None:
    """Return bool, float, int, str, mapping, list or tuple for an annotation, None for others."""
    base = node.value if isinstance(node, ast.Subscript) else node
    name = _last(base) if base is not None else ""
    kinds = {"dict": "mapping", "Dict": "mapping", "Mapping": "mapping", "List": "list",
             "set": "list", "Sequence": "list", "frozenset": "list", "Tuple": "tuple",
             "bool_": "bool", "float64": "float", "Literal": "str"}  # fmt: skip
    plain = {"bool", "float", "int", "str", "list", "tuple"}
    return name if name in plain else kinds.get(name)


def form_of(spec: FunctionSpec, text: str | None) -> Form:
    """Return the form that an annotation describes, aliases of the user's module resolved."""
    node, _ = annotation_of(text)
    return Form() if node is None else _form(spec, node, imports_of(spec.module_source), 0)


def _form(spec: FunctionSpec, node: ast.expr, imports: dict[str, str], depth: int) -> Form:
    if len(parts := _alternatives(node)) > 1:
        forms = [_form(spec, p, imports, depth) for p in parts]
        known = [f for f in forms if f.container not in ("unknown", "other")]
        elements = {f.element for f in known}
        element = elements.pop() if len(elements) == 1 else "unknown"
        return Form(known[0].container, element) if known else Form()
    base, inner = (node.value, node.slice) if isinstance(node, ast.Subscript) else (node, None)
    name = dotted_name(base) or ""
    head, _, rest = name.partition(".")
    meaning = imports.get(head, head) + (f".{rest}" if rest else "")
    root, last = meaning.split(".")[0], meaning.rpartition(".")[2]
    if last == "Annotated" and isinstance(inner, ast.Tuple):
        return _form(spec, inner.elts[0], imports, depth)
    container = _CONTAINERS.get(f"{root}.{last}") or _CONTAINERS.get(last)
    if container is not None:
        return Form(container, _element(inner, container))
    alias = closure_text(spec.closure, name)
    if alias and depth < 5:
        value = getattr(ast.parse(alias).body[0], "value", None)
        if isinstance(value, ast.expr):
            return _form(spec, value, imports, depth + 1)
    return Form("other" if name else "unknown")


def _element(inner: ast.expr | None, container: Container) -> Element:
    if inner is None:
        return "unknown"
    if container == "mapping" and isinstance(inner, ast.Tuple):
        inner = inner.elts[-1]
    found: set[Element] = set()
    for part in ast.walk(inner):
        name = _last(part) if isinstance(part, ast.Name | ast.Attribute) else ""
        if name in ("str", "str_"):
            found.add("str")
        elif name in ("bool", "bool_"):
            found.add("bool")
        elif name.startswith(("int", "uint")):
            found.add("int")
        elif name.startswith("float"):
            found.add("float")
    return found.pop() if len(found) == 1 else "unknown"


def class_named(spec: FunctionSpec, annotation: ast.expr | None, values: Iterable[ast.expr]) -> str:
    """Return the user's class that is annotated, or made by one of the values; empty for none."""
    names = [annotation.id] if isinstance(annotation, ast.Name) else []
    names += [v.func.id for v in values if isinstance(v, ast.Call) and isinstance(v.func, ast.Name)]
    for name in names:
        text = closure_text(spec.closure, name) if name in spec.user_names else None
        if text and isinstance(ast.parse(text).body[0], ast.ClassDef):
            return name
    return ""
