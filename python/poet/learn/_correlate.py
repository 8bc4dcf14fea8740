"""Correlation: which execution feedback is about, and what becomes of feedback about none."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from poet.learn._audits import in_sample
from poet.learn._consensus import agreed, reliabilities
from poet.learn._rows import EventRow, seconds_of, time_of_id
from poet.learn._values import (
    REASONS,
    Execution,
    FunctionKey,
    Label,
    Observations,
    Odd,
    Reliability,
)

__all__ = ["ANY", "Limits", "Said", "correlate", "lost"]

ANY = "*"
_DAY = 86_400.0
_VOTES = ("function.feedback", "drift.validation", "drift.false_positive")
_COSTS = ("execution.cost_measured", "monitoring.", "resource.")


class Limits(NamedTuple):
    """How feedback is taken.

    Attributes:
        per_day: Of one source about one function in 24 hours; what it says beyond that is kept
            aside, so that no source drowns the others.
        early_days: How long feedback waits for its execution's event.
        nearest_hours: How long before ``at`` the execution may have begun that feedback by function
            and time is about.
        audit_share: Of silent executions that people are asked about, see ``audits``.
        audit_seed: Which of them.
    """

    per_day: int = 1000
    early_days: float = 2.0
    nearest_hours: float = 24.0
    audit_share: float = 0.05
    audit_seed: int = 0


class Said(NamedTuple):
    """What the ledger holds of one function.

    Attributes:
        executions: By id, in order of time.
        rows: Other events about them or it, in order of time.
        reports: A monitor's report id to the execution that made it.
        several: Whether functions of that name are in several files.
    """

    executions: Mapping[str, Execution]
    rows: Sequence[EventRow]
    reports: Mapping[str, str]
    several: bool


class _Vote(NamedTuple):
    says: bool
    about: str  # "truth" of an alarm, or "correct" of another outcome
    at: float
    event: str
    reason: str | None
    audit: bool


class _Sorting:
    """One walk through a function's events."""

    def __init__(
        self,
        key: FunctionKey,
        said: Said,
        now: float,
        oldest: float,
        served: str | None,
        limits: Limits,
    ) -> None:
        self.key, self.said, self.served, self.limits = key, said, served, limits
        self.now, self.oldest = now, oldest
        self.order = [(e.at, e.id) for e in said.executions.values()]
        self.order.sort()
        self.alerts: dict[str, str] = {}  # alert to execution
        self.alarmed: set[str] = set()
        for row in said.rows:
            if row.type == "alert.created" and row.about is not None:
                execution = said.reports.get(row.about, row.about)
                if execution in said.executions:
                    self.alarmed.add(execution)
                    if row.alert is not None:
                        self.alerts[row.alert] = execution
        self.votes: dict[str, dict[str, _Vote]] = {}
        self.odd: list[Odd] = []
        self.errors: list[tuple[str, str]] = []
        self.requests: list[tuple[str, str]] = []
        self.quotes: list[tuple[str, str]] = []
        self.expected: dict[str, dict[str, Any]] = {}
        self.recent: dict[str, deque[float]] = {}

    def alarm(self, execution: str) -> bool | None:
        """Return whether an execution raised an alarm, as far as anything says."""
        if execution in self.alarmed:
            return True
        return self.said.executions[execution].alarm

    def take(self, row: EventRow) -> None:
        """Take one event that says something of an execution or of the function."""
        payload = row.payload
        source = payload.get("source")
        source = source if isinstance(source, str) and source else f"({row.type})"
        if self._too_much(row, source):
            return
        bad = _malformed(row)
        if bad:
            self.odd.append(Odd(row.id, "malformed", bad))
            return
        reason = payload.get("reason")
        if isinstance(reason, str) and reason and reason not in REASONS:
            self.quotes.append((reason, source))
            reason = "other"
        if isinstance(payload.get("comments"), str) and payload["comments"]:
            self.quotes.append((payload["comments"], source))
        for text in payload.get("suggestions") or ():
            if isinstance(text, str) and text:
                self.requests.append((text, source))
        execution = self._execution(row)
        if execution is None:
            return
        self._rolled_back(row, execution)
        if payload.get("kind") == "error":
            error = payload.get("error")
            self.errors.append((execution, error if isinstance(error, str) else "reported"))
        if payload.get("expected") is not None:
            self.expected.setdefault(execution, {})[source] = payload["expected"]
        vote = self._vote(row, execution, reason)
        if vote is None:
            return
        said = self.votes.setdefault(execution, {})
        before = said.get(source)
        said[source] = vote
        if before is not None:
            again = (
                "says again what it said" if before.says == vote.says else "has changed its mind"
            )
            self.odd.append(
                Odd(before.event, "repeated", f"{source} {again} of execution {execution}")
            )

    def _too_much(self, row: EventRow, source: str) -> bool:
        times = self.recent.setdefault(source, deque())
        while times and times[0] <= row.at - _DAY:
            times.popleft()
        if len(times) >= self.limits.per_day:
            text = f"{source} has said {self.limits.per_day} things within 24 hours"
            self.odd.append(Odd(row.id, "over the limit", text))
            return True
        times.append(row.at)
        return False

    def _execution(self, row: EventRow) -> str | None:
        """Return which execution an event is about; where none is, say why not."""
        if row.about is not None:
            execution = self.said.reports.get(row.about, row.about)
            if execution in self.said.executions:
                return execution
        elif row.alert is not None:
            if row.alert in self.alerts:
                return self.alerts[row.alert]
        else:
            return self._by_time(row)
        if _speaks(row):
            self.odd.append(lost(row, now=self.now, oldest=self.oldest, limits=self.limits))
        return None

    def _by_time(self, row: EventRow) -> str | None:
        judged = any(
            isinstance(row.payload.get(n), bool) for n in ("was_real_drift", "was_correct")
        )
        if self.said.several and row.file is None and row.function == self.key.qualname:
            text = (
                f"functions named {row.function} are in several files; write file.py:{row.function}"
            )
            self.odd.append(Odd(row.id, "ambiguous", text))
            return None
        if not row.payload.get("at"):
            if judged:
                text = "it judges an outcome, and names neither an execution, an alert nor a time"
                self.odd.append(Odd(row.id, "ambiguous", text))
            return None
        at = seconds_of(row.payload["at"])
        i = bisect_right(self.order, (at, "\U0010ffff"))
        if i == 0 or self.order[i - 1][0] < at - self.limits.nearest_hours * 3600:
            text = f"no execution is known in the {self.limits.nearest_hours:g} hours before then"
            waits = row.at > self.now - self.limits.early_days * _DAY
            old = at < self.oldest
            why = "expired" if old else "early" if waits else "unknown"
            self.odd.append(Odd(row.id, why, text))
            return None
        began, execution = self.order[i - 1]
        running = [
            other
            for start, other in self.order[max(0, i - 50) : i - 1]
            if start >= began - 0.001 or start + self.said.executions[other].duration_ms / 1000 > at
        ]
        if running:
            text = f"{len(running) + 1} executions ran then: name the execution's id"
            self.odd.append(Odd(row.id, "ambiguous", text))
            return None
        return execution

    def _vote(self, row: EventRow, execution: str, reason: str | None) -> _Vote | None:
        payload = row.payload
        audit = payload.get("audit") is True
        real, correct = payload.get("was_real_drift"), payload.get("was_correct")
        if row.type == "drift.false_positive" and real is None:
            real = False
        alarm = self.alarm(execution)
        if isinstance(real, bool):
            return _Vote(real, "truth", row.at, row.id, reason, audit)
        if isinstance(correct, bool):
            if alarm is None:
                return _Vote(correct, "correct", row.at, row.id, reason, audit)
            return _Vote(alarm is correct, "truth", row.at, row.id, reason, audit)
        return None

    def _rolled_back(self, row: EventRow, execution: str) -> None:
        version = self.said.executions[execution].version
        if self.served != ANY and _number(version) > _number(self.served):
            text = f"{version} is no longer served; it counts for that version only"
            self.odd.append(Odd(row.id, "rolled back", text))


