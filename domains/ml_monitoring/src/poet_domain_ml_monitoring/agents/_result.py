"""What a monitor returns: read from its annotation, its return statements and the user's classes."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from poet_domain_ml_monitoring.agents._own import own_text
from poet_domain_ml_monitoring.agents._words import health_of_word, of_feature, overall
from poet_domain_ml_monitoring.reading.forms import annotation_of, class_named, plain_type
from poet_domain_ml_monitoring.reading.records import given_to, record_named
from poet_domain_ml_monitoring.reading.source import (
    Reading,
    called,
    refuse,
    same_type,
)
from poet_domain_ml_monitoring.reading.words import status_of_word

if TYPE_CHECKING:
    from poet.spec import FunctionSpec
    from poet_domain_ml_monitoring.agents._roles import Roles

__all__ = ["FORMS", "Result", "Slot", "read_result"]

FORMS = "a dict with fixed keys, a dataclass, a dict or list of the features, a bool, or a score"
Shape = Literal["value", "mapping", "object", "per_feature", "names"]


class Slot(NamedTuple):
    """One value of the result.

    Attributes:
        key: Its dict key or field; empty for a plain value.
        quantity: What it is; ``own`` where it is the user's own expression, None where only the
            baseline can tell.
        optional: Whether None may stand for "cannot be told".
        words: The user's own text for each status.
        own: The user's expression.
        item: What it holds for each feature.
        scale: What a score of 1 is in the user's own scale.
    """

    key: str
    quantity: str | None
    optional: bool = False
    words: Mapping[str, str] = {}
    own: str = ""
    item: Result | None = None
    scale: int = 1


class Result(NamedTuple):
    """The form of the result, or of what it holds for one feature.

    Attributes:
        shape: ``value`` is one slot; ``per_feature`` a dict from feature to ``item``; ``names`` a
            collection of the drifted features.
        slots: In order.
        built_by: The user's class of an object; list, set or tuple for names.
        item: For ``per_feature``.
        health: Whether it is about a model's health.
    """

    shape: Shape
    slots: tuple[Slot, ...] = ()
    built_by: str = ""
    item: Result | None = None
    health: bool = False

    def quantities(self) -> set[str | None]:
        """Return all that it holds of the features together."""
        return {slot.quantity for slot in self.slots}


def read_result(spec: FunctionSpec, reading: Reading, roles: Roles) -> Result:
    """Read what the function returns, or refuse with the reason."""
    annotation, optional = annotation_of(spec.returns)
    returned = [v for v in reading.returns if v is not None and reading.type_of(v) != "none"]
    if not returned and annotation is None:
        refuse(spec, "it returns nothing", f"return {FORMS}")
    reader = _Reader(spec, reading, roles, _is_health(spec, annotation, roles))
    result = reader.read(annotation, returned, optional, "")
    said = {"decision", "stable", "status", "drifted", "n_drifted", "share", "drift_score", "features",
            "scores", "p_values", "decisions", "statuses", "severities", "health_score"}  # fmt: skip
    if result.shape in ("value", "mapping", "object") and not said & result.quantities():
        keys = ", ".join(repr(s.key) for s in result.slots)
        refuse(
            spec,
            f"nothing in its result is known to say whether there is drift: {keys}",
            "name a key such as 'drifted', 'drift_score', 'status' or 'features'",
        )
    return result


def _is_health(spec: FunctionSpec, annotation: ast.expr | None, roles: Roles) -> bool:
    shown = f"{spec.name} {ast.unparse(annotation) if annotation is not None else ''}".lower()
    return "health" in shown or roles.predictions is not None


class _Reader:
    def __init__(self, spec: FunctionSpec, reading: Reading, roles: Roles, health: bool) -> None:
        self.spec, self.reading, self.roles, self.health = spec, reading, roles, health

    def cannot(self, why: str) -> Result:
        refuse(self.spec, f"what it returns cannot be read: {why}", f"return {FORMS}")

    def read(
        self,
        annotation: ast.expr | None,
        values: list[ast.expr],
        optional: bool,
        key: str,
        *,
        feature: bool = False,
    ) -> Result:
        """Read one result, of all features or with `feature` of one."""
        parts = [p for v in values for p in self.reading.resolved(v)]
        parts = [p for p in parts if self.reading.type_of(p) != "none"]
        name = class_named(self.spec, annotation, parts)
        if name:
            return self._object(name, feature)
        shown = same_type({self.reading.type_of(p) for p in parts}) if parts else None
        plain = plain_type(annotation) or shown
        if plain in ("bool", "float", "int", "str"):
            slot = self._plain(key, plain, values, annotation, optional, feature)
            return Result("value", (slot,), health=self.health)
        if plain == "mapping":
            return self._mapping(annotation, parts, feature)
        if plain in ("list", "tuple") and not feature:
            made = (
                "set"
                if any(called(p) == "set" or isinstance(p, ast.SetComp) for p in parts)
                else plain
            )
            return Result("names", (), made)
        shown_text = ast.unparse(annotation) if annotation is not None else "its return values"
        return self.cannot(f"{shown_text} is none of the forms that are known")

    def _plain(
        self,
        key: str,
        plain: str,
        values: list[ast.expr],
        annotation: ast.expr | None,
        optional: bool,
        feature: bool,
    ) -> Slot:
        name = key or self.spec.name
        if plain == "bool":
            return Slot(key, "stable" if status_of_word(name) == "ok" else "decision", optional)
        if plain == "str":
            return Slot(key, "status", optional, self._words(values, annotation, feature))
        if plain == "int":
            self.cannot("a whole number is no score")
        if feature:
            says_p = any(self.reading.says_p(v) for v in values)
            return Slot(key, "p_value" if says_p else "effect", optional)
        quantity = "health_score" if self.health else "drift_score"
        return Slot(key, quantity, optional, scale=_scale(values))

    def _mapping(self, annotation: ast.expr | None, parts: list[ast.expr], feature: bool) -> Result:
        fixed, items = self._entries(parts)
        inner = None
        if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
            inner = annotation.slice.elts[-1]
        if items and fixed:
            return self.cannot("the dict has both fixed keys and one for each feature")
        if fixed:
            slots = tuple(self._slot(k, None, v, False, feature) for k, v in fixed.items())
            return Result("mapping", slots, health=self.health)
        if feature or not (items or inner is not None):
            return self.cannot("the keys of the dict are not shown")
        return Result("per_feature", (), "", self._item(inner, items), self.health)

    def _item(self, inner: ast.expr | None, items: list[ast.expr]) -> Result:
        node, optional = annotation_of(ast.unparse(inner)) if inner is not None else (None, False)
        if node is not None and ast.unparse(node).rpartition(".")[2] in ("Any", "object"):
            node = None
        item = self.read(node, items, optional, "", feature=True)
        unknown = [s.key for s in item.slots if s.quantity is None]
        if unknown:
            refuse(
                self.spec,
                f"what it returns for a feature under {', '.join(map(repr, unknown))} is not known",
                "use keys such as drift, p_value, score, status, test, reason and severity",
            )
        return item

    def _entries(self, parts: list[ast.expr]) -> tuple[dict[str, list[ast.expr]], list[ast.expr]]:
        """Return what dicts hold under fixed keys, and what under one key for each feature."""
        fixed: dict[str, list[ast.expr]] = {}
        items: list[ast.expr] = []
        shown: list[set[str]] = []
        for part in parts:
            match part:
                case ast.Dict(keys=keys, values=values):
                    if keys:
                        shown.append({ast.unparse(k) for k in keys if k is not None})
                    for k, value in zip(keys, values, strict=True):
                        if not (isinstance(k, ast.Constant) and isinstance(k.value, str)):
                            self.cannot("a key of the dict is no literal text")
                        else:
                            fixed.setdefault(k.value, []).append(value)
                case ast.Call(args=[], keywords=given) if called(part) == "dict":
                    for keyword in given:
                        if keyword.arg is None:
                            self.cannot("the dict is made from another one with **")
                        else:
                            fixed.setdefault(keyword.arg, []).append(keyword.value)
                case ast.DictComp(value=value):
                    items.append(value)
                case _:
                    self.cannot(f"{ast.unparse(part)[:60]} is no dict with literal keys")
        if any(keys != shown[0] for keys in shown):
            self.cannot("its returns have different keys")
        for name, filled in self.reading.filled.items():
            if any(part in self.reading.assigned.get(name, []) for part in parts):
                for k, value in filled:
                    if isinstance(k, ast.Constant) and isinstance(k.value, str):
                        fixed.setdefault(k.value, []).append(value)
                    else:
                        items.append(value)
        return fixed, items

    def _object(self, name: str, feature: bool) -> Result:
        record = record_named(self.spec, name)
        if record is None:
            return self.cannot(f"{name} is no dataclass, NamedTuple or TypedDict")
        given = given_to(self.reading, name, record, literals=False)
        slots: list[Slot] = []
        for key, text, has_default in record.fields:
            kind, optional = annotation_of(text)
            slot = self._slot(key, kind, given.get(key, []), optional, feature)
            if slot.quantity is None and has_default and key not in given:
                continue  # left at its default, as the user leaves it
            slots.append(slot)
        shape: Shape = "mapping" if record.typed else "object"
        return Result(shape, tuple(slots), "" if record.typed else name, None, self.health)

    def _slot(
        self,
        key: str,
        annotation: ast.expr | None,
        values: list[ast.expr],
        optional: bool,
        feature: bool,
    ) -> Slot:
        shown = plain_type(annotation) or same_type({self.reading.type_of(v) for v in values})
        optional = optional or any(
            self.reading.type_of(p) == "none" for v in values for p in self.reading.resolved(v)
        )
        if feature:
            quantity: str | None = of_feature(key, shown)
            if quantity is None and key in ("n", "count", "size", "n_samples"):
                quantity = "n_current"
        else:
            quantity = overall(key, shown, health=self.health)
        own = own_text(self.spec, self.reading, values)
        if quantity is None:
            return Slot(key, "own" if own else None, optional, own=own)
        if quantity == "status":
            return Slot(key, quantity, optional, self._words(values, annotation, feature))
        if quantity == "features":
            return self._features(key, annotation, values, optional)
        if quantity in ("drift_score", "health_score"):
            return Slot(key, quantity, optional, scale=_scale(values))
        return Slot(key, quantity, optional)

    def _features(
        self, key: str, annotation: ast.expr | None, values: list[ast.expr], optional: bool
    ) -> Slot:
        parts = [p for v in values for p in self.reading.resolved(v)]
        kinds = {self.reading.type_of(p) for p in parts} - {"none"}
        inner = None
        if isinstance(annotation, ast.Subscript):
            elements = (
                annotation.slice.elts
                if isinstance(annotation.slice, ast.Tuple)
                else [annotation.slice]
            )
            inner = elements[-1]
        if "list" in kinds or plain_type(annotation) == "list":
            return Slot(key, None, optional)
        _, items = self._entries([p for p in parts if self.reading.type_of(p) != "none"])
        if not items and inner is None:
            return Slot(key, None, optional)
        return Slot(key, "features", optional, item=self._item(inner, items))

    def _words(
        self, values: list[ast.expr], annotation: ast.expr | None, feature: bool
    ) -> dict[str, str]:
        """Return the user's own text for each status, or nothing where none is shown."""
        texts = [w for v in values for w in self.reading.words(v) or []]
        if isinstance(annotation, ast.Subscript):
            texts = [
                str(c.value) for c in ast.walk(annotation.slice) if isinstance(c, ast.Constant)
            ]
        health = self.health and not feature
        found: dict[str, str] = {}
        for text in dict.fromkeys(texts):
            status = health_of_word(text) if health else status_of_word(text)
            if status is None or status in found:
                ours = "healthy, degraded, unhealthy" if health else "ok, warning, drift"
                refuse(
                    self.spec,
                    f"it cannot be told which status the text {text!r} stands for",
                    f"use {ours}, or one word of your own for each",
                )
            found[status] = text
        return found


def _scale(values: list[ast.expr]) -> int:
    """Return 100 where the user's score is one of a hundred."""
    numbers = {n.value for v in values for n in ast.walk(v) if isinstance(n, ast.Constant)}
    return 100 if 100 in numbers else 1
