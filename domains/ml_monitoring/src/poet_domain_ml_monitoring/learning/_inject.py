"""Known drift, planted into a window that nobody minded."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from poet_domain_ml_monitoring.learning._reading import read
from poet_domain_ml_monitoring.learning._samples import argument, samples_of, with_argument
from poet_domain_ml_monitoring.learning._season import time_column_of
from poet_domain_ml_monitoring.reading.strategy import read_strategy

if TYPE_CHECKING:
    import polars as pl

    from poet.domain import Observed
    from poet.spec import FunctionSpec

__all__ = ["inject"]

_SIZES = (3.0, 4.0)  # standard deviations of the reference
_SHARE = 0.6  # of a category's rows that turn into another one


def inject(spec: FunctionSpec, observed: Observed, seed: int) -> Sequence[Observed]:
    """Return copies of an execution with drift: one upwards, one downwards.

    Half of the features or more have drifted in each, by three to four standard deviations of the
    reference, or in 60 % of the rows where they are categories: nobody would call that none.

    Args:
        spec: The function; features that it leaves out are not changed.
        observed: A silent execution.
        seed: Of what is drawn, together with the execution's id.
    """
    known, samples = read(spec), samples_of(spec, observed)
    if known is None or samples is None or not samples.current.height:
        return ()
    reference = samples.reference if samples.reference is not None else samples.current
    time = time_column_of(reference)
    left_out = {*read_strategy(spec).left_out, *known.skipped, time}
    named = known.columns or samples.current.columns
    names = [
        n
        for n in samples.current.columns
        if n in named
        and n not in left_out
        and n in reference.columns
        and samples.current[n].drop_nulls().len() >= known.min_samples
    ]
    original = argument(spec, observed, known.current)
    copies = []
    for number, sign in enumerate((1.0, -1.0)):
        text = f"{seed} {observed.execution_id} {number}"
        digest = hashlib.sha256(text.encode()).hexdigest()
        draw = random.Random(int(digest, 16))  # noqa: S311 - which features, not a secret
        chosen = sorted(draw.sample(names, max(1, (len(names) + 1) // 2))) if names else []
        frame = samples.current
        changed = False
        for name in chosen:
            column = _moved(frame[name], reference[name], sign * draw.uniform(*_SIZES), draw)
            if column is not None:
                frame, changed = frame.with_columns(column.alias(name)), True
        if not changed:
            continue
        value = _like(frame, original)
        if value is None:
            continue
        copy = with_argument(spec, observed, known.current, value)
        copies.append(
            copy._replace(
                execution_id=f"{observed.execution_id}+drift{number}",
                label=True,
                alarm=None,
                confidence=1.0,
                reasons={},
                injected=True,
            )
        )
    return copies


def _moved(
    current: pl.Series, reference: pl.Series, by: float, draw: random.Random
) -> pl.Series | None:
    import polars as pl

    if current.dtype.is_numeric():
        spread = reference.cast(pl.Float64).drop_nans().std()
        if not isinstance(spread, float) or not spread > 0:
            return None
        moved = current.cast(pl.Float64) + by * spread
        return moved.round().cast(current.dtype) if current.dtype.is_integer() else moved
    if current.dtype in (pl.String, pl.Categorical, pl.Enum, pl.Boolean):
        kinds = reference.drop_nulls().unique().sort().to_list()
        if len(kinds) < 2:
            return None
        counts = {kind: int((reference == kind).sum()) for kind in kinds}
        rare = min(kinds, key=lambda kind: (counts[kind], str(kind)))
        values = [rare if v is not None and draw.random() < _SHARE else v for v in current]
        return pl.Series(current.name, values, dtype=current.dtype)
    return None


def _like(frame: pl.DataFrame, original: Any) -> Any:
    """Return a frame in the form of the original argument; None for a form that is not known."""
    import polars as pl

    if isinstance(original, pl.DataFrame):
        return frame
    if type(original).__module__.partition(".")[0] == "pandas":
        if hasattr(original, "columns"):
            made = original.copy()
            for name in frame.columns:
                made[name] = frame[name].to_numpy()
            return made
        made = original.copy()
        made[:] = frame.to_series(0).to_numpy()
        return made
    if isinstance(original, dict):
        return {name: _column(frame[name], original[name]) for name in original}
    if isinstance(original, list) and original and isinstance(original[0], dict):
        return frame.to_dicts()
    return _column(frame.to_series(0), original)


def _column(values: pl.Series, original: Any) -> Any:
    import polars as pl

    if isinstance(original, pl.Series):
        return values.alias(original.name)
    if isinstance(original, tuple):
        return tuple(values.to_list())
    if isinstance(original, list):
        return values.to_list()
    return values.to_numpy()
