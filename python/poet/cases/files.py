"""Case files: small JSON that people review, with tables beside them as Parquet.

    .poet/<function>/cases/<name>.json
    .poet/<function>/cases/<name>/0.parquet

    {"status": "active", "args": [1, 2], "kwargs": {}, "expect": {"equals": 3}, "why": "..."}

A file that a person writes needs ``status``, ``args`` and ``expect``. Values that JSON lacks are
written as ``{"$": kind, …}``.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poet.cases._case import Case
from poet.cases._expect import check_expect
from poet.cases._json import to_json
from poet.cases._values import capture, read_value, table_bytes, table_of
from poet.errors import CaseError
from poet.files import sync_folder
from poet.store.atomic import writable, write_text

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MAX_CASE_BYTES", "read_case", "read_cases", "shown", "write_case"]

MAX_CASE_BYTES = 32 << 20
_STATES = ("proposed", "active", "retired")
_ORIGINS = ("hand", "failure", "judgement", "request", "import")
_NAME = re.compile(r"[^\W.][\w.=+-]{0,120}")


class _Beside:
    """The tables of one case: files in a folder of its name.

    Args:
        folder: That folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables: list[pl.DataFrame] = []

    def put(self, table: pl.DataFrame) -> str:
        for n, known in enumerate(self.tables):
            if known.schema == table.schema and known.equals(table) and _bits(known, table):
                return f"{n}.parquet"
        self.tables.append(table)
        return f"{len(self.tables) - 1}.parquet"

    def get(self, name: str) -> pl.DataFrame:
        if not re.fullmatch(r"\d{1,4}\.parquet", name):
            raise ValueError(f"{name!r:.100} is no table of this case")
        return table_of((self.folder / name).read_bytes())


def _bits(left: pl.DataFrame, right: pl.DataFrame) -> bool:
    """Say whether equal tables are the same bit by bit: 0.0 equals -0.0."""
    from poet.codec import encode

    return bool(encode(left) == encode(right))


def read_cases(folder: Path) -> list[Case]:
    """Return the cases in ``folder`` (a function's ``cases``), in order of their names.

    Raises:
        CaseError: A file is no case; the message says what is missing.
    """
    return [read_case(path) for path in sorted(folder.glob("*.json")) if path.name[0] != "."]


def read_case(path: Path) -> Case:
    """Return the case in a file.

    Raises:
        CaseError: It is no case; the message says what is missing.
    """
    where = str(path)
    source = _Beside(path.with_suffix(""))
    try:
        found = json.loads(path.read_bytes())
        values = {
            key: read_value(found.get(key, default), source, keep=True)
            for key, default in (
                ("args", []),
                ("kwargs", {}),
                ("expect", None),
                ("outside", {}),
                ("names", {}),
            )
        }
        status, origin = found["status"], found.get("origin", "hand")
        case = Case(
            path.name.removesuffix(".json"),
            status,
            tuple(values["args"]),
            dict(values["kwargs"]),
            values["expect"],
            str(found.get("why", "")),
            origin,
            tuple(str(source) for source in found.get("sources", ())),
            str(found.get("execution_id", "")),
            str(found.get("created", "")),
            str(found.get("accepted_by", "")),
            {str(k): tuple(map(tuple, v)) for k, v in dict(values["outside"]).items()},
            {str(k): v for k, v in dict(values["names"]).items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CaseError(
            f"this case cannot be read: {error!r:.300}",
            where=where,
            hint="mend it, or restore it from version control",
        ) from None
    if status not in _STATES:
        raise CaseError(f"status {status!r:.50} is not proposed, active or retired", where=where)
    if origin not in _ORIGINS:
        raise CaseError(f"origin {origin!r:.50} is not one of {', '.join(_ORIGINS)}", where=where)
    return case._replace(expect=_asked(case, where))


def _asked(case: Case, where: str) -> dict[str, Any]:
    expect = check_expect(case.expect, where)
    if "calls" in expect and not case.outside:
        raise CaseError(
            "expect has calls, and outside names nothing that could be counted",
            where=where,
            hint='such as "outside": {"urllib.request.urlopen": [["return", null]]}',
        )
    return expect


class _Told:
    """Tables as a person or a prompt is told of them: their shape and columns."""

    def put(self, table: pl.DataFrame) -> str:
        columns = ", ".join(f"{name}: {dtype}" for name, dtype in list(table.schema.items())[:20])
        return f"{table.height:,} rows of {columns}" + (", …" if table.width > 20 else "")


def shown(case: Case) -> dict[str, Any]:
    """Return what a case calls with and asks for as JSON values, tables told by their columns."""
    found = {}
    for name in ("args", "kwargs", "expect"):
        tree, _ = capture(getattr(case, name), MAX_CASE_BYTES, lazy=True)
        found[name], _ = to_json(tree, _Told())
    found["args"] = found["args"]["v"] if isinstance(found["args"], dict) else found["args"]
    return found


def write_case(folder: Path, case: Case) -> Path:
    """Write a case into ``folder`` (a function's ``cases``), durably and in one step; return its file.

    The tables come first: whoever sees the file finds them.

    Raises:
        CaseError: It cannot be kept, with the reason; nothing was written.
        ReadOnlyStoreError: The folder cannot be written.
        StoreError: The disk is full.
    """
    path = folder / f"{case.name}.json"
    if not _NAME.fullmatch(case.name):
        raise CaseError(f"{case.name!r:.130} cannot be the name of a case", where=str(folder))
    expect = _asked(case, str(path))
    beside = _Beside(path.with_suffix(""))
    row: dict[str, Any] = {"status": case.status}
    values: Mapping[str, Any] = {
        "args": list(case.args),
        "kwargs": dict(case.kwargs),
        "expect": expect,
        **({"outside": _steps(case.outside)} if case.outside else {}),
        **({"names": dict(case.names)} if case.names else {}),
    }
    for name, value in values.items():
        tree, _ = capture(value, MAX_CASE_BYTES, lazy=True)
        row[name], missing = to_json(tree, beside)
        if missing:
            raise CaseError(
                f"its {name} cannot be kept: {'; '.join(missing)[:300]}",
                where=str(path),
                hint="a case holds plain data, arrays, frames and dataclasses",
            )
    row["why"] = case.why
    for name in ("origin", "sources", "execution_id", "created", "accepted_by"):
        value = getattr(case, name)
        if value and value != "hand":
            row[name] = list(value) if name == "sources" else value
    text = json.dumps(row, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if beside.tables:
            _write_tables(beside)
        write_text(path, text)
    return path


def _steps(outside: Mapping[str, Any]) -> dict[str, Any]:
    return {name: [list(step) for step in steps] for name, steps in outside.items()}


def _write_tables(beside: _Beside) -> None:
    """Write the tables of a case; those there already are the same, or a killed writer's."""
    beside.folder.mkdir(exist_ok=True)
    for n, table in enumerate(beside.tables):
        data = table_bytes(table)
        temporary = beside.folder / f".tmp-{secrets.token_hex(6)}"
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(beside.folder / f"{n}.parquet")
        finally:
            temporary.unlink(missing_ok=True)
    sync_folder(beside.folder)
    sync_folder(beside.folder.parent)
