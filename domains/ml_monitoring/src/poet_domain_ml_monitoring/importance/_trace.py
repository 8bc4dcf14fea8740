"""From the columns that a pipeline's last step sees back to the features that went in."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from poet.errors import StatsInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["chain", "shares", "steps_of"]

# Marks in names that no real name has, so that "city_Oslo" is told from a feature of that name.
_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000(\\d+)\ue001")


def steps_of(estimator: Any) -> tuple[list[Any], Any]:
    """Return the transformers before the last step, and the last step."""
    before: list[Any] = []
    while hasattr(estimator, "best_estimator_") or hasattr(estimator, "steps"):
        if hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
            continue
        *first, (_, estimator) = estimator.steps
        before += [step for _, step in first if step is not None and step != "passthrough"]
    return before, estimator


def shares(transformer: Any, names: list[str]) -> Floats:
    """Return how much of each output column belongs to each input, of shape (inputs, outputs).

    A column adds up to 1: an output that several inputs make, such as a product, is shared evenly,
    one of a projection by its squared loadings.

    Raises:
        StatsInputError: The transformer does not say.
    """
    import numpy as np

    if hasattr(transformer, "steps"):
        return chain([step for _, step in transformer.steps if step != "passthrough"], names)
    if hasattr(transformer, "transformers_") and hasattr(transformer, "output_indices_"):
        return _side_by_side(transformer, names)
    if hasattr(transformer, "transformer_list"):
        parts = [shares(part, names) for _, part in transformer.transformer_list]
        return np.hstack(parts)
    loadings = getattr(transformer, "components_", None)
    if loadings is not None and np.ndim(loadings) == 2 and loadings.shape[1] == len(names):
        squared: Floats = np.asarray(loadings, dtype=np.float64).T ** 2
        total: Floats = squared.sum(axis=0)
        return squared / np.where(total > 0, total, 1.0)
    return _by_names(transformer, names)


def chain(steps: list[Any], names: list[str]) -> Floats:
    """Return the shares of several transformers one after another."""
    import numpy as np

    total = np.eye(len(names))
    current = names
    for step in steps:
        one = shares(step, current)
        total = total @ one
        current = [str(i) for i in range(one.shape[1])]
    return total


def _side_by_side(transformer: Any, names: list[str]) -> Floats:
    import numpy as np

    parts = {name: (part, columns) for name, part, columns in transformer.transformers_}
    width = max((s.stop for s in transformer.output_indices_.values()), default=0)
    total = np.zeros((len(names), width))
    for name, span in transformer.output_indices_.items():
        if span.stop == span.start or name not in parts:
            continue
        part, columns = parts[name]
        inputs = _positions(columns, names)
        chosen = [names[i] for i in inputs]
        keeps = isinstance(part, str)  # "passthrough"
        total[inputs, span] = np.eye(len(inputs)) if keeps else shares(part, chosen)
    return total


def _positions(columns: Any, names: list[str]) -> list[int]:
    import numpy as np

    if isinstance(columns, slice):
        return list(range(len(names)))[columns]
    if isinstance(columns, (str, int)):
        columns = [columns]
    found = np.asarray(columns)
    if found.dtype == bool:
        return [int(i) for i in np.flatnonzero(found)]
    return [names.index(c) if isinstance(c, str) else int(c) for c in columns]


def _by_names(transformer: Any, names: list[str]) -> Floats:
    """Ask for the names of the outputs, with marks for the names of the inputs."""
    import numpy as np

    marks = [_MARK.format(i) for i in range(len(names))]
    # A transformer that was fitted on a frame answers to its own names only.
    unnamed = copy.copy(transformer)
    vars(unnamed).pop("feature_names_in_", None)
    try:
        outputs = [str(name) for name in unnamed.get_feature_names_out(marks)]
    except (AttributeError, ValueError, TypeError):
        outputs = []
    owners = [sorted({int(i) for i in _MARKED.findall(name)}) for name in outputs]
    if not owners or not all(owners):
        raise StatsInputError(
            f"{type(transformer).__name__} does not say which feature each of its outputs is made of",
            where="estimator",
            hint="pass X and y: the features are then shuffled before the whole pipeline",
        )
    total = np.zeros((len(names), len(outputs)))
    for output, found in enumerate(owners):
        total[found, output] = 1 / len(found)
    return total
