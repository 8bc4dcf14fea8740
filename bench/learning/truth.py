"""What is true of a stretch of a stream, and what a version's answers on it are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Answer", "Incident", "Score", "State", "Stretch", "Window", "pooled", "score"]

State = Literal["quiet", "drift", "unclear"]


class Incident(NamedTuple):
    """A real drift.

    Attributes:
        kind: ``level shift`` or ``slow trend``.
        features: What moves.
        size: Full size, in standard deviations of the features' noise.
        start: First row of the stretch that moves.
        full: First row at which it has its full size.
        end: First row after it.
    """

    kind: str
    features: tuple[str, ...]
    size: float
    start: int
    full: int
    end: int

    def weight(self, row: int) -> float:
        """Return how far it has come at a row, from 0 to 1."""
        if not self.start <= row < self.end:
            return 0.0
        return min(1.0, (row - self.start + 1) / max(1, self.full - self.start))


class Window(NamedTuple):
    """What one call is given, and what is true of it.

    Attributes:
        current: The rows of the window.
        reference: What they are compared with.
        end: Row of the stretch after its last.
        state: ``quiet``; ``drift`` where an incident has come half of its way, on average over the
            rows; ``unclear`` between the two, where no answer is wrong.
        incident: Which one overlaps it, None for none.
        outage: Whether values are missing.
    """

    current: pl.DataFrame
    reference: pl.DataFrame
    end: int
    state: State
    incident: int | None
    outage: bool


class Stretch(NamedTuple):
    """Windows that follow each other.

    Attributes:
        windows: In order of time.
        incidents: The real drifts in them.
        roles: Feature to what it is: ``seasonal``, ``noisy``, ``useless``. For the reviewers, who
            know their plant, and for nobody else.
    """

    windows: Sequence[Window]
    incidents: Sequence[Incident]
    roles: dict[str, str]


class Answer(NamedTuple):
    """What a version said of one window: whether it alarms, and for which features."""

    alarm: bool
    features: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: Any) -> Answer:
        """Read what the function returned."""
        return cls(bool(value["drift_detected"]), tuple(value["drifted_features"]))


@dataclass(frozen=True, slots=True)
class Score:
    """Counts; rates are made of them, so that several streams can be pooled.

    Attributes:
        quiet: Quiet windows.
        false: Of them, those with an alarm.
        incidents: Real drifts.
        missed: Of them, those without an alarm while they lasted.
        drifting: Windows in state ``drift``.
        silent: Of them, those without an alarm.
        delays: Of each incident found, windows from its first row to the end of the alarming window.
        alerts: Features named by alarms during incidents that were found.
        seconds: CPU time of all calls.
        calls: How many.
    """

    quiet: int = 0
    false: int = 0
    incidents: int = 0
    missed: int = 0
    drifting: int = 0
    silent: int = 0
    delays: tuple[float, ...] = ()
    alerts: int = 0
    seconds: float = 0.0
    calls: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the figures of the report; None where nothing was there to be counted."""
        found = self.incidents - self.missed
        return {
            "false_positive_rate": _share(self.false, self.quiet),
            "missed_drift_rate": _share(self.missed, self.incidents),
            "detection_delay": _share(sum(self.delays), len(self.delays)),
            "alerts_per_incident": _share(self.alerts, found),
            "cost": _share(1e3 * self.seconds, self.calls),
            "silent_drift_windows": _share(self.silent, self.drifting),
            "counts": {
                "quiet": self.quiet,
                "false": self.false,
                "incidents": self.incidents,
                "missed": self.missed,
                "drifting": self.drifting,
                "silent": self.silent,
            },
        }


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None


def score(stretch: Stretch, answers: Sequence[Answer], seconds: float = 0.0) -> Score:
    """Return what the answers to a stretch's windows are worth.

    Args:
        stretch: With what is true.
        answers: One for each window, in order.
        seconds: CPU time they took.
    """
    if len(answers) != len(stretch.windows):
        raise ValueError(f"{len(answers)} answers to {len(stretch.windows)} windows")
    pairs = list(zip(stretch.windows, answers, strict=True))
    quiet = [a for w, a in pairs if w.state == "quiet"]
    drifting = [a for w, a in pairs if w.state == "drift"]
    delays, alerts, missed = [], 0, 0
    for number, incident in enumerate(stretch.incidents):
        alarms = [(w, a) for w, a in pairs if w.incident == number and a.alarm]
        if not alarms:
            missed += 1
            continue
        delays.append((alarms[0][0].end - incident.start) / alarms[0][0].current.height)
        alerts += sum(max(1, len(a.features)) for _, a in alarms)
    return Score(
        quiet=len(quiet),
        false=sum(a.alarm for a in quiet),
        incidents=len(stretch.incidents),
        missed=missed,
        drifting=len(drifting),
        silent=sum(not a.alarm for a in drifting),
        delays=tuple(delays),
        alerts=alerts,
        seconds=seconds,
        calls=len(pairs),
    )


def pooled(scores: Sequence[Score]) -> Score:
    """Return several streams' counts together."""
    names = [n for n in Score.__dataclass_fields__ if n != "delays"]
    sums = {n: sum(getattr(s, n) for s in scores) for n in names}
    return Score(**sums, delays=tuple(d for s in scores for d in s.delays))
