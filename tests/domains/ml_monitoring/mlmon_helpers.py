"""A user's module in a folder of its own, its detector, and a runner for the domain's checks."""

from __future__ import annotations

import dataclasses
import importlib.util
import itertools
import sys
import textwrap
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from poet.domain import CallCheck, Outcome, Recipe
from poet.runtime._binding import load_code
from poet.runtime._execution import Execution, current_execution
from poet.spec import Evidence, FunctionSpec, Options, build_spec
from poet_domain_ml_monitoring._domain import DOMAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_serial = itertools.count()


class Made(NamedTuple):
    """A user's function beside the detector made for it."""

    spec: FunctionSpec
    recipe: Recipe
    module: Any
    baseline: Callable[..., Any]
    detector: Callable[..., Any]

    def observed(self, *args: Any, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        """Call the detector inside an execution and return its value and facts."""
        return called_in_execution(self.spec, self.detector, *args, **kwargs)


def called_in_execution(
    spec: FunctionSpec, function: Callable[..., Any], *args: Any, **kwargs: Any
) -> tuple[Any, dict[str, Any]]:
    """Call a version inside an execution and return its value and facts."""
    execution = Execution(spec.qualname, "v1")
    token = current_execution.set(execution)
    try:
        value = function(*args, **kwargs)
    finally:
        current_execution.reset(token)
    return value, execution.facts or {}


def spec_of(folder: Path, text: str, name: str, **options: Any) -> FunctionSpec:
    """Write the module and build the spec as the product does."""
    (folder / "pyproject.toml").write_text("[project]\nname = 'app'\n")
    path = folder / f"app_{next(_serial)}.py"
    path.write_text(textwrap.dedent(text))
    parsed = Options.parse({"domain": "ml_monitoring", **options}, str(path))
    settled = DOMAIN.settle(parsed, str(path))
    return build_spec(path, name, settled, recipe_epoch=1, default_mode="enhance")


def make(
    folder: Path, text: str, name: str, *, evidence: Sequence[Evidence] = (), **options: Any
) -> Made:
    """Make the detector for one function of a module, of what production says of it."""
    spec = spec_of(folder, text, name, **options)._replace(evidence=tuple(evidence))
    recipe = DOMAIN.recipe(spec)
    place = importlib.util.spec_from_file_location(spec.module, spec.path)
    assert place is not None
    assert place.loader is not None
    module = importlib.util.module_from_spec(place)
    sys.modules[spec.module] = module
    place.loader.exec_module(module)
    baseline = getattr(module, name)
    file = str(Path(spec.path).with_suffix(".poet.py"))
    detector = load_code(recipe.source, file, name, baseline, spec.user_names)
    return Made(spec, recipe, module, baseline, detector)


def plain(value: Any) -> Any:
    """Return a value as the gate hands it to a check."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {**fields, "__type__": type(value).__name__}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        named = {k: plain(v) for k, v in value._asdict().items()}
        return {**named, "__type__": type(value).__name__}
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(plain(v) for v in value)
    return value


def run(function: Callable[..., Any], check: CallCheck) -> str | None:
    """Run one check and return its verdict: None, or what is wrong."""
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            kind, value, error = "returned", plain(function(*check.args, **check.kwargs)), ""
        except Exception as problem:  # noqa: BLE001 - an outcome like any other
            kind, value, error = "raised", problem.args, type(problem).__name__
    seconds = time.perf_counter() - start
    texts = [str(w.message) for w in caught]
    return check.expect(Outcome(kind, value, error, seconds, (), texts))  # type: ignore[arg-type]


def failures(function: Callable[..., Any], checks: Iterable[CallCheck]) -> dict[str, str]:
    """Run checks and return the ones that fail, with their reason."""
    return {c.name: problem for c in checks if (problem := run(function, c)) is not None}
