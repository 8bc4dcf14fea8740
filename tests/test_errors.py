"""Every error: a stable code, a place in the tree, and what, where and what next."""

from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil
import re

import pytest

import poet
from poet import errors
from poet.errors import PoetError


def every(cls: type[PoetError]) -> list[type[PoetError]]:
    return [cls, *(found for child in cls.__subclasses__() for found in every(child))]


for module in pkgutil.walk_packages(poet.__path__, "poet."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
ALL = every(PoetError)
STABLE = {
    "PoetError": "POET000", "ConfigError": "POET101", "UnknownDomainError": "POET102",
    "FunctionError": "POET201", "NoSourceError": "POET202", "DuplicateFunctionError": "POET203",
    "StoreError": "POET301", "VersionNotFoundError": "POET302", "TamperedVersionError": "POET303",
    "PromoteConflictError": "POET304", "ReadOnlyStoreError": "POET305",
    "VersionStateError": "POET401", "GenerationError": "POET501", "RecipeRefusedError": "POET502",
    "SandboxUnavailableError": "POET503",
    "PluginError": "POET601", "EventError": "POET701", "StatsInputError": "POET801",
    "RuntimeTypeError": "POET901",
}  # fmt: skip


def test_codes_are_stable():
    """A search for a code, or a program that compares it, would find another error."""
    found = {cls.__name__: cls.code for cls in ALL}
    assert {name: found.get(name) for name in STABLE} == STABLE


def test_codes_are_unique():
    """Two errors could not be told apart by their code."""
    codes = [cls.code for cls in ALL]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"POET\d{3}", code) for code in codes)
    assert all("code" in vars(cls) for cls in ALL), "a code was inherited"


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_error_stands_in_the_tree(cls):
    """The page that explains all errors would not list this one, or put it elsewhere."""
    assert cls.__module__ == "poet.errors"
    assert cls.__name__ in errors.__all__
    assert cls.__doc__
    lines = (errors.__doc__ or "").splitlines()
    tree = lines[lines.index("PoetError") :]
    rows = [n for n, line in enumerate(tree) if re.search(rf"(^|─ ){cls.__name__}( |$)", line)]
    assert len(rows) == 1
    (row,) = rows
    if cls is PoetError:
        return
    assert f" {cls.code} " in tree[row]
    columns = [re.search(r"\w", line) for line in tree]
    column = columns[row]
    assert column is not None
    above = next(
        line for line, start in zip(reversed(tree[:row]), reversed(columns[:row]), strict=True)
        if start is not None and start.start() < column.start()
    )  # fmt: skip
    parent = re.search(r"\w+", above)
    assert parent is not None
    assert parent[0] == cls.__mro__[1].__name__


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_error_crosses_a_process(cls, protocol):
    """An error from a worker process would arrive without its message, or crash the pool."""
    given = cls("what ü", where="file.py:3", hint="do this")
    given.add_note("a note")
    for twin in (
        pickle.loads(pickle.dumps(given, protocol)),
        copy.copy(given),
        copy.deepcopy(given),
    ):
        assert type(twin) is cls
        assert (twin.what, twin.where, twin.hint) == ("what ü", "file.py:3", "do this")
        assert str(twin) == str(given)


def test_text():
    """The reader would not see which place is meant and what to do next."""
    error = errors.StoreError("it broke", where="here", hint="mend it")
    assert str(error) == "[POET301] it broke\n  where: here\n  next:  mend it"
    assert str(errors.StoreError("it broke")) == "[POET301] it broke"


def test_kinds_of_python():
    """Code that catches Python's own kinds of error would miss POET's."""
    for cls, kind in (
        (errors.ConfigError, ValueError),
        (errors.FunctionError, TypeError),
        (errors.VersionNotFoundError, LookupError),
        (errors.ReadOnlyStoreError, PermissionError),
        (errors.EventError, ValueError),
        (errors.StatsInputError, ValueError),
        (errors.RuntimeTypeError, TypeError),
    ):
        assert issubclass(cls, kind)
    assert not issubclass(errors.PoetWarning, PoetError)


def test_nearest_name():
    """A misspelt name would be answered with a wrong guess, or with none."""
    assert errors.nearest("domian", ["domain", "config"]) == ", did you mean 'domain'?"
    assert errors.nearest("zzz", ["domain", "config"]) == ""
    assert errors.nearest("x", None) == ""
