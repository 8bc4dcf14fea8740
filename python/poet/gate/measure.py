"""Constraints that are measured: time and memory, with the noise of the same code against itself."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

from poet.gate.checks import Boxes, load_request
from poet.gate.inputs import Input
from poet.gate.sandbox import Lost, Sandbox
from poet.gate.verdict import Check
from poet.spec import Constraint, FunctionSpec

__all__ = ["MEASURED", "Measurement", "measure", "measurement_of"]

MEASURED = {"duration_ms": "ms", "memory_mb": "MB"}
INPUTS = 12
ROUNDS = 7
BUDGET = 4.0


class Measurement(NamedTuple):
    """A constraint as it was measured.

    Attributes:
        name: Such as ``duration_ms``.
        limit: What the user allows.
        value: The median on the input that takes most; None where it was not measured.
        noise: How far two measurements of the same code lie apart.
        n: Measured calls.
        outcome: ``held``, ``exceeded`` or ``not measured``.
        why: For ``not measured``: the reason.
    """

    name: str
    limit: float
    value: float | None = None
    noise: float = 0.0
    n: int = 0
    outcome: str = "not measured"
    why: str = ""

    def check(self) -> Check:
        """Return the measurement as a check of the gate."""
        if self.value is None:
            detail = f"not measured: {self.why}"
            return Check(self.name, "constraint", "not evidence", detail)
        unit = MEASURED[self.name]
        detail = f"{self.value:.3g} {unit}, noise {self.noise:.2g}, at most {self.limit:g} (n = {self.n})"
        outcome = "failed" if self.outcome == "exceeded" else "passed"
        return Check(self.name, "constraint", outcome, detail)  # type: ignore[arg-type]


def measurement_of(
    constraint: Constraint, first: Sequence[Sequence[float]], second: Sequence[Sequence[float]]
) -> Measurement:
    """Judge samples of the same code from two workers.

    Each worker's figure is the median of the input that takes most. Noise is how far the two
    figures lie apart, or the spread of the samples if that is more; a constraint fails only if
    both figures exceed it by more than the noise.

    Args:
        constraint: The limit.
        first: Samples of one worker, for each input.
        second: Of the other.
    """
    figures = [max(median(samples) for samples in worker) for worker in (first, second)]
    worst = max((*first, *second), key=median)
    middle = median(worst)
    spread = median([abs(v - middle) for v in worst]) * 1.4826
    noise = max(abs(figures[0] - figures[1]), 2 * spread)
    exceeded = min(figures) - noise > constraint.limit
    n = sum(len(samples) for worker in (first, second) for samples in worker)
    outcome = "exceeded" if exceeded else "held"
    return Measurement(constraint.name, constraint.limit, median(figures), noise, n, outcome)


def measure(
    code: str,
    spec: FunctionSpec,
    inputs: Sequence[Input],
    import_name: str,
    filename: str,
    *,
    timeout: float,
    require: bool = False,
    sandbox: Boxes = Sandbox,
) -> list[Measurement]:
    """Measure the constraints of a function on a candidate.

    Args:
        code: The candidate.
        spec: The function with its constraints.
        inputs: Inputs to which the function returns.
        import_name: The name under which the user's module is imported.
        filename: The candidate's name in tracebacks.
        timeout: Seconds one call may take.
        require: Refuse to run where a layer of confinement is missing.
        sandbox: Makes the workers.
    """
    found: dict[str, Measurement] = {}
    known = [c for c in spec.options.constraints if c.name in MEASURED]
    for c in spec.options.constraints:
        if c.name not in MEASURED:
            found[c.name] = Measurement(c.name, c.limit, why="nothing here measures it")
        elif not inputs:
            why = "no input on which the function returns: write a test or a case"
            found[c.name] = Measurement(c.name, c.limit, why=why)
    if known and inputs:
        request = load_request(spec, code, import_name, filename)
        samples = [_samples(request, inputs[:INPUTS], timeout, require, sandbox) for _ in range(2)]
        for c in known:
            values = [
                [[a for a in (_figure(c.name, s) for s in one) if a is not None] for one in worker]
                for worker in samples
            ]
            kept = [[s for s in worker if s] for worker in values]
            if all(kept):
                found[c.name] = measurement_of(c, *kept)
            else:
                why = "the worker does not report it here"
                found[c.name] = Measurement(c.name, c.limit, why=why)
    return [found[c.name] for c in spec.options.constraints]


def _figure(name: str, answer: dict[str, Any]) -> float | None:
    if name == "duration_ms":
        return float(answer["seconds"]) * 1000
    memory = answer.get("memory")
    return None if memory is None else float(memory) / 1e6


def _samples(
    request: dict[str, Any],
    inputs: Sequence[Input],
    timeout: float,
    require: bool,
    sandbox: Boxes,
) -> list[list[dict[str, Any]]]:
    """Return the answers of a fresh worker to each input, in rounds; the first one warms up."""
    answers: list[list[dict[str, Any]]] = [[] for _ in inputs]
    start = time.perf_counter()
    with sandbox(timeout=timeout, require=require) as box:
        loaded = box.load(request)
        if isinstance(loaded, Lost) or "failed" in loaded:
            return answers
        for number in range(ROUNDS + 1):
            for place, item in enumerate(inputs):
                call = {"args": item.args, "kwargs": item.kwargs, "outside": {}}
                answer = box.call(call)
                if isinstance(answer, Lost):
                    return answers
                if number:
                    answers[place].append(answer)
            if number >= 3 and time.perf_counter() - start > BUDGET:
                break
    return answers
