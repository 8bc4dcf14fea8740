"""The decorated functions this process imported, and those a folder's source text shows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from poet.domain import Domain
from poet.errors import NoSourceError, PoetError
from poet.plugins import domain as find_domain
from poet.spec import FunctionSpec, Options, build_spec, discover
from poet.store import FunctionStore, locate

__all__ = ["Found", "Target", "find", "found_in", "remember", "spec_for", "targets"]

_SKIP = {"node_modules", "site-packages", "__pycache__", "build", "dist"}


class Target(NamedTuple):
    """A decorated function of this process.

    Attributes:
        original: The undecorated function.
        path: Its module's file.
        qualname: Its qualified name.
        options: From the decorator.
    """

    original: Callable[..., Any]
    path: Path
    qualname: str
    options: Options

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from every other function."""
        return (str(self.path), self.qualname)


_targets: dict[tuple[str, str], Target] = {}


def remember(target: Target) -> Target | None:
    """Remember a function as it is decorated; return the one of its file and name before it."""
    before = _targets.get(target.key)
    _targets[target.key] = target
    return before


def targets() -> list[Target]:
    """Return the decorated functions this process imported, in order of import."""
    return list(_targets.values())


class Found(NamedTuple):
    """A decorated function as its source text shows it.

    Attributes:
        path: Its module's file.
        qualname: Its qualified name.
        line: Of its ``def``.
        options: From its decorator; None where they are not literals.
    """

    path: Path
    qualname: str
    line: int
    options: dict[str, Any] | None

    @property
    def store(self) -> FunctionStore:
        """Its versions."""
        return locate(self.path, self.qualname)


def spec_for(
    path: Path, qualname: str, options: Options, *, installed: list[str] | None = None
) -> tuple[FunctionSpec, Domain]:
    """Return the spec of a function, its options settled by its domain, and that domain.

    Raises:
        ConfigError, FunctionError: As the options and the source text give cause.
    """
    where = f"@poet on {qualname} in {path}"
    domain = find_domain(options.domain, where)
    settled = domain.settle(options, where)
    spec = build_spec(
        path,
        qualname,
        settled,
        recipe_epoch=domain.recipe_epoch,
        default_mode=domain.mode,
        installed=installed,
    )
    return spec, domain


def found_in(folder: Path) -> Iterator[Found | PoetError]:
    """Yield the decorated functions in the Python files below ``folder``; nothing is imported.

    A file that cannot be read as Python is yielded as an error, and the rest goes on.
    """
    for path in _python_files(folder):
        try:
            for definition, options in discover(path):
                yield Found(path, definition.qualname, definition.node.lineno, options)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
            yield NoSourceError(f"cannot be read as Python: {error}", where=str(path))


def _python_files(folder: Path) -> Iterator[Path]:
    if folder.is_file():
        yield folder
        return
    for base, folders, files in os.walk(folder):
        folders[:] = sorted(
            f
            for f in folders
            if not f.startswith(".")
            and f not in _SKIP
            and not (Path(base) / f / "pyvenv.cfg").is_file()
        )
        for name in sorted(files):
            if name.endswith(".py") and (Path(base) / name).is_file():  # a FIFO would never end
                yield Path(base) / name


def find(name: str, folder: Path) -> Found:
    """Return the one decorated function below ``folder`` that ``name`` means.

    Args:
        name: ``function``, ``Class.method``, ``module.function`` or ``path/to/file.py:function``.
        folder: Where to look.

    Raises:
        PoetError: None or several; the message lists what there is.
    """
    file, _, qualname = name.rpartition(":")
    candidates = [f for f in found_in(folder) if isinstance(f, Found)]
    if file:
        wanted = Path(file).absolute()
        hits = [f for f in candidates if f.qualname == qualname and f.path.absolute() == wanted]
    else:
        hits = [f for f in candidates if name in (f.qualname, f"{f.path.stem}.{f.qualname}")]
    hits = list({(f.path, f.qualname): f for f in hits}.values())
    if len(hits) == 1:
        return hits[0]
    shown = ", ".join(f"{f.path.relative_to(folder)}:{f.qualname}" for f in hits or candidates)
    what = f"{len(hits)} functions are named {name!r}" if hits else f"no @poet function {name!r}"
    raise PoetError(
        what,
        where=str(folder),
        hint=f"name it by its file: {shown}" if shown else "there is no @poet function here",
    )
