"""Rules for when a feature matters more or less than usual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from poet.errors import ConfigError

__all__ = ["ContextRule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextRule:
    """Multiplies the weights of some features while a condition holds.

    Attributes:
        features: Whose weights it multiplies.
        factor: By how much; below 1 they matter less, 0 not at all.
        when: What must hold of the context, all of it. By key a value, a list of values, or a range
            ``{"from": 6, "to": 22}`` with either end left out; the lower end counts, the upper does
            not.
        why: The reason, shown beside the result.

    Example:
        >>> rule = ContextRule(features=["basket"], factor=0.5, when={"month": [11, 12]}, why="gifts")
        >>> rule.holds({"month": 12}), rule.holds({"month": 3}), rule.holds({})
        (True, False, False)
    """

    features: Sequence[str]
    factor: float
    when: Mapping[str, Any]
    why: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.features, str):
            raise ConfigError(
                f"features is the text {self.features!r}", where="features", hint="pass a list"
            )
        if not 0 <= self.factor < float("inf"):
            raise ConfigError(
                f"factor is {self.factor!r}", where="factor", hint="pass a number from 0 upwards"
            )
        for key, wanted in self.when.items():
            if isinstance(wanted, Mapping) and (not wanted or set(wanted) - {"from", "to"}):
                raise ConfigError(
                    f"the range of {key!r} has the keys {sorted(wanted)}",
                    where="when",
                    hint='a range is {"from": low, "to": high}',
                )

    def holds(self, context: Mapping[str, Any]) -> bool:
        """Tell whether the rule applies; a key that the context does not have never does."""
        return all(
            key in context and _meets(context[key], wanted) for key, wanted in self.when.items()
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "features": list(self.features), "factor": self.factor, "when": dict(self.when),
            "why": self.why,
        }  # fmt: skip


def _meets(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return ("from" not in wanted or value >= wanted["from"]) and (
            "to" not in wanted or value < wanted["to"]
        )
    if isinstance(wanted, (list, tuple, set, frozenset)):
        return value in wanted
    return bool(value == wanted)