def correlate(
    key: FunctionKey,
    said: Said,
    *,
    now: float,
    oldest: float,
    served: str | None = ANY,
    limits: Limits = Limits(),  # noqa: B008 - an immutable value
) -> Observations:
    """Return what is known of a function, from what the ledger holds.

    Args:
        key: The function.
        said: What the ledger holds of it.
        now: Seconds since 1970.
        oldest: Executions from before are forgotten.
        served: The version that calls run now; ``ANY`` where nobody knows.
        limits: How feedback is taken.
    """
    walk = _Sorting(key, said, now, oldest, served, limits)
    costs, alerts, drift = [], [], []
    for row in said.rows:
        if row.type in _VOTES:
            walk.take(row)
        if row.type.startswith(_COSTS):
            costs.append({**row.payload, "type": row.type, "at": row.at})
        elif row.type.startswith("alert."):
            alerts.append((row.type, _placed(row, walk)))
        elif row.type != "function.feedback":
            drift.append((row.type, _placed(row, walk)))
    truths = {e: v for e, v in _of(walk.votes, "truth").items() if v}
    reliability = reliabilities({s: v.says for s, v in of.items()} for of in truths.values())
    labels = {
        e: _label(e, truths[e], reliability, walk, limits) for e in said.executions if e in truths
    }
    correct = {
        e: {s: v.says for s, v in said_.items()}
        for e, said_ in _of(walk.votes, "correct").items()
        if said_
    }
    errors = [(e.id, e.error) for e in said.executions.values() if e.error is not None]
    return Observations(
        function=key,
        executions={
            i: e._replace(alarm=True) if i in walk.alarmed else e
            for i, e in said.executions.items()
        },
        labels=labels,
        errors=(*errors, *walk.errors),
        costs=tuple(costs),
        alerts=tuple(alerts),
        drift=tuple(drift),
        requests=tuple(walk.requests),
        quotes=tuple(walk.quotes),
        odd=tuple(walk.odd),
        served=served,
        reliability=reliability,
        expected=walk.expected,
        correct=correct,
    )


