"""The fingerprint: what must be equal for a stored version still to be made for a function."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["fingerprint", "normal_form"]

_SKIP = {"ctx", "kind", "type_comment", "type_ignores"}


def normal_form(source: str) -> list[str]:
    """Return ``source`` in a form that formatting and comments do not change.

    It is the syntax tree, written out: comments, line breaks, indentation, quote style, trailing
    commas and parentheses that carry no meaning are gone. Fields that are empty are left out,
    because newer Pythons have more of them, and so are the empty texts that Python 3.12 puts into
    formatted literals; so the form is the same on every supported Python.

    Raises:
        SyntaxError: ``source`` is not Python.
    """
    out: list[str] = []
    stack: list[Any] = [ast.parse(source)]
    while stack:  # a long chain of operators or elifs is nested deeper than calls may be
        item = stack.pop()
        if isinstance(item, str):
            out.append(item)
        elif isinstance(item, list):
            stack += ["]", *reversed(item), "["]
        else:
            stack += reversed(_parts(item))
    return out


def _parts(node: ast.AST) -> list[Any]:
    name = type(node).__name__
    if isinstance(node, ast.Constant):
        return [name, _scalar(node.value)]
    parts: list[Any] = [f"{name}("]
    for field, value in ast.iter_fields(node):
        if field in _SKIP or value is None or value == []:
            continue
        if not isinstance(value, list):
            parts += [f"{field}=", value if isinstance(value, ast.AST) else _scalar(value)]
            continue
        items = [v if isinstance(v, ast.AST) else _scalar(v) for v in value]
        if isinstance(node, ast.JoinedStr):
            items = [v for v in items if not (isinstance(v, ast.Constant) and v.value == "")]
        elif field == "body" and _documented(node):
            text = ast.get_docstring(node, clean=False) or ""  # type: ignore[arg-type]
            items[0] = _scalar([line.strip() for line in text.strip().split("\n")])
        parts += [f"{field}=", items]
    return [*parts, ")"]


def _documented(node: ast.AST) -> bool:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None


def _scalar(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:#x}"  # in decimal, Python refuses very long ones
    return ascii(value)  # which characters repr() escapes differs between Pythons


def fingerprint(
    source: str,
    closure: Mapping[str, str],
    options: Mapping[str, Any],
    recipe_epoch: int,
) -> str:
    """Return the SHA-256, in hexadecimal, of a function and all that shapes its generation.

    Args:
        source: The baseline's text without its ``@poet`` decorator.
        closure: What it reaches, as :func:`poet.spec.closure.closure_of` gives it.
        options: :meth:`Options.shaping`.
        recipe_epoch: The domain's; a newer domain with the same epoch changes nothing.
    """
    document = [
        "poet-fingerprint-1",
        normal_form(source),
        sorted((key, normal_form(text)) for key, text in closure.items()),
        dict(options),
        recipe_epoch,
    ]
    text = json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
