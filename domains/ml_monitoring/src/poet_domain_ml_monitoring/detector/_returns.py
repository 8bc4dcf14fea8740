"""Reading the return schema from annotations, return statements and the user's classes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from poet_domain_ml_monitoring.detector._schema import SHAPES, Schema, Slot
from poet_domain_ml_monitoring.reading.forms import annotation_of, class_named, plain_type
from poet_domain_ml_monitoring.reading.records import given_to, record_named
from poet_domain_ml_monitoring.reading.source import (
    Reading,
    called,
    doc_says_p,
    name_says_p,
    refuse,
    same_type,
    tokens,
)
from poet_domain_ml_monitoring.reading.words import (
    Quantity,
    Status,
    quantity_of_key,
    status_of_word,
)

if TYPE_CHECKING:
    from poet.spec import FunctionSpec
    from poet_domain_ml_monitoring.detector._roles import Roles

__all__ = ["SchemaReader"]

OTHER_MEASURES = {
    "psi", "wasserstein", "jensen", "hellinger", "similarity", "correlation", "js", "kl",
    "kullback", "divergence", "emd", "mmd",
}  # fmt: skip


class SchemaReader:
    """Reads the results of one function; refuses what it cannot."""

    def __init__(self, spec: FunctionSpec, reading: Reading, roles: Roles) -> None:
        self.spec = spec
        self.reading = reading
        self.many = roles.selection.how == "many"
        self.sides: dict[str, Quantity] = {
            roles.current: "n_current",
            roles.reference: "n_reference",
        }

    def unintelligible(self, why: str) -> Schema:
        refuse(self.spec, f"what it returns cannot be read: {why}", f"return {SHAPES}")

    def read(
        self, annotation: ast.expr | None, values: list[ast.expr], optional: bool, key: str = ""
    ) -> Schema:
        """Read one result from its annotation and the expressions that make it."""
        parts = [p for v in values for p in self.reading.resolved(v)]
        parts = [p for p in parts if self.reading.type_of(p) != "none"]
        name = class_named(self.spec, annotation, parts)
        if name:
            return self._object(name)
        shown = same_type({self.reading.type_of(p) for p in parts}) if parts else None
        plain = plain_type(annotation) or shown
        if plain in ("bool", "float", "int", "str"):
            return Schema("value", (self._value(plain, annotation, values, optional, key),))
        if plain == "mapping":
            return self._mapping(annotation, parts)
        if plain == "tuple" and not (self.many and any(called(p) == "tuple" for p in parts)):
            return self._tuple(annotation, parts)
        if plain in ("list", "tuple") and self.many:
            base = annotation.value if isinstance(annotation, ast.Subscript) else annotation
            text = ast.unparse(base) if base is not None else ""
            is_set = text.endswith("set") or any(
                isinstance(p, ast.Set | ast.SetComp) or called(p) == "set" for p in parts
            )
            return Schema("names", (), "set" if is_set else "tuple" if plain == "tuple" else "list")
        if plain is None and annotation is None and parts:
            return Schema("value", (self._value(None, None, values, optional, key),))
        shown_text = ast.unparse(annotation) if annotation is not None else "its return values"
        return self.unintelligible(f"{shown_text} is none of the forms that are known")

    def _value(
        self,
        plain: str | None,
        annotation: ast.expr | None,
        values: list[ast.expr],
        optional: bool,
        key: str,
    ) -> Slot:
        says_p = any(self.reading.says_p(v) for v in values)
        name = key or self.spec.name
        if plain == "bool":
            said = status_of_word(name)
            return Slot(key, "stable" if said == "ok" else "decision", optional)
        if plain == "str":
            return Slot(key, "status", optional, self._words(values, annotation))
        if plain == "int":
            self.unintelligible("a whole number is neither a p-value nor a score")
        told = name if key else f"{name} {self.spec.docstring.partition('. ')[0]}"
        measures = OTHER_MEASURES & set(tokens(told))
        if measures:
            refuse(
                self.spec,
                f"it returns {', '.join(sorted(measures))}, which the recipe does not compute",
                "return a bool, a p-value or a drift score, or keep that measure under its own key",
            )
        p = says_p or name_says_p(name) or (not key and doc_says_p(self.spec.docstring))
        if (
            plain is None
            and not p
            and not {"score", "drift", "distance", "effect"} & set(tokens(name))
        ):
            self.unintelligible("neither an annotation nor the expressions tell its type")
        return Slot(key, "p_value" if p else "effect", optional)

    def _words(self, values: list[ast.expr], annotation: ast.expr | None) -> dict[Status, str]:
        """Return the user's own text for each status, or nothing where none is shown."""
        found: dict[Status, str] = {}
        texts = [w for v in values for w in self.reading.words(v) or []]
        closed = isinstance(annotation, ast.Subscript)  # only Literal["...", ...] is a text
        if isinstance(annotation, ast.Subscript):
            texts = [
                str(c.value) for c in ast.walk(annotation.slice) if isinstance(c, ast.Constant)
            ]
        for text in dict.fromkeys(texts):
            status = status_of_word(text)
            if status is None or status in found:
                refuse(
                    self.spec,
                    f"it cannot be told which status the text {text!r} stands for",
                    "use ok, warning, drift and insufficient_data, or return a bool",
                )
            found[status] = text
        if closed and not {"ok", "drift", "insufficient_data"} <= found.keys():
            refuse(
                self.spec,
                "its Literal has no text for ok, drift and too little data",
                "add one, such as 'insufficient_data'",
            )
        return found

    def _mapping(self, annotation: ast.expr | None, parts: list[ast.expr]) -> Schema:
        entries: dict[str, list[ast.expr]] = {}
        items: list[ast.expr] = []
        made: list[set[str]] = []
        for part in parts:
            match part:
                case ast.Dict(keys=keys, values=values):
                    made.append({ast.unparse(k) for k in keys if k is not None})
                    for k, value in zip(keys, values, strict=True):
                        if not (isinstance(k, ast.Constant) and isinstance(k.value, str)):
                            return self.unintelligible("a key of the dict is not a literal text")
                        entries.setdefault(k.value, []).append(value)
                case ast.Call(args=[], keywords=given) if called(part) == "dict":
                    for keyword in given:
                        if keyword.arg is None:
                            return self.unintelligible("the dict is made from another one with **")
                        entries.setdefault(keyword.arg, []).append(keyword.value)
                case ast.DictComp(value=value):
                    items.append(value)
                case _:
                    return self.unintelligible(f"{ast.unparse(part)} is no dict with literal keys")
        for name, filled in self.reading.filled.items():
            if not self._returned(name, parts):
                continue
            for key, value in filled:
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    entries.setdefault(key.value, []).append(value)
                else:
                    items.append(value)
        inner = None
        if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
            inner = annotation.slice.elts[-1]
        if any(keys != made[0] for keys in made):
            return self.unintelligible("its returns have different keys")
        if items and entries:
            return self.unintelligible("the dict has both fixed keys and a key per column")
        if entries:
            return Schema("mapping", tuple(self._slot(k, None, v) for k, v in entries.items()))
        if self.many and (items or inner is not None):
            node, optional = (
                annotation_of(ast.unparse(inner)) if inner is not None else (None, False)
            )
            if node is not None and ast.unparse(node).rpartition(".")[2] in ("Any", "object"):
                node = None
            return Schema("per_column", (), "", self.read(node, items, optional))
        return self.unintelligible("the keys of the dict are not shown")

    def _returned(self, name: str, parts: list[ast.expr]) -> bool:
        """Say whether a local that is filled key by key is what these expressions are."""
        made = self.reading.assigned.get(name, [])
        return any(part in made for part in parts)

    def _slot(
        self, key: str, annotation: ast.expr | None, values: list[ast.expr], optional: bool = False
    ) -> Slot:
        shown = plain_type(annotation) or same_type({self.reading.type_of(v) for v in values})
        quantity: Quantity | None
        if key in ("n", "n_samples", "sample_size", "size"):
            quantity = self._size(values)
        else:
            quantity = quantity_of_key(key, shown)
        optional = optional or any(
            self.reading.type_of(p) == "none" for v in values for p in self.reading.resolved(v)
        )
        words = self._words(values, annotation) if quantity == "status" else {}
        return Slot(key, quantity, optional, words)

    def _size(self, values: list[ast.expr]) -> Quantity | None:
        for value in values:
            if called(value) == "len" and isinstance(value, ast.Call) and value.args:
                return self.sides.get(ast.unparse(value.args[0]))
        return None

    def _tuple(self, annotation: ast.expr | None, parts: list[ast.expr]) -> Schema:
        tuples = [p for p in parts if isinstance(p, ast.Tuple)]
        types = []
        if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
            types = annotation.slice.elts
        width = len(types) or (len(tuples[0].elts) if tuples else 0)
        if not width or any(len(t.elts) != width for t in tuples):
            return self.unintelligible("the tuple has no fixed length")
        slots: list[Slot] = []
        for index in range(width):
            node, optional = annotation_of(ast.unparse(types[index])) if types else (None, False)
            values = [t.elts[index] for t in tuples]
            plain = plain_type(node) or same_type({self.reading.type_of(v) for v in values})
            quantity: Quantity | None = None
            words: dict[Status, str] = {}
            named = next((v.id for v in values if isinstance(v, ast.Name)), "")
            if plain == "bool":
                quantity = quantity_of_key(named, "bool") or "decision"
            elif any(self.reading.says_p(v) for v in values):
                quantity = "p_value"
            elif plain == "str":
                quantity, words = "status", self._words(values, node)
            elif named:
                quantity = quantity_of_key(named, plain)
            if quantity is None and plain == "float":
                taken = {s.quantity for s in slots}
                quantity = "effect" if "p_value" in taken or values else "p_value"
            slots.append(Slot(str(index), quantity, optional, words))
        return Schema("tuple", tuple(slots))

    def _object(self, name: str) -> Schema:
        record = record_named(self.spec, name)
        if record is None:
            return self.unintelligible(f"{name} is no dataclass, NamedTuple or TypedDict")
        given = given_to(self.reading, name, record, literals=True)
        slots = []
        for key, text, has_default in record.fields:
            kind, optional = annotation_of(text)
            slot = self._slot(key, kind, given.get(key, []), optional)
            if slot.quantity is None and has_default and key not in given:
                continue  # left at its default, as the user leaves it
            slots.append(slot)
        if record.typed:
            return Schema("mapping", tuple(slots))
        return Schema("object", tuple(slots), name)
