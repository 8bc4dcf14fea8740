"""A state that is entered at one level and left at an easier one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.windows._tracks import Looks

__all__ = ["Level", "Switch"]


class Level(NamedTuple):
    """The thresholds of a feature.

    Attributes:
        alert_threshold: The statistic from which on it drifts; more than 1 where a window says too
            little for any.
        recovery_threshold: The statistic down to which it recovers.
        inflation: By what dependence of neighbouring values inflates the variance of a window.
    """

    alert_threshold: float
    recovery_threshold: float
    inflation: float


class Switch:
    """Whether a feature drifts, and where it stood last.

    Args:
        on: Whether it drifts.
        statistic: The last statistic; None before the first.
        effect: The last effect; None before the first.
    """

    __slots__ = ("effect", "on", "statistic")

    def __init__(
        self, on: bool = False, statistic: float | None = None, effect: float | None = None
    ) -> None:
        self.on = bool(on)
        self.statistic = statistic
        self.effect = effect

    def turns(self, looks: Looks, level: Level, min_effect: float) -> list[tuple[int, bool]]:
        """Take looks in order; return the positions where the state changed, and to what."""
        import numpy as np

        up = (looks.statistic >= level.alert_threshold) & (looks.effect >= min_effect)
        down = (looks.statistic <= level.recovery_threshold) | (looks.effect <= min_effect / 2)
        down &= ~up
        found, at = [], 0
        while True:
            marks = down if self.on else up
            ahead = np.flatnonzero(marks[at:])
            if not ahead.size:
                break
            at += int(ahead[0])
            self.on = not self.on
            found.append((at, self.on))
        seen = np.flatnonzero(~np.isnan(looks.statistic))
        if seen.size:
            self.statistic = float(looks.statistic[seen[-1]])
            self.effect = float(looks.effect[seen[-1]])
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {"on": self.on, "statistic": self.statistic, "effect": self.effect}
