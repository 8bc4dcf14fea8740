"""From the text of an annotation to values of it, drawn by hypothesis."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from poet.gate.inputs.shapes import Names, literal

__all__ = ["Strategies", "UnknownShapeError"]

_LISTS = {
    "list", "List", "Sequence", "MutableSequence", "Iterable", "Collection", "Reversible", "Container",
}  # fmt: skip
_DICTS = {"dict", "Dict", "Mapping", "MutableMapping"}
_SETS = {"set", "Set", "AbstractSet", "MutableSet"}
_FLOATS = ["float64", "float32", "float16", "floating", "number", "inexact", "double"]
_WORDS = [
    "a", "b", "", "x y", "Hello, World", "two  words", "MiXed", "123", "-1.5", "a,b;c", "tab\tend",
    "äöü", "日本", "line\nline",
]  # fmt: skip
_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 _-.,;:!?/'\"()[]{}@#%&*+=äßéñ日本\t\n"
MAX_DEPTH = 6


class UnknownShapeError(ValueError):
    """No value is known for an annotation; the message says for which part."""


class Strategies:
    """Makes strategies of annotations.

    Args:
        names: What names mean in the user's module.
        numbers: Constants of the function: values at and beside them are drawn often.
        texts: Likewise.
        keys: Names of columns and keys that the function reads.
        odd: Draw NaN and infinities too.
        rebuilt: Whether a worker rebuilds values of the user's own classes.
    """

    def __init__(
        self,
        names: Names,
        numbers: list[float],
        texts: list[str],
        keys: list[str],
        *,
        odd: bool = False,
        rebuilt: bool = True,
    ) -> None:
        from hypothesis import strategies as st

        self.st: Any = st
        self.names = names
        self.numbers, self.texts, self.keys = numbers, texts, keys
        self.odd = odd
        self.rebuilt = rebuilt

    def of(self, text: str) -> Any:
        """Return the strategy of an annotation's text.

        Raises:
            UnknownShapeError: No value is known for it.
        """
        try:
            return self._of(ast.parse(text, mode="eval").body, 0)
        except SyntaxError:
            raise UnknownShapeError(f"{text} is no expression") from None

    def _of(self, node: ast.expr, depth: int) -> Any:
        st = self.st
        if depth > MAX_DEPTH:
            raise UnknownShapeError(f"{ast.unparse(node)} is nested too deeply")
        if isinstance(node, ast.Constant):
            if node.value is None:
                return st.none()
            if isinstance(node.value, str):
                return self._of(ast.parse(node.value, mode="eval").body, depth + 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return st.one_of(self._of(node.left, depth + 1), self._of(node.right, depth + 1))
        if isinstance(node, ast.Subscript):
            return self._subscript(node, depth)
        other = self.names.alias(node)
        if other is not None:
            return self._of(other, depth + 1)
        if self.names.shape(node) is not None:
            return self._instance(node, depth)
        name = self.names.meaning(node)
        module, _, last = name.rpartition(".")
        if module in ("numpy", "polars", "pandas", "numpy.typing"):
            return self._table(module, last)
        made = self._plain().get(last if module in _STANDARD else name)
        if made is None:
            raise UnknownShapeError(f"{ast.unparse(node)} is no type whose values can be made up")
        return made()

    def _plain(self) -> dict[str, Callable[[], Any]]:
        st = self.st
        return {
            "bool": st.booleans,
            "int": self.integers,
            "float": self.floats,
            "Real": self.floats,
            "complex": lambda: st.builds(complex, self.floats(), self.floats()),
            "str": self.text,
            "bytes": lambda: st.binary(max_size=20),
            "bytearray": lambda: st.builds(bytearray, st.binary(max_size=20)),
            "datetime": lambda: st.builds(_moment, st.integers(0, 2**31), st.booleans()),
            "date": lambda: st.dates(dt.date(1970, 1, 1), dt.date(2040, 12, 31)),
            "time": st.times,
            "timedelta": lambda: st.builds(dt.timedelta, seconds=st.integers(-(10**7), 10**7)),
            "Decimal": self.decimals,
            "Fraction": lambda: st.builds(Fraction, st.integers(-50, 50), st.integers(1, 30)),
            "UUID": lambda: st.builds(_uuid, st.integers(0, 2**128 - 1)),
            "PurePath": lambda: st.builds(PurePosixPath, st.sampled_from(["a", "a/b.txt", "/x"])),
            "PurePosixPath": lambda: st.builds(PurePosixPath, st.sampled_from(["a", "a/b.txt"])),
            "Hashable": self.text,
            "LiteralString": self.text,
            "object": self.anything,
            **dict.fromkeys(_LISTS, lambda: self.lists(self.numbers_())),
            **dict.fromkeys(_DICTS, lambda: self.dicts(self.keys_(), self.numbers_())),
            **dict.fromkeys(_SETS, lambda: self.st.sets(self.integers(), max_size=6)),
            "frozenset": lambda: self.st.frozensets(self.integers(), max_size=6),
            "FrozenSet": lambda: self.st.frozensets(self.integers(), max_size=6),
            "tuple": lambda: self.lists(self.numbers_()).map(tuple),
            "Tuple": lambda: self.lists(self.numbers_()).map(tuple),
        }

    # Values

    def integers(self) -> Any:
        """Return whole numbers: small ones, those of the function's text, a few extreme ones."""
        st = self.st
        near = [int(n) + d for n in self.numbers if n == int(n) for d in (-1, 0, 1)]
        parts = [st.integers(-10, 10), st.integers(-1000, 1000), st.integers(0, 5)]
        parts += [st.sampled_from(near)] if near else []
        return st.one_of(*parts, st.sampled_from([2**31, -(2**31) - 1, 2**53 + 1, 10**6, -(10**9)]))

    def floats(self) -> Any:
        """Return numbers with and without a fraction; NaN and infinities where they are meant.

        No negative zero: sums in another order differ in its sign, and in nothing a user would see.
        """
        st = self.st
        near = [float(n) + d for n in self.numbers for d in (-1.0, -0.01, 0.0, 0.01, 1.0)]
        parts = [
            st.integers(-10, 10).map(float),
            st.integers(-10_000, 10_000).map(lambda n: n / 100),
            st.integers(-99, 99).map(lambda n: n / 8),  # halves: where ways of rounding differ
            st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: x + 0.0),  # -0.0 becomes 0.0
        ]
        parts += [st.sampled_from(near)] if near else []
        parts += [st.sampled_from([float("nan"), float("inf"), -float("inf")])] if self.odd else []
        return st.one_of(*parts, st.sampled_from([0.0, 1e-9, 1e15, -1e12, 0.1 + 0.2]))

    def decimals(self) -> Any:
        """Return amounts with two places, and halves of the last: where ways of rounding differ."""
        st = self.st
        return st.one_of(
            st.integers(-(10**6), 10**6).map(lambda n: Decimal(n) / 100),
            st.integers(-200, 200).map(lambda n: Decimal(n) / 2),
            st.integers(-(10**4), 10**4).map(lambda n: Decimal(10 * n + 5) / 1000),
        )

    def numbers_(self) -> Any:
        """Return numbers of either type."""
        return self.st.one_of(self.integers(), self.floats())

    def text(self) -> Any:
        """Return texts: of the function's own, everyday ones, and of a small alphabet."""
        st = self.st
        # st.text would write its table of characters into the folder it is run from.
        letters = st.lists(st.sampled_from(_ALPHABET), max_size=12).map("".join)
        # Many words, some of them more than once: what counts, cuts or orders words shows there.
        words = st.sampled_from([*"pqrstuvw", "Go", "go", "the", "x1"])
        made = [
            letters,
            st.sampled_from(_WORDS),
            st.lists(words, min_size=4, max_size=9).map(" ".join),
        ]
        own = [*self.texts, *self.keys]
        if own:
            made += [st.sampled_from(own), st.builds(_joined, st.sampled_from(own), made[1])]
        return st.one_of(*made)

    def keys_(self) -> Any:
        """Return keys: mostly those that the function reads."""
        st = self.st
        own = [st.sampled_from(self.keys)] * 3 if self.keys else []
        return st.one_of(*own, st.sampled_from(["a", "b", "c", "x", "value"]))

    def anything(self) -> Any:
        """Return a plain value of some type."""
        st = self.st
        return st.one_of(self.integers(), self.floats(), self.text(), st.booleans(), st.none())

    def lists(self, items: Any) -> Any:
        """Return lists: mostly short ones, some with ties, some longer."""
        st = self.st
        few = st.lists(items, min_size=1, max_size=3).flatmap(
            lambda pool: st.lists(st.sampled_from(pool), max_size=8)
        )
        return st.one_of(st.lists(items, max_size=6), few, st.lists(items, min_size=5, max_size=40))

    def dicts(self, keys: Any, values: Any) -> Any:
        """Return dicts, half of them with every key that the function reads."""
        st = self.st
        made = st.dictionaries(keys, values, max_size=6)
        if not self.keys:
            return made
        try:
            full = st.fixed_dictionaries(dict.fromkeys(self.keys, values))
        except TypeError:
            return made
        return st.one_of(full, made, full)

    # Compound annotations

    def _subscript(self, node: ast.Subscript, depth: int) -> Any:
        st = self.st
        name = self.names.meaning(node.value)
        last = name.rpartition(".")[2]
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if last == "Literal":
            values = [literal(n) for n in inner]
            if ... in values:
                raise UnknownShapeError(f"{ast.unparse(node)} holds what is no literal")
            return st.sampled_from(values)
        if name in ("numpy.typing.NDArray", "numpy.ndarray"):
            return self._array(ast.unparse(inner[-1]))
        if last in ("Annotated", "Final", "Required", "NotRequired", "ReadOnly"):
            return self._of(inner[0], depth + 1)
        if last == "Optional":
            return st.one_of(st.none(), self._of(inner[0], depth + 1))
        if last == "Union":
            return st.one_of(*[self._of(n, depth + 1) for n in inner])
        if last in ("tuple", "Tuple"):
            if len(inner) == 2 and literal(inner[1]) is ... and _is_dots(inner[1]):
                return self.lists(self._of(inner[0], depth + 1)).map(tuple)
            parts = [self._of(n, depth + 1) for n in inner if not _is_empty(n)]
            return st.tuples(*parts)
        if last in _LISTS:
            return self.lists(self._of(inner[0], depth + 1))
        if last in _SETS:
            return st.sets(self._of(inner[0], depth + 1), max_size=8)
        if last in ("frozenset", "FrozenSet"):
            return st.frozensets(self._of(inner[0], depth + 1), max_size=8)
        if last in _DICTS and len(inner) == 2:
            keys = self._of(inner[0], depth + 1)
            if isinstance(inner[0], ast.Name) and inner[0].id == "str":
                return self.dicts(self.st.one_of(self.keys_(), keys), self._of(inner[1], depth + 1))
            return st.dictionaries(keys, self._of(inner[1], depth + 1), max_size=6)
        raise UnknownShapeError(f"{ast.unparse(node)} is no type whose values can be made up")

    def _instance(self, node: ast.expr, depth: int) -> Any:
        st = self.st
        shape = self.names.shape(node)
        assert shape is not None
        if shape.kind != "typeddict" and not self.rebuilt:
            raise UnknownShapeError(f"values of {ast.unparse(node)} cannot be sent to the worker")
        if shape.kind == "enum":
            if not shape.members:
                raise UnknownShapeError(f"{ast.unparse(node)} has no members that its text shows")
            return st.sampled_from([shape.made[m] for m in shape.members])
        fields = {f: self._of(a, depth + 1) for f, a in shape.fields.items()}
        if shape.kind == "typeddict":
            must = {f: s for f, s in fields.items() if f not in shape.optional}
            may = {f: s for f, s in fields.items() if f in shape.optional}
            return st.fixed_dictionaries(must, optional=may)
        return st.builds(lambda given: shape.made(**given), st.fixed_dictionaries(fields))

    # Arrays and frames

    def _array(self, dtype: str) -> Any:
        import numpy as np

        last = dtype.rpartition(".")[2]
        if last in ("bool_", "bool"):
            return self.lists(self.st.booleans()).map(lambda v: np.array(v, dtype=bool))
        if last in ("str_", "bytes_", "object_", "datetime64", "complex128"):
            raise UnknownShapeError(f"arrays of {dtype} cannot be made up")
        if "int" in last:
            kind = last if hasattr(np, last) and last not in ("integer", "int") else "int64"
            low = 0 if kind.startswith("uint") else -100
            values = self.lists(self.st.integers(low, 100))
            return values.map(lambda v: np.array(v, dtype=kind))
        kind = last if last in _FLOATS[:3] else "float64"
        return self.lists(self.floats()).map(lambda v: np.array(v, dtype="float64").astype(kind))

    def _table(self, module: str, last: str) -> Any:
        st = self.st
        if last in ("ndarray", "ArrayLike", "NDArray"):
            return self._array("float64")
        if module.startswith("numpy") and hasattr(_numpy(), last):
            scalar = getattr(_numpy(), last)
            if isinstance(scalar, type) and issubclass(scalar, _numpy().floating):
                return self.floats().map(scalar)
            if isinstance(scalar, type) and issubclass(scalar, _numpy().integer):
                return st.integers(0, 100).map(scalar)
        if last not in ("Series", "DataFrame"):
            raise UnknownShapeError(f"{module}.{last} cannot be made up")
        try:
            library: Any = __import__(module)
        except ImportError:
            raise UnknownShapeError(f"{module} is not installed here") from None
        if last == "Series":
            name = self.keys[0] if self.keys else "value"
            values = self.lists(self.floats())
            if module == "polars":
                return values.map(lambda v: library.Series(name, v, dtype=library.Float64))
            return values.map(lambda v: library.Series(v, name=name, dtype="float64"))
        columns = self.keys or ["a", "b", "value"]
        rows = st.lists(st.tuples(*[self.floats()] * len(columns)), max_size=12)
        return rows.map(lambda found: _frame(library, columns, found))


_STANDARD = {
    "", "typing", "typing_extensions", "collections.abc", "collections", "datetime", "decimal",
    "fractions", "uuid", "pathlib", "numbers",
}  # fmt: skip


def _numpy() -> Any:
    import numpy as np

    return np


def _frame(library: Any, columns: list[str], rows: list[tuple[float, ...]]) -> Any:
    data = {c: [float(r[i]) for r in rows] for i, c in enumerate(columns)}
    if library.__name__ == "polars":
        return library.DataFrame(data, schema=dict.fromkeys(columns, library.Float64))
    return library.DataFrame(data, columns=columns, dtype="float64")


def _moment(seconds: int, aware: bool) -> dt.datetime:
    found = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
    return found if aware else found.replace(tzinfo=None)


def _uuid(number: int) -> UUID:
    return UUID(int=number)


def _joined(a: str, b: str) -> str:
    return f"{a} {b}"


def _is_dots(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _is_empty(node: ast.expr) -> bool:
    return isinstance(node, ast.Tuple) and not node.elts