def lost(row: EventRow, *, now: float, oldest: float, limits: Limits) -> Odd:
    """Return why feedback whose execution or alert is not known cannot be used (yet)."""
    name = f"execution {row.about}" if row.about is not None else f"alert {row.alert}"
    if row.about is None and row.alert is None:
        name = f"function {row.function}"
    made = time_of_id(row.about or row.alert or "")
    if made is not None and made < oldest:
        return Odd(row.id, "expired", f"{name} is older than what is kept")
    if row.at > now - limits.early_days * _DAY:
        return Odd(row.id, "early", f"{name} is not known yet; this waits for it")
    return Odd(row.id, "unknown", f"{name} was waited for {limits.early_days:g} days in vain")


def _label(
    execution: str,
    said: Mapping[str, _Vote],
    reliability: Mapping[str, Reliability],
    walk: _Sorting,
    limits: Limits,
) -> Label:
    votes = {s: v.says for s, v in said.items()}
    truth, confidence = agreed(votes, reliability)
    if truth is None and len(set(votes.values())) > 1:
        text = f"sources contradict each other on execution {execution}"
        last = max(said.values(), key=lambda v: (v.at, v.event))
        walk.odd.append(Odd(last.event, "contradicted", text))
    audit = any(v.audit for v in said.values())
    alarm = walk.alarm(execution)
    silent = audit if alarm is None else not alarm
    reasons: dict[str, int] = {}
    for vote in said.values():
        if vote.reason is not None:
            reasons[vote.reason] = reasons.get(vote.reason, 0) + 1
    asked = audit or in_sample(execution, limits.audit_share, limits.audit_seed)
    return Label(
        execution,
        truth,
        votes,
        confidence,
        reasons,
        max(v.at for v in said.values()),
        "silent" if silent else "alarm",
        silent and asked,
    )


def _of(votes: Mapping[str, Mapping[str, _Vote]], about: str) -> dict[str, dict[str, _Vote]]:
    return {e: {s: v for s, v in said.items() if v.about == about} for e, said in votes.items()}


def _placed(row: EventRow, walk: _Sorting) -> dict[str, Any]:
    """Return a payload with the execution it turned out to be about, and its alert."""
    payload = {**row.payload, "at": row.at}
    execution = walk.said.reports.get(row.about, row.about) if row.about is not None else None
    if execution is None and row.alert is not None:
        execution = walk.alerts.get(row.alert)
    if row.alert is not None:
        payload["alert_id"] = row.alert
    if execution is not None:
        payload["execution_id"] = execution
    return payload


def _speaks(row: EventRow) -> bool:
    return row.type == "function.feedback" or isinstance(row.payload.get("was_real_drift"), bool)


def _malformed(row: EventRow) -> str:
    payload = row.payload
    for name in ("was_real_drift", "was_correct"):
        if payload.get(name) is not None and not isinstance(payload[name], bool):
            return f"{name} is {payload[name]!r:.40}, not true or false"
    if payload.get("suggestions") is not None and not isinstance(payload["suggestions"], list):
        return "suggestions is no list of texts"
    if not (row.about or row.alert or row.function):
        return "it names no execution, alert or function"
    if payload.get("at") and not seconds_of(payload["at"]):
        return f"at is {payload['at']!r:.40}, not a time with its zone"
    return ""


def _number(version: str | None) -> int:
    digits = (version or "").removeprefix("v")
    return int(digits) if digits.isdigit() else 0
