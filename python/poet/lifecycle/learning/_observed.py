"""Executions with their inputs and what people say of them, as domains and replays read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from poet.cases.recording import Recorded, recorded
from poet.domain import Learning, Observed
from poet.errors import CaseError
from poet.learn import Label, Observations
from poet.spec import FunctionSpec

__all__ = ["agreed", "alarms_of", "chosen", "observed", "with_inputs"]

MOST_LABELLED = 600
MOST_UNSAID = 300


def with_inputs(home: Path, execution_id: str) -> Recorded | None:
    """Return an execution that was recorded whole; None where it was not, or cannot be read."""
    try:
        found = recorded(home, execution_id)
    except CaseError:
        return None
    return None if found is None or found.missing else found


def alarms_of(
    home: Path, spec: FunctionSpec, learning: Learning, ids: Iterable[str]
) -> dict[str, bool]:
    """Return whether executions raised an alarm, from what they returned, where that can be said."""
    found = {}
    for execution_id in ids:
        record = with_inputs(home, execution_id)
        said = None if record is None else learning.alarm(spec, record.outcome)
        if said is not None:
            found[execution_id] = said
    return found


def chosen(observations: Observations) -> list[str]:
    """Return the executions that a replay looks at, oldest first: judged ones, and the latest others."""
    said = [i for i in observations.executions if _truth(observations, i) is not None]
    unsaid = [i for i in observations.executions if i not in observations.labels]
    wanted = {*said[-MOST_LABELLED:], *unsaid[-MOST_UNSAID:]}
    return [i for i in observations.executions if i in wanted]


def observed(
    home: Path,
    spec: FunctionSpec,
    learning: Learning,
    observations: Observations,
    ids: Iterable[str],
) -> Iterator[Observed]:
    """Yield executions whose inputs are kept, with their labels."""
    labels: Mapping[str, Label] = observations.labels
    for execution_id in ids:
        record = with_inputs(home, execution_id)
        if record is None:
            continue
        label = labels.get(execution_id)
        execution = observations.executions[execution_id]
        alarm = execution.alarm
        yield Observed(
            execution_id, record.at, record.version, record.args, record.kwargs, record.outcome,
            alarm if alarm is not None else learning.alarm(spec, record.outcome),
            label.truth if label else None,
            label.confidence if label else 1.0,
            label.reasons if label else {},
        )  # fmt: skip


def agreed(label: Label, reviewers: int) -> bool:
    """Say whether enough sources say the same of an execution, and none the opposite."""
    votes = list(label.votes.values())
    return label.truth is not None and len(votes) >= reviewers and len(set(votes)) == 1


def _truth(observations: Observations, execution_id: str) -> bool | None:
    label = observations.labels.get(execution_id)
    return label.truth if label else None
