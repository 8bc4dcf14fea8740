"""Rows as an estimator wants them: an array, or a pandas frame where it knows its features by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from poet.errors import StatsInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Rows", "evenly", "feature_names"]


def feature_names(estimator: Any, names: Sequence[str] | None) -> list[str]:
    """Return the features in the order the estimator was fitted on.

    Raises:
        StatsInputError: There are none, or they are not those it was fitted on.
    """
    known = getattr(estimator, "feature_names_in_", None)
    fitted = None if known is None else [str(name) for name in known]
    if names is None:
        if fitted is None:
            raise StatsInputError(
                "the estimator was fitted without names of features",
                where="names",
                hint="pass them in the order of the columns it was fitted on",
            )
        return fitted
    given = [str(name) for name in names]
    if len(set(given)) != len(given):
        twice = next(name for name in given if given.count(name) > 1)
        raise StatsInputError(f"the feature {twice!r} is named twice", where="names")
    if fitted is not None:
        if set(fitted) != set(given):
            other = sorted(set(fitted) ^ set(given))
            raise StatsInputError(
                f"names differ from those the estimator was fitted on in {other[:5]}",
                where="names",
                hint=f"it was fitted on {fitted[:10]}",
            )
        return fitted  # its own order is right, whatever order was given
    count = getattr(estimator, "n_features_in_", None)
    if isinstance(count, int) and count != len(given):
        raise StatsInputError(
            f"{len(given)} names for an estimator of {count} features", where="names"
        )
    return given


def evenly(rows: int, most: int) -> NDArray[np.intp]:
    """Return `most` evenly spaced rows, all where there are fewer."""
    import numpy as np

    if rows <= most:
        return np.arange(rows)
    return np.linspace(0, rows - 1, most).round().astype(np.intp)


class Rows:
    """Rows of features, in the form the estimator was fitted on.

    Attributes:
        data: An array of (rows, features), or a pandas frame.
        chosen: Which rows of what was given these are.
    """

    def __init__(self, data: Any, names: Sequence[str], chosen: NDArray[np.intp]) -> None:
        self.data = data
        self.chosen = chosen
        self._names = list(names)

    @classmethod
    def of(cls, X: Any, names: Sequence[str], estimator: Any, *, max_rows: int) -> Rows:  # noqa: N803
        """Take some evenly spaced rows of a Polars or pandas frame, a mapping or an array.

        Raises:
            StatsInputError: A feature is missing, or the shape is another one.
        """
        import numpy as np

        if hasattr(X, "collect"):  # a lazy frame
            X = X.collect()  # noqa: N806
        columns = getattr(X, "columns", None) if not isinstance(X, dict) else list(X)
        if columns is None:
            array = np.asarray(X)
            if array.ndim != 2 or array.shape[1] != len(names):
                raise StatsInputError(
                    f"rows of shape {array.shape} for {len(names)} features", where="X"
                )
            chosen = evenly(array.shape[0], max_rows)
            taken = {name: array[chosen, i] for i, name in enumerate(names)}
        else:
            present = {str(name) for name in columns}
            missing = [name for name in names if name not in present]
            if missing:
                raise StatsInputError(f"no feature {missing[0]!r} in X", where="X")
            chosen = evenly(len(X[names[0]]), max_rows)
            taken = {name: _values(X[name])[chosen] for name in names}
        if not len(chosen):
            raise StatsInputError("X has no rows", where="X")
        if hasattr(estimator, "feature_names_in_"):
            import pandas as pd

            return cls(pd.DataFrame(taken), names, chosen)
        return cls(np.column_stack(list(taken.values())), names, chosen)

    @property
    def n(self) -> int:
        """How many rows."""
        return int(self.data.shape[0])

    def repeated(self, times: int) -> Rows:
        """Return the rows one after another as often as this."""
        import numpy as np

        index = np.tile(np.arange(self.n), times)
        if hasattr(self.data, "iloc"):
            data = self.data.iloc[index].reset_index(drop=True)
        else:
            data = self.data[index]
        return Rows(data, self._names, self.chosen)

    def put(self, name: str, of: NDArray[np.intp]) -> None:
        """Replace a feature's values by those of these rows, in place."""
        if hasattr(self.data, "iloc"):
            self.data[name] = self.data[name].to_numpy()[of]
        else:
            i = self._names.index(name)
            self.data[:, i] = self.data[of, i]


def _values(column: Any) -> Any:
    import numpy as np

    return column.to_numpy() if hasattr(column, "to_numpy") else np.asarray(column)
