"""Evidence: what production says of a function, as plain values that a recipe and a prompt can read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

__all__ = ["CATEGORIES", "Category", "Evidence", "Lane", "merged"]

Lane = Literal["deterministic", "statistical"]
Category = Literal[
    "accuracy",
    "window_size",
    "feature_importance",
    "alert_fatigue",
    "error_recovery",
    "cost_benefit",
    "request",
]
CATEGORIES: tuple[Category, ...] = (
    "accuracy",
    "window_size",
    "feature_importance",
    "alert_fatigue",
    "error_recovery",
    "cost_benefit",
    "request",
)


class Evidence(NamedTuple):
    """One finding about a function in production, that its next version is asked to answer to.

    It is kept in ``params.json`` of the version that was made of it, so that what is made later, by
    ``pytest --poet-regenerate`` too, starts from all that was learnt before.

    Attributes:
        name: What was found: ``false_positive_rate``, ``missed_drift_rate``, ``alert_fatigue``,
            ``cost_efficiency``, ``success_rate``, ``failing_shape``, ``slow_window``, ``error``,
            ``season``, ``minimum_effect``, ``window``, ``importance``, ``strategy``, or a domain's own.
        category: What it is about; ``request`` is what somebody asked for by name.
        lane: Whether one item is enough, or it took a sequential test.
        summary: One line for a person and a prompt. Nothing of it is anybody's free text.
        value: The figure, such as a rate; None where it has none.
        low: Lower end of its 95 % interval.
        high: Upper end.
        hits: How many labels or executions speak for it.
        total: Out of how many.
        facts: JSON values a recipe reads, such as ``{"period_seconds": 86400}``,
            ``{"strategy": "kl", "features": ["segment"]}`` or ``{"min_effect": 0.17}``.
        cases: Names of the cases behind it.
        quotes: Free text of feedback. It enters a prompt as quoted data only, and no recipe reads it.
    """

    name: str
    category: Category
    lane: Lane
    summary: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    hits: int = 0
    total: int = 0
    facts: Mapping[str, Any] = {}
    cases: Sequence[str] = ()
    quotes: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            **self._asdict(),
            "facts": dict(self.facts),
            "cases": list(self.cases),
            "quotes": list(self.quotes),
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Evidence:
        """Return what :meth:`as_json` made plain; fields that a later POET added are left out."""
        known = {k: v for k, v in row.items() if k in cls._fields}
        for name in ("cases", "quotes"):
            known[name] = tuple(known.get(name, ()))
        return cls(**known)

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from other evidence: its name and, of a request, what is asked for."""
        return self.name, str(self.facts.get("strategy", "")) if self.category == "request" else ""


def merged(before: Iterable[Evidence], new: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return earlier evidence with new evidence: of the same key the new one holds, in order of keys."""
    found = {e.key: e for e in before}
    found.update({e.key: e for e in new})
    return tuple(found[k] for k in sorted(found))
