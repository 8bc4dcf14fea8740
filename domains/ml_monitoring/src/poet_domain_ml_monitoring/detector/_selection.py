"""Which columns of two frames are compared."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal, NamedTuple

from poet_domain_ml_monitoring.reading.forms import Form, annotation_of, is_frame
from poet_domain_ml_monitoring.reading.source import Reading, called, refuse, tokens

if TYPE_CHECKING:
    from poet.spec import FunctionSpec, Parameter

__all__ = ["Selection", "passed_over", "read_selection"]


class Selection(NamedTuple):
    """Which columns of two frames are compared.

    Attributes:
        how: ``whole`` for plain samples, ``one`` for one column, ``many`` for a report of several.
        parameter: The parameter that names them, or None.
        literal: The names the baseline reads, where it reads fixed ones.
        fallback: Whether the parameter may be None, meaning all columns.
        skipped: The columns that the baseline passes over by name, such as that of times.
        helper: A function of the user's own that names the columns, and the sample it is given.
    """

    how: Literal["whole", "one", "many"] = "whole"
    parameter: str | None = None
    literal: tuple[str, ...] = ()
    fallback: bool = False
    skipped: tuple[str, ...] = ()
    helper: tuple[str, str] | None = None


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
    literal += _constant_columns(spec, reading, samples)
    fixed = tuple(dict.fromkeys(literal))
    if fixed:
        return Selection("one" if len(fixed) == 1 else "many", None, fixed)
    helper = _helper(spec, reading, samples)
    if helper is not None:
        return Selection("many", skipped=_skipped(reading), helper=helper)
    over_all = any(
        isinstance(o, ast.Name) and o.id in samples and key in _keys_used(reading, samples)
        for key, overs in reading.loops.items()
        for o in overs
    )
    if frames or walked or over_all:
        return Selection("many", skipped=_skipped(reading))
    return Selection("whole")


def _skipped(reading: Reading) -> tuple[str, ...]:
    """Return the columns that a loop passes over by name."""
    found: list[str] = []
    for node in ast.walk(reading.node):
        match node:
            case ast.If(test=ast.Compare() as test, body=[ast.Continue()]):
                found += passed_over(test, (ast.Eq, ast.In), set(reading.loops))
            case ast.If(test=ast.Compare() as test):
                found += passed_over(test, (ast.NotEq, ast.NotIn), set(reading.loops))
            case ast.comprehension(ifs=ifs):
                names = {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
                for condition in ifs:
                    if isinstance(condition, ast.Compare):
                        found += passed_over(condition, (ast.NotEq, ast.NotIn), names)
            case _:
                pass
    return tuple(dict.fromkeys(found))


def passed_over(
    test: ast.Compare, operators: tuple[type[ast.cmpop], ...], loops: set[str]
) -> list[str]:
    """Return the fixed texts that a test compares the name of a loop with, one way only."""
    if len(test.ops) != 1 or not isinstance(test.ops[0], operators):
        return []
    if not (isinstance(test.left, ast.Name) and test.left.id in loops):
        return []
    try:
        value = ast.literal_eval(test.comparators[0])
    except (ValueError, SyntaxError):
        return []
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple | set) or not all(isinstance(t, str) for t in texts):
        return []
    return sorted(texts) if isinstance(texts, set) else list(texts)


def _helper(
    spec: FunctionSpec, reading: Reading, samples: tuple[str, str]
) -> tuple[str, str] | None:
    """Return the function that names the columns a loop runs over, and the sample it is given."""
    own = {key.rpartition(":")[2] for key in spec.closure}
    for overs in (reading.loops[key] for key in sorted(reading.loops)):
        for over in overs:
            match over:
                case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=given)], keywords=[]) if (
                    name in own and given in samples
                ):
                    return name, given
                case ast.Call(func=ast.Name(id=name)) if name in own:
                    refuse(
                        spec,
                        f"it takes its columns from {ast.unparse(over)[:60]}",
                        f"have {name} take one of the samples and nothing else, or write the names out",
                    )
                case _:
                    pass
    return None


def _constant_columns(spec: FunctionSpec, reading: Reading, samples: tuple[str, str]) -> list[str]:
    """Return the columns that a loop takes from a constant of the module or from fixed texts."""
    names = {p.name for p in spec.parameters}
    found: list[str] = []
    for key in sorted(_keys_used(reading, samples)):
        for over in reading.loops.get(key, []):
            text = ast.unparse(over)
            if isinstance(over, ast.Name):
                if over.id in names:
                    continue
                defined = spec.closure.get(_key_of(spec, over.id), "").partition("=")[2].strip()
                if not defined:
                    continue
                text = defined
            try:
                columns = ast.literal_eval(text)
            except (ValueError, SyntaxError):
                if isinstance(over, ast.Name):
                    refuse(
                        spec,
                        f"it takes its columns from {over.id}, which is no plain list of names",
                        "write the names out, or hand them over as a parameter",
                    )
                continue
            if isinstance(columns, list | tuple) and all(isinstance(c, str) for c in columns):
                found += columns
    return found


def _key_of(spec: FunctionSpec, name: str) -> str:
    return next((k for k in spec.closure if k.endswith(f":{name}")), "")


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
