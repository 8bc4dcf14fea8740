"""Features that move together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poet_domain_ml_monitoring.seasonality._phase import SamePhase

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.learning._samples import Samples
    from poet_domain_ml_monitoring.reading.strategy import Seasonal

__all__ = ["groups_of"]

_TOGETHER = 0.5  # correlation of what is left without the season
_LEAST_ROWS = 100


def groups_of(
    samples: Sequence[Samples], features: Sequence[str], seasonal: Seasonal | None
) -> list[tuple[str, ...]]:
    """Return groups of features of which every two are correlated in the reference.

    What they share through the season alone is taken off first: two features that are high at noon
    need not move together.
    """
    import numpy as np

    frame = next((s.reference for s in reversed(samples) if s.reference is not None), None)
    if frame is None or frame.height < _LEAST_ROWS:
        return []
    names = [n for n in features if n in frame.columns and frame.schema[n].is_numeric()]
    columns = []
    for name in names:
        values = frame.get_column(name).cast(float).fill_null(np.nan).to_numpy()
        if seasonal is not None and seasonal.time in frame.columns:
            values = SamePhase.residuals(
                frame, name, time=seasonal.time, period=seasonal.period, width=seasonal.width
            )
        columns.append(values)
    if len(columns) < 2:
        return []
    table = np.array(columns)
    table = table[:, np.isfinite(table).all(axis=0)]
    if table.shape[1] < _LEAST_ROWS:
        return []
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = np.abs(np.nan_to_num(np.corrcoef(table)))
    groups: list[list[int]] = []
    for at in range(len(names)):
        home = next((g for g in groups if all(alike[at, other] >= _TOGETHER for other in g)), None)
        if home is None:
            groups.append([at])
        else:
            home.append(at)
    return [tuple(names[i] for i in g) for g in groups if len(g) > 1]
