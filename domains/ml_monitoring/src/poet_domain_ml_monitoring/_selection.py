"""Which columns of two frames are compared."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal, NamedTuple

from poet_domain_ml_monitoring._forms import Form, annotation_of, is_frame
from poet_domain_ml_monitoring._read import Reading, called, refuse, tokens

if TYPE_CHECKING:
    from poet.spec import FunctionSpec, Parameter

__all__ = ["Selection", "read_selection"]


class Selection(NamedTuple):
    """Which columns of two frames are compared.

    Attributes:
        how: ``whole`` for plain samples, ``one`` for one column, ``many`` for a report of several.
        parameter: The parameter that names them, or None.
        literal: The names the baseline reads, where it reads fixed ones.
        fallback: Whether the parameter may be None, meaning all columns.
    """

    how: Literal["whole", "one", "many"] = "whole"
    parameter: str | None = None
    literal: tuple[str, ...] = ()
    fallback: bool = False


def read_selection(
    spec: FunctionSpec,
    reading: Reading,
    column: Parameter | None,
    forms: list[Form],
    samples: tuple[str, str],
) -> Selection:
    """Read which columns are compared: a parameter's, fixed ones, or all."""
    literal: list[str] = []
    walked = False
    for node in ast.walk(reading.node):
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key))):
                if name in samples:
                    literal.append(key)
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Name(id=key)):
                overs = reading.loops.get(key, [])
                counted = any(called(o) in ("range", "enumerate") for o in overs)
                walked = walked or (name in samples and bool(overs) and not counted)
            case ast.Attribute(
                value=ast.Name(id=name), attr="columns" | "keys" | "items" | "schema"
            ):
                walked = walked or name in samples
            case _:
                pass
    frames = any(is_frame(f) for f in forms)
    if column is not None:
        kind, optional = annotation_of(column.annotation)
        plural = tokens(column.name)[-1].endswith("s") or column.name in {
            o.id for over in reading.loops.values() for o in over if isinstance(o, ast.Name)
        }
        single = isinstance(kind, ast.Name) and kind.id == "str"
        fallback = optional or column.default == "None"
        if single or not plural:
            if fallback:
                refuse(spec, f"{column.name!r} may be None: which column then?", "make it required")
            return Selection("one", column.name)
        return Selection("many", column.name, (), fallback)
    fixed = tuple(dict.fromkeys(literal))
    if fixed:
        return Selection("one" if len(fixed) == 1 else "many", None, fixed)
    over_all = any(
        isinstance(o, ast.Name) and o.id in samples and key in _keys_used(reading, samples)
        for key, overs in reading.loops.items()
        for o in overs
    )
    if frames or walked or over_all:
        return Selection("many")
    return Selection("whole")


def _keys_used(reading: Reading, samples: tuple[str, str]) -> set[str]:
    """Return the names that the samples are indexed with."""
    return {
        n.slice.id
        for n in ast.walk(reading.node)
        if isinstance(n, ast.Subscript)
        and isinstance(n.value, ast.Name)
        and n.value.id in samples
        and isinstance(n.slice, ast.Name)
    }
