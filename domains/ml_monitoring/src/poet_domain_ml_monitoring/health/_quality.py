"""How good predictions were, once labels are there: losses beside those on the reference.

The loss of each row is averaged, and what was lost since the reference is put beside what the model
gained there over always giving the same best answer: 1 is as good as on the reference, 0 no better
than such a guess. A fall counts only as far as it is certain (a one-sided bound by Welch).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

from poet.errors import StatsInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poet_domain_ml_monitoring.health._config import Metric

    Floats = NDArray[np.float64]

__all__ = ["Losses", "Reference", "losses", "quality"]

_METRICS = {
    "absolute_error": "mean absolute error", "squared_error": "mean squared error",
    "brier": "Brier score", "log_loss": "log loss", "zero_one": "error rate",
}  # fmt: skip
# A probability of 0 for what happened must not make a whole window infinite.
_LEAST = 1e-6


class Losses(NamedTuple):
    """The losses of some rows, summed up."""

    n: int
    total: float
    squares: float

    def __add__(self, other: object) -> Losses:
        """Return both together."""
        if not isinstance(other, Losses):
            return NotImplemented
        return Losses(self.n + other.n, self.total + other.total, self.squares + other.squares)

    @property
    def mean(self) -> float:
        """The mean loss."""
        return self.total / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        """The variance of a row's loss."""
        if self.n < 2:
            return 0.0
        return max(0.0, (self.squares - self.total**2 / self.n) / (self.n - 1))


