"""What learning works with: plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from poet.spec import Evidence, Lane

__all__ = [
    "REASONS",
    "Acted",
    "Decision",
    "Execution",
    "FunctionKey",
    "Label",
    "Observations",
    "Odd",
    "Pattern",
    "Reliability",
    "State",
]

REASONS = (
    "seasonal_pattern",
    "known_event",
    "data_quality",
    "too_sensitive",
    "wrong_test",
    "wrong_feature",
    "wrong_window",
    "irrelevant",
    "duplicate",
    "outage",
    "missed",
    "late",
    "other",
)
"""Reasons that feedback may name. Any other text counts as ``other`` and is kept as a quote."""


class FunctionKey(NamedTuple):
    """A function as events name it.

    Attributes:
        file: Its module's file, relative to the project root, with ``/``.
        qualname: Its qualified name.
    """

    file: str
    qualname: str


class Execution(NamedTuple):
    """One ``function.execution`` event, as far as learning needs it.

    Attributes:
        id: The execution's id.
        at: Seconds since 1970 (UTC).
        version: The version that ran; None for the baseline.
        duration_ms: Wall time.
        error: Type name of the exception it raised; None if it returned.
        alarm: Whether it raised an alarm, as its facts say; None where they do not.
        facts: What the generated code observed of itself.
    """

    id: str
    at: float
    version: str | None
    duration_ms: float
    error: str | None
    alarm: bool | None
    facts: Mapping[str, Any]


class Label(NamedTuple):
    """What all sources together say of one execution.

    Attributes:
        execution_id: The execution.
        truth: Whether an alarm is right there; None where sources contradict each other.
        votes: Source to what it says; a source's last word counts, once.
        confidence: How surely ``truth`` is right, from how often the sources agree elsewhere.
        reasons: Each reason with how many sources named it.
        at: When the last of it arrived.
        judged: ``alarm``: it had alarmed, and was reviewed; ``silent``: it had not.
        audited: Whether somebody was asked about it at random, and did not come to complain: only
            such silent executions say how much is missed.
    """

    execution_id: str
    truth: bool | None
    votes: Mapping[str, bool]
    confidence: float
    reasons: Mapping[str, int]
    at: float
    judged: Literal["alarm", "silent"]
    audited: bool = False


class Reliability(NamedTuple):
    """How often a source is right, estimated from where sources overlap.

    Attributes:
        yes: How often it says yes where yes is right.
        no: How often it says no where no is right.
    """

    yes: float
    no: float


class Odd(NamedTuple):
    """Feedback that could not be used (yet), and why.

    Attributes:
        event_id: Of the feedback.
        why: ``early`` (its execution is not known yet; it waits), ``unknown`` (it waited in vain),
            ``expired``, ``repeated``, ``rolled back`` (the version is no longer served; it counts for
            that version only), ``over the limit`` (its source says too much), ``contradicted``,
            ``ambiguous`` (function and time fit several), ``malformed``.
        text: One line for a person.
    """

    event_id: str
    why: str
    text: str


class Observations(NamedTuple):
    """All that is known of one function in production.

    Attributes:
        function: Which.
        executions: By id, in order of time, of the retention period.
        labels: By execution id.
        errors: Executions that raised, and feedback of kind ``error``: ids, with the type of error.
        costs: ``execution.cost_measured`` and ``monitoring.*``: payloads in
            order, with their ``type`` and ``at`` in seconds since 1970.
        alerts: ``alert.*`` events about its executions: (type, payload) in order, each
            payload with ``at`` in seconds since 1970.
        drift: ``drift.*``, ``feature.*``, ``model.*``, ``business.*``, ``config.changed``,
            ``window_size.impact_measured``: (type, payload) in order.
        requests: Texts of suggestions, with their source.
        quotes: Other free text, with its source; data, never instructions.
        odd: Feedback that could not be used.
        served: The version that calls run now; None for the baseline, ``*`` where nobody said.
        reliability: Of each source, how often it is right, estimated from where sources overlap.
        expected: By execution id, what each source says should have been returned.
        correct: By execution id, what each source says of an outcome that is no alarm.
    """

    function: FunctionKey
    executions: Mapping[str, Execution]
    labels: Mapping[str, Label]
    errors: Sequence[tuple[str, str]] = ()
    costs: Sequence[Mapping[str, Any]] = ()
    alerts: Sequence[tuple[str, Mapping[str, Any]]] = ()
    drift: Sequence[tuple[str, Mapping[str, Any]]] = ()
    requests: Sequence[tuple[str, str]] = ()
    quotes: Sequence[tuple[str, str]] = ()
    odd: Sequence[Odd] = ()
    served: str | None = "*"
    reliability: Mapping[str, Reliability] = {}
    expected: Mapping[str, Mapping[str, Any]] = {}
    correct: Mapping[str, Mapping[str, bool]] = {}


class Pattern(NamedTuple):
    """One figure of a function beside its limit.

    Attributes:
        name: ``false_positive_rate``, ``missed_drift_rate``, ``alert_fatigue``, ``cost_efficiency``,
            ``success_rate``, …
        value: The figure.
        low: Lower end of its 95 % interval (Wilson).
        high: Upper end.
        hits: Of those that speak for it.
        total: Out of how many.
        limit: What it is held against.
        worse: Which side of the limit is bad.
        enough: Whether there are enough samples to say anything.
        proposes: Whether the interval lies on the bad side.
        acts: Whether the sequential test has crossed its bound.
        e_value: Of the sequential test; 1 at the start.
        sources: How many sources stand behind it; 0 where it is counted and nobody judged.
        steady: Whether it holds without any one of them.
        armed: Whether it may act; not while a version that answers to it is new, see ``State``.
    """

    name: str
    value: float
    low: float
    high: float
    hits: int
    total: int
    limit: float
    worse: Literal["above", "below"]
    enough: bool
    proposes: bool
    acts: bool
    e_value: float
    sources: int = 0
    steady: bool = True
    armed: bool = True


class Acted(NamedTuple):
    """The last time that a figure had a version made.

    Attributes:
        at: When, seconds since 1970 (UTC).
        version: The version that calls ran then.
        total: How many labels or executions there were.
    """

    at: float
    version: str | None
    total: int


class State(NamedTuple):
    """What learning remembers of a function between passes.

    Attributes:
        acted: By name of a pattern, the last time it acted.
        answered: Requests and failing cases that were acted on already, with the version of then.
        tried_at: When a version was last made, for whatever reason; the cool-down counts from it.
    """

    acted: Mapping[str, Acted] = {}
    answered: Mapping[str, str | None] = {}
    tried_at: float = 0.0


class Decision(NamedTuple):
    """What is to be done about one function, and why; or why nothing is, yet.

    Attributes:
        function: Which.
        act: Whether to regenerate.
        lane: What the evidence is; None where nothing is to be done.
        reason: One line for a person, with the figures.
        evidence: What the next version is asked to answer to.
        patterns: All figures, those that are fine too.
        waiting: What is missing before anything is done, such as ``9 more labels, from a second
            source``; empty where nothing is.
    """

    function: FunctionKey
    act: bool
    lane: Lane | None
    reason: str
    evidence: tuple[Evidence, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    waiting: str = ""
