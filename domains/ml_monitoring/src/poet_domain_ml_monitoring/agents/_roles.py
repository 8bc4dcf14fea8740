"""Whose features, against what: the roles of a monitor's parameters and of what its object holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from poet.errors import nearest
from poet_domain_ml_monitoring.agents._owner import Owner, read_owner
from poet_domain_ml_monitoring.reading.forms import Form, annotation_of, form_of
from poet_domain_ml_monitoring.reading.source import Reading, refuse, tokens

if TYPE_CHECKING:
    from poet.spec import FunctionSpec, Parameter

__all__ = ["Held", "Roles", "given_both", "read_roles", "refers_to_reference"]

DATA = {"features", "feature", "data", "frame", "df", "batch", "rows", "window", "current", "inputs", "input",
        "live", "production", "incoming", "observations", "records", "samples", "recent", "new",
        "x", "values", "latest", "table"}  # fmt: skip
REFERENCE = {"reference", "references", "ref", "refs", "baseline", "baselines", "training", "train",
             "expected", "historical", "historic", "history", "control", "trained"}  # fmt: skip
PREDICTIONS = {"predictions", "prediction", "predicted", "preds", "pred", "scores", "probabilities",
               "proba", "outputs", "forecasts", "yhat"}  # fmt: skip
LABELS = {"labels", "label", "actuals", "actual", "truth", "targets", "target", "outcomes", "true"}
IMPORTANCE = {"importance", "importances", "weights", "weight"}
MODEL = {"model", "name"}


class Held(NamedTuple):
    """Something the function does not get as features: of its object, its module or an argument.

    Attributes:
        text: As generated code writes it: ``self.reference``, ``user.REFERENCES[model_name]``.
        name: Of the attribute, the global name or the parameter.
        kind: Where it is held; ``loader`` is a function of the module that is called for it.
        form: Its container, where an annotation tells.
    """

    text: str
    name: str
    kind: str
    form: Form = Form()


class Roles(NamedTuple):
    """What each parameter is and what else is compared; None where there is none."""

    data: str
    form: Form
    reference: Held
    owner: Owner | None
    predictions: str | None = None
    reference_predictions: Held | None = None
    reference_labels: Held | None = None
    labels: str | None = None
    importance: Held | None = None
    state: str = "None"
    extra: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_roles(spec: FunctionSpec, reading: Reading) -> Roles:
    """Read the roles of a monitor, or refuse with the reason."""
    if spec.owner == "classmethod":
        refuse(
            spec,
            "it is a classmethod; what its class holds changes for all of its objects at once",
            "make it a method of an object that holds the reference",
        )
    owner = read_owner(spec) if spec.owner == "method" else None
    parameters = list(spec.parameters[1:] if owner else spec.parameters)
    held = list(_held(spec, reading, owner))
    by_role = _by_role(parameters)
    data = _data(spec, parameters, by_role)
    form = form_of(spec, data.annotation)
    _check_form(spec, data, form)
    references = [h for h in held if h.name in _named(held, REFERENCE)]
    predicted = [h for h in references if PREDICTIONS & set(tokens(h.name))]
    labelled = [h for h in references if LABELS & set(tokens(h.name)) and h not in predicted]
    sides = [*predicted, *labelled]
    mine = [h for h in references if h not in sides]
    reference = _reference(spec, held, mine, data.name, rows=form.container in ("list", "tuple"))
    weights = [h for h in held if IMPORTANCE & set(tokens(h.name)) and h is not reference]
    extra = [p for p in parameters if p.name not in (data.name, reference.name, *by_role.values())]
    _check_extra(spec, reading, extra)
    keyed = next((p for p in parameters if p.name == by_role.get("model")), None)
    state = owner.receiver if owner else keyed.name if keyed else "None"
    return Roles(
        data=data.name,
        form=form,
        reference=reference,
        owner=owner,
        predictions=by_role.get("predictions"),
        reference_predictions=predicted[0] if predicted else None,
        reference_labels=labelled[0] if labelled else None,
        labels=by_role.get("labels"),
        importance=weights[0] if weights else None,
        state=state,
        extra=tuple(p.name for p in extra),
        notes=tuple(_notes(data.name, reference, state, bool(owner))),
    )


def given_both(spec: FunctionSpec) -> bool:
    """Say whether a method is given both samples and reads nothing of its object."""
    named = any(REFERENCE & set(tokens(p.name)) for p in spec.parameters)
    owner = read_owner(spec)
    held = [h for h in _held(spec, Reading(spec), owner) if h.kind == "attribute"]
    return named and not held


def refers_to_reference(spec: FunctionSpec) -> bool:
    """Say whether a plain function takes its reference from its module, not from its caller."""
    names = [p.name for p in spec.parameters]
    if any(REFERENCE & set(tokens(n)) for n in names):
        return False
    reading = Reading(spec)
    found = _held(spec, reading, None)
    return any(REFERENCE & set(tokens(h.name)) and h.kind != "parameter" for h in found)


def _named(held: list[Held], words: set[str]) -> set[str]:
    return {h.name for h in held if words & set(tokens(h.name))}


def _by_role(parameters: list[Parameter]) -> dict[str, str]:
    """Return predictions, labels and the model's name by the names of the parameters."""
    found: dict[str, str] = {}
    for item in parameters:
        words = set(tokens(item.name))
        if words & REFERENCE:
            continue
        if words & PREDICTIONS or item.name in ("y_pred", "y_hat"):
            found.setdefault("predictions", item.name)
        elif words & LABELS and not words & DATA:
            found.setdefault("labels", item.name)
        elif words & MODEL and (item.annotation in (None, "str") or item.default is not None):
            found.setdefault("model", item.name)
    return found