class Reference(NamedTuple):
    """How good the model was when all was well.

    Attributes:
        metric: The loss.
        classes: The classes of probabilities, in the order of their columns.
        losses: On the reference.
        guess: Mean loss there of the best answer that is always the same.
    """

    metric: Metric
    classes: tuple[Any, ...] | None
    losses: Losses
    guess: float

    @classmethod
    def of(
        cls, labels: Any, predictions: Any, metric: Metric, classes: Sequence[Any] | None
    ) -> Reference:
        """Measure it.

        Raises:
            StatsInputError: Labels and predictions do not fit each other, or there are none.
        """
        import numpy as np

        truth, told = _pair(labels, predictions)
        if not len(truth):
            raise StatsInputError("there are no labels", where="labels")
        if metric == "auto":
            metric = _metric(truth, told)
        if metric in ("brier", "log_loss") and classes is None:
            classes = tuple(sorted({_plain(label) for label in truth}))
            if told.ndim == 1 and set(classes) <= {0, 1}:
                classes = (0, 1)
        found = losses(truth, told, metric, classes)
        if metric == "absolute_error":
            guess = float(np.abs(_numbers(truth) - np.median(_numbers(truth))).mean())
        elif metric == "squared_error":
            guess = float(_numbers(truth).var())
        else:
            shares = np.unique([str(_plain(label)) for label in truth], return_counts=True)[
                1
            ] / len(truth)
            guess = float({
                "zero_one": 1 - shares.max(), "brier": 1 - (shares**2).sum(),
                "log_loss": -(shares * np.log(shares)).sum(),
            }[metric])  # fmt: skip
        return cls(metric, None if classes is None else tuple(classes), found, guess)

    def enough(self, least: int) -> None:
        """Refuse a reference of too few rows.

        Raises:
            StatsInputError: There are fewer labels than `least`.
        """
        if self.losses.n < least:
            raise StatsInputError(
                f"{self.losses.n} labels of at least {least}", where="labels",
                hint="calibrate on more rows, or set HealthConfig(min_labels=…)",
            )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        classes = None if self.classes is None else [_plain(c) for c in self.classes]
        return {
            "metric": self.metric, "classes": classes, "losses": list(self.losses),
            "guess": self.guess,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Reference:
        """Take up what `to_dict` gave."""
        n, total, squares = data["losses"]
        classes = None if data["classes"] is None else tuple(data["classes"])
        return cls(
            data["metric"], classes, Losses(int(n), float(total), float(squares)),
            float(data["guess"]),
        )  # fmt: skip


def quality(
    reference: Reference, current: Losses, confidence: float
) -> tuple[float, str, dict[str, float]]:
    """Return the score from 0 to 1, a sentence, and the numbers."""
    before, now = reference.losses.mean, current.mean
    gain = reference.guess - before
    if gain <= 0:  # the model was no better than a guess; any loss is measured by the guess alone
        gain = reference.guess or 1.0
    error = (reference.losses.variance / reference.losses.n + current.variance / current.n) ** 0.5
    certain = max(0.0, now - before - NormalDist().inv_cdf(confidence) * error)
    score = max(0.0, 1 - certain / gain)
    name = _METRICS[reference.metric]
    detail = f"{name} {before:.3g} → {now:.3g} on {current.n:,} labels; a guess has {reference.guess:.3g}"
    if now > before and certain == 0:
        detail += "; the fall is within what chance gives"
    numbers = {
        "loss": now, "loss_reference": before, "loss_guess": reference.guess,
        "labels": float(current.n), "certain_loss": certain,
    }  # fmt: skip
    return score, detail, numbers


def losses(labels: Any, predictions: Any, metric: Metric, classes: Sequence[Any] | None) -> Losses:
    """Return the losses of rows that have a label; one that is None or NaN has not come yet.

    Raises:
        StatsInputError: Labels and predictions do not fit each other, or the metric.
    """
    import numpy as np

    truth, told = _pair(labels, predictions)
    if not len(truth):
        return Losses(0, 0.0, 0.0)
    if metric == "zero_one":
        each = np.asarray(
            [_plain(a) != _plain(b) for a, b in zip(truth, told, strict=True)], np.float64
        )
    elif metric in ("absolute_error", "squared_error"):
        miss = np.abs(_numbers(truth) - _numbers(told))
        each = miss if metric == "absolute_error" else miss**2
    else:
        each = _of_probabilities(truth, told, metric, classes)
    finite = each[np.isfinite(each)]
    # A prediction that is NaN or infinite is no prediction: it counts as the worst finite one.
    worst = float(finite.max()) if finite.size else 1.0
    each = np.where(np.isfinite(each), each, worst)
    return Losses(len(each), float(each.sum()), float((each**2).sum()))


def _of_probabilities(
    truth: NDArray[Any], told: NDArray[Any], metric: Metric, classes: Sequence[Any] | None
) -> Floats:
    import numpy as np

    chances = _numbers(told)
    if chances.ndim == 1:
        chances = np.column_stack([1 - chances, chances])
    order = {_plain(c): i for i, c in enumerate(classes or ())}
    if len(order) != chances.shape[1]:
        raise StatsInputError(
            f"{chances.shape[1]} columns of probabilities for {len(order)} classes",
            where="predictions",
            hint="name the classes in the order of the columns: HealthConfig(classes=…)",
        )
    unknown = sorted({str(_plain(label)) for label in truth if _plain(label) not in order})
    if unknown:
        raise StatsInputError(
            f"the label {unknown[0]!r} is none of the classes", where="labels",
            hint=f"they are {list(order)}",
        )  # fmt: skip
    if np.nanmin(chances) < -1e-9 or np.nanmax(chances) > 1 + 1e-9:
        raise StatsInputError("a probability is outside 0 to 1", where="predictions")
    index = np.asarray([order[_plain(label)] for label in truth])
    hit = chances[np.arange(len(index)), index]
    if metric == "log_loss":
        each: Floats = -np.log(np.clip(hit, _LEAST, 1.0))
        return each
    one = np.zeros_like(chances)
    one[np.arange(len(index)), index] = 1.0
    squares: Floats = ((chances - one) ** 2).sum(axis=1)
    return squares


def _metric(truth: NDArray[Any], told: NDArray[Any]) -> Metric:
    """Choose the loss by what labels and predictions look like."""
    if told.ndim == 2:
        return "brier"
    kinds = {_plain(label) for label in truth}
    numeric = all(isinstance(k, (int, float)) for k in kinds)
    if (
        numeric
        and kinds <= {0, 1}
        and told.dtype.kind == "f"
        and not {*told.tolist()} <= {0.0, 1.0}
    ):
        return "brier"
    whole = all(
        isinstance(k, (bool, int)) or (isinstance(k, float) and k.is_integer()) for k in kinds
    )
    few = len(kinds) <= 20 and {_plain(p) for p in told} <= kinds
    return "zero_one" if not numeric or (whole and few) else "absolute_error"


def _pair(labels: Any, predictions: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return labels and predictions of the rows whose label has come."""
    import numpy as np

    truth, told = _array(labels), _array(predictions)
    if truth.ndim != 1 or told.ndim not in (1, 2) or len(truth) != len(told):
        raise StatsInputError(
            f"labels of shape {truth.shape} for predictions of shape {told.shape}",
            where="labels",
            hint="give a label for each prediction, None for those that have not come",
        )
    there = np.asarray(
        [label is not None and label == label for label in truth.tolist()], dtype=bool
    )
    return truth[there], told[there]


def _array(values: Any) -> NDArray[Any]:
    import numpy as np

    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    elif isinstance(values, Sequence) and (
        any(value is None for value in values)
        or len({isinstance(value, str) for value in values}) > 1
    ):  # NumPy would turn all of them into text
        values = np.asarray(values, dtype=object)
    return np.asarray(values)


def _numbers(values: NDArray[Any]) -> Floats:
    import numpy as np

    try:
        return values.astype(np.float64)
    except (TypeError, ValueError):
        raise StatsInputError(
            "labels and predictions are not numbers", where="labels",
            hint="for classes set HealthConfig(metric='zero_one')",
        ) from None  # fmt: skip


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
