"""What becomes of an alert at a check: told, told again, or left alone. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from poet_domain_ml_monitoring._clock import duration, elapsed
from poet_domain_ml_monitoring.alerts._alert import LEVELS, Alert, Level
from poet_domain_ml_monitoring.alerts._causes import Cause, level_of
from poet_domain_ml_monitoring.alerts._change import larger

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.alerts._config import AlertConfig

__all__ = ["Step", "absent", "created", "present", "rank"]

Told: TypeAlias = Literal["created", "escalated", "repeated", "cooldown", "ongoing"]


class Step(NamedTuple):
    """What became of an alert.

    Attributes:
        alert: The alert as it is now.
        told: ``created``, ``escalated`` or ``repeated`` where people are told; else why not.
        why: One sentence.
    """

    alert: Alert
    told: Told
    why: str


def rank(level: Level) -> int:
    """Return a number that grows with the level."""
    return LEVELS.index(level)


def created(cause: Cause, name: str, execution: str, now: datetime, config: AlertConfig) -> Step:
    """Return a new alert on a cause."""
    alert = Alert(
        id=name, execution_id=execution, last_execution_id=execution, kind=cause.kind,
        severity=level_of(cause.urgency, config), title=cause.title, why=cause.why,
        root_cause=cause.root, features=cause.features, state="open", urgency=cause.urgency,
        created=now, fired=now, since=now, seen=now,
    )  # fmt: skip
    return Step(alert, "created", cause.why)


def present(alert: Alert, cause: Cause, execution: str, now: datetime, config: AlertConfig) -> Step:
    """Return what becomes of an alert whose cause is there again."""
    back = alert.state == "resolved"
    new = [name for name in cause.features if name not in alert.features]
    features = dict(alert.features)
    for name, change in cause.features.items():
        features[name] = larger(features[name], change) if name in features else change
    going = replace(
        alert, features=features, seen=now, times=alert.times + 1, absent=0,
        state="open" if back else alert.state, since=now if back else alert.since,
    )  # fmt: skip

    def tell(told: Told, reason: str, level: Level) -> Step:
        loudest = max(going.urgency, cause.urgency)
        again = replace(
            going, fired=now, severity=level, why=f"{reason} {cause.why}", title=cause.title,
            last_execution_id=execution, urgency=loudest, state="open",
        )  # fmt: skip
        return Step(again, told, again.why)

    level = max(alert.severity, level_of(cause.urgency, config), key=rank)
    if rank(level) > rank(alert.severity):
        return tell("escalated", f"It rose from {alert.severity} to {level}.", level)
    if cause.urgency >= alert.urgency + config.growth:
        return tell(
            "escalated", f"It grew: urgency {alert.urgency:.2f} → {cause.urgency:.2f}.", level
        )
    if new and alert.kind == "data":
        return tell("escalated", f"It spread to {', '.join(new[:5])}.", level)
    quiet = elapsed(alert.fired, now)
    if back:
        why = f"It was told {duration(quiet)} ago and came back no larger."
        return Step(going, "cooldown", why)
    if going.state == "acknowledged":
        return Step(going, "ongoing", "Somebody has acknowledged it.")
    ignored = elapsed(max(alert.fired, alert.since), now)
    if config.escalate_after and ignored >= config.escalate_after and level != LEVELS[-1]:
        higher = LEVELS[rank(level) + 1]
        reason = f"Nobody acknowledged it for {duration(ignored)} and it is still there"
        return tell("escalated", f"{reason}: it rose from {level} to {higher}.", higher)
    # As long again as it had been there when it was last told: a drift that stays for a month is
    # not told with every daily window.
    if quiet >= max(config.cooldown, elapsed(alert.since, alert.fired)):
        return tell("repeated", f"It is still there, {duration(quiet)} after it was told.", level)
    return Step(going, "ongoing", f"It was told {duration(quiet)} ago, as {alert.id}.")


def absent(alert: Alert, found: Mapping[str, str], config: AlertConfig) -> Alert:
    """Return an alert whose cause was not there, resolved once that is often enough.

    Args:
        alert: The alert.
        found: The status of each of its features in this check. Where none was really looked at,
            nothing is known, and nothing changes.
        config: After how many checks it is resolved.
    """
    if alert.state == "resolved" or not any(s in ("ok", "warning") for s in found.values()):
        return alert
    if any(status in ("drift", "error", "insufficient_data") for status in found.values()):
        return alert
    count = alert.absent + 1
    state = "resolved" if count >= config.resolve_after else alert.state
    return replace(alert, absent=count, state=state)
