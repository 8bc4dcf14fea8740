"""Where executions fail, and where they are slow: by the shape of their data, as their facts say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from statistics import median
from typing import Any

from poet.learn._numbers import wilson
from poet.learn._values import Execution, Observations, Pattern

__all__ = ["failing_shapes", "shapes_of", "slow_windows"]

_MOST = 5  # shapes that are told


def shapes_of(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield the shapes of an execution: each count among its facts, by its power of ten.

    A count is a fact whose name begins with ``n_``, ``rows`` or ``columns``: ``n_current=1e3..1e4``;
    0 and missing values have a shape of their own.
    """
    for name, value in sorted(facts.items()):
        if not name.startswith(("n_", "rows", "columns")) or isinstance(value, bool):
            continue
        if value is None or value == 0:
            yield f"{name}={value}"
        elif isinstance(value, (int, float)) and value > 0:
            power = len(str(int(value))) - 1
            yield f"{name}=1e{power}..1e{power + 1}"


def failing_shapes(observations: Observations, version: str | None, minimum: int) -> list[Pattern]:
    """Return shapes of which more executions raise than of the rest, those that stand out most."""
    ran = [e for e in observations.executions.values() if e.version == version]
    failed = sum(e.error is not None for e in ran)
    if not failed:
        return []
    found = []
    for shape, total, hits in _by_shape(ran, lambda e: e.error is not None):
        low, high = wilson(hits, total)
        rest = (failed - hits) / (len(ran) - total) if len(ran) > total else 0.0
        if hits and total >= 3 and low > rest:
            found.append(
                Pattern(
                    f"failing_shape:{shape}", hits / total, low, high, hits, total, rest, "above",
                    enough=total >= minimum // 4, proposes=low > rest, acts=False, e_value=1.0,
                )
            )  # fmt: skip
    return sorted(found, key=lambda p: (-p.low, p.name))[:_MOST]


def slow_windows(
    observations: Observations, version: str | None, minimum: int, slow_ms: float | None
) -> list[Pattern]:
    """Return ``slow_window``: the share of executions that take too long, held against 5 %."""
    ran = [e for e in observations.executions.values() if e.version == version]
    if not ran:
        return []
    allowed = 4 * median(e.duration_ms for e in ran) if slow_ms is None else slow_ms
    slow = sum(e.duration_ms > allowed for e in ran)
    low, high = wilson(slow, len(ran))
    enough = len(ran) >= minimum
    return [
        Pattern(
            "slow_window", slow / len(ran), low, high, slow, len(ran), 0.05, "above",
            enough=enough, proposes=enough and low > 0.05, acts=False, e_value=1.0,
        )
    ]  # fmt: skip


def _by_shape(ran: Iterable[Execution], bad: Any) -> Iterator[tuple[str, int, int]]:
    counts: dict[str, list[int]] = {}
    for execution in ran:
        for shape in shapes_of(execution.facts):
            count = counts.setdefault(shape, [0, 0])
            count[0] += 1
            count[1] += bad(execution)
    for shape, (total, hits) in counts.items():
        yield shape, total, hits
