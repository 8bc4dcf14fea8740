"""Replay: parent and candidate on the same recorded executions, each in a sandbox of its own.

Both run at the same time: what they answer is compared here, how long they take is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

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
    total: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Replayed]:
    """Yield what both give, execution by execution.

    Args:
        items: The executions.
        parent: Code of the version that is served; None for the function as it was written.
        candidate: Code of the candidate.
        spec: The function.
        import_name: The name under which its module is imported.
        timeout: Seconds one call may take.
        require: Run the candidate only where every layer of confinement is in force.
        sandbox: Makes the workers.
        known: The parent's outcomes of an earlier replay, by execution; new ones are added.
        total: How many executions there are, for progress; 0 where that is not known.
        tell: Told each step.
    """
    known = {} if known is None else known
    of = f" of {total}" if total else ""
    bound = spec.owner in ("method", "classmethod")
    with (
        sandbox(timeout=timeout, require=False) as first,
        sandbox(timeout=timeout, require=require) as second,
        ThreadPoolExecutor(1) as beside,
    ):

        def load(box: Sandbox, code: str | None, name: str) -> bool:
            loaded = box.load(load_request(spec, code, import_name, f"<{name} of {spec.qualname}>"))
            return not (isinstance(loaded, Lost) or "failed" in loaded)

        def ask(box: Sandbox, check: CallCheck) -> Outcome | None:
            asked = ask_check(box, check, brief=True)
            return None if isinstance(asked, str) else asked

        tell("replay: loading")
        loading = beside.submit(load, first, parent, "parent")
        if not (load(second, candidate, "candidate") and loading.result()):
            return
        for number, item in enumerate(items):
            if number % 10 == 0:
                tell(f"replay {number}{of}")
            check = CallCheck(
                item.execution_id, item.args, item.kwargs, lambda _: None,
                names=item.names, bound=bound,
            )  # fmt: skip
            asked: Future[Outcome | None] | None = None
            if item.execution_id not in known:
                asked = beside.submit(ask, first, check)
            gave = ask(second, check)
            if asked is not None:
                known[item.execution_id] = asked.result()
            yield Replayed(item, known[item.execution_id], gave)
