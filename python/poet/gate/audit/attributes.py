"""Attributes: read, set, by ``getattr``, by patterns, and by the fields of format texts."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator

from poet.gate.audit.allowed import (
    BUILTINS,
    HAS_ATTRIBUTE,
    OPERATOR_METHODS,
    READABLE,
    SETTABLE,
    SPECIAL_METHODS,
)
from poet.gate.audit.closed import COPIED_METHODS, is_barred, is_closed
from poet.gate.audit.context import Context
from poet.gate.audit.finding import Finding, at
from poet.gate.audit.source import Source

__all__ = ["attribute", "by_name_problem", "format_text", "name_problem", "named_attribute"]

_FIELD_PART = re.compile(r"\.([^.\[]+)|\[([^\]]+)\]")
_RECEIVERS = ("self", "cls")
_ADDRESSES = ("urllib.parse.urlsplit", "urllib.parse.urlparse")
_MEMBERS_OF_EXPRESSIONS = ("list", "arr")  # polars: column.list.eval(expression)


def attribute(context: Context, node: ast.Attribute) -> Iterator[Finding]:
    """Judge one attribute."""
    module = context.imports.module_of(node.value)
    if module is not None:
        yield from _of_module(context, node, module)
        return
    if not isinstance(node.ctx, ast.Load):
        found = list(_set(context, node))
        yield from found
        if found:
            return
    if _is_open(context, node.value) and not node.attr.startswith("__"):
        return
    if node.attr == "format":
        yield from format_text(context, node)
        return
    above = context.source.parent(node)
    if node.attr in COPIED_METHODS and not (isinstance(above, ast.Call) and above.func is node):
        yield at(node, "attribute", f"{node.attr} as a value: call it where it is needed")
        return
    problem = _special(context, node) if _is_special(node.attr) else _named(context, node)
    if problem:
        yield at(node, "attribute", problem)


def _of_module(context: Context, node: ast.Attribute, module: str) -> Iterator[Finding]:
    imports = context.imports
    if not isinstance(node.ctx, ast.Load):
        yield at(
            node, "assign", f"assigns to {module}.{node.attr}: what is imported stays as it is"
        )
    elif node.attr not in imports.modules.get(module, ()):
        full = f"{module}.{node.attr}"
        if full not in imports.modules:
            yield at(node, "import", f"{node.attr} of {module} is not granted")
        elif not isinstance(context.source.parent(node), ast.Attribute):
            yield at(node, "import", f"module {full} as a value: use it before a dot only")


def name_problem(context: Context, name: str) -> str | None:
    """Return why an attribute of this name may not be read, whatever it is read of."""
    if is_barred(name) or (is_closed(name) and name not in context.known):
        return f"attribute {name!r} leads to files, code, frames, memory or process-wide state"
    if name == "type" and context.imports.uses("dataclasses.fields"):
        return "attribute 'type' beside dataclasses.fields: use the field's name"
    if name in context.attributes or name in context.source.own or name in context.known:
        return None
    if name.startswith("_"):
        return f"attribute {name!r}: only public names, and the source's own private ones"
    return (
        f"attribute {name!r} is not in the reviewed list: use a method that is, "
        "a key such as x['name'], or a class of your own"
    )


def by_name_problem(context: Context, name: str) -> str | None:
    """Return why an attribute may not be read where its name is a text or stands in a pattern."""
    if not name.isidentifier():
        return f"{name!r} is no name"
    if name in COPIED_METHODS or name == "format":
        return f"attribute {name!r}: call it where it is needed"
    return name_problem(context, name)


def _named(context: Context, node: ast.Attribute) -> str | None:
    name = node.attr
    own = isinstance(node.value, ast.Name) and (
        node.value.id in _RECEIVERS or node.value.id in context.source.classes
    )
    if own and name in context.source.own and not is_barred(name):
        return None
    if (
        name == "eval"
        and isinstance(node.value, ast.Attribute)
        and node.value.attr in _MEMBERS_OF_EXPRESSIONS
    ):
        return None
    if name == "query" and _is_address(context, node.value):
        return None
    return name_problem(context, name)


def _is_address(context: Context, node: ast.expr) -> bool:
    """Say whether a node certainly is what ``urlsplit`` or ``urlparse`` gave, not a frame."""
    if isinstance(node, ast.Name):
        given = [context.source.parent(b.node) for b in context.source.bound_to(node.id)]
        return bool(given) and all(
            isinstance(g, (ast.Assign, ast.AnnAssign))
            and g.value is not None
            and not isinstance(g.value, ast.Name)
            and _is_address(context, g.value)
            for g in given
        )
    return isinstance(node, ast.Call) and context.imports.origin(node.func) in _ADDRESSES


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _special(context: Context, node: ast.Attribute) -> str | None:
    """Return why a name such as ``__init__`` may not be used here."""
    source, value = context.source, node.value
    if isinstance(node.ctx, ast.Load):
        if node.attr in READABLE or node.attr in OPERATOR_METHODS:
            return None
    elif node.attr in ("__name__", "__qualname__", "__doc__") and _is_own_function(context, value):
        return None
    if node.attr == "__class__":
        above = source.parent(node)
        named = isinstance(above, ast.Attribute) and above.attr in READABLE
        if named or (isinstance(value, ast.Name) and value.id == "self"):
            return None
        return "attribute '__class__': write type(x).__name__ or isinstance(x, ...)"
    call = source.parent(node)
    if isinstance(call, ast.Call) and call.func is node and isinstance(node.ctx, ast.Load):
        if _is_super(value) and node.attr in SPECIAL_METHODS:
            return None
        base = isinstance(value, ast.Name) and (
            value.id in source.classes or (value.id in BUILTINS and value.id != "type")
        )
        if base and node.attr in ("__init__", "__post_init__") and _starts(call, "self"):
            return None
        if base and node.attr == "__new__" and _starts(call, "cls"):
            return None
        if node.attr == "__setattr__" and _sets_own(context, value, call):
            return None
    return f"attribute {node.attr!r}: use the operator or builtin that stands for it"


def _is_own_function(context: Context, node: ast.expr) -> bool:
    own = context.source.functions | context.source.classes.keys()
    return isinstance(node, ast.Name) and node.id in own


def _is_super(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
    )


def _starts(call: ast.Call, name: str) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Name) and call.args[0].id == name


def _sets_own(context: Context, value: ast.expr, call: ast.Call) -> bool:
    """Say whether it is ``object.__setattr__(self, "field", value)``, as frozen classes write it."""
    named = call.args[1] if len(call.args) == 3 and not call.keywords else None
    return (
        isinstance(value, ast.Name)
        and value.id == "object"
        and _starts(call, "self")
        and isinstance(named, ast.Constant)
        and isinstance(named.value, str)
        and named.value in context.source.own
        and not is_closed(named.value)
    )


def _set(context: Context, node: ast.Attribute) -> Iterator[Finding]:
    root: ast.expr = node
    while isinstance(root, (ast.Attribute, ast.Subscript)):
        root = root.value
    if isinstance(root, ast.Name) and context.imports.is_imported(root.id):
        yield at(
            node, "assign", f"changes {root.id}, which is imported: what is imported stays as it is"
        )
    elif _is_special(node.attr):
        return  # judged by its name
    elif (
        node.attr not in context.source.own
        and node.attr not in context.known
        and node.attr not in SETTABLE
    ):
        yield at(
            node,
            "assign",
            f"sets attribute {node.attr!r} of something that is not the candidate's own: "
            "keep the value in a variable or on self",
        )


def _is_open(context: Context, node: ast.expr) -> bool:
    """Say whether any attribute is a column of that name, or a name that ``user`` itself checks."""
    return context.imports.origin(node) in ("polars.col", "poet.runtime.user")


def named_attribute(context: Context, call: ast.Call) -> Iterator[Finding]:
    """Judge a call of ``getattr`` or ``hasattr``."""
    function = getattr(call.func, "id", "")
    key = call.args[1] if len(call.args) > 1 and not call.keywords else None
    text = key.value if isinstance(key, ast.Constant) else None
    if not isinstance(text, str) or any(isinstance(a, ast.Starred) for a in call.args):
        yield at(
            call, "attribute", f"{function} with a name that is not written out: write the name"
        )
    elif function == "hasattr" and (text in HAS_ATTRIBUTE or text.isidentifier()):
        if text not in HAS_ATTRIBUTE and (text.startswith("_") or is_barred(text)):
            yield at(call, "attribute", f"hasattr of {text!r}: only public names")
    elif text not in READABLE:
        problem = by_name_problem(context, text)
        if problem:
            yield at(call, "attribute", f"{function}: {problem}")


def format_text(context: Context, node: ast.Attribute) -> Iterator[Finding]:
    """Judge ``text.format``: fields of a format text can read attributes."""
    text = _literal(context.source, node.value)
    if text is None:
        yield at(node, "attribute", "format of text that is not written out: use an f-string")
        return
    for name in _field_names(text):
        first, rest = _split_field(name)
        for is_attribute, part in rest:
            bad = name_problem(context, part) if is_attribute else None
            if bad or part.startswith("__"):
                yield at(
                    node, "attribute", f"format field {name!r} reads {part!r}: use an f-string"
                )
        if first.startswith("__"):
            yield at(node, "attribute", f"format field {name!r}: use an f-string")


def _split_field(name: str) -> tuple[str, list[tuple[bool, str]]]:
    """Return a field's first name, and after it each attribute (True) or key (False)."""
    first = re.match(r"[^.\[]*", name)
    assert first is not None
    rest = _FIELD_PART.findall(name, first.end())
    whole = "".join(f".{a}" if a else f"[{k}]" for a, k in rest)
    if whole != name[first.end() :]:
        return "__", []
    return first.group(), [(bool(a), a or k) for a, k in rest]


def _field_names(text: str) -> Iterator[str]:
    """Yield the fields of a format text, also those inside the format of another."""
    pending = [text]
    while pending:
        try:
            parts = list(string.Formatter().parse(pending.pop()))
        except ValueError:
            continue  # raises when it is run
        for _, name, spec, _ in parts:
            if name is not None:
                yield name
            if spec:
                pending.append(spec)


def _literal(source: Source, node: ast.expr) -> str | None:
    """Return the text that a node certainly is: a literal, or a name that is given one only once."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        bindings = source.bound_to(node.id)
        if len(bindings) == 1:
            given = source.parent(bindings[0].node)
            if (
                isinstance(given, ast.Assign)
                and given.targets == [bindings[0].node]
                and isinstance(given.value, ast.Constant)
                and isinstance(given.value.value, str)
            ):
                return given.value.value
    return None
