"""Policy: whether a version is to be made, why, and what is missing where none is."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from poet.learn._evidence import evidence_of
from poet.learn._patterns import LIMITS, MINIMUM, version_of
from poet.learn._sequential import ALPHA
from poet.learn._values import Acted, Decision, Observations, Pattern, State
from poet.spec import Evidence

__all__ = ["COOL_DOWN", "JUDGED", "after", "decide"]

COOL_DOWN = 3600.0
"""Seconds after a version was made for a rate before another one is made for a rate."""
JUDGED = ("false_positive_rate", "missed_drift_rate")
"""Figures that people's judgement makes; they need several sources."""
_WORDS = {
    "false_positive_rate": "of the reviewed alarms were false",
    "missed_drift_rate": "of real drifts raised no alarm",
    "alert_fatigue": "of answered alerts were dismissed, ignored or useless",
    "cost_efficiency": "is what monitoring was worth over what it cost",
    "success_rate": "of executions went well",
}


def decide(
    observations: Observations,
    patterns: Sequence[Pattern],
    state: State,
    *,
    requests: Sequence[Evidence] = (),
    failing_cases: Sequence[str] = (),
    now: float,
    reviewers: int = 2,
    cool_down: float = COOL_DOWN,
    minimum: int = MINIMUM,
    alpha: float = ALPHA,
) -> Decision:
    """Decide about one function.

    The deterministic lane comes first and needs one item: a case that fails on the served version,
    or a request that names a strategy. Each is answered once a version. The statistical lane needs a
    figure whose sequential test has crossed its bound, of enough labels, from enough sources, that
    holds without any one of them, that is armed, outside the cool-down.

    Args:
        observations: Of the function.
        patterns: Of these observations, made with the same state, minimum and alpha.
        state: What learning remembers of the function.
        requests: What people ask for by name, as evidence.
        failing_cases: Names of active or reproduced cases that the served version fails.
        now: Seconds since 1970.
        reviewers: How many sources a judgement needs; 1 for a single user.
        cool_down: Seconds between versions made for rates.
        minimum: Labels that a figure needs, for the words of what is missing.
        alpha: Of the sequential test, for the words of what is missing.
    """
    version = version_of(observations)
    new_cases = [c for c in failing_cases if state.answered.get(f"case:{c}", ANEW) != version]
    new_requests = [r for r in requests if state.answered.get(_request(r), ANEW) != version]
    found = evidence_of(observations, patterns)
    ready = [p for p in patterns if _ready(p, reviewers)]
    waits = cool_down - (now - state.tried_at) if state.tried_at else 0.0
    waiting = _waiting(patterns, reviewers, minimum, alpha)
    if new_cases or new_requests:
        what = []
        if new_cases:
            some = ", ".join(new_cases[:3]) + (" …" if len(new_cases) > 3 else "")
            what.append(f"{len(new_cases)} failing case{'s'[: len(new_cases) > 1]} ({some})")
        what += [f"a request: {r.summary}" for r in new_requests]
        cases = [
            Evidence(
                "failing_case", "error_recovery", "deterministic",
                f"{len(new_cases)} cases fail on the version that is served", hits=len(new_cases),
                total=len(failing_cases), cases=tuple(new_cases),
            )
        ] if new_cases else []  # fmt: skip
        return Decision(
            observations.function, True, "deterministic", "; ".join(what),
            (*cases, *new_requests, *found), tuple(patterns), waiting,
        )  # fmt: skip
    if ready and waits <= 0:
        return Decision(
            observations.function, True, "statistical", "; ".join(map(told, ready)),
            found, tuple(patterns), "",
        )  # fmt: skip
    if ready:
        waiting = f"the cool-down ends in {_span(waits)}"
        reason = "; ".join(map(told, ready))
    elif any(p.total for p in patterns if p.name in LIMITS):
        reason = "no figure is surely beyond its limit"
    else:
        reason = "nothing was judged, answered or measured yet"
    return Decision(observations.function, False, None, reason, found, tuple(patterns), waiting)


ANEW = "\0"


def after(state: State, decision: Decision, observations: Observations, now: float) -> State:
    """Return the state once a decision was acted on, whatever came of it.

    A figure then starts anew: it counts labels from now on, and may act again when it was on the
    good side of its limit in between, or when as many labels again have come. Of another version it
    is counted afresh anyway.
    """
    version = version_of(observations)
    acted, answered = dict(state.acted), dict(state.answered)
    if decision.lane == "statistical":
        for pattern in decision.patterns:
            if pattern.acts and pattern.name in LIMITS:
                acted[pattern.name] = Acted(now, version, pattern.total)
    for item in decision.evidence:
        if item.category == "request":
            answered[_request(item)] = version
        elif item.name == "failing_case":
            answered.update({f"case:{c}": version for c in item.cases})
    return State(acted, answered, now if decision.lane == "statistical" else state.tried_at)


def told(pattern: Pattern) -> str:
    """Return one line with the figures of a pattern."""
    words = _WORDS.get(pattern.name, pattern.name)
    sources = (
        f" from {pattern.sources} source{'s'[: pattern.sources > 1]}" if pattern.sources else ""
    )
    return (
        f"{pattern.value:.2f} {words} (95 %: {pattern.low:.2f} to {pattern.high:.2f}; "
        f"{pattern.hits} of {pattern.total}{sources}; limit {pattern.limit:g}, "
        f"evidence {pattern.e_value:.3g})"
    )


def _ready(pattern: Pattern, reviewers: int) -> bool:
    if pattern.name not in LIMITS or not (pattern.acts and pattern.enough and pattern.armed):
        return False
    if pattern.name in JUDGED:
        return pattern.sources >= reviewers and (reviewers < 2 or pattern.steady)
    return True


def _waiting(patterns: Sequence[Pattern], reviewers: int, minimum: int, alpha: float) -> str:
    """Return what is missing before a figure on the bad side of its limit acts."""
    found = []
    for pattern in patterns:
        if pattern.name not in LIMITS or not pattern.total:
            continue
        bad = pattern.value > pattern.limit
        if bad != (pattern.worse == "above") or _ready(pattern, reviewers):
            continue
        missing = []
        if pattern.total < minimum:
            more = minimum - pattern.total
            missing.append(f"{more} more {_noun(pattern.name)}{'s'[: more > 1]}")
        if pattern.name in JUDGED and pattern.sources < reviewers:
            more = reviewers - pattern.sources
            missing.append(f"{more} more source{'s'[: more > 1]}")
        if pattern.e_value < 1 / alpha:
            part = max(0.0, log(max(pattern.e_value, 1e-9)) / -log(alpha))
            missing.append(f"more evidence ({part:.0%} of what is needed)")
        elif pattern.name in JUDGED and reviewers > 1 and not pattern.steady:
            missing.append("evidence that does not rest on one source")
        if not pattern.armed:
            missing.append("as many labels again as the last attempt had")
        found.append(f"{pattern.name} {pattern.value:.2f}: {', '.join(missing)}")
    return "; ".join(found)


def _noun(name: str) -> str:
    nouns = {"alert_fatigue": "answered alert", "cost_efficiency": "record"}
    return nouns.get(name, "execution" if name == "success_rate" else "label")


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} seconds"


def _request(item: Evidence) -> str:
    return f"request:{item.key[1]}"
