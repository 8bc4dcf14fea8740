"""Replay: parent and candidate on the same recorded executions, each in a sandbox of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from poet.domain import CallCheck, Observed, Outcome
from poet.gate import Sandbox, load_request
from poet.gate.checks import Boxes, ask_check
from poet.gate.sandbox import Lost
from poet.spec import FunctionSpec

__all__ = ["Replayed", "replay"]


class Replayed(NamedTuple):
    """What parent and candidate gave to one execution's inputs.

    Attributes:
        observed: The execution.
        parent: Its outcome, None where there was none: it took too long, or was lost.
        candidate: Likewise.
    """

    observed: Observed
    parent: Outcome | None
    candidate: Outcome | None


def replay(
    items: Iterable[Observed],
    parent: str | None,
    candidate: str,
    spec: FunctionSpec,
    import_name: str,
    *,
    timeout: float = 30.0,
    require: bool = False,
    sandbox: Boxes = Sandbox,
    known: dict[str, Outcome | None] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Replayed]:
    """Yield what both give, execution by execution; which of them goes first alternates.

    Args:
        items: The executions.
        parent: Code of the version that is served; None for the function as it was written.
        candidate: Code of the candidate.
        spec: The function.
        import_name: The name under which its module is imported.
        timeout: Seconds one call may take.
        require: Run the candidate only where every layer of confinement is in force.
        sandbox: Makes the workers.
        known: The parent's outcomes of an earlier replay, by execution; new ones are added. Its
            times are then of that replay.
        tell: Told each step.
    """
    known = {} if known is None else known
    with (
        sandbox(timeout=timeout, require=False) as first,
        sandbox(timeout=timeout, require=require) as second,
    ):
        for box, code, name in ((first, parent, "parent"), (second, candidate, "candidate")):
            loaded = box.load(load_request(spec, code, import_name, f"<{name} of {spec.qualname}>"))
            if isinstance(loaded, Lost) or "failed" in loaded:
                return
        for number, item in enumerate(items):
            if number % 20 == 0:
                tell(f"replay {number}")
            check = CallCheck(item.execution_id, item.args, item.kwargs, lambda _: None)
            boxes = [first, second] if number % 2 else [second, first]
            gave: dict[Any, Outcome | None] = {}
            for box in boxes:
                if box is first and item.execution_id in known:
                    gave[first] = known[item.execution_id]
                    continue
                asked = ask_check(box, check)
                gave[box] = None if isinstance(asked, str) else asked
            known[item.execution_id] = gave[first]
            yield Replayed(item, gave[first], gave[second])
