"""What executions and monitoring cost, and what they are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from poet.capture._tell import number, tell
from poet.errors import FeedbackError

__all__ = ["business_impact", "feature_impact", "record_cost", "record_value"]


def record_cost(
    execution_id: str | None = None,
    *,
    function: str | None = None,
    usd: float | None = None,
    seconds: float | None = None,
    value_usd: float | None = None,
    memory_mb: float | None = None,
    period_days: float | None = None,
    source: str | None = None,
    home: Path | None = None,
) -> str:
    """Tell what an execution cost, or a function over some days; return the event's id.

    The events are ``execution.cost_measured`` and ``monitoring.cost``.

    Args:
        execution_id: Which execution.
        function: Instead: which function, with ``period_days``.
        usd: US dollars.
        seconds: Of a machine, or of a person.
        value_usd: What it was worth, US dollars.
        memory_mb: Peak, megabytes.
        period_days: Over how many days, where it is about a function.
        source: Who says it.
        home: Folder of live state.

    Raises:
        FeedbackError: It is about nothing, says nothing, or a figure is no number of at least 0.
    """
    if execution_id is None and function is None:
        raise FeedbackError("a cost is about nothing", hint="name an execution_id or a function")
    figures = {"usd": usd, "seconds": seconds, "value_usd": value_usd, "memory_mb": memory_mb}
    said = _figures({**figures, "period_days": period_days})
    if not said.keys() - {"period_days"}:
        raise FeedbackError("a cost says nothing", hint="such as usd=0.02")
    facts = {"execution_id": execution_id, "function": function, **said}
    name = "execution.cost_measured" if execution_id is not None else "monitoring.cost"
    return tell(name, facts, source=source, home=home, about=execution_id)


def record_value(
    function: str,
    usd: float,
    what: str,
    *,
    execution_id: str | None = None,
    source: str | None = None,
    home: Path | None = None,
) -> str:
    """Tell what monitoring was worth (``monitoring.value_delivered``); return the event's id.

    Args:
        function: Whose.
        usd: US dollars.
        what: How, one line.
        execution_id: The execution that brought it.
        source: Who says it.
        home: Folder of live state.

    Raises:
        FeedbackError: ``usd`` is no finite number.
    """
    facts = {
        "function": function,
        "usd": number(usd, "usd"),
        "what": what,
        "execution_id": execution_id,
    }
    return tell("monitoring.value_delivered", facts, source=source, home=home, about=execution_id)


def business_impact(
    metric: str,
    before: float,
    after: float,
    *,
    execution_id: str | None = None,
    alert_id: str | None = None,
    function: str | None = None,
    usd: float | None = None,
    source: str | None = None,
    home: Path | None = None,
) -> str:
    """Tell what a drift did to a figure of the business (``drift.business_impact_measured``).

    Args:
        metric: The figure's name.
        before: What it was.
        after: What it is.
        execution_id: The execution that found the drift.
        alert_id: Or the alert.
        function: Or the function.
        usd: What that meant, US dollars; negative for a loss.
        source: Who says it.
        home: Folder of live state.

    Raises:
        FeedbackError: It is about nothing, or a figure is no finite number.
    """
    if execution_id is None and alert_id is None and function is None:
        raise FeedbackError(
            "an impact is about nothing", hint="name an execution_id, an alert_id or a function"
        )
    facts = {
        "execution_id": execution_id, "alert_id": alert_id, "function": function, "metric": metric,
        "before": number(before, "before"), "after": number(after, "after"),
        "usd": None if usd is None else number(usd, "usd"),
    }  # fmt: skip
    about = execution_id or alert_id
    return tell("drift.business_impact_measured", facts, source=source, home=home, about=about)


def feature_impact(
    feature: str,
    impact: float,
    *,
    severity: float | None = None,
    execution_id: str | None = None,
    function: str | None = None,
    source: str | None = None,
    home: Path | None = None,
) -> str:
    """Tell how much a feature's drift mattered (``feature.drift_impact``): weights are learnt of it.

    Args:
        feature: Its name.
        impact: Of the damage that was possible, from 0 to 1.
        severity: Of the drift itself, from 0 to 1.
        execution_id: The execution that found it.
        function: The function.
        source: Who says it.
        home: Folder of live state.

    Raises:
        EventError: A share is not one.
    """
    facts = {
        "feature": feature, "impact": impact, "severity": severity,
        "execution_id": execution_id, "function": function,
    }  # fmt: skip
    return tell("feature.drift_impact", facts, source=source, home=home, about=execution_id)


def _figures(given: dict[str, float | None]) -> dict[str, Any]:
    return {k: number(v, k, least=0.0) for k, v in given.items() if v is not None}
