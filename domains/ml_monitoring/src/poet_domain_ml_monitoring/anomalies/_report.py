"""What a look for strange rows found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

__all__ = ["AnomalyReport", "Deviation"]

# Rows that the text of a report names.
_MOST = 20


class Deviation(NamedTuple):
    """How one feature of a row differs from the reference.

    Attributes:
        feature: Its name.
        value: Its value in the row, as text.
        units: How many of the reference's own units it is from the median; of a category, about how
            many standard deviations a normal value as improbable is.
    """

    feature: str
    value: str
    units: float


@dataclass(frozen=True, slots=True)
class AnomalyReport:
    """What a look for strange rows found.

    Attributes:
        rows: Which rows are anomalous, counted from 0, the strangest first.
        scores: Of every row, how strange it is; NaN where every feature is missing.
        p_values: Of every row, how probable a reference row as strange is.
        features: Of each of `rows`, the features furthest from the usual, the furthest first.
        method: How rows were scored, ``point`` or the model that was looked at beside it.
        reason: Why this method.
        false_alarm_rate: Which share of rows of the reference's kind is called anomalous.
        excess_p_value: How probable so many anomalous rows are by chance alone: a low one says that
            the window as a whole has more of them than the reference.
        unscored: Rows in which every feature is missing.
        skipped: By feature, why it was not looked at.
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]
    p_values: NDArray[np.float64]
    features: tuple[tuple[Deviation, ...], ...]
    method: str
    reason: str
    false_alarm_rate: float
    excess_p_value: float
    unscored: int = 0
    skipped: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        """Say what was found, the strangest rows first."""
        looked = len(self.scores) - self.unscored
        head = (
            f"{len(self.rows):,} of {looked:,} rows are anomalous, {self.false_alarm_rate:.2g} of all "
            f"are expected by chance (p = {self.excess_p_value:.2g}); {self.method}: {self.reason}"
        )
        lines = [head] + [f"  {self.why(place)}" for place in range(min(len(self.rows), _MOST))]
        if len(self.rows) > _MOST:
            lines.append(f"  and {len(self.rows) - _MOST:,} more")
        if self.unscored:
            lines.append(f"  not looked at: {self.unscored:,} rows without any value")
        lines += [f"  not looked at: {name}: {why}" for name, why in self.skipped.items()]
        return "\n".join(lines)

    @property
    def share(self) -> float:
        """The share of rows that are anomalous, of those that could be scored."""
        scored = len(self.scores) - self.unscored
        return len(self.rows) / scored if scored else 0.0

    def why(self, place: int) -> str:
        """Return in a sentence what is strange about one of `rows`."""
        row = int(self.rows[place])
        parts = [f"{d.feature} = {d.value} ({d.units:+.1f})" for d in self.features[place]]
        said = ", ".join(parts) or "no feature by itself: an unusual combination"
        return f"row {row}: {said}; p = {self.p_values[row]:.2g}"

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each anomalous row: ``row``, ``score``, ``p_value``, ``features``, ``why``."""
        import polars as pl

        return pl.DataFrame(
            {
                "row": self.rows,
                "score": self.scores[self.rows],
                "p_value": self.p_values[self.rows],
                "features": pl.Series(
                    [[d.feature for d in row] for row in self.features], dtype=pl.List(pl.String)
                ),
                "why": pl.Series([self.why(i) for i in range(len(self.rows))], dtype=pl.String),
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the same for the same input; only the anomalous rows' scores."""
        return {
            "method": self.method,
            "reason": self.reason,
            "false_alarm_rate": self.false_alarm_rate,
            "rows_looked_at": len(self.scores),
            "unscored": self.unscored,
            "share": self.share,
            "excess_p_value": self.excess_p_value,
            "skipped": dict(self.skipped),
            "anomalies": [
                {
                    "row": int(row),
                    "score": float(self.scores[row]),
                    "p_value": float(self.p_values[row]),
                    "features": [deviation._asdict() for deviation in self.features[place]],
                }
                for place, row in enumerate(self.rows)
            ],
        }
