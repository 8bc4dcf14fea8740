"""Which parameter is what: the two samples, levels and limits, columns, and the rest."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal, NamedTuple

from poet.errors import nearest
from poet_domain_ml_monitoring.reading.forms import Form, annotation_of, form_of
from poet_domain_ml_monitoring.reading.source import (
    Reading,
    comparisons,
    name_says_p,
    refuse,
    tokens,
)

if TYPE_CHECKING:
    from poet.spec import FunctionSpec, Parameter
from poet_domain_ml_monitoring.detector._body import check_body
from poet_domain_ml_monitoring.detector._selection import Selection, read_selection

__all__ = ["Roles", "read_roles"]

# The first set of a pair is unmistakable, the second gives way to it: `test_reference`.
REFERENCE = (
    {"reference", "references", "ref", "refs", "baseline", "expected", "training", "historical",
     "historic", "control"},
    {"train", "history", "hist", "old", "older", "before", "base", "previous", "prev", "past",
     "prior", "original", "orig", "earlier", "yesterday", "initial", "known", "golden", "a"},
)  # fmt: skip
CURRENT = (
    {"current", "currents", "cur", "curr", "production", "prod", "live", "incoming", "serving"},
    {"new", "newer", "actual", "actuals", "recent", "now", "after", "test", "latest", "observed",
     "today", "window", "target", "treatment", "fresh", "present", "inference", "candidate", "b"},
)  # fmt: skip
LEVEL = {"alpha", "significance"}
LIMIT = {"threshold", "thresh", "cutoff", "limit", "tolerance", "tol", "level", "effect"}
SIZE_NAMES = {"min_samples", "min_size", "min_n", "minimum_samples", "min_count", "min_rows"}
COLUMN = {"column", "col", "feature", "field", "variable", "columns", "cols", "features", "fields",
          "variables"}  # fmt: skip
# What the generated text calls.
BUILTINS = {"bool", "len", "list", "max", "set", "str", "tuple", "TypeError", "ValueError"}
# What may be read off a sample: the methods and attributes of arrays, Series and frames that
# describe the whole of it.
_WHOLE = {
    "mean", "std", "var", "median", "min", "max", "sum", "quantile", "size", "shape", "ndim",
    "dtype", "dtypes", "columns", "values", "to_numpy", "to_list", "tolist", "astype", "cast",
    "dropna", "drop_nulls", "value_counts", "unique", "n_unique", "nunique", "count", "height",
    "width", "len", "keys", "items", "get", "get_column", "select", "empty", "is_empty", "copy",
    "flatten", "ravel", "null_count", "isna", "isnull", "schema", "index", "describe", "any",
    "mode", "skew", "drop_nans", "loc",
}  # fmt: skip


class Roles(NamedTuple):
    """The parameters by what they are; None where there is none."""

    current: str
    reference: str
    current_form: Form
    reference_form: Form
    selection: Selection
    level: str | None = None
    limit: str | None = None
    min_samples: str | None = None
    extra: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_roles(spec: FunctionSpec, reading: Reading) -> Roles:
    """Read the roles of all parameters, or refuse with the reason."""
    by_name = {p.name: p for p in spec.parameters}
    for name in sorted(BUILTINS & by_name.keys()):
        refuse(spec, f"its parameter {name!r} hides a builtin that a detector needs", "rename it")
    if spec.owner in ("method", "classmethod"):
        refuse(
            spec,
            f"it is a {spec.owner}; what its first argument holds cannot be seen",
            "make it a staticmethod or a module-level function that is given both samples",
        )
    current, reference = _samples(spec, by_name)
    for name in (current, reference):
        _check_sample(spec, reading, by_name[name])
    check_body(spec, reading, (current, reference))
    forms = [form_of(spec, by_name[name].annotation) for name in (current, reference)]
    notes: list[str] = []
    level = limit = size = None
    columns: list[Parameter] = []
    extra: list[str] = []
    for item in spec.parameters:
        words = set(tokens(item.name))
        if item.name in (current, reference):
            continue
        if item.name in SIZE_NAMES and size is None:
            size = item.name
        elif "confidence" not in words and (words & (LEVEL | LIMIT) or name_says_p(item.name)):
            kind = _threshold(spec, reading, item, notes)
            if (level if kind == "level" else limit) is not None:
                refuse(
                    spec,
                    f"two parameters look like the same threshold, one of them {item.name!r}",
                    "keep one level for the p-value and one limit for the effect",
                )
            level, limit = (item.name, limit) if kind == "level" else (level, item.name)
        elif words & COLUMN and (not words & {"n", "num"}):
            columns.append(item)
        else:
            extra.append(item.name)
    if len(columns) > 1:
        refuse(
            spec,
            f"several parameters name columns: {', '.join(c.name for c in columns)}",
            "keep one",
        )
    return Roles(
        current=current,
        reference=reference,
        current_form=forms[0],
        reference_form=forms[1],
        selection=read_selection(
            spec, reading, columns[0] if columns else None, forms, (current, reference)
        ),
        level=level,
        limit=limit,
        min_samples=size,
        extra=tuple(extra),
        notes=tuple(notes),
    )


def _side(name: str) -> tuple[str, int] | None:
    """Return the side a name speaks for and how clearly, None where it does not or for both."""
    words = tokens(name)
    scores = {}
    for side, (strong, weak) in (("reference", REFERENCE), ("current", CURRENT)):
        lone = {w for w in weak if len(w) > 1 or name.lower() == w}
        scores[side] = 2 if strong & set(words) else 1 if lone & set(words) else 0
    if scores["reference"] == scores["current"]:
        return None
    side = max(scores, key=lambda s: scores[s])
    return side, scores[side]


def _samples(spec: FunctionSpec, by_name: dict[str, Parameter]) -> tuple[str, str]:
    ways = "say which is which: config={'current': '<name>', 'reference': '<name>'}"
    chosen: dict[str, str] = {}
    for side in ("current", "reference"):
        named = spec.options.config.get(side)
        if named is None:
            continue
        if named not in by_name:
            refuse(
                spec,
                f"config[{side!r}] names {named!r}, which is no parameter"
                f"{nearest(named, list(by_name))}",
                f"its parameters: {', '.join(by_name) or 'none'}",
            )
        chosen[side] = named
    if len(set(chosen.values())) < len(chosen):
        refuse(spec, "config names one parameter as both samples", ways)
    possible = [
        p.name for p in spec.parameters if p.name not in chosen.values() and _may_be_sample(spec, p)
    ]
    for side in ("current", "reference"):
        if side in chosen:
            continue
        clear = [(n, s[1]) for n in possible if (s := _side(n)) and s[0] == side]
        best = max((score for _, score in clear), default=0)
        names = [n for n, score in clear if score == best]
        if len(names) > 1:
            refuse(
                spec,
                f"more than one parameter reads as the {side} sample: {', '.join(names)}",
                ways,
            )
        if names:
            chosen[side] = names[0]
    left = [n for n in possible if n not in chosen.values() and by_name[n].default is None]
    if len(chosen) == 1 and len(left) == 1:
        # By elimination: `compare(values, reference)`.
        chosen["current" if "reference" in chosen else "reference"] = left[0]
    if len(chosen) < 2:
        count = len(chosen) + len(left)
        if count < 2:
            refuse(
                spec,
                f"it has {'one sample' if count else 'no sample'}; drift needs a current and a "
                "reference sample",
                "give it both as parameters, such as (current, reference)",
            )
        names_text = ", ".join(n for n in by_name if n in left or n in chosen.values())
        refuse(
            spec, f"it cannot be told which of {names_text} is current and which reference", ways
        )
    return chosen["current"], chosen["reference"]


def _may_be_sample(spec: FunctionSpec, item: Parameter) -> bool:
    if item.kind in ("VAR_POSITIONAL", "VAR_KEYWORD") or item.name in SIZE_NAMES:
        return False
    words = set(tokens(item.name))
    if words & (LEVEL | LIMIT | COLUMN) or name_says_p(item.name):
        return item.default is None and form_of(spec, item.annotation).container not in (
            "unknown", "scalar", "other",
        ) and not words & COLUMN  # fmt: skip
    if form_of(spec, item.annotation).container == "scalar":
        return False
    return item.default in (None, "None")


def _check_sample(spec: FunctionSpec, reading: Reading, item: Parameter) -> None:
    if item.kind in ("VAR_POSITIONAL", "VAR_KEYWORD"):
        refuse(spec, f"{item.name!r} collects arguments", "take each sample as one parameter")
    if item.default is not None:
        refuse(
            spec,
            f"the sample {item.name!r} has a default, so it may be missing",
            "make it a required parameter",
        )
    if annotation_of(item.annotation)[1]:
        refuse(
            spec,
            f"the sample {item.name!r} may be None by its annotation",
            "take a sample that is always there, and an empty one where there is no data",
        )
    form = form_of(spec, item.annotation)
    if form.container == "iterator":
        refuse(
            spec, f"{item.name!r} is an iterator, which can be read once", "pass a list or array"
        )
    if form.container in ("scalar", "other"):
        refuse(
            spec,
            f"{item.name!r} is annotated {item.annotation}, which is no sample that is known",
            "annotate a list, a NumPy array, a Series, a frame or a dict of columns",
        )
    for node in ast.walk(reading.node):
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Slice()) if name == item.name:
                refuse(
                    spec,
                    f"line {spec.line + node.lineno - reading.node.lineno} reads only a part of "
                    f"{name!r}; a detector compares all of it",
                    "cut the sample before the call",
                )
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if (
                name == item.name and attr not in _WHOLE
            ):
                refuse(
                    spec,
                    f"it reads {name}.{attr}, which is not known to describe the whole sample",
                    "hand the values over as a list, array, Series or frame",
                )
            case _:
                pass


def _threshold(
    spec: FunctionSpec, reading: Reading, item: Parameter, notes: list[str]
) -> Literal["level", "limit"]:
    """Say whether a threshold is a level for p-values or a limit for the effect."""
    value = _number(item.default)
    words = set(tokens(item.name))
    if words & LEVEL or name_says_p(item.name):
        return "level"
    against = [
        other
        for side, other in comparisons(reading.node)
        if isinstance(side, ast.Name) and side.id == item.name
    ]
    if any(reading.says_p(other) for other in against):
        return "level"
    if not against and "effect" not in words:
        if value is None or 0 < value <= 0.1:
            notes.append(f"{item.name} is compared with nothing: it is used as the p-value's level")
            return "level"
    elif against and {reading.type_of(o) for o in against} == {"int"}:
        refuse(spec, f"{item.name!r} limits a count", "name it min_samples if it is a sample size")
    if value is not None and not 0 <= value <= 1:
        refuse(
            spec,
            f"{item.name}={item.default} is in the data's own unit, the effect is between 0 and 1",
            f"give {item.name} a default between 0 and 1, or compare a p-value with it",
        )
    notes.append(
        f"{item.name} limits the effect, from 0 to 1, not a difference in the data's own unit"
    )
    return "limit"


def _number(text: str | None) -> float | None:
    try:
        value = ast.literal_eval(text or "None")
    except (ValueError, SyntaxError):
        return None
    return float(value) if isinstance(value, int | float) else None
