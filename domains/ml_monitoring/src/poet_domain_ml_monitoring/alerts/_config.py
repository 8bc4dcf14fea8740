"""What alerts are raised by: times, levels, how much is said at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase

from poet.errors import ConfigError
from poet_domain_ml_monitoring._clock import positive

__all__ = ["AlertConfig", "Inhibit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibit:
    """While one thing is alerted on, others that follow from it are not.

    Attributes:
        source: Name of a root cause, ``*`` and ``?`` allowed: a feature or a kind of problem.
        target: Names of the features that then say nothing of their own.

    Example:
        >>> rule = Inhibit(source="orders_*", target="basket_*")
    """

    source: str
    target: str

    def covers(self, source: str, targets: list[str]) -> bool:
        """Tell whether the rule silences all of these features while this cause is there."""
        return fnmatchcase(source, self.source) and all(
            fnmatchcase(target, self.target) for target in targets
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertConfig:
    """How alerts are raised.

    Attributes:
        cooldown: How long a cause that was resolved stays silent when it comes back, and after
            which one that stays is told again; then each time only when it has been there twice as
            long: a day, two, four, eight, ….
        escalate_after: An alert that nobody acknowledged for this long rises one level and is told
            again; None for never.
        confirm: In how many checks in a row a cause must be there before it is told.
        resolve_after: After how many checks in a row without it an alert is resolved.
        summary_above: More alerts than this from one check are told as one.
        warning: Urgency from which an alert is a warning.
        critical: Urgency from which it is critical.
        min_correlation: Rank correlation from which one feature can explain another's drift.
        min_explained: Share of a feature's drift that the root cause must explain.
        tolerance: How much larger than what was marked as false a change may be to stay silent.
        growth: An alert that is open is told again when its urgency has grown by this.
        inhibit: Rules by name, beside the built-in ones.
        history: How many checks are remembered to learn what moves together.
    """

    cooldown: timedelta = timedelta(hours=24)
    escalate_after: timedelta | None = timedelta(hours=4)
    confirm: int = 1
    resolve_after: int = 2
    summary_above: int = 3
    warning: float = 0.5
    critical: float = 0.9
    min_correlation: float = 0.3
    min_explained: float = 0.5
    tolerance: float = 0.1
    growth: float = 0.15
    inhibit: tuple[Inhibit, ...] = ()
    history: int = 50

    def __post_init__(self) -> None:
        positive(self.cooldown, "cooldown")
        if self.escalate_after is not None:
            positive(self.escalate_after, "escalate_after", zero=False)
        for name, least in (
            ("confirm", 1),
            ("resolve_after", 1),
            ("summary_above", 1),
            ("history", 0),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigError(f"{name} is {value!r}", where=name, hint=f"at least {least}")
        for name in ("warning", "critical", "min_correlation", "min_explained", "growth"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ConfigError(f"{name} is {value!r}", where=name, hint="from 0 to 1")
        if self.warning > self.critical:
            raise ConfigError(
                f"warning is {self.warning}, above critical, {self.critical}", where="warning"
            )
        if 0 < self.history < self.confirm or (not self.history and self.confirm > 1):
            raise ConfigError(
                f"history is {self.history}, below confirm, {self.confirm}", where="history"
            )
        if not self.tolerance >= 0:
            raise ConfigError(f"tolerance is {self.tolerance!r}", where="tolerance", hint="from 0")
