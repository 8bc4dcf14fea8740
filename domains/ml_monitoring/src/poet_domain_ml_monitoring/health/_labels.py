"""Predictions that wait for their labels, which come hours or weeks later and in parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from poet.errors import StatsInputError, nearest
from poet_domain_ml_monitoring._clock import elapsed, from_text, to_text
from poet_domain_ml_monitoring.health._quality import Losses, losses

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.health._quality import Reference

__all__ = ["Waiting"]


@dataclass(slots=True)
class _Window:
    """The predictions of one check and the labels that have come."""

    began: datetime
    predictions: list[Any]  # emptied when every label has come
    labels: list[Any]
    done: Losses | None = None

    def measured(self, reference: Reference) -> Losses:
        if self.done is not None:
            return self.done
        return losses(self.labels, self.predictions, reference.metric, reference.classes)


class Waiting:
    """The windows whose labels may still come, the oldest first.

    Args:
        windows: How many are kept at most.
        rows: How many predictions in all; the oldest windows are let go first.

    Attributes:
        let_go: How many windows were dropped before all their labels had come.
    """

    def __init__(self, windows: int, rows: int) -> None:
        self._most = windows
        self._rows = rows
        self._windows: dict[str, _Window] = {}
        self.let_go = 0

    def add(self, execution: str, predictions: Any, began: datetime) -> None:
        """Keep the predictions of a check."""
        told = plain_list(predictions)
        self._windows.pop(execution, None)  # checked again: it is the latest
        self._windows[execution] = _Window(began, told, [None] * len(told))
        while len(self._windows) > self._most or (
            len(self._windows) > 1
            and sum(len(w.predictions) for w in self._windows.values()) > self._rows
        ):
            gone = self._windows.pop(next(iter(self._windows)))
            self.let_go += gone.done is None

    def take(
        self, execution: str, predictions: Any, labels: Any, now: datetime,
        reference: Reference | None,
    ) -> None:  # fmt: skip
        """Keep the predictions of a check and the labels that are there already, both or neither.

        Raises:
            StatsInputError: Labels without predictions, or that do not fit them.
        """
        if predictions is None:
            if labels is not None:
                raise StatsInputError(
                    "labels without predictions", where="labels",
                    hint="pass predictions too; for those of an earlier check use label()",
                )  # fmt: skip
            return
        before, let_go = dict(self._windows), self.let_go
        try:
            self.add(execution, predictions, now)
            if labels is not None:
                self.label(execution, labels, reference)
        except StatsInputError:
            self._windows, self.let_go = before, let_go
            raise

    def measured_anew(self) -> None:
        """Let go of what was measured by another reference."""
        self._windows = {name: w for name, w in self._windows.items() if w.done is None}

    def label(self, execution: str, labels: Any, reference: Reference | None) -> int:
        """Take labels of a check: one for each row, None for those to come, or by the row's number.

        Returns:
            How many rows of the check have a label now.

        Raises:
            StatsInputError: There is no such check, or no such row, or more labels than rows.
        """
        window = self._windows.get(execution)
        if window is None:
            raise StatsInputError(
                f"no predictions of {execution!r} wait for labels"
                f"{nearest(execution, list(self._windows))}",
                where="execution_id",
                hint=f"assess(report, predictions=…) keeps those of the last {self._most} checks",
            )
        if window.done is not None:
            return window.done.n
        rows = len(window.predictions)
        if isinstance(labels, Mapping):
            told = {int(row): _item(label) for row, label in labels.items()}
        else:
            told = dict(enumerate(plain_list(labels)))
            if len(told) != rows:
                raise StatsInputError(
                    f"{len(told)} labels for {rows} predictions of {execution!r}", where="labels",
                    hint="give None for those that have not come, or a mapping of row to label",
                )  # fmt: skip
        wrong = [row for row in told if not 0 <= row < rows]
        if wrong:
            raise StatsInputError(
                f"no row {wrong[0]} in {execution!r}, which has {rows}", where="labels"
            )
        taken = list(window.labels)
        for row, label in told.items():
            if label is not None and label == label:
                taken[row] = label
        if reference is not None:  # labels that do not fit are refused before they are kept
            losses(taken, window.predictions, reference.metric, reference.classes)
        window.labels = taken
        count = sum(label is not None for label in taken)
        if reference is not None and count == rows:
            window.done = window.measured(reference)
            window.predictions, window.labels = [], []
        return count

    def recent(self, reference: Reference, least: int, now: datetime, age: timedelta) -> Losses:
        """Return the losses of the latest labelled windows: as few of them as give enough labels."""
        total = Losses(0, 0.0, 0.0)
        for window in reversed(self._windows.values()):
            if total.n >= least or elapsed(window.began, now) > age:
                break
            total += window.measured(reference)
        return total

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "let_go": self.let_go,
            "windows": [
                [name, to_text(w.began), w.predictions, w.labels, None if w.done is None else list(w.done)]
                for name, w in self._windows.items()
            ],
        }  # fmt: skip

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take up what `to_dict` gave."""
        self.let_go = int(data["let_go"])
        self._windows = {
            name: _Window(
                from_text(began), list(predictions), list(labels),
                None if done is None else Losses(int(done[0]), float(done[1]), float(done[2])),
            )
            for name, began, predictions, labels, done in data["windows"]
        }  # fmt: skip


def plain_list(values: Any) -> list[Any]:
    """Return a column, or rows of probabilities, as lists of JSON values; NaN as None."""
    import numpy as np

    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    listed = values.tolist() if isinstance(values, np.ndarray) else list(values)
    return [_item(value) for value in listed]


def _item(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_item(part) for part in value]
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and plain != plain else plain
