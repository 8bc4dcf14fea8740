"""The samples of a recorded execution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from poet.errors import StatsInputError
from poet_domain_ml_monitoring.learning._reading import Read, read

if TYPE_CHECKING:
    import polars as pl

    from poet.domain import Observed
    from poet.spec import FunctionSpec

__all__ = ["Samples", "argument", "samples_of", "with_argument", "work"]


class Samples(NamedTuple):
    """What an execution compared.

    Attributes:
        current: The rows it was given.
        reference: What it compared them with; None where the function holds that itself.
    """

    current: pl.DataFrame
    reference: pl.DataFrame | None


def samples_of(spec: FunctionSpec, observed: Observed) -> Samples | None:
    """Return what an execution compared, as frames; None where its arguments hold none."""
    found = read(spec)
    if found is None:
        return None
    current = _frame(argument(spec, observed, found.current))
    if current is None:
        return None
    reference = argument(spec, observed, found.reference) if found.reference else None
    return Samples(current, _frame(reference))


def argument(spec: FunctionSpec, observed: Observed, name: str) -> Any:
    """Return an argument of an execution by the parameter's name; None where it was not given."""
    if name in observed.kwargs:
        return observed.kwargs[name]
    at = _position(spec, observed, name)
    return observed.args[at] if at is not None else None


def with_argument(spec: FunctionSpec, observed: Observed, name: str, value: Any) -> Observed:
    """Return an execution with another argument."""
    if name in observed.kwargs:
        return observed._replace(kwargs={**observed.kwargs, name: value})
    at = _position(spec, observed, name)
    if at is None:
        return observed._replace(kwargs={**observed.kwargs, name: value})
    args = list(observed.args)
    args[at] = value
    return observed._replace(args=tuple(args))


def work(spec: FunctionSpec, observed: Observed) -> float:
    """Return how much an execution had to look at: values, of all rows and columns."""
    found: Read | None = read(spec)
    if found is None:
        return 0.0
    total = 0.0
    for name in (found.current, found.reference):
        held = argument(spec, observed, name) if name else None
        frame = _frame(held)
        total += frame.height * frame.width if frame is not None else 0
    return total


def _position(spec: FunctionSpec, observed: Observed, name: str) -> int | None:
    names = [
        p.name for p in spec.parameters if p.kind in ("POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD")
    ]
    if name not in names:
        return None
    at = names.index(name)
    if spec.owner in ("method", "classmethod") and len(observed.args) < len(names):
        # What is kept of a method's call may be without the object it was called on.
        at -= len(names) - len(observed.args) - sum(n in observed.kwargs for n in names)
    return at if 0 <= at < len(observed.args) else None


def _frame(value: Any) -> pl.DataFrame | None:
    """Return columns as a frame, a plain sample as a frame of one; None for anything else."""
    import polars as pl

    from poet_domain_ml_monitoring._frames import as_frame, as_series

    if value is None or isinstance(value, str | bytes | int | float):
        return None
    try:
        rows = isinstance(value, list | tuple) and value and isinstance(value[0], dict)
        if rows or hasattr(value, "columns") or hasattr(value, "keys"):
            return as_frame(value)
        return pl.DataFrame({"": as_series(value)})
    except (StatsInputError, TypeError, ValueError, pl.exceptions.PolarsError):
        return None
