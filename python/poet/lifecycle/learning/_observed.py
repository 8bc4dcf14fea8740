"""Executions with their inputs and what people say of them, as domains and replays read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from poet.cases.recording import Recorded, recorded
from poet.domain import Learning, Observed
from poet.errors import CaseError
from poet.learn import Label, Observations, Reliability, split_time
from poet.spec import FunctionSpec

__all__ = ["agreed", "alarms_of", "chosen", "cut_of", "observed", "with_inputs"]

MOST_LABELLED = 600
MOST_UNSAID = 300
LEAST_OWN = 20
USEFUL = 1.1  # right where yes is and right where no is, together; 1 is a coin's


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


def cut_of(observations: Observations, ids: Sequence[str]) -> float:
    """Return the time from which executions are held back from what a candidate is made of.

    Half of the served version's judged executions come before it: what is wrong with that version is
    seen in those alone, so a split of the whole record would hold back all of it. Where too few of
    them are judged, it is half of all that are.
    """
    judged = [i for i in ids if i in observations.labels]
    own = [i for i in judged if observations.executions[i].version == observations.served]
    some = own if len(own) >= LEAST_OWN else judged or ids
    return split_time(observations.executions[i].at for i in some)


def observed(
    home: Path,
    spec: FunctionSpec,
    learning: Learning | None,
    observations: Observations,
    ids: Iterable[str],
) -> Iterator[Observed]:
    """Yield executions whose inputs are kept, with their labels; a domain's word on alarms, if any."""
    labels: Mapping[str, Label] = observations.labels
    for execution_id in ids:
        record = with_inputs(home, execution_id)
        if record is None:
            continue
        label = labels.get(execution_id)
        execution = observations.executions[execution_id]
        alarm = execution.alarm
        if alarm is None and learning is not None:
            alarm = learning.alarm(spec, record.outcome)
        yield Observed(
            execution_id, record.at, record.version, record.args, record.kwargs, record.outcome,
            alarm,
            label.truth if label else None,
            label.confidence if label else 1.0,
            label.reasons if label else {},
            names=record.names,
        )  # fmt: skip


def agreed(
    label: Label, reviewers: int, reliability: Mapping[str, Reliability] = MappingProxyType({})
) -> bool:
    """Say whether enough sources say the same of an execution, and none the opposite.

    Those that are known to say yes as often where no is right are not asked: else one of them could
    keep everything from being agreed on, or make one mistake of another source count for two.
    """
    votes = [
        v for s, v in label.votes.items() if s not in reliability or sum(reliability[s]) > USEFUL
    ]
    return label.truth is not None and len(votes) >= reviewers and len(set(votes)) == 1


def _truth(observations: Observations, execution_id: str) -> bool | None:
    label = observations.labels.get(execution_id)
    return label.truth if label else None
