"""Functions and classes as users write them, their monitors, and a runner for the domain's checks."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import textwrap
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mlmon_helpers import called_in_execution, plain, spec_of

from poet.domain import CallCheck, Outcome, Recipe
from poet.runtime._binding import load_code
from poet.spec import FunctionSpec
from poet_domain_ml_monitoring._domain import DOMAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HEAD = """
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import mean, stdev
from typing import NamedTuple, TypedDict

import numpy as np
import pandas as pd
import polars as pl
"""


class Watched(NamedTuple):
    """A user's function beside the monitor made for it."""

    spec: FunctionSpec
    recipe: Recipe
    module: Any
    monitor: Callable[..., Any]

    @property
    def owner(self) -> Any:
        """The class of a method."""
        return getattr(self.module, self.spec.qualname.split(".")[0])

    def observed(self, *args: Any, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        """Call the monitor inside an execution; return its value and facts."""
        return called_in_execution(self.spec, self.monitor, *args, **kwargs)


def spec_for(folder: Path, text: str, name: str, **options: Any) -> FunctionSpec:
    """Write a module with the usual imports and return the function's spec."""
    return spec_of(folder, HEAD + textwrap.dedent(text), name, **options)


def watch(folder: Path, text: str, name: str, **options: Any) -> Watched:
    """Make the monitor for one function or method of a module."""
    spec = spec_for(folder, text, name, **options)
    recipe = DOMAIN.recipe(spec)
    place = importlib.util.spec_from_file_location(spec.module, spec.path)
    assert place is not None
    assert place.loader is not None
    module = importlib.util.module_from_spec(place)
    sys.modules[spec.module] = module
    place.loader.exec_module(module)
    original: Any = module
    for part in name.split("."):
        original = getattr(original, part)
    file = str(Path(spec.path).with_suffix(".poet.py"))
    monitor = load_code(recipe.source, file, spec.name, original, spec.user_names)
    return Watched(spec, recipe, module, monitor)


def failures(
    watched: Watched, checks: Iterable[CallCheck], monitor: Callable[..., Any] | None = None
) -> dict[str, str]:
    """Run checks in this process; return the ones that fail, with their reason.

    Args:
        watched: Brings the user's module.
        checks: To run; those of the baseline are left out.
        monitor: Called instead of the monitor made for the function.
    """
    called = monitor or watched.monitor
    found = {}
    for check in checks:
        if check.subject == "baseline":
            continue
        problem = _run(watched, called, check)
        if problem is not None:
            found[check.name] = problem
    return found


def _run(watched: Watched, called: Callable[..., Any], check: CallCheck) -> str | None:
    args = list(check.args)
    for name, value in check.names.items():
        setattr(watched.module, name, value)
    for name, script in check.outside.items():
        answer = script.steps[0][1]
        setattr(watched.module, name.rpartition(".")[2], lambda *_, _answer=answer, **__: _answer)
    if check.receiver is not None:
        made = watched.owner(*check.receiver.args, **check.receiver.kwargs)
        for before, named, given in check.receiver.before:
            for name, value in given.items():
                setattr(made, name, value)
            with warnings.catch_warnings(), contextlib.suppress(Exception):
                warnings.simplefilter("ignore")
                called(made, *before, **named)
        for name, value in check.receiver.set.items():
            setattr(made, name, value)
        args.insert(0, made)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            kind, value, error = "returned", plain(called(*args, **check.kwargs)), ""
        except Exception as problem:  # noqa: BLE001 - an outcome like any other
            kind, value, error = "raised", problem.args, type(problem).__name__
    texts = [str(w.message) for w in caught]
    return check.expect(Outcome(kind, value, error, 0.0, (), texts))  # type: ignore[arg-type]
