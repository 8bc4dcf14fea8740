"""The return schema: types and keys of what a function returns, learnt from what the baseline returns."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from poet.codec import decode
from poet.gate.inputs import Input
from poet.spec import FunctionSpec

__all__ = ["Schema"]

_BY_ANNOTATION = {
    "int": {"int"}, "float": {"float", "int"}, "bool": {"bool"}, "str": {"str"}, "bytes": {"bytes"},
    "None": {"None"}, "complex": {"complex", "float", "int"},
}  # fmt: skip
_NUMBERS = {"int", "float"}
MAX_ITEMS = 20


class Schema(NamedTuple):
    """Places in the returned value, such as ``value['p_value']``, and the types found there.

    Attributes:
        types: Place to the names of types.
        keys: Place of a dict to the keys that were in every one.
    """

    types: dict[str, set[str]]
    keys: dict[str, set[str]]

    @classmethod
    def learn(cls, spec: FunctionSpec, answers: Iterable[dict[str, Any]]) -> Schema:
        """Return the schema of the values that the baseline returned."""
        found = cls({}, {})
        for answer in answers:
            value = _value(answer)
            if value is not ...:
                found._add(value, "value", 0)
        allowed = _promised(spec.returns)
        if "value" in found.types and allowed:
            found.types["value"] |= allowed
        return found

    @property
    def text(self) -> str:
        """The schema in one line."""
        parts = [" or ".join(sorted(self.types.get("value", ())))]
        keys = self.keys.get("value")
        if keys:
            parts.append(f"with keys {', '.join(sorted(keys))}")
        line = " ".join(parts)
        return line if len(line) <= 160 else f"{line[:157]}..."

    def problem(self, answers: Sequence[tuple[Input, dict[str, Any]]]) -> str | None:
        """Return the first place where a candidate's value is not of the schema."""
        if not self.types:
            return None
        for item, answer in answers:
            value = _value(answer)
            if value is not ...:
                found = self._check(value, "value", 0)
                if found:
                    return f"{item.name}: {found}" if not item.hidden else found
        return None

    def _add(self, value: Any, place: str, depth: int) -> None:
        self.types.setdefault(place, set()).add(type_of(value))
        pairs = pairs_of(value)
        if pairs is not None:
            keys = set(pairs)
            self.keys[place] = self.keys[place] & keys if place in self.keys else keys
        for inner, child in _children(value, place, depth):
            self._add(child, inner, depth + 1)

    def _check(self, value: Any, place: str, depth: int) -> str | None:
        known = self.types.get(place)
        got = type_of(value)
        unknown = got == "None" and place != "value"  # a part that says "not known": a difference
        if known is not None and not (unknown or _fits(got, known)):
            return f"{place} is of type {got}, in the baseline {' or '.join(sorted(known))}"
        pairs = pairs_of(value)
        missing = self.keys.get(place, set()) - set(pairs or ())
        if pairs is not None and missing:
            return f"{place} lacks the keys {', '.join(sorted(missing))}"
        for inner, child in _children(value, place, depth):
            found = self._check(child, inner, depth + 1)
            if found:
                return found
        return None


def _fits(got: str, known: set[str]) -> bool:
    """Say whether a value of a type may stand where values of the known types stood.

    A number of one library serves for that of another, and anything for a None that was never more.
    """
    if got in known or known == {"None"}:
        return True
    families = {_family(k) for k in known}
    return _family(got) in families or (_family(got) in _NUMBERS and bool(families & _NUMBERS))


def _family(name: str) -> str:
    """Return ``float``, ``int`` or ``bool`` for a scalar of NumPy, the name itself for any other."""
    if not name.startswith("NumPy "):
        return name
    kind = name.removeprefix("NumPy ")[:1]
    return {"f": "float", "i": "int", "u": "int", "b": "bool"}.get(kind, name)


def type_of(value: Any) -> str:
    """Return the name of the type of a decoded value."""
    kind = type(value)
    if value is None:
        return "None"
    if kind is dict and "__type__" in value:
        return str(value["__type__"])
    package = kind.__module__.partition(".")[0]
    if package == "numpy" and hasattr(value, "dtype"):
        return f"array of {value.dtype}" if kind.__name__ == "ndarray" else f"NumPy {value.dtype}"
    return kind.__name__ if package == "builtins" else f"{package}.{kind.__name__}"


def pairs_of(value: Any) -> dict[str, Any] | None:
    """Return the items of a dict or the fields of an object, None for any other value."""
    if type(value) is not dict or not all(isinstance(k, str) for k in value):
        return None
    return {k: v for k, v in value.items() if k != "__type__"}


def _children(value: Any, place: str, depth: int) -> list[tuple[str, Any]]:
    if depth > 6:
        return []
    pairs = pairs_of(value)
    if pairs is not None:
        return [(f"{place}[{k!r}]", v) for k, v in list(pairs.items())[:MAX_ITEMS]]
    if type(value) is tuple:
        return [(f"{place}[{n}]", v) for n, v in enumerate(value[:MAX_ITEMS])]
    if type(value) is list:
        return [(f"{place}[]", v) for v in value[:MAX_ITEMS]]
    return []


def _value(answer: dict[str, Any]) -> Any:
    """Return the decoded value of an answer, Ellipsis where there is none to read."""
    if answer["kind"] != "returned":
        return ...
    try:
        return decode(answer["value"])
    except ValueError:
        return ...


def _promised(annotation: str | None) -> set[str]:
    """Return the types that a plain annotation allows, none where it is not plain."""
    if annotation is None:
        return set()
    try:
        node = ast.parse(annotation, mode="eval").body
    except SyntaxError:
        return set()
    names = [node]
    found: set[str] = set()
    while names:
        part = names.pop()
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.BitOr):
            names += [part.left, part.right]
            continue
        if isinstance(part, ast.Subscript) and ast.unparse(part.value).endswith("Optional"):
            found.add("None")
            names.append(part.slice)
            continue
        found |= _BY_ANNOTATION.get(ast.unparse(part), set())
    return found
