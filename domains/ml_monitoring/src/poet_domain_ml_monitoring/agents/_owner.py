"""The class of a method: its fields, what its ``__init__`` keeps, and how an object of it is made."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from poet.spec import definitions
from poet_domain_ml_monitoring.reading.source import called

if TYPE_CHECKING:
    from poet.spec import FunctionSpec

__all__ = ["Argument", "Owner", "read_owner"]


class Argument(NamedTuple):
    """One argument of the class.

    Attributes:
        name: As it is given.
        annotation: Its text, None where there is none.
        required: Whether it has no default.
        attribute: Where the object keeps it; empty where that cannot be seen.
    """

    name: str
    annotation: str | None
    required: bool
    attribute: str


class Owner(NamedTuple):
    """The class that a method stands in.

    Attributes:
        name: Of the class.
        receiver: What the method calls its object.
        arguments: Of the class, in order; None where they cannot be seen.
        annotations: By attribute.
        methods: The names of its methods and properties.
        is_dataclass: Whether an object is its fields, so that it crosses to another process.
        is_frozen: Whether its attributes cannot be assigned.
    """

    name: str
    receiver: str
    arguments: tuple[Argument, ...] | None
    annotations: dict[str, str]
    methods: frozenset[str]
    is_dataclass: bool
    is_frozen: bool

    def annotation(self, attribute: str) -> str | None:
        """Return the annotation of an attribute, None where it has none."""
        return self.annotations.get(attribute)


def read_owner(spec: FunctionSpec) -> Owner:
    """Return the class of a method, as the text of its module shows it."""
    name = spec.qualname.rpartition(".")[0]
    found = {d.qualname: d.node for d in definitions(ast.parse(spec.module_source))}
    node = found.get(name)
    receiver = spec.parameters[0].name if spec.parameters else "self"
    if not isinstance(node, ast.ClassDef):
        return Owner(name, receiver, None, {}, frozenset(), False, False)
    marks = {(called(d) or ast.unparse(d)).rpartition(".")[2]: d for d in node.decorator_list}
    methods = {
        n.name: n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    fields = [
        n for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
    ]
    annotations = {
        n.target.id: ast.unparse(n.annotation) for n in fields if isinstance(n.target, ast.Name)
    }
    init = methods.get("__init__")
    arguments: tuple[Argument, ...] | None = None
    if init is not None:
        arguments = _of_init(init)
        for item in arguments:
            if item.attribute and item.annotation:
                annotations.setdefault(item.attribute, item.annotation)
        for part in ast.walk(init):
            if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Attribute):
                annotations.setdefault(part.target.attr, ast.unparse(part.annotation))
    elif "dataclass" in marks:
        arguments = tuple(a for n in fields if (a := _of_field(n)) is not None)
    if node.bases and [ast.unparse(b) for b in node.bases] != ["object"]:
        arguments = None
    frozen = any(
        k.arg == "frozen" and isinstance(k.value, ast.Constant) and k.value.value
        for d in node.decorator_list
        if isinstance(d, ast.Call)
        for k in d.keywords
    )
    return Owner(
        name, receiver, arguments, annotations, frozenset(methods), "dataclass" in marks, frozen
    )


def _of_field(node: ast.AnnAssign) -> Argument | None:
    text = ast.unparse(node.annotation)
    value = ast.unparse(node.value) if node.value else ""
    if "ClassVar" in text or "init=False" in value:
        return None
    assert isinstance(node.target, ast.Name)
    given = node.value is None or (value.startswith("field(") and "default" not in value)
    return Argument(node.target.id, text, given, node.target.id)


def _of_init(init: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[Argument, ...]:
    kept: dict[str, str] = {}
    for node in ast.walk(init):
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                pairs = list(zip(targets, values, strict=False))
            case ast.Assign(targets=[target], value=value):
                pairs = [(target, value)]
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                pairs = [(target, value)]
            case _:
                pairs = []
        for target, value in pairs:
            if isinstance(target, ast.Attribute):
                for name in ast.walk(value):
                    if isinstance(name, ast.Name):
                        kept.setdefault(name.id, target.attr)
    a = init.args
    positional = [*a.posonlyargs, *a.args]
    first = len(positional) - len(a.defaults)
    found = [
        Argument(
            p.arg,
            ast.unparse(p.annotation) if p.annotation else None,
            n < first,
            kept.get(p.arg, ""),
        )
        for n, p in enumerate(positional)
    ][1:]
    found += [
        Argument(
            p.arg,
            ast.unparse(p.annotation) if p.annotation else None,
            d is None,
            kept.get(p.arg, ""),
        )
        for p, d in zip(a.kwonlyargs, a.kw_defaults, strict=True)
    ]
    return tuple(found)
