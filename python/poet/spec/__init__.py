"""Specs and fingerprints, read from source text; nothing of the user's is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from poet.errors import DuplicateFunctionError, NoSourceError
from poet.spec.closure import (
    bound_names,
    closure_of,
    import_name,
    module_file,
    parse_module,
)
from poet.spec.evidence import CATEGORIES, Category, Evidence, Lane, merged
from poet.spec.fingerprint import fingerprint, normal_form
from poet.spec.model import Constraint, FunctionSpec, Objective, Options, Parameter, VerifyMode
from poet.spec.source import (
    Definition,
    FunctionNode,
    definitions,
    dotted_name,
    global_names,
    kind_of,
    parameters_of,
    text_of,
)

__all__ = [
    "CATEGORIES",
    "Category",
    "Constraint",
    "Definition",
    "Evidence",
    "FunctionSpec",
    "Lane",
    "Objective",
    "Options",
    "Parameter",
    "VerifyMode",
    "build_spec",
    "closure_of",
    "definitions",
    "discover",
    "dotted_name",
    "find_definition",
    "first_party",
    "global_names",
    "import_name",
    "merged",
    "module_file",
    "normal_form",
    "parse_module",
]


def find_definition(path: Path, qualname: str) -> tuple[str, Definition]:
    """Return the module's text and the one function of that qualified name.

    Raises:
        NoSourceError: The file is not there, is not Python, or has no such function.
        DuplicateFunctionError: It has two decorated ones.
    """
    try:
        text, tree = parse_module(path)
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise NoSourceError(
            f"the source of {qualname} cannot be read: {error}",
            where=str(path),
            hint="keep @poet functions in a .py file that is on disk",
        ) from None
    found = [
        d for d in definitions(tree) if d.qualname == qualname and isinstance(d.node, FunctionNode)
    ]
    decorated = [d for d in found if d.decorator is not None] or found
    if not decorated:
        raise NoSourceError(
            f"no function {qualname} at module or class level",
            where=str(path),
            hint="write it with def at the top level of its module or class",
        )
    if len(decorated) > 1:
        lines = " and ".join(str(d.node.lineno) for d in decorated)
        raise DuplicateFunctionError(
            f"{qualname} is defined twice with @poet, at lines {lines}",
            where=str(path),
            hint="rename or delete one: versions are stored under the function's name",
        )
    return text, decorated[0]


def build_spec(
    path: Path,
    qualname: str,
    options: Options,
    *,
    recipe_epoch: int,
    default_mode: VerifyMode,
    installed: Iterable[str] | None = None,
) -> FunctionSpec:
    """Return the spec of the function ``qualname`` in the module file ``path``.

    Raises:
        NoSourceError, DuplicateFunctionError: As :func:`find_definition`.
    """
    module_text, definition = find_definition(path, qualname)
    node = definition.node
    assert isinstance(node, FunctionNode)
    source = text_of(module_text, definition)
    owner = qualname.rpartition(".")[0]
    closure, _ = closure_of(path, source, installed, owner)
    names, dotted = global_names(source, bound_names(parse_module(path)[1]))
    mode: VerifyMode = options.verify or (
        "enhance" if options.optimize_for or options.objectives else default_mode
    )
    return FunctionSpec(
        name=node.name,
        qualname=qualname,
        module=path.stem if path.stem != "__init__" else path.parent.name,
        path=str(path),
        line=node.lineno,
        kind=kind_of(node),
        owner=_owner(definition),
        source=source,
        module_source=module_text,
        parameters=parameters_of(node),
        returns=ast.unparse(node.returns) if node.returns else None,
        docstring=ast.get_docstring(node) or "",
        options=options,
        mode=mode,
        user_names=tuple(sorted(names | dotted)),
        closure=closure,
        fingerprint=fingerprint(
            source, closure, {**options.shaping(), "verify": mode}, recipe_epoch
        ),
    )


def _owner(definition: Definition) -> Any:
    if "." not in definition.qualname:
        return None
    names = {dotted_name(d) for d in definition.node.decorator_list}
    return next((n for n in ("classmethod", "staticmethod") if n in names), "method")


def first_party(path: Path, source: str) -> list[str]:
    """Return the top-level names of the first-party modules that ``source`` reaches."""
    return sorted(closure_of(path, source)[1])


def discover(path: Path) -> Iterator[tuple[Definition, dict[str, Any] | None]]:
    """Yield each decorated function of a module file, with the options its decorator shows.

    The options are None where they are not literals: only importing the module would tell.

    Raises:
        OSError, SyntaxError, UnicodeDecodeError: The file cannot be read as Python.
    """
    text, tree = parse_module(path)
    if "poet" not in text:
        return
    found = list(definitions(tree))
    classes = {
        d.qualname: _literal_options(d.decorator)
        for d in found
        if isinstance(d.node, ast.ClassDef) and d.decorator is not None
    }
    decorated = [d for d in found if isinstance(d.node, FunctionNode) and d.decorator is not None]
    methods_of = {d.qualname.rpartition(".")[0] for d in decorated}
    for item in found:
        if not isinstance(item.node, FunctionNode):
            continue
        owner = item.qualname.rpartition(".")[0]
        if item.decorator is not None:
            own, shared = _literal_options(item.decorator), classes.get(owner, {})
            yield item, None if own is None or shared is None else {**shared, **own}
        elif owner in classes and owner not in methods_of and not item.node.name.startswith("_"):
            yield item, classes[owner]


def _literal_options(decorator: ast.expr | None) -> dict[str, Any] | None:
    if not isinstance(decorator, ast.Call):
        return {}
    options = {}
    for argument in decorator.keywords:
        try:
            options[argument.arg or "**"] = ast.literal_eval(argument.value)
        except ValueError:
            return None
    return None if "**" in options or decorator.args else options
