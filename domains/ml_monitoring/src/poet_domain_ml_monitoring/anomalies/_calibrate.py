"""P-values of scores from rows that the scorer has not seen (conformal inference)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from poet_domain_ml_monitoring.anomalies._scales import Floats

__all__ = ["Calibration", "Views", "excess_p_value"]

# A p-value five times as small, on the scale of surprises.
_HANDICAP = math.log(5)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The scores of held-out reference rows, sorted.

    A new row of the reference's kind is as likely to take any rank among them, whatever the scores
    mean: hence the p-value (Vovk, Gammerman and Shafer, 2005; Bates, Candès, Lei, Romano and Sesia,
    2023).
    """

    held_out: Floats

    @classmethod
    def of(cls, scores: Floats) -> Calibration:
        """Keep the scores of held-out rows."""
        return cls(np.sort(scores))

    def p_values(self, scores: Floats) -> Floats:
        """Return ``(1 + held-out scores as high or higher) / (1 + held-out rows)``."""
        higher = len(self.held_out) - np.searchsorted(self.held_out, scores, side="left")
        return np.asarray((1.0 + higher) / (1.0 + len(self.held_out)), dtype=np.float64)

    def surprise(self, scores: Floats) -> Floats:
        """Return minus the logarithm of the p-value, still rising beyond the highest score."""
        top, high = float(self.held_out[-1]), float(np.quantile(self.held_out, 0.9))
        beyond = np.maximum(scores - top, 0.0) / max(top - high, 1e-9)
        found: Floats = -np.log(self.p_values(scores)) + np.log1p(beyond)
        return found


@dataclass(frozen=True, slots=True)
class Views:
    """Several scores of the same rows, made one: a row is as strange as its strangest view.

    Views before the last are handicapped: they are there for what the last one does not see, a single
    wild feature among many, and should not reorder rows that are usual.
    """

    parts: tuple[Calibration, ...]
    whole: Calibration

    @classmethod
    def of(cls, views: Sequence[Floats]) -> Views:
        """Keep each view's scores of the same held-out rows."""
        parts = tuple(Calibration.of(view) for view in views)
        return cls(parts, Calibration.of(_strangest(parts, views)))

    def judge(self, views: Sequence[Floats]) -> tuple[Floats, Floats]:
        """Return the joint scores and p-values of new rows."""
        scores = _strangest(self.parts, views)
        return scores, self.whole.p_values(scores)


def _strangest(parts: Sequence[Calibration], views: Sequence[Floats]) -> Floats:
    last = len(parts) - 1
    found: Floats = np.max(
        [
            part.surprise(view) - (_HANDICAP if place < last else 0.0)
            for place, (part, view) in enumerate(zip(parts, views, strict=True))
        ],
        axis=0,
    )
    return found


def excess_p_value(flagged: int, rows: int, held_out: int, rate: float) -> float:
    """Return how probable so many flagged rows are where every row is of the reference's kind.

    All p-values share one calibration, so their count is beta-binomial, not binomial: with few
    held-out rows the true rate of flags may well be twice the wanted one.

    Args:
        flagged: Rows whose p-value is at most `rate`.
        rows: Rows there were.
        held_out: Rows of the calibration.
        rate: The wanted share of false alarms.
    """
    a = math.floor(rate * (held_out + 1) + 1e-9)
    b = held_out + 1 - a
    if flagged <= 0 or a == 0:
        return 1.0 if flagged <= 0 else 0.0
    k = np.arange(rows, dtype=float)  # from k to k + 1
    steps = np.log((rows - k) * (k + a)) - np.log((k + 1) * (rows - k - 1 + b))
    first = math.lgamma(rows + b) + math.lgamma(a + b) - math.lgamma(rows + a + b) - math.lgamma(b)
    logs = first + np.concatenate([[0.0], np.cumsum(steps)])
    return float(min(1.0, np.exp(logs[flagged:]).sum()))
