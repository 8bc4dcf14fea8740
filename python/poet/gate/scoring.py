"""How good an accepted candidate is at its objectives.

The calls of a domain's ``Scoring`` run in the sandbox exactly as its checks do, in two workers with
different string hashes; the figure is computed here, outside of the candidate's process. Nothing
here rejects a candidate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from poet.domain import Domain
from poet.gate.checks import Boxes
from poet.gate.inputs import Input
from poet.gate.ranking import Score
from poet.gate.sandbox import Sandbox
from poet.spec import FunctionSpec

__all__ = ["Scores", "score", "score_pair"]


class Scores(NamedTuple):
    """Scores of a candidate and of the reference from one run.

    Attributes:
        candidate: One for each objective.
        reference: Likewise, in the same order.
    """

    candidate: list[Score]
    reference: list[Score]


def score(
    code: str | None,
    spec: FunctionSpec,
    domain: Domain,
    *,
    import_name: str,
    filename: str,
    inputs: Sequence[Input],
    timeout: float,
    require: bool = False,
    sandbox: Boxes = Sandbox,
) -> list[Score]:
    """Return the scores of one code.

    Args:
        code: What is scored; None for the baseline.
        spec: The function; its options name the objectives.
        domain: Says how they are scored.
        import_name: The name under which the user's module is imported.
        filename: The code's name in tracebacks.
        inputs: Inputs on which the baseline returns: ``Verdict.measurable``.
        timeout: Seconds one call may take.
        require: Refuse to run where a layer of confinement is missing.
        sandbox: Makes the workers.
    """
    raise NotImplementedError


def score_pair(
    code: str,
    reference: str | None,
    spec: FunctionSpec,
    domain: Domain,
    *,
    import_name: str,
    filename: str,
    inputs: Sequence[Input],
    timeout: float,
    require: bool = False,
    sandbox: Boxes = Sandbox,
) -> Scores:
    """Return the scores of a candidate and of a reference, measured side by side in one run.

    ``better(*score_pair(...))`` says whether the candidate is better. ``reference`` is the code of
    the current version, or None for the baseline; the other arguments are those of :func:`score`.
    """
    raise NotImplementedError
