"""The user's own result classes: their fields, and what the baseline gives each."""

from __future__ import annotations

import ast
from typing import NamedTuple

from poet.spec import FunctionSpec
from poet_domain_ml_monitoring.reading.source import Reading, called, closure_text

__all__ = ["Field", "Record", "given_to", "record_named"]


class Field(NamedTuple):
    """One field of a result class: its annotation's text, and whether it may be left out."""

    name: str
    annotation: str
    has_default: bool


class Record(NamedTuple):
    """A dataclass, NamedTuple or TypedDict.

    Attributes:
        typed: Whether it is a TypedDict, whose values are dicts.
        names: All annotated names, in their order.
        fields: Those that are given when one is made.
    """

    typed: bool
    names: tuple[str, ...]
    fields: tuple[Field, ...]


def record_named(spec: FunctionSpec, name: str) -> Record | None:
    """Read the class of this name in the function's closure; None where it is none of the three."""
    definition = ast.parse(closure_text(spec.closure, name) or "").body[0]
    assert isinstance(definition, ast.ClassDef)
    bases = {ast.unparse(b).rpartition(".")[2] for b in definition.bases}
    marks = {(called(d) or ast.unparse(d)).rpartition(".")[2] for d in definition.decorator_list}
    if not ("dataclass" in marks or bases & {"NamedTuple", "TypedDict"}):
        return None
    names, fields = [], []
    for node in definition.body:
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
            continue
        names.append(node.target.id)
        annotation = ast.unparse(node.annotation)
        default = ast.unparse(node.value) if node.value else ""
        if "ClassVar" not in annotation and "init=False" not in default:
            fields.append(Field(node.target.id, annotation, node.value is not None))
    return Record("TypedDict" in bases, tuple(names), tuple(fields))


def given_to(
    reading: Reading, name: str, record: Record, *, literals: bool
) -> dict[str, list[ast.expr]]:
    """Return by field the expressions that the baseline gives it.

    Args:
        reading: The baseline.
        name: The class.
        record: Its fields.
        literals: Whether a dict with such keys counts as one of the class.
    """
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(reading.node):
        if isinstance(node, ast.Call) and called(node) == name:
            for field, value in zip(record.names, node.args, strict=False):
                found.setdefault(field, []).append(value)
            for keyword in node.keywords:
                if keyword.arg is not None:
                    found.setdefault(keyword.arg, []).append(keyword.value)
        elif literals and isinstance(node, ast.Dict):
            for k, value in zip(node.keys, node.values, strict=True):
                if isinstance(k, ast.Constant) and k.value in record.names:
                    found.setdefault(str(k.value), []).append(value)
    return found
