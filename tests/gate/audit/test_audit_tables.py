"""The reviewed tables: what they list exists, is no way out, and is what the generator writes."""

import importlib
import re
import subprocess
import sys
import types
import warnings

import pytest

from poet.domain import REVIEWED
from poet.gate.audit import generate, tables
from poet.gate.audit.choice import LIBRARIES
from poet.gate.audit.closed import is_closed

ALL = sorted(LIBRARIES)


def installed(module):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(module)


@pytest.mark.parametrize("library", ALL)
def test_table_is_what_the_generator_writes(library):
    """A table edited by hand, or a choice nobody generated, would decide what is accepted."""
    made_with = tables.read(library).made_with
    if made_with != generate.made_with(library):
        pytest.skip(f"the table is made with {made_with}, not {generate.made_with(library)}")
    written = (tables.FOLDER / f"{library}.txt").read_text(encoding="utf-8")
    # In a process of its own: an expression namespace registered here would be listed as well.
    code = f"from poet.gate.audit import generate; print(generate.table({library!r}), end='')"
    made = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True
    )
    assert made.stdout == written, f"run: make tables, and review the difference {made.stderr}"


@pytest.mark.parametrize("library", ALL)
def test_no_name_is_a_way_out(library):
    """A listed name would be a module, or a function of os, sys or io under another name."""
    bad = []
    for module, names in tables.read(library).modules.items():
        if module == "poet.runtime":
            continue
        found = installed(module)
        for name in names:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = getattr(found, name, None)
            if isinstance(value, types.ModuleType) or name.startswith("_"):
                bad.append(f"{module}.{name}")
            if any(value is closed for closed in (eval, exec, open, compile, __import__, vars)):
                bad.append(f"{module}.{name}")
            if re.match(r"(read|write|scan|sink|load|save|register)_", name):
                bad.append(f"{module}.{name}")
    assert bad == []


def test_no_attribute_is_closed():
    """A closed name would be open because a type happens to have it."""
    assert [n for n in tables.attributes() if is_closed(n)] == []
    special = {"__name__", "__qualname__", "__doc__", "__cause__", "__context__"}
    private = {"_asdict", "_field_defaults", "_fields", "_make", "_replace"}
    assert {n for n in tables.attributes() if n.startswith("_")} == special | private


@pytest.mark.parametrize("library", ALL)
def test_what_is_listed_exists(library):
    """A table would promise names that the installed library does not have."""
    later = set(LIBRARIES[library].later.split())
    for module, names in tables.read(library).modules.items():
        if module == "poet.runtime":
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = installed(module)
            missing = {n for n in names if not hasattr(found, n)}
        if tables.read(library).made_with == generate.made_with(library):
            assert {f"{module}:{n}" for n in missing} <= later


def test_reviewed_opens_the_submodules():
    """A domain would have to list every submodule of a library by hand."""
    opened = tables.granted_modules({"numpy": REVIEWED, "polars": frozenset({"col"})})
    assert "zeros" in opened["numpy"]
    assert "norm" in opened["numpy.linalg"]
    assert opened["polars"] == {"col"}
    assert "polars.selectors" not in opened
    assert "scipy.stats" not in opened


def test_reviewed_of_something_else_opens_nothing():
    """A domain could open any module wholesale with a star."""
    assert tables.granted_modules({"subprocess": REVIEWED})["subprocess"] == frozenset()


def test_generator_checks():
    """CI could not tell a stale table from a good one."""
    done = subprocess.run(
        [sys.executable, "-m", "poet.gate.audit.generate", "--check"],
        capture_output=True,
        text=True,
    )
    same = all(tables.read(n).made_with == generate.made_with(n) for n in ALL)
    assert done.returncode == 0 if same else done.returncode in (0, 1), done.stderr
    assert done.stdout.startswith("changed: ")
