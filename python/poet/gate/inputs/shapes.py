"""What the texts of the user's module say of its types: names, imports, classes, constants.

Nothing is imported. A class is rebuilt as one of the same name and fields, without its methods, so
that its values are encoded as those of the real class would be.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from poet.spec import FunctionSpec, dotted_name

__all__ = ["Names", "Shape", "constants_of", "kind_of", "literal"]

_TYPED_DICTS = {"typing.TypedDict", "typing_extensions.TypedDict", "TypedDict"}
_TUPLES = {"typing.NamedTuple", "NamedTuple"}
_ROW = 12  # places of a tuple that is taken for a row
_ENUMS = {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"}


class Shape(NamedTuple):
    """A class of the user's module, as its text shows it.

    Attributes:
        kind: ``dataclass``, ``namedtuple``, ``enum`` or ``typeddict``.
        made: A class of the same module and name; ``dict`` for a typed dict.
        fields: Field to the text of its annotation.
        optional: The fields a typed dict may lack.
        members: The names of an enum's members.
    """

    kind: str
    made: Any
    fields: dict[str, ast.expr]
    optional: frozenset[str] = frozenset()
    members: tuple[str, ...] = ()


class Names:
    """What the names in the annotations of a function mean.

    Args:
        spec: The function.
        import_name: The name under which the user's module is imported.
    """

    def __init__(self, spec: FunctionSpec, import_name: str) -> None:
        own = [(import_name, spec.module_source)]
        closure = [(key.partition(":")[0], text) for key, text in spec.closure.items()]
        self._imports: dict[str, str] = {}
        self._classes: dict[str, tuple[str, ast.ClassDef]] = {}
        self._aliases: dict[str, ast.expr] = {}
        for module, text in reversed([*own, *closure]):  # the module's own names win
            try:
                tree = ast.parse(text)
            except SyntaxError:
                continue
            for node in _statements(tree.body):
                self._note(module, node)

    def _note(self, module: str, node: ast.stmt) -> None:
        if isinstance(node, ast.Import):
            for a in node.names:
                self._imports[a.asname or a.name.partition(".")[0]] = (
                    a.name if a.asname else a.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            for a in node.names:
                self._imports[a.asname or a.name] = f"{node.module or ''}.{a.name}"
        elif isinstance(node, ast.ClassDef):
            self._classes[node.name] = (module, node)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            self._aliases[node.target.id] = node.value
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            self._aliases[node.targets[0].id] = node.value
        elif type(node).__name__ == "TypeAlias":  # type X = ..., since Python 3.12
            self._aliases[node.name.id] = node.value  # type: ignore[attr-defined]

    def meaning(self, node: ast.expr) -> str:
        """Return the dotted name an expression means, such as ``numpy.ndarray``; else a text."""
        dotted = dotted_name(node)
        if dotted is None:
            return ""
        head, _, rest = dotted.partition(".")
        if head in self._classes:
            return dotted
        found = self._imports.get(head, head)
        return f"{found}.{rest}" if rest else found

    def alias(self, node: ast.expr) -> ast.expr | None:
        """Return what an assigned name stands for: ``Vector = list[float]``, ``NewType``."""
        if not isinstance(node, ast.Name) or node.id in self._classes:
            return None
        value = self._aliases.get(node.id)
        if isinstance(value, ast.Call) and self.meaning(value.func).endswith("NewType"):
            return value.args[1] if len(value.args) == 2 else None
        return value

    def shape(self, node: ast.expr) -> Shape | None:
        """Return the class a name means, None where it is none that can be rebuilt."""
        name = node.id if isinstance(node, ast.Name) else self.meaning(node).rpartition(".")[2]
        if name not in self._classes:
            return None
        module, cls = self._classes[name]
        lineage = self._lineage(name)
        bases = {self.meaning(b) for c in lineage for b in c.bases}
        if any(b.rpartition(".")[2] in _ENUMS for b in bases):
            return _enum_shape(module, cls)
        fields = {f: a for c in reversed(lineage) for f, a in self._fields(c).items()}
        if bases & _TYPED_DICTS:
            loose = {f for c in lineage if _not_total(c) for f in self._fields(c)}
            loose |= {f for f, a in fields.items() if self._subscripted(a, "NotRequired")}
            return Shape("typeddict", dict, fields, frozenset(loose))
        if bases & _TUPLES:
            made = _named_tuple(module, name, list(fields))
            return Shape("namedtuple", made, fields)
        if any(self.meaning(_called(d)).endswith("dataclass") for d in cls.decorator_list):
            bare = dataclasses.make_dataclass(name, [(f, Any) for f in fields])
            bare.__module__ = module
            return Shape("dataclass", bare, fields)
        return None

    def _lineage(self, name: str) -> list[ast.ClassDef]:
        """Return a class and its bases in the same texts, nearest first."""
        found: list[ast.ClassDef] = []
        waiting = [name]
        while waiting:
            current = waiting.pop(0)
            if current in self._classes and len(found) < 20:
                node = self._classes[current][1]
                if node not in found:
                    found.append(node)
                    waiting += [b.id for b in node.bases if isinstance(b, ast.Name)]
        return found

    def _fields(self, cls: ast.ClassDef) -> dict[str, ast.expr]:
        return {
            node.target.id: node.annotation
            for node in cls.body
            if isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and not self._subscripted(node.annotation, "ClassVar")
        }

    def _subscripted(self, node: ast.expr, name: str) -> bool:
        head = node.value if isinstance(node, ast.Subscript) else node
        return self.meaning(head).rpartition(".")[2] == name


def _named_tuple(module: str, name: str, fields: list[str]) -> Any:
    build: Any = NamedTuple  # its name is read from the text
    made = build(name, [(f, Any) for f in fields])
    made.__module__ = module
    return made


def _enum_shape(module: str, cls: ast.ClassDef) -> Shape:
    members = {
        t.id: node.value
        for node in cls.body
        if isinstance(node, ast.Assign)
        for t in node.targets
        if isinstance(t, ast.Name) and not t.id.startswith("_")
    }
    build: Any = enum.Enum  # its name is read from the text
    values = [literal(v) for v in members.values()]
    numbered = [
        (m, n if v is ... else v) for n, (m, v) in enumerate(zip(members, values, strict=True))
    ]
    made = build(cls.name, numbered, module=module) if members else None
    return Shape("enum", made, {}, members=tuple(members))


def _called(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _not_total(cls: ast.ClassDef) -> bool:
    return any(k.arg == "total" and literal(k.value) is False for k in cls.keywords)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try)):
            yield from _statements([*node.body, *node.orelse])


def literal(node: ast.expr | None) -> Any:
    """Return the value of a literal, Ellipsis where it is none."""
    try:
        return ast.literal_eval(node) if node is not None else ...
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ...


def constants_of(spec: FunctionSpec, code: str = "") -> tuple[list[float], list[str], list[str]]:
    """Return the numbers, the texts and the keys that the function's texts and a candidate's hold.

    Inputs near them are where a rewritten comparison goes wrong, and where a candidate behaves
    otherwise that was written to do so for one value.

    Args:
        spec: The function.
        code: The candidate.
    """
    numbers, texts, keys = _constants([spec.source, *spec.closure.values()])
    more_numbers, more_texts, _ = _constants([code])
    return (
        list(dict.fromkeys([*numbers[:20], *more_numbers[-20:]])),
        list(dict.fromkeys([*texts[:20], *more_texts[-20:]])),
        keys[:20],
    )


def _constants(sources: Iterable[str]) -> tuple[list[float], list[str], list[str]]:
    numbers: dict[float, None] = {}
    texts: dict[str, None] = {}
    keys: dict[str, None] = {}
    for text in sources:
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        skipped = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}  # docstrings
        for node in ast.walk(tree):
            keys.update(dict.fromkeys(_keys_read(node)))
            if not isinstance(node, ast.Constant) or id(node) in skipped:
                continue
            value = node.value
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                if abs(value) <= 2**63:
                    numbers[value] = None
            elif isinstance(value, str) and 0 < len(value) <= 40:
                texts[value] = None
    return list(numbers), list(texts), list(keys)


# What a frame's methods take the names of columns for: as texts, lists of them, or by keyword.
_BY_NAME = {
    "get", "col", "pop", "group_by", "groupby", "sort", "sort_values", "select", "drop_nulls", "dropna",
    "get_column", "set_index", "pivot", "pivot_table", "unique", "drop_duplicates", "partition_by",
    "over", "mean", "sum", "min", "max", "median", "std", "n_unique", "first", "last", "nlargest",
    "nsmallest", "top_k", "bottom_k", "explode", "sort_by",
}  # fmt: skip
_KEYWORDS = {"by", "on", "subset", "index", "columns", "values", "left_on"}


def _keys_read(node: ast.AST) -> list[str]:
    """Return the keys or columns that a node reads: ``x["a"]``, ``x.get("a")``, ``pl.col("a")``."""
    found: list[Any] = []
    if isinstance(node, ast.Subscript):
        found = [literal(node.slice)]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        name = node.func.attr
        if name in _BY_NAME:
            given = node.args[:1] if name in ("get", "pop") else node.args
            found = [literal(a) for a in given]
            found += [literal(k.value) for k in node.keywords if k.arg in _KEYWORDS]
    flat = [i for f in found for i in (f if isinstance(f, (list, tuple)) else [f])]
    return [f for f in flat if isinstance(f, str) and f]


def kind_of(value: Any, inside: bool = False) -> str:
    """Return an annotation for the type of a value, empty where none is known.

    Args:
        value: The value.
        inside: Whether it is an item of another one: a tuple there is a row, whose places mean
            something.
    """
    kind = type(value)
    if kind in (bool, int, float, str, bytes, complex):
        return kind.__name__
    if kind is tuple and 0 < len(value) <= _ROW:
        row = [kind_of(v, inside=True) for v in value]
        if "" not in row and (inside or len(set(row)) > 1):
            return f"tuple[{', '.join(row)}]"
    if kind in (list, tuple, set, frozenset) and value:
        inner = {kind_of(v, inside=True) for v in value}
        if "" in inner:
            return ""
        many = ", ..." if kind is tuple else ""
        return f"{kind.__name__}[{' | '.join(sorted(inner))}{many}]"
    if kind is dict and value:
        keys, items = (
            {kind_of(k, inside=True) for k in value},
            {kind_of(v, inside=True) for v in value.values()},
        )
        return (
            ""
            if "" in keys | items
            else f"dict[{' | '.join(sorted(keys))}, {' | '.join(sorted(items))}]"
        )
    return ""
