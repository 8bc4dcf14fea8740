"""Build the reference from the docstrings into ``site/``: ``python docs/reference.py [FOLDER]``."""

from __future__ import annotations

import importlib
import sys
import warnings
from pathlib import Path
from types import ModuleType

import pdoc

MODULES = (
    "poet",  # with poet.events and poet.capture, which it exports
    "poet.cases",
    "poet.learn",
    "poet.stats",
    "poet.domain",
    "poet.hookspecs",
    "poet.runtime",
    "poet.testing",
    "poet.errors",
    "poet_domain_ml_monitoring",
)


def _load(module: ModuleType) -> None:
    """Fetch what is imported at its first use: pdoc looks without asking for it."""
    for name in getattr(module, "__all__", ()):
        value = getattr(module, name)
        vars(module)[name] = value
        if isinstance(value, ModuleType):
            _load(value)


def _place(value: object) -> None:
    """Let a named tuple say which module its annotations are read in, as other classes do."""
    if isinstance(value, type) and issubclass(value, tuple) and hasattr(value, "_fields"):
        value.__new__.__module__ = value.__module__


def main(folder: Path) -> None:
    """Write the pages; a type that cannot be read is an error."""
    warnings.simplefilter("error")
    # What poet.stats shows of the native module has type aliases that only its stub holds.
    warnings.filterwarnings("ignore", r"Failed to run TYPE_CHECKING code .* poet\._native")
    for name in MODULES:
        _load(importlib.import_module(name))
    for name, module in list(sys.modules.items()):
        if name.startswith("poet"):
            for value in list(vars(module).values()):
                _place(value)
    pdoc.pdoc(*MODULES, output_directory=folder)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "site"))
