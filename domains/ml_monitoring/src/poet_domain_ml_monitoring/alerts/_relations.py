"""Which features move together in the reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from poet_domain_ml_monitoring._frames import as_frame
from poet_domain_ml_monitoring._saved import taken

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Ranks = NDArray[np.float32]

__all__ = ["Relations"]

# Pairs are looked for in blocks of this many columns, so that memory stays small.
_BLOCK = 512
# Of a column of text, this many of its most frequent categories are looked at.
_CATEGORIES = 8


@dataclass(frozen=True, slots=True)
class Relations:
    """Absolute rank correlations between features, the strong ones only.

    Attributes:
        pairs: By feature, those it is related to and how strongly, from 0 to 1.
        rows: On how many rows they were measured.
    """

    pairs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    rows: int = 0

    @classmethod
    def fit(
        cls,
        reference: Any,
        *,
        least: float = 0.25,
        most: int = 30,
        max_rows: int = 2_000,
        max_cells: int = 5_000_000,
    ) -> Relations:
        """Measure Spearman's rank correlation between all columns of a reference frame.

        Text and booleans take part by their most frequent categories, each as 0 and 1; the strongest
        counts. Missing values stand at the middle rank, so that they neither add nor take away.

        Args:
            reference: A Polars frame (a lazy one is collected), a pandas frame, a pyarrow Table or a
                mapping of name to column.
            least: The weakest correlation that is kept.
            most: How many relations of a feature are kept, the strongest ones.
            max_rows: With more rows than this, as many evenly spaced ones are looked at.
            max_cells: Of a wide frame fewer rows, so that no more values than this are looked at,
                but at least 500 rows.

        Raises:
            StatsInputError: This is no frame.
        """
        import numpy as np

        frame = as_frame(reference, "reference")
        rows = min(max_rows, max(500, max_cells // max(frame.width, 1)))
        if frame.height > rows:
            frame = frame[np.linspace(0, frame.height - 1, rows).round().astype(np.int64)]
        owners: list[int] = []
        columns: list[Ranks] = []
        for index, column in enumerate(frame.get_columns()):
            for ranks in _ranks(column):
                owners.append(index)
                columns.append(ranks)
        names = frame.columns
        found: dict[str, dict[str, float]] = {}
        for first, second, strength in _strong(columns, np.asarray(owners), least):
            for one, other in ((names[first], names[second]), (names[second], names[first])):
                known = found.setdefault(one, {})
                known[other] = max(known.get(other, 0.0), strength)
        kept = {}
        for name in sorted(found):
            strongest = sorted(found[name].items(), key=lambda item: (-item[1], item[0]))[:most]
            kept[name] = dict(sorted(strongest))
        return cls(kept, frame.height)

    def between(self, first: str, second: str) -> float:
        """Return how strongly two features are related, 0 where it is not known."""
        return self.pairs.get(first, {}).get(second, 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "pairs": {name: dict(related) for name, related in self.pairs.items()},
            "rows": self.rows,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Relations:
        """Take up what `to_dict` gave.

        Raises:
            StatsInputError: Something is missing or of another type.
        """
        with taken("relations"):
            pairs = {
                str(name): {str(other): float(r) for other, r in related.items()}
                for name, related in data["pairs"].items()
            }
            return cls(pairs, int(data["rows"]))


def _ranks(column: pl.Series) -> Iterator[Ranks]:
    """Yield standardised ranks of a column, of text one for each frequent category."""
    import numpy as np
    import polars as pl

    if column.dtype.is_numeric() or column.dtype.is_temporal():
        values = column.fill_nan(None) if column.dtype.is_float() else column
        ranks = values.rank("average").cast(pl.Float64).to_numpy()
        filled = np.where(np.isnan(ranks), np.nanmean(ranks) if values.count() else 0.0, ranks)
        yield from _standard(filled)
        return
    if column.dtype not in (pl.String, pl.Boolean, pl.Categorical) and column.dtype != pl.Enum:
        return
    text = column.cast(pl.String)
    counts = text.drop_nulls().value_counts(sort=False)
    frequent = counts.sort(["count", text.name], descending=[True, False])[text.name]
    for category in frequent.head(_CATEGORIES):
        yield from _standard((text == category).fill_null(value=False).cast(pl.Float64).to_numpy())


def _standard(values: NDArray[np.float64]) -> Iterator[Ranks]:
    import numpy as np

    centred = values - values.mean() if values.size else values
    length = float(np.sqrt(centred @ centred))
    if length > 1e-9:
        yield (centred / length).astype(np.float32)


def _strong(
    columns: list[Ranks], owners: NDArray[np.intp], least: float
) -> Iterable[tuple[int, int, float]]:
    import numpy as np

    for start in range(0, len(columns), _BLOCK):
        left = np.stack(columns[start : start + _BLOCK])
        for other in range(start, len(columns), _BLOCK):
            right = np.stack(columns[other : other + _BLOCK])
            correlation = np.abs(left @ right.T)
            for i, j in zip(*np.nonzero(correlation >= least), strict=True):
                first, second = int(owners[start + i]), int(owners[other + j])
                if first < second:
                    # To four places: sums in another order differ in the last digits of a float32.
                    yield first, second, min(round(float(correlation[i, j]), 4), 1.0)
