"""Cases from one project to another: a zip of case files and their tables."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from poet.cases._case import Case
from poet.cases.files import read_case, write_case
from poet.errors import CaseError
from poet.files import write_whole
from poet.store.atomic import locked

__all__ = ["Imported", "export_cases", "import_cases"]

MAX_BYTES = 256 << 20
MAX_FILES = 10_000
_EPOCH = (1980, 1, 1, 0, 0, 0)


class Imported(NamedTuple):
    """What an import did: the cases that are new here, and the names of those already here."""

    new: tuple[Case, ...]
    known: tuple[str, ...]


def export_cases(store_folder: Path, names: Sequence[str], target: Path) -> int:
    """Write cases into a zip, the same bytes for the same cases; return how many.

    Args:
        store_folder: The function's folder of versions.
        names: Of the cases.
        target: The zip file; one that is there is replaced.

    Raises:
        CaseError: One of them cannot be read, or there is none.
        OSError: The file cannot be written.
    """
    if not names:
        raise CaseError(f"{store_folder.name} has no such case to export")
    folder = store_folder / "cases"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(names):
            read_case(folder / f"{name}.json")  # nobody can use a damaged one
            files = [folder / f"{name}.json", *sorted((folder / name).glob("*.parquet"))]
            for path in files:
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    write_whole(target, buffer.getvalue())
    return len(names)


def import_cases(store_folder: Path, source: Path) -> Imported:
    """Take the cases of a zip over, each as *proposed*: they gate once somebody here accepts them.

    A case that is here already, under whatever state, is left as it is; another one of the same name
    gets a number.

    Args:
        store_folder: The function's folder of versions.
        source: What :func:`export_cases` wrote.

    Raises:
        CaseError: It is no such zip, or one of its cases cannot be read; nothing was taken over.
    """
    folder = store_folder / "cases"
    with tempfile.TemporaryDirectory() as scratch:
        _unpack(source, Path(scratch))
        found = [read_case(path) for path in sorted(Path(scratch).glob("*.json"))]
    if not found:
        raise CaseError("there is no case in it", where=str(source))
    new, known = [], []
    with locked(store_folder):
        for case in found:
            name, number = case.name, 1
            while (folder / f"{name}.json").exists() and not _same(folder, name, case):
                number += 1
                name = f"{case.name}-{number}"
            if (folder / f"{name}.json").exists():
                known.append(name)
                continue
            taken = case._replace(name=name, status="proposed", origin="import", accepted_by="")
            write_case(folder, taken)
            new.append(taken)
    return Imported(tuple(new), tuple(known))


def _same(folder: Path, name: str, case: Case) -> bool:
    from poet.codec import encode

    here = read_case(folder / f"{name}.json")
    pairs = [[list(c.args), dict(c.kwargs), dict(c.expect), dict(c.outside)] for c in (here, case)]
    return bool(encode(pairs[0]) == encode(pairs[1]))


def _unpack(source: Path, folder: Path) -> None:
    """Write the case files of a zip into a folder; names lead nowhere else.

    Raises:
        CaseError: It is no zip of cases.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            entries = [e for e in archive.infolist() if not e.is_dir()]
            if len(entries) > MAX_FILES or sum(e.file_size for e in entries) > MAX_BYTES:
                raise CaseError(
                    f"it holds more than {MAX_FILES:,} files or {MAX_BYTES:,} bytes",
                    where=str(source),
                )
            for entry in entries:
                parts = entry.filename.split("/")
                plain = all(p and p[0] != "." and "\\" not in p and ":" not in p for p in parts)
                kinds = {1: ".json", 2: ".parquet"}
                if not plain or not parts[-1].endswith(kinds.get(len(parts), "\0")):
                    raise CaseError(
                        f"{entry.filename!r:.100} is no file of a case",
                        where=str(source),
                        hint="import what poet cases export wrote",
                    )
                path = folder.joinpath(*parts)
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(archive.read(entry))
    except (OSError, zipfile.BadZipFile, RuntimeError, EOFError, json.JSONDecodeError) as error:
        if isinstance(error, CaseError):
            raise
        raise CaseError(f"it cannot be read: {error}", where=str(source)) from None
