"""Helpers for recipes that write Python: signatures and calls, wrapped as a formatter would."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping, Sequence

from poet.spec import FunctionSpec, Parameter

__all__ = [
    "fixed_defaults",
    "is_constant",
    "is_literal",
    "literal",
    "passing",
    "render_call",
    "render_def",
    "render_import",
]

WIDTH = 88


def literal(value: object) -> str:
    """Return a plain value as a formatter writes it, with double quotes."""
    match value:
        case str() | bytes():
            plain = repr(value)
            prefix, body = ("b", plain[1:]) if isinstance(value, bytes) else ("", plain)
            return plain if body[0] == '"' or '"' in body else f'{prefix}"{body[1:-1]}"'
        case list():
            return f"[{_joined(value)}]"
        case tuple():
            return f"({_joined(value)}{',' if len(value) == 1 else ''})"
        case dict():
            return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
        case _:
            return repr(value)


def _joined(values: Iterable[object]) -> str:
    return ", ".join(literal(v) for v in values)


def is_literal(source: str) -> bool:
    """Say whether the text is a literal, mutable ones included."""
    try:
        ast.literal_eval(source)
    except (ValueError, SyntaxError):
        return False
    return True


def is_constant(source: str) -> bool:
    """Say whether the text is a short literal that cannot change: a copy of it means the same."""
    if len(source) > 40 or not is_literal(source):  # a longer one would be wrapped
        return False
    parts = [ast.literal_eval(source)]
    while parts:
        part = parts.pop()
        if isinstance(part, (list, dict, set)):
            return False
        if isinstance(part, tuple):
            parts += part
    return True


def _annotation(source: str | None, known: Iterable[str]) -> str:
    """Return the annotation if all its names are known where the code stands, else nothing."""
    if source is None:
        return ""
    try:
        names = {n.id for n in ast.walk(ast.parse(source, mode="eval")) if isinstance(n, ast.Name)}
    except SyntaxError:
        return ""
    strings = any(
        isinstance(n, ast.Constant) and isinstance(n.value, str)
        for n in ast.walk(ast.parse(source, mode="eval"))
    )
    return source if not strings and names <= {*known, *dir(builtins)} else ""


def _parameter(item: Parameter, known: Iterable[str]) -> str:
    star = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}.get(item.kind, "")
    annotation = _annotation(item.annotation, known)
    text = f"{star}{item.name}" + (f": {annotation}" if annotation else "")
    if item.default is not None:
        constant = is_constant(item.default)
        value = literal(ast.literal_eval(item.default)) if constant else _fixed_name(item)
        text += f" = {value}" if annotation else f"={value}"
    return text


def _fixed_name(item: Parameter) -> str:
    return f"DEFAULT_OF_{item.name.upper()}"


def fixed_defaults(spec: FunctionSpec, default: str = "default") -> list[str]:
    """Return the module lines that a signature of :func:`render_def` needs before it.

    A default that is no constant stays the baseline's own object.

    Args:
        spec: The function.
        default: The name ``poet.runtime.default`` has in the generated module.
    """
    return [
        f'{_fixed_name(p)} = {default}("{p.name}")'
        for p in spec.parameters
        if p.default is not None and not is_constant(p.default)
    ]


def render_def(spec: FunctionSpec, known: Iterable[str] = ()) -> str:
    """Return the function's ``def`` line, its own names, kinds and defaults kept.

    The lines of :func:`fixed_defaults` belong above it.

    Args:
        spec: The function.
        known: Names that the generated module defines, besides the builtins; an annotation that
            uses any other is left out.
    """
    parts: list[str] = []
    seen_star = False
    for index, item in enumerate(spec.parameters):
        if item.kind == "KEYWORD_ONLY" and not seen_star:
            parts.append("*")
            seen_star = True
        seen_star = seen_star or item.kind == "VAR_POSITIONAL"
        parts.append(_parameter(item, known))
        following = spec.parameters[index + 1].kind if index + 1 < len(spec.parameters) else ""
        if item.kind == "POSITIONAL_ONLY" and following != "POSITIONAL_ONLY":
            parts.append("/")
    returns = _annotation(spec.returns, known)
    head = ("async def " if spec.kind.startswith("async") else "def ") + spec.name
    tail = (f") -> {returns}" if returns else ")") + ":"
    return _wrapped(head + "(", parts, tail, "")


def render_import(module: str, names: Mapping[str, str]) -> list[str]:
    """Return the lines that import ``names`` from ``module``, in the order of import sorters.

    Args:
        module: Its dotted name.
        names: Each name and what it is called here; a renamed one has a line of its own.
    """
    plain = sorted((n for n, local in names.items() if n == local), key=_import_order)
    rows = {n: f"{n} as {local}" for n, local in names.items() if n != local}
    if plain:
        rows[plain[0]] = ", ".join(plain)
    lines: list[str] = []
    for first in sorted(rows, key=_import_order):
        line = f"from {module} import {rows[first]}"
        if len(line) <= WIDTH:
            lines.append(line)
        else:
            lines += [f"from {module} import (", *(f"    {n}," for n in plain), ")"]
    return lines


def _import_order(name: str) -> tuple[int, str]:
    """Order names by kind: constants, classes, then the rest."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def render_call(head: str, arguments: Sequence[str], indent: str = "    ", tail: str = ")") -> str:
    """Return ``head(arguments)`` over as many lines as it needs, without a newline at the end."""
    return _wrapped(indent + head + "(", list(arguments), tail, indent)


def _wrapped(start: str, parts: list[str], tail: str, indent: str) -> str:
    line = start + ", ".join(parts) + tail
    if len(line) <= WIDTH or not parts:
        return line
    inner = f"{indent}    {', '.join(parts)}"
    if len(inner) <= WIDTH:
        return f"{start}\n{inner}\n{indent}{tail}"
    body = "".join(f"{indent}    {part},\n" for part in parts)
    return f"{start}\n{body}{indent}{tail}"


def passing(parameters: Sequence[Parameter]) -> list[str]:
    """Return the arguments that hand every parameter on to a call of the same signature."""
    handed = []
    for item in parameters:
        if item.kind == "VAR_POSITIONAL":
            handed.append(f"*{item.name}")
        elif item.kind == "VAR_KEYWORD":
            handed.append(f"**{item.name}")
        elif item.kind == "KEYWORD_ONLY":
            handed.append(f"{item.name}={item.name}")
        else:
            handed.append(item.name)
    return handed
