"""Files as lazy frames: found by path, folder or pattern, read by what they are."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poet.errors import ConfigError, StatsInputError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["NO_ROWS", "Source", "find_files", "open_source", "reading"]

_FORMATS = {
    ".parquet": "parquet", ".pq": "parquet",
    ".csv": "csv", ".tsv": "tsv",
    ".arrow": "ipc", ".ipc": "ipc", ".feather": "ipc",
    ".ndjson": "ndjson", ".jsonl": "ndjson",
}  # fmt: skip
_MAGIC = {b"PAR1": "parquet", b"ARROW1": "ipc"}
# Rows from which the types of columns of text files are told.
_INFERRED = 10_000
_NAMED = 8


@dataclass(frozen=True, slots=True)
class Source:
    """Files that hold one frame.

    Attributes:
        role: ``reference`` or ``current``.
        paths: The files, in order.
        lazy: All of them together.
        schema: Name and type of each column.
        rows: How many rows there are, None where counting them means reading everything.
        text: Whether the types were inferred from text.
    """

    role: str
    paths: tuple[Path, ...]
    lazy: pl.LazyFrame
    schema: dict[str, pl.DataType]
    rows: int | None
    text: bool

    @property
    def title(self) -> str:
        """What to call it: the name of its file, and how many there are."""
        rest = len(self.paths) - 1
        return self.paths[0].name + (f" and {rest} more" if rest else "")


def open_source(role: str, given: Sequence[str]) -> Source:
    """Open files for lazy reading; only their heads are read.

    Args:
        role: What the files are for.
        given: Paths of files, of folders (all files in them that can be read) and patterns.

    Raises:
        ConfigError: A path or pattern that no file answers to.
        StatsInputError: Damaged or empty files, several kinds of files, or parts with other columns.
    """
    import polars as pl

    paths = tuple(path for text in given for path in find_files(role, text, tuple(_FORMATS)))
    kinds = {_format(role, path): path for path in paths}
    if len(kinds) > 1:
        (one, first), (other, second), *_ = kinds.items()
        raise StatsInputError(
            f"the {role} files are of several kinds: {first.name} is {one}, {second.name} is {other}",
            where=role, hint="give files of one kind",
        )  # fmt: skip
    ((kind, _),) = kinds.items()
    scan = _scan(kind)
    schema = _one_schema(role, paths, scan)
    with reading(role, paths):
        frame = scan(list(paths))
        rows = frame.select(pl.len()).collect().item() if kind in ("parquet", "ipc") else None
    if not schema:
        raise StatsInputError(f"the {role} files have no column", where=str(paths[0]), hint=NO_ROWS)
    if rows == 0:
        raise StatsInputError(f"the {role} files have no row", where=_where(paths), hint=NO_ROWS)
    return Source(role, paths, frame, schema, rows, kind in ("csv", "tsv", "ndjson"))


@contextmanager
def reading(role: str, paths: Sequence[Path]) -> Iterator[None]:
    """Turn what Polars says of files it cannot read into a problem of the data."""
    import polars as pl

    try:
        yield
    except (pl.exceptions.PolarsError, OSError, UnicodeError) as error:
        raise StatsInputError(
            f"the {role} rows cannot be read: {_first_line(error)}",
            where=_where(paths),
            hint=NO_ROWS,
        ) from error
    except BaseException as error:
        # What a decoder did not foresee reaches Python as a panic, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise StatsInputError(
            f"the {role} file is damaged: {_first_line(error)}", where=_where(paths), hint=NO_ROWS
        ) from None


NO_ROWS = "see whether whatever writes these files has finished, and written them whole"


def find_files(role: str, text: str, suffixes: Sequence[str]) -> list[Path]:
    """Return the file, the files of a folder that end in one of these, or those of a pattern.

    Raises:
        ConfigError: There is none.
    """
    path = Path(text)
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.suffix.lower() in suffixes and p.is_file())
        what = f"the folder {text} holds no file that can be read"
    elif path.exists():
        return [path]
    else:
        found = sorted(Path(p) for p in glob.glob(text, recursive=True))  # noqa: PTH207 - may be absolute
        what = f"no file {text}" if not glob.has_magic(text) else f"no file matches {text}"
    if not found:
        hint = f"give paths, folders or patterns of {', '.join(suffixes)} files"
        raise ConfigError(what, where=role, hint=hint)
    return found


def _format(role: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(6)
    except OSError as error:
        raise StatsInputError(
            f"the {role} rows cannot be read: {error.strerror}", where=str(path), hint=NO_ROWS
        ) from error
    if not start:
        raise StatsInputError(f"the {role} file is empty", where=str(path), hint=NO_ROWS)
    known = _FORMATS.get(path.suffix.lower())
    if known is not None:
        return known
    for magic, kind in _MAGIC.items():
        if start.startswith(magic):
            return kind
    hint = f"rename it to one of {', '.join(sorted(_FORMATS))}"
    raise StatsInputError(
        f"no telling what kind of file the {role} file is", where=str(path), hint=hint
    )


def _takes_glob(scan: Callable[..., Any]) -> bool:
    return "glob" in signature(scan).parameters


def _scan(kind: str) -> Callable[[list[Path]], pl.LazyFrame]:
    import polars as pl

    scans: dict[str, Callable[..., Any]] = {
        "parquet": partial(pl.scan_parquet, glob=False),
        # Polars 1.30 takes brackets in the names of IPC files for patterns, and has no way out.
        "ipc": partial(pl.scan_ipc, glob=False) if _takes_glob(pl.scan_ipc) else pl.scan_ipc,
        "csv": partial(
            pl.scan_csv, infer_schema_length=_INFERRED, try_parse_dates=True, glob=False
        ),
        "tsv": partial(
            pl.scan_csv,
            separator="\t",
            infer_schema_length=_INFERRED,
            try_parse_dates=True,
            glob=False,
        ),
        "ndjson": partial(pl.scan_ndjson, infer_schema_length=_INFERRED),
    }
    return scans[kind]


def _one_schema(
    role: str, paths: Sequence[Path], scan: Callable[[list[Path]], pl.LazyFrame]
) -> dict[str, pl.DataType]:
    """Return the columns that all parts share, or say in which they differ."""
    first: dict[str, pl.DataType] = {}
    for at, path in enumerate(paths):
        with reading(role, [path]):
            schema = dict(scan([path]).collect_schema())
        if at == 0:
            first = schema
        elif schema != first:
            raise StatsInputError(
                f"the {role} files differ: {_difference(first, schema)}",
                where=f"{paths[0]} and {path}",
                hint="give parts that have the same columns of the same types",
            )
    return first


def _difference(first: dict[str, Any], other: dict[str, Any]) -> str:
    for name in [*first, *other]:
        if name not in other:
            return f"{name!r} is only in the first"
        if name not in first:
            return f"{name!r} is only in the second"
        if first[name] != other[name]:
            return f"{name!r} is {first[name]} in the first, {other[name]} in the second"
    return "the order of the columns"


def _where(paths: Sequence[Path]) -> str:
    shown = ", ".join(str(p) for p in paths[:_NAMED])
    return shown + (f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else "")


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
