"""Settling what a function returns, and whether its parameters leave anything unexplained."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from poet_domain_ml_monitoring.detector._returns import SchemaReader
from poet_domain_ml_monitoring.detector._schema import SHAPES, Schema, quantities_of, slots_of
from poet_domain_ml_monitoring.reading.forms import annotation_of
from poet_domain_ml_monitoring.reading.source import Reading, refuse

if TYPE_CHECKING:
    from poet.spec import FunctionSpec
    from poet_domain_ml_monitoring.detector._roles import Roles
    from poet_domain_ml_monitoring.reading.words import Quantity

__all__ = ["read_schema"]

# What a function that looks at many columns can say of all of them at once.
OVERALL: set[Quantity | None] = {
    "decision", "stable", "status", "level", "limit", "threshold", "drifted_columns", "n_drifted",
    "n_columns", "share", "p_values", "effects", "decisions", None,
}  # fmt: skip
MANY_ONLY = {
    "drifted_columns",
    "n_drifted",
    "n_columns",
    "share",
    "p_values",
    "effects",
    "decisions",
}


def read_schema(spec: FunctionSpec, reading: Reading, roles: Roles) -> Schema:
    """Read the return schema, or refuse with the reason."""
    annotation, optional = annotation_of(spec.returns)
    returned = [v for v in reading.returns if v is not None]
    returned = [v for v in returned if reading.type_of(v) != "none"]
    optional = optional or len(returned) < len(reading.returns)
    if not returned and annotation is None:
        refuse(spec, "it returns nothing", f"return {SHAPES}")
    reader = SchemaReader(spec, reading, roles)
    schema = reader.read(annotation, returned, optional)
    _check(spec, schema, roles)
    return schema


def _check(spec: FunctionSpec, schema: Schema, roles: Roles) -> None:
    known = quantities_of(schema) - {None}
    if schema.shape != "names" and not known & {
        "decision", "stable", "p_value", "effect", "status", "drifted_columns",
        "p_values", "effects", "decisions",
    }:  # fmt: skip
        keys = ", ".join(repr(s.key) for s in slots_of(schema))
        refuse(
            spec,
            f"nothing in its result is known to say whether there is drift: {keys}",
            "name a key such as 'drift', 'p_value', 'score' or 'status'",
        )
    if roles.selection.how == "many":
        for slot in schema.slots:
            if slot.quantity not in OVERALL:
                refuse(
                    spec,
                    f"{slot.key or spec.name!r} is one {slot.quantity} for many columns",
                    "return one per column, or a bool for all",
                )
    elif schema.shape in ("names", "per_column") or known & MANY_ONLY:
        refuse(
            spec,
            "its result lists columns, but its samples are not known to have any",
            "annotate both samples as frames, such as pl.DataFrame, or as a dict of columns",
        )
    needs_baseline = None in quantities_of(schema)
    if needs_baseline and schema.shape == "per_column" and (schema.item or schema).shape == "value":
        refuse(spec, "what it returns for a column is not known", f"return {SHAPES} per column")
    for item in spec.parameters:
        if item.name not in roles.extra or item.default is not None:
            continue
        if item.kind in ("VAR_POSITIONAL", "VAR_KEYWORD") and needs_baseline:
            continue
        refuse(
            spec,
            f"the recipe does not know what the parameter {item.name!r} means",
            "drop it or give it a default; a threshold is named alpha or threshold, columns column "
            "or columns; config={'current': ..., 'reference': ...} names the samples",
        )
    for name in roles.extra:
        if not needs_baseline and name in _used(spec, name):
            refuse(
                spec,
                f"it uses the parameter {name!r}, which the recipe does not know",
                "drop it, or return a key of your own that depends on it: the recipe keeps those",
            )


def _used(spec: FunctionSpec, name: str) -> set[str]:
    body = ast.parse(spec.source).body[0]
    assert isinstance(body, ast.FunctionDef | ast.AsyncFunctionDef)
    return {n.id for part in body.body for n in ast.walk(part) if isinstance(n, ast.Name)} & {name}
