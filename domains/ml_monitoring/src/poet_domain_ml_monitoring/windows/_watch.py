"""One column of a stream watched for a change, whatever its unit."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Self

from poet.errors import StatsInputError, nearest
from poet.stats import ADWIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

__all__ = ["ColumnWatch", "scales_of"]

_MARKS = 256  # marks of a scale of numbers; finer ones tell ADWIN nothing
_LEAST = 10  # values on each side of a cut
_CLEAR = 4.0  # standard errors: the largest of many positions without a change stays below
_CATEGORIES = 1_000  # categories of a scale; rarer ones are all alike


class ColumnWatch:
    """Feeds a column's ranks to a detector.

    Args:
        name: The column.
        marks: Of numbers, ascending values of the sample that ranks are taken among.
        categories: Of categories, their places between 0 and 1, rare ones high; others are at 1.
        detector: What looks for changes of the mean rank.
    """

    __slots__ = ("_categories", "_detector", "_marks", "name")

    def __init__(
        self,
        name: str,
        marks: NDArray[np.float64] | None,
        categories: dict[str, float] | None,
        detector: ADWIN,
    ) -> None:
        self.name = name
        self._marks = marks
        self._categories = categories
        self._detector = detector

    @classmethod
    def of(cls, sample: pl.Series, delta: float) -> Self | None:
        """Take the scale from a sample; None where a column has nothing to watch."""
        import numpy as np
        import polars as pl

        detector = ADWIN(delta)
        if sample.dtype.is_numeric() and sample.dtype != pl.Decimal:
            values = sample.cast(pl.Float64).drop_nulls().drop_nans().to_numpy()
            if not values.size:
                return None
            levels = (np.arange(_MARKS) + 0.5) / _MARKS
            marks = np.quantile(values, levels, method="inverted_cdf")
            return cls(sample.name, marks, None, detector)
        if sample.dtype in (pl.String, pl.Categorical, pl.Enum, pl.Boolean):
            counts = sample.cast(pl.String).drop_nulls().value_counts(name="rows")
            ordered = sorted(counts.rows(), key=lambda row: (-row[1], row[0]))
            total, below, places = sum(row[1] for row in ordered), 0, {}
            for category, rows in ordered[:_CATEGORIES]:
                places[category] = (below + rows / 2) / total
                below += rows
            return cls(sample.name, None, places, detector) if places else None
        return None

    def push(self, values: pl.Series) -> list[int]:
        """Take values in order; return the positions of those that show a change."""
        import numpy as np

        ranks = self._ranks(values)
        present = np.flatnonzero(~np.isnan(ranks))
        return [int(present[at]) for at in self._detector.push(ranks[present])]

    def split(self, values: pl.Series) -> int:
        """Return the position where values that hold a change are best cut; 0 where they hold none.

        It is where the mean ranks on both sides differ most, measured in standard errors (the
        likelihood ratio of a single change of the mean).
        """
        import numpy as np

        ranks = self._ranks(values)
        present = np.flatnonzero(~np.isnan(ranks))
        n = present.size
        if n < 2 * _LEAST:
            return 0
        left = np.arange(_LEAST, n - _LEAST + 1)
        centred = ranks[present] - ranks[present].mean()
        sums = np.cumsum(centred)[left - 1]
        errors = np.abs(sums) * np.sqrt(n / (left * (n - left)))
        best = int(np.argmax(errors))
        clear = errors[best] > _CLEAR * centred.std() and centred.std() > 0
        return int(present[left[best]]) if clear else 0

    def to_dict(self) -> dict[str, Any]:
        """Return all that `from_dict` needs as plain data."""
        return {
            "name": self.name,
            "marks": None if self._marks is None else self._marks.tolist(),
            "categories": self._categories,
            "detector": b64encode(self._detector.state()).decode("ascii"),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Return the watch whose `to_dict` this is."""
        import numpy as np

        marks = None if state["marks"] is None else np.array(state["marks"], np.float64)
        detector = ADWIN.resume(b64decode(state["detector"], validate=True))
        return cls(state["name"], marks, state["categories"], detector)

    def _ranks(self, values: pl.Series) -> NDArray[np.float64]:
        import numpy as np
        import polars as pl

        if self._marks is not None:
            numbers = values.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
            below = np.searchsorted(self._marks, numbers, "left")
            upto = np.searchsorted(self._marks, numbers, "right")
            ranks = (below + upto) / (2 * self._marks.size)
            ranks[np.isnan(numbers)] = np.nan
            return ranks
        texts = values.cast(pl.String, strict=False)
        places = self._categories or {}
        new = list(places)
        ranks_ = texts.replace_strict(
            new, [places[n] for n in new], default=1.0, return_dtype=pl.Float64
        )
        return np.where(texts.is_null().to_numpy(), np.nan, ranks_.to_numpy())


def scales_of(
    sample: pl.DataFrame, columns: Sequence[str] | None, time: str | None, delta: float
) -> dict[str, ColumnWatch]:
    """Return a watch for each column that can be watched, sharing the level among them.

    Raises:
        StatsInputError: There is no column of a name that was asked for.
    """
    names = [name for name in sample.columns if name != time] if columns is None else list(columns)
    for name in names:
        if name not in sample.columns:
            raise StatsInputError(
                f"no column {name!r} to watch{nearest(name, sample.columns)}",
                where="columns",
                hint=f"there are {sample.columns[:20]}",
            )
    level = delta / max(len(names), 1)
    watches = (ColumnWatch.of(sample.get_column(name), level) for name in names)
    return {watch.name: watch for watch in watches if watch is not None}
