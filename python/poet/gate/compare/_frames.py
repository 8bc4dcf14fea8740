"""Comparing Polars columns: buffer by buffer, and row and column of the first difference."""

from __future__ import annotations

from typing import Any

import numpy as np

from poet.codec import UNVERIFIABLE, decode
from poet.codec._polars import BUFFERS, read_bits
from poet.gate.compare._buffers import unequal
from poet.gate.compare._tolerance import Tolerance

__all__ = ["Columns"]


class Columns:
    """Comparison of columns under one tolerance."""

    def __init__(self, tolerance: Tolerance) -> None:
        self.tolerance = tolerance

    def frame(self, a: dict[str, Any], b: dict[str, Any], path: str) -> str | None:
        """Return the first difference of two frames."""
        names, theirs = ([_label(column) for column in tree["v"]] for tree in (a, b))
        if names != theirs:
            return f"{path} has the columns {_list(theirs)}, expected {_list(names)}"
        if a["n"] != b["n"]:
            return f"{path} has {b['n']:,} rows, expected {a['n']:,}"
        for name, x, y in zip(names, a["v"], b["v"], strict=True):
            found = self.series(x, y, f"{path} column {name}")
            if found:
                return found
        return None

    def series(self, a: dict[str, Any], b: dict[str, Any], path: str) -> str | None:
        """Return the first difference of two columns."""
        for tree in (a, b):
            if tree.get("$") == UNVERIFIABLE:
                return f"{path} is of type {tree.get('type')}, which cannot be compared"
            if tree.get("$") != "series":
                raise ValueError("a column that is no series")
        if a["name"] != b["name"]:
            return f"{path} has the name {_label(b)}, expected {_label(a)}"
        if a["dtype"] != b["dtype"]:
            return f"{path} has dtype {_dtype(b['dtype'])}, expected {_dtype(a['dtype'])}"
        if a["n"] != b["n"]:
            return f"{path} has {b['n']:,} rows, expected {a['n']:,}"
        kind, rows = a["dtype"][0], a["n"]
        nested = kind in ("List", "Array", "Struct")
        if not nested and a["mask"] == b["mask"] and a["v"] == b["v"]:
            return None
        gone = [
            np.zeros(rows, bool) if tree["mask"] is None else read_bits(tree["mask"], rows)
            for tree in (a, b)
        ]
        bad = gone[0] != gone[1]
        if kind in BUFFERS:
            form = np.dtype(BUFFERS[kind])
            x, y = (np.frombuffer(tree["v"], form) for tree in (a, b))
            if len(x) != rows or len(y) != rows:
                raise ValueError("a buffer of another size than its rows")
            bad |= unequal(x, y, self.tolerance) & ~gone[0]
        elif kind == "Boolean":
            bad |= (read_bits(a["v"], rows) != read_bits(b["v"], rows)) & ~gone[0]
        elif nested:
            return self._place(a, b, bad, path) or self._nested(
                a, b, path, np.flatnonzero(~gone[0])
            )
        elif not bad.any():
            ours, theirs = decode(a).to_list(), decode(b).to_list()
            bad = np.fromiter((x != y for x, y in zip(ours, theirs, strict=True)), bool, rows)
            if not bad.any():
                raise ValueError("text that is stored in two ways")
        return self._place(a, b, bad, path)

    def _place(self, a: Any, b: Any, bad: Any, path: str) -> str | None:
        if not bad.any():
            return None
        row = int(bad.argmax())
        ours, theirs = (repr(decode(tree)[row])[:80] for tree in (a, b))
        some = f"; {int(bad.sum()):,} of {len(bad):,} rows differ"
        return " ".join(f"{path} row {row} is {theirs}, expected {ours}{some}".split())

    def _nested(self, a: Any, b: Any, path: str, rows: Any) -> str | None:
        if a["dtype"][0] == "Struct":
            for x, y in zip(a["v"], b["v"], strict=True):
                found = self.series(x, y, f"{path} field {_label(x)}")
                if found:
                    return found
            return None
        sizes = [np.frombuffer(tree["v"][0], "<u8") for tree in (a, b)]
        if len(sizes[0]) != len(rows) or len(sizes[1]) != len(rows):
            raise ValueError("another number of lengths than rows")
        other = sizes[0] != sizes[1]
        if other.any():
            spot = int(other.argmax())
            ours, theirs = (int(lengths[spot]) for lengths in sizes)
            return f"{path} row {int(rows[spot])} has {theirs} items, expected {ours}"
        return self.series(a["v"][1], b["v"][1], f"{path} lists, end to end,")


def _label(tree: Any) -> str:
    return repr(decode(tree["name"])) if type(tree) is dict and "name" in tree else "?"


def _list(names: list[str]) -> str:
    text = ", ".join(names)
    return text if len(text) <= 200 else text[:197] + "..."


def _dtype(tree: Any) -> str:
    return " ".join(str(decode({"$": "pldtype", "v": tree})).split())[:120]
