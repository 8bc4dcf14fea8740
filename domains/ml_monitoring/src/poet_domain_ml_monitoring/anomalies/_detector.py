"""The detector: fit on a reference, look through windows."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from poet.errors import ConfigError, StatsInputError
from poet_domain_ml_monitoring.anomalies._calibrate import Views, excess_p_value
from poet_domain_ml_monitoring.anomalies._encode import Encoder, columns_of
from poet_domain_ml_monitoring.anomalies._models import METHODS, Method, Scorer, choose, scorer
from poet_domain_ml_monitoring.anomalies._report import AnomalyReport, Deviation
from poet_domain_ml_monitoring.anomalies._scales import Floats

if TYPE_CHECKING:
    import polars as pl

__all__ = ["AnomalyDetector"]

# A larger reference is sampled: more rows make no score better that is calibrated on thousands.
_MOST_ROWS = 50_000
# Fewer rows than this are all used for both, in turns; of more, half fit and half calibrate.
_FOLDED_BELOW, _FOLDS = 4_000, 5
# A feature is named in a row's reasons from this many units on.
_NAMED_FROM, _MOST_NAMED = 2.5, 3


@dataclass(frozen=True, slots=True)
class AnomalyDetector:
    """Finds rows unlike any of the reference, in one feature or in how features go together.

    Rows are scored by their furthest feature and, unless ``method="point"``, by a model of
    scikit-learn as well; the stranger of both counts. Scores become p-values by reference rows that
    were held out, so the stated rate of false alarms holds whatever the data look like, as long as
    new rows are drawn like the reference's.

    Attributes:
        method: How rows are scored.
        reason: Why by this method.
        false_alarm_rate: Which share of rows of the reference's kind is called anomalous.
        rows: Rows of the reference that were used.

    Example:
        >>> import numpy as np
        >>> from poet_domain_ml_monitoring import AnomalyDetector
        >>> rng = np.random.default_rng(0)
        >>> size = rng.normal(50, 5, 500)
        >>> detector = AnomalyDetector.fit({"size": size, "price": 3 * size + rng.normal(0, 2, 500)})
        >>> report = detector.check({"size": [50.0, 58.0, 900.0], "price": [150.0, 126.0, 150.0]})
        >>> report.rows.tolist()
        [2, 1]
    """

    method: str
    reason: str
    false_alarm_rate: float
    rows: int
    _encoder: Encoder
    _scorers: tuple[Scorer, ...]
    _views: Views

    @classmethod
    def fit(
        cls,
        reference: Any,
        *,
        method: Method = "auto",
        false_alarm_rate: float = 0.01,
        seed: int = 0,
    ) -> AnomalyDetector:
        """Fit on a reference, which should hold few anomalies itself.

        Args:
            reference: A Polars, pandas or Arrow frame or a mapping of name to column, a row an
                observation. Numbers, texts with repeated values and booleans are looked at; missing
                values count as usual.
            method: ``point``, ``isolation_forest``, ``local_outlier_factor``, ``robust_covariance``, or
                ``auto``: robust covariance where the reference is one ellipsoid, local outlier factor
                up to 20,000 rows, isolation forest beyond.
            false_alarm_rate: Between 0 and 1; the reference needs ``1 / false_alarm_rate`` rows.
            seed: Decides samples, folds and trees; the same input and seed give the same scores.

        Returns:
            The fitted detector.

        Raises:
            ConfigError: No such method or rate, or scikit-learn is needed and not installed.
            StatsInputError: No frame, no feature to look at, or too few rows for the rate.
        """
        if method not in METHODS:
            near = difflib.get_close_matches(str(method), METHODS, 1)
            raise ConfigError(
                f"no method {method!r}" + (f", did you mean {near[0]!r}?" if near else ""),
                where="method", hint=f"there are {', '.join(METHODS)}",
            )  # fmt: skip
        if not 0 < false_alarm_rate < 1:
            raise ConfigError(
                f"{false_alarm_rate} is no rate", where="false_alarm_rate",
                hint="a share of rows such as 0.01",
            )  # fmt: skip
        columns = columns_of(reference, "reference")
        total = len(next(iter(columns.values()), ()))
        rng = np.random.default_rng(seed)
        order = rng.permutation(total)[:_MOST_ROWS]
        used = len(order)
        folded = used < _FOLDED_BELOW
        held_out = used if folded else used - used // 2
        if (held_out + 1) * false_alarm_rate < 1 - 1e-9:
            needed = int(np.ceil(1 / false_alarm_rate)) - 1
            raise StatsInputError(
                f"{used:,} rows cannot hold a false alarm rate of {false_alarm_rate}",
                where="reference",
                hint=f"it takes {needed:,} held-out rows: more rows, or a higher rate",
            )  # fmt: skip
        whole = Encoder.fit(columns)
        if not whole.scales:
            raise StatsInputError(
                "no feature to look at", where="reference", hint=f"skipped: {dict(whole.skipped)}"
            )
        reason = "asked for"
        chosen: str = method
        if method == "auto":
            chosen, reason = choose(whole.matrix(_take(columns, order), used), seed)
        parts = np.array_split(order, _FOLDS if folded else 2)
        scored: list[list[Floats]] = []
        for part in parts if folded else parts[1:]:
            rest = np.sort(np.setdiff1d(order, part))
            encoder, scorers = _fitted(columns, rest, chosen, seed)
            matrix = encoder.matrix(_take(columns, part), len(part))
            scored.append([score(matrix) for score in scorers])
        views = Views.of([np.concatenate(view) for view in zip(*scored, strict=True)])
        if folded:
            encoder, scorers = _fitted(columns, np.sort(order), chosen, seed)
        return cls(chosen, reason, false_alarm_rate, used, encoder, scorers, views)

    def check(self, current: Any) -> AnomalyReport:
        """Look through a window.

        Args:
            current: A frame with the reference's features; further ones are not looked at, missing ones
                count as usual and are listed.

        Returns:
            The report.

        Raises:
            StatsInputError: No frame, none of the features, or numbers that became text.
        """
        columns = columns_of(current, "current")
        if not set(columns) & set(self._encoder.scales):
            raise StatsInputError(
                "none of the reference's features is there", where="current",
                hint=f"there were {list(self._encoder.scales)}",
            )  # fmt: skip
        total = len(next(iter(columns.values())))
        matrix = self._encoder.matrix(columns, total)
        known = ~np.isnan(matrix).all(axis=1)
        scores, p_values = np.full(total, np.nan), np.full(total, np.nan)
        if known.any():
            seen = matrix[known]
            scores[known], p_values[known] = self._views.judge([s(seen) for s in self._scorers])
        found = np.flatnonzero(p_values <= self.false_alarm_rate * (1 + 1e-12))
        rows: NDArray[np.int64] = found[np.lexsort((found, -scores[found]))]
        skipped = dict(self._encoder.skipped) | {
            name: "not in the window" for name in self._encoder.scales if name not in columns
        }
        return AnomalyReport(
            rows=rows,
            scores=scores,
            p_values=p_values,
            features=tuple(self._furthest(columns, matrix[row], int(row)) for row in rows),
            method=self.method,
            reason=self.reason,
            false_alarm_rate=self.false_alarm_rate,
            excess_p_value=excess_p_value(
                len(rows), int(known.sum()), len(self._views.whole.held_out), self.false_alarm_rate
            ),
            unscored=int((~known).sum()),
            skipped=skipped,
        )

    def _furthest(
        self, columns: Mapping[str, pl.Series], deviations: Floats, row: int
    ) -> tuple[Deviation, ...]:
        names = list(self._encoder.scales)
        sizes = np.nan_to_num(np.abs(deviations), nan=0.0)
        order = [
            i for i in np.argsort(-sizes, kind="stable")[:_MOST_NAMED] if sizes[i] >= _NAMED_FROM
        ]
        return tuple(
            Deviation(names[i], _text(columns[names[i]][row]), float(deviations[i])) for i in order
        )


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _take(columns: Mapping[str, pl.Series], rows: NDArray[np.int64]) -> dict[str, pl.Series]:
    return {name: column[rows] for name, column in columns.items()}


def _fitted(
    columns: Mapping[str, pl.Series], rows: NDArray[np.int64], method: str, seed: int
) -> tuple[Encoder, tuple[Scorer, ...]]:
    """Return scales and scores of some rows of the reference: point by point, and by the model."""
    taken = _take(columns, rows)
    encoder = Encoder.fit(taken)
    matrix = encoder.matrix(taken, len(rows))
    methods = ("point",) if method == "point" else ("point", method)
    return encoder, tuple(scorer(name, matrix, seed) for name in methods)