def _data(spec: FunctionSpec, parameters: list[Parameter], by_role: dict[str, str]) -> Parameter:
    ways = "name it features or feature_data, or say config={'current': '<parameter>'}"
    named = spec.options.config.get("current")
    if named is not None:
        for item in parameters:
            if item.name == named:
                return item
        known = [p.name for p in parameters]
        refuse(
            spec,
            f"config['current'] names {named!r}, which is no parameter{nearest(named, known)}",
            f"its parameters: {', '.join(known) or 'none'}",
        )
    possible = [
        p
        for p in parameters
        if p.name not in by_role.values()
        and p.default is None
        and not REFERENCE & set(tokens(p.name))
        and form_of(spec, p.annotation).container != "scalar"
    ]
    clear = [p for p in possible if DATA & set(tokens(p.name))]
    found = clear or possible
    if not found:
        refuse(spec, "none of its parameters holds the features to watch", ways)
    if len(found) > 1:
        names = ", ".join(p.name for p in found)
        refuse(spec, f"it cannot be told which of {names} holds the features", ways)
    return found[0]


def _check_form(spec: FunctionSpec, item: Parameter, form: Form) -> None:
    node, optional = annotation_of(item.annotation)
    if optional:
        refuse(
            spec,
            f"{item.name!r} may be None by its annotation",
            "take features that are always there, and empty ones where there is no data",
        )
    if form.container == "mapping" and isinstance(node, ast.Subscript):
        inner = node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) else node.slice
        if isinstance(inner, ast.Name) and inner.id in ("float", "int", "str", "bool"):
            refuse(
                spec,
                f"{item.name!r} holds one {inner.id} for each feature: a row, not a window of rows",
                "collect rows, and take a list of values for each feature, or a frame",
            )
    rows = form.container in ("list", "tuple") and "dict" in (item.annotation or "").lower()
    if form.container in ("mapping", "polars_frame", "pandas_frame", "unknown") or rows:
        return
    refuse(
        spec,
        f"{item.name!r} is annotated {item.annotation}, which has no names of features",
        "take a frame, or a dict from each feature to its values",
    )


