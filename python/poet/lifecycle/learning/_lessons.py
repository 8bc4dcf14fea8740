"""Lessons: what feedback says of single executions, as cases, and which of them the parent fails.

A reported failure that the parent shows again in the sandbox needs nobody's consent. What people say
is right needs as many sources as the settings ask for, and none against it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from poet.cases import AGREED, Case, Origin, gating, propose, read_cases, reopen
from poet.cases import accept as accept_case
from poet.cases.recording import Recorded
from poet.codec import encode
from poet.domain import Domain, Observed
from poet.errors import CaseError, PoetError
from poet.gate import run_checks
from poet.learn import Observations
from poet.lifecycle._making import Making
from poet.lifecycle.learning._observed import agreed, with_inputs
from poet.spec import FunctionSpec

__all__ = ["REPRODUCED", "Lessons", "failing", "give_back", "take_lessons"]

REPRODUCED = "reproduced"
MOST = 20  # judgements that are active by themselves; all labels stay for the replay
MOST_OF_ONE = 10  # judgements that wait for a second source, of each source
PER_PASS = 50  # new proposals


class Lessons(NamedTuple):
    """What became of what feedback says.

    Attributes:
        moved: Name of each case that is new or was moved, and what became of it.
        failing: Names of active cases that the parent fails.
    """

    moved: dict[str, str]
    failing: tuple[str, ...]


class _Lesson(NamedTuple):
    recorded: Recorded
    expect: dict[str, Any]
    why: str
    origin: Origin
    sources: tuple[str, ...]
    settled: bool  # enough sources say so, and none the opposite


def take_lessons(
    making: Making,
    observations: Observations,
    home: Path,
    parent: str | None,
    *,
    reviewers: int,
    now: float,
    dry_run: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Lessons:
    """Propose cases of what feedback says, make active what is settled, and run what is active.

    Args:
        making: The function.
        observations: Of it.
        home: The folder of live state.
        parent: Code of the version that is served; None for the function as it was written.
        reviewers: How many sources must agree on a judgement.
        now: Seconds since 1970.
        dry_run: Write nothing; only what is active already is run.
        tell: Told each step.

    Raises:
        CaseError, StoreError: A case cannot be read or written.
    """
    folder = making.store.folder
    moved: dict[str, str] = {}
    if not dry_run:
        known = {c.execution_id for c in read_cases(folder / "cases")}
        judged = [c for c in read_cases(folder / "cases") if c.origin == "judgement"]
        held = sum(c.accepted_by == AGREED and c.status == "active" for c in judged)
        waiting = Counter(s for c in judged if c.status == "proposed" for s in c.sources)
        for lesson in _lessons(making.spec, making.domain, observations, home, reviewers):
            if len(moved) >= PER_PASS:
                break
            settled_judgement = lesson.settled and lesson.origin == "judgement"
            new = lesson.recorded.execution_id not in known
            full = held >= MOST
            if not lesson.settled:
                full = any(waiting[s] >= MOST_OF_ONE for s in lesson.sources)
            if new and full and lesson.origin == "judgement":
                continue
            try:
                case = propose(
                    folder, lesson.recorded, lesson.expect, why=lesson.why, origin=lesson.origin,
                    sources=lesson.sources, now=now,
                )  # fmt: skip
            except CaseError as error:
                moved[lesson.recorded.execution_id] = f"not kept: {error.what}"
                continue
            if new:
                moved[case.name] = "proposed"
                waiting.update(() if settled_judgement else lesson.sources)
            if case.status == "proposed" and _may_act(making, case, lesson, parent, tell):
                by = AGREED if settled_judgement else REPRODUCED
                why = lesson.why if settled_judgement else "the served version fails it too"
                try:
                    accept_case(folder, case.name, by=by, why=why, now=now)
                except CaseError as error:  # it contradicts one that is active
                    moved[case.name] = f"proposed: {error.what}"
                    continue
                told = f"agreed: {', '.join(lesson.sources)}" if settled_judgement else by
                moved[case.name] = f"active ({told})"
                held += settled_judgement
    active = gating(read_cases(folder / "cases"))
    return Lessons(moved, tuple(failing(making, active, parent, tell)))


def failing(
    making: Making,
    cases: Sequence[Case],
    code: str | None,
    tell: Callable[[str], None],
    *,
    error: str = "",
) -> list[str]:
    """Return the names of the cases that code fails in the sandbox; the function itself for None.

    With ``error`` only those count that raise it.
    """
    if not cases:
        return []
    tell(f"{len(cases)} cases")
    done = run_checks(
        code, making.spec, [], cases, making.module, f"<{making.spec.qualname}>",
        making.settings.verify_timeout, lambda _: None,
    )  # fmt: skip
    bad = {
        c.name
        for c in done
        if c.kind == "case"
        and (
            f"got {error}" in c.detail
            if error and c.outcome == "failed"
            else c.outcome in ("failed", "lost")
        )
    }
    return [c.name for c in cases if f"case:{c.name}" in bad]


def give_back(making: Making, names: Sequence[str], reason: str, now: float) -> dict[str, str]:
    """Hand cases that became active by themselves back to people; return what became of each."""
    moved = {}
    for case in read_cases(making.store.folder / "cases"):
        mine = case.accepted_by in (AGREED, REPRODUCED)
        if case.name in names and case.status == "active" and mine:
            reopen(making.store.folder, case.name, reason, by="poet learn", now=now)
            moved[case.name] = f"proposed again: {reason}"
    return moved


def _may_act(
    making: Making,
    case: Case,
    lesson: _Lesson,
    parent: str | None,
    tell: Callable[[str], None],
) -> bool:
    """Say whether a case becomes active without a person: settled, or a failure seen again."""
    if lesson.origin == "judgement":
        return lesson.settled
    active = case._replace(status="active")
    same = lesson.recorded.outcome.error  # another error says that something is missing here
    try:
        return bool(failing(making, [active], parent, tell, error=same))
    except PoetError:
        return False


def _lessons(
    spec: FunctionSpec, domain: Domain, observations: Observations, home: Path, reviewers: int
) -> Iterator[_Lesson]:
    """Yield what feedback says of executions whose inputs are kept, failures first, then the latest."""
    for execution_id in _reported(observations):
        record = with_inputs(home, execution_id)
        if record is not None and record.outcome.kind == "raised":
            error = record.outcome.error
            why = f"feedback says that {error} is wrong here"
            yield _Lesson(record, {"returns": True}, why, "failure", (), settled=True)
    for execution_id, said in observations.expected.items():
        record = with_inputs(home, execution_id)
        if record is None:
            continue
        values = {repr(encode(v)): v for v in said.values()}
        for key, value in values.items():
            sources = tuple(s for s, v in said.items() if repr(encode(v)) == key)
            settled = len(values) == 1 and len(sources) >= reviewers
            why = "feedback says what should have been returned"
            yield _Lesson(record, {"equals": value}, why, "judgement", sources, settled)
    learning = domain.learning
    if learning is None:
        return
    for execution_id, label in reversed(list(observations.labels.items())):
        alarm = observations.executions[execution_id].alarm
        for truth in dict.fromkeys(label.votes.values()):
            if truth == alarm:
                continue  # what was right is no lesson; the replay holds it
            record = with_inputs(home, execution_id)
            if record is None:
                break
            seen = Observed(
                execution_id, record.at, record.version, record.args, record.kwargs,
                record.outcome, alarm, truth, label.confidence, label.reasons,
            )  # fmt: skip
            expect = learning.expect(spec, seen)
            if expect is None:
                continue
            why = f"reviewed as {'real drift that was missed' if truth else 'a false alarm'}"
            sources = tuple(s for s, v in label.votes.items() if v == truth)
            settled = truth == label.truth and agreed(label, reviewers, observations.reliability)
            yield _Lesson(record, dict(expect), why, "judgement", sources, settled)


def _reported(observations: Observations) -> list[str]:
    """Return executions that raised and of which feedback of kind ``error`` came, latest first."""
    named = Counter(execution_id for execution_id, _ in observations.errors)
    return [
        e.id
        for e in reversed(list(observations.executions.values()))
        if e.error is not None
        and (named[e.id] > 1 or False in observations.correct.get(e.id, {}).values())
    ]
