"""The reviewed tables: text files made by :mod:`poet.gate.audit.generate`, read when first needed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from poet.domain import REVIEWED

__all__ = ["ALWAYS", "FOLDER", "LIBRARIES", "attributes", "granted_modules", "read"]

FOLDER = Path(__file__).parent
ALWAYS = ("stdlib", "poet")
LIBRARIES = ("numpy", "polars", "pandas", "scipy")


class Table(NamedTuple):
    """One library's table.

    Attributes:
        modules: Each module with the names that may be used of it.
        attributes: Public attributes of its types.
        made_with: The versions it was made with.
    """

    modules: dict[str, frozenset[str]]
    attributes: frozenset[str]
    made_with: str


@cache
def read(library: str) -> Table:
    """Return a library's table."""
    sections: dict[str, list[str]] = {}
    names: list[str] = []
    made_with = ""
    for line in (FOLDER / f"{library}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            made_with = line.removeprefix("# made with ")
        elif line.startswith("["):
            names = sections.setdefault(line[1:-1], [])
        else:
            names += line.split()
    attributes = frozenset(sections.pop("attributes"))
    return Table({m: frozenset(n) for m, n in sections.items()}, attributes, made_with)


@cache
def attributes() -> frozenset[str]:
    """Return the attributes of all tables: what a value is cannot be seen from its name."""
    return frozenset().union(*(read(library).attributes for library in (*ALWAYS, *LIBRARIES)))


@cache
def _always() -> dict[str, frozenset[str]]:
    modules: dict[str, frozenset[str]] = {}
    for library in ALWAYS:
        modules |= read(library).modules
    return modules


def granted_modules(grants: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Return each module that may be imported, with the names that may be used of it.

    Args:
        grants: From a domain; ``REVIEWED`` stands for the table of a library with its submodules.
    """
    modules = dict(_always())
    for module, names in grants.items():
        if names >= REVIEWED and module in LIBRARIES:
            for name, table in read(module).modules.items():
                modules[name] = modules.get(name, frozenset()) | table
            modules.setdefault(module, frozenset())  # `import scipy`, then scipy.stats.norm
        modules[module] = modules.get(module, frozenset()) | (names - REVIEWED)
    return modules