def _held(spec: FunctionSpec, reading: Reading, owner: Owner | None) -> Iterator[Held]:
    """Yield what the body reads of its object, its module and its arguments, each once."""
    parents = {c: n for n in ast.walk(reading.node) for c in ast.iter_child_nodes(n)}
    names = {p.name: p for p in spec.parameters}
    local = reading.assigned.keys() | reading.loops.keys()
    seen: set[str] = set()
    for node in ast.walk(ast.Module(reading.node.body, [])):
        found = None
        match node:
            case ast.Attribute(value=ast.Name(id=root), attr=attr, ctx=ast.Load()) if (
                owner and root == owner.receiver and attr not in owner.methods
            ):
                form = form_of(spec, owner.annotation(attr))
                found = Held(f"{root}.{attr}", attr, "attribute", form)
            case ast.Name(id=name, ctx=ast.Load()) if name in names and name not in local:
                found = Held(name, name, "parameter", form_of(spec, names[name].annotation))
            case ast.Name(id=name, ctx=ast.Load()) if name in spec.user_names and name not in local:
                above = parents.get(node)
                called = isinstance(above, ast.Call) and above.func is node
                found = Held(f"user.{name}", name, "loader" if called else "global")
            case _:
                pass
        if found is None:
            continue
        found = _with_key(found, node, parents, names)
        if found.text not in seen:
            seen.add(found.text)
            yield found


def _with_key(
    held: Held, node: ast.AST, parents: dict[ast.AST, ast.AST], names: dict[str, Parameter]
) -> Held:
    """Return what is held with the key or the arguments that single out one model's."""
    above = parents.get(node)
    if held.kind == "loader" and isinstance(above, ast.Call):
        if (
            all(isinstance(a, ast.Name) and a.id in names for a in above.args)
            and not above.keywords
        ):
            return held._replace(
                text=f"{held.text}({', '.join(ast.unparse(a) for a in above.args)})"
            )
        return held._replace(text="")
    match above:
        case ast.Subscript(value=value, slice=ast.Name(id=key)) if value is node and key in names:
            return held._replace(text=f"{held.text}[{key}]")
        case ast.Subscript(
            value=value, slice=ast.Attribute(value=ast.Name(id=root), attr=attr)
        ) if value is node and root in names:
            return held._replace(text=f"{held.text}[{root}.{attr}]")
        case _:
            return held


def _reference(
    spec: FunctionSpec, held: list[Held], found: list[Held], data: str, *, rows: bool
) -> Held:
    ways = (
        "hold it in an attribute such as self.reference, or name the attribute: "
        "config={'reference': '<name>'}"
    )
    named = spec.options.config.get("reference")
    if named is not None:
        chosen = [h for h in held if h.name == named]
        if not chosen:
            known = sorted({h.name for h in held if h.kind != "loader"} - {data})
            refuse(
                spec,
                f"config['reference'] names {named!r}, which it does not read{nearest(named, known)}",
                f"it reads: {', '.join(known) or 'nothing'}",
            )
        found = chosen
    if not found:
        refuse(spec, "nothing it reads is named like a reference to compare with", ways)
    unlike = {h.name for h in found}
    if len(unlike) > 1:
        refuse(
            spec,
            f"more than one of what it reads may be the reference: {', '.join(sorted(unlike))}",
            ways,
        )
    best = max(found, key=lambda h: len(h.text))  # with its key, where it is read with and without
    if not best.text:
        refuse(
            spec,
            f"{best.name} is called with more than the function's own arguments",
            "call it with the function's arguments only, such as load_reference(model_name)",
        )
    nameless = {"scalar", "ndarray", "iterator"} | (set() if rows else {"list", "tuple"})
    if best.form.container in nameless:
        refuse(
            spec,
            f"the reference {best.name} has no names of features by its annotation",
            "hold a frame, or a dict from each feature to its values",
        )
    return best


def _check_extra(spec: FunctionSpec, reading: Reading, extra: list[Parameter]) -> None:
    for item in extra:
        if item.kind in ("VAR_POSITIONAL", "VAR_KEYWORD") and item.name not in reading.names:
            continue
        if item.default is None or item.name in reading.names:
            refuse(
                spec,
                f"it uses the parameter {item.name!r}, which the recipe does not know"
                if item.name in reading.names
                else f"the recipe does not know what the parameter {item.name!r} means",
                "drop it; levels and limits stand in config, such as config={'min_effect': 0.1}",
            )


def _notes(data: str, reference: Held, state: str, bound: bool) -> list[str]:
    notes = [f"{data} holds the features, {reference.text} their reference"]
    if bound:
        notes.append("the reference is fitted once for each object, and anew when it is replaced")
    elif state != "None":
        notes.append(f"the reference is fitted once for each {state}, and anew when it is replaced")
    return notes
