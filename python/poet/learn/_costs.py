"""What monitoring cost, and what it was worth."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, NamedTuple

from poet.learn._values import Observations

__all__ = ["CostRecord", "cost_records"]


class CostRecord(NamedTuple):
    """One execution, or one day.

    Attributes:
        at: When, seconds since 1970.
        cost: US dollars.
        value: US dollars.
    """

    at: float
    cost: float
    value: float


def cost_records(observations: Observations) -> list[CostRecord]:
    """Return records of cost and value, in order: each execution that tells both, and each day.

    ``monitoring.cost`` and ``monitoring.value_delivered`` of one day (UTC) belong together; so do
    costs of executions that do not say what they were worth.
    """
    found: list[CostRecord] = []
    days: dict[int, list[float]] = {}
    for payload in observations.costs:
        at, kind = payload["at"], payload["type"]
        usd, value = _amount(payload, "usd"), _amount(payload, "value_usd")
        if kind == "execution.cost_measured" and usd is not None and value is not None:
            found.append(CostRecord(at, usd, value))
            continue
        day = days.setdefault(int(at // 86_400), [at, 0.0, 0.0])
        if kind in ("execution.cost_measured", "monitoring.cost"):
            day[1] += usd or 0.0
        elif kind == "monitoring.value_delivered":
            day[2] += usd or 0.0
    found += [CostRecord(*day) for day in days.values() if day[1] > 0 or day[2] > 0]
    return sorted(found)


def _amount(payload: Mapping[str, Any], name: str) -> float | None:
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        return None
    return max(float(value), 0.0)
