"""How good an accepted candidate is at its objectives.

The calls of a domain's ``Scoring`` run in the sandbox exactly as its checks do, in two workers with
different string hashes; the figure is computed here, outside of the candidate's process. Nothing
here rejects a candidate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from poet.domain import CallCheck, Domain, ObjectiveKey, Outcome, Scoring
from poet.gate.checks import NO_CALL, Boxes, ask_check, judged, load_request
from poet.gate.inputs import Input
from poet.gate.sandbox import Lost, Sandbox
from poet.gate.scoring.latency import Latency, compare_latency
from poet.gate.scoring.ranking import Score
from poet.spec import FunctionSpec, Objective

__all__ = ["LATENCY", "Scores", "score", "score_pair"]

LATENCY = "latency"
HANG = 3.0  # seconds after which a wait that a script makes is one without end
SURE = 2.33  # standard errors: one side of a normal distribution beyond them holds one per cent

Outcomes = Sequence[Outcome | None]


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
    run = _Run(spec, domain, import_name, filename, inputs, timeout, require, sandbox)
    return [own for own, _ in run.scores(code, code)]


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
    run = _Run(spec, domain, import_name, filename, inputs, timeout, require, sandbox)
    pairs = run.scores(code, reference)
    return Scores(
        [own._replace(against=other.value) for own, other in pairs], [other for _, other in pairs]
    )


class _NoFigureError(Exception):
    """There is no figure; the message says why."""


class _Run:
    """The scoring of one code, or of two."""

    def __init__(
        self,
        spec: FunctionSpec,
        domain: Domain,
        import_name: str,
        filename: str,
        inputs: Sequence[Input],
        timeout: float,
        require: bool,
        sandbox: Boxes,
    ) -> None:
        self.spec, self.domain = spec, domain
        self.import_name, self.filename = import_name, filename
        self.inputs, self.timeout = inputs, timeout
        self.require, self.sandbox = require, sandbox
        self._asked: dict[tuple[int, str | None, int], list[Outcome | None]] = {}

    def scores(self, code: str | None, reference: str | None) -> list[tuple[Score, Score]]:
        """Return both scores for each objective of the function."""
        known = {s.objective: s for s in self.domain.scoring(self.spec)}
        found = []
        for wanted in _objectives(self.spec):
            key = self.domain.objectives.get(wanted.name, ObjectiveKey(""))
            blank = Score(
                wanted.name, None, 0.0, wanted.direction or key.direction,
                wanted.weight, wanted.target, key.unit,
            )  # fmt: skip
            scoring = known.get(wanted.name)
            if scoring is not None:
                found.append(self._figures(blank, scoring, code, reference))
            elif wanted.name == LATENCY:
                found.append(self._latency(blank, code, reference))
            else:
                missing = blank._replace(why=f"domain {self.domain.name} does not score it")
                found.append((missing, missing))
        return found

    def _latency(
        self, blank: Score, code: str | None, reference: str | None
    ) -> tuple[Score, Score]:
        took: Latency = compare_latency(
            code, reference, self.spec, self.inputs, self.import_name, self.filename,
            timeout=self.timeout, require=self.require, sandbox=self.sandbox,
        )  # fmt: skip
        # By the larger of both noises "better" is then said exactly where the decision is "faster".
        mine, theirs = (
            blank._replace(value=v, noise=(v or 0.0) * took.noise, why=took.why)
            for v in (took.candidate, took.reference)
        )
        return mine, theirs

    def _figures(
        self, blank: Score, scoring: Scoring, code: str | None, reference: str | None
    ) -> tuple[Score, Score]:
        """Return the figures of the domain's calls, with their noise.

        Each code answers twice, in workers with other string hashes: how far the two figures lie
        apart is noise. Of a sample the noise is no less than the error of the figure, by leaving
        out one call after the other (the jackknife: B. Efron, The Jackknife, the Bootstrap and
        Other Resampling Plans, 1982); with two codes, of the difference of their figures.
        """
        if not scoring.calls:
            missing = blank._replace(why=scoring.why or "the domain has no calls for this function")
            return missing, missing
        runs = [[self._answers(scoring, c, seed) for seed in (0, 1)] for c in (code, reference)]
        calls = scoring.calls
        told = [
            n for n, check in enumerate(calls) if _tells(check, [r[n] for b in runs for r in b])
        ]
        if not told:
            missing = blank._replace(why=NO_CALL)
            return missing, missing

        def figure(side: int, run: int, left_out: int = -1) -> float:
            kept = [n for n in told if n != left_out]
            return _figure(scoring, [calls[n] for n in kept], [runs[side][run][n] for n in kept])

        found, apart = [], 0.0
        for side in (0, 1):
            try:
                figures = [figure(side, run) for run in (0, 1)]
            except _NoFigureError as none:
                found.append(blank._replace(why=str(none)))
                continue
            apart = max(apart, abs(figures[0] - figures[1]))
            found.append(blank._replace(value=sum(figures) / 2))
        error = 0.0
        if scoring.sampled:
            one = code == reference or any(f.value is None for f in found)

            def difference(left_out: int) -> float:
                own = figure(found[0].value is None, 0, left_out)
                return own if one else own - figure(1, 0, left_out)

            if any(f.value is not None for f in found):
                error = SURE * _jackknife(difference, told)
        mine, theirs = (
            f if f.value is None else f._replace(noise=max(apart, error)) for f in found
        )
        return mine, theirs

    def _patience(self, check: CallCheck) -> float:
        """Return the seconds for a call: who ends a scripted wait does it at once, for time leaps."""
        return min(self.timeout, HANG) if _hangs(check) else self.timeout

    def _answers(self, scoring: Scoring, code: str | None, seed: int) -> list[Outcome | None]:
        """Make the calls in a worker of their own; objectives with the same calls share them."""
        key = (id(scoring.calls), code, seed)
        if key in self._asked:
            return self._asked[key]
        found: list[Outcome | None] = []
        with self.sandbox(timeout=self.timeout, hash_seed=seed, require=self.require) as box:
            loaded = box.load(load_request(self.spec, code, self.import_name, self.filename))
            if not isinstance(loaded, Lost) and "failed" not in loaded:
                for check in scoring.calls:
                    outcome = ask_check(box, check, self._patience(check))
                    found.append(None if isinstance(outcome, str) else outcome)
        none = [None] * (len(scoring.calls) - len(found))
        return self._asked.setdefault(key, [*found, *none])


def _hangs(check: CallCheck) -> bool:
    scripts = [*([check.stand_in] if check.stand_in else []), *check.outside.values()]
    return any(step[0] == "hang" for script in scripts for step in script.steps)


def _objectives(spec: FunctionSpec) -> list[Objective]:
    """Return what is scored: the objectives, and ``optimize_for`` where it is none of them."""
    found = list(spec.options.objectives)
    name = spec.options.optimize_for
    if name is not None and name not in {o.name for o in found}:
        found.append(Objective(name))
    return sorted(found)


def _tells(check: CallCheck, outcomes: Outcomes) -> bool:
    """Say whether a call tells something of each code: one that never asked its script does not."""
    played = check.stand_in is not None or bool(check.outside)
    return not played or all(
        o is None or bool(o.stand_in_calls) or any(o.outside_calls.values()) for o in outcomes
    )


def _figure(scoring: Scoring, calls: Sequence[CallCheck], outcomes: Outcomes) -> float:
    if not calls:
        raise _NoFigureError("there is one call, and it was left out")
    if scoring.score is None:
        right = [
            o is not None and judged(c, o) is None for c, o in zip(calls, outcomes, strict=True)
        ]
        return sum(right) / len(right)
    try:
        value = float(scoring.score(calls, outcomes))
    except Exception as problem:  # noqa: BLE001 - a candidate's values are no reason to end here
        reason = f"its figure fails: {problem!r}"
        if isinstance(problem, ValueError):
            reason = str(problem)
        raise _NoFigureError(reason) from None
    if not math.isfinite(value):
        raise _NoFigureError(f"its figure is {value}")
    return value


def _jackknife(figure: Callable[[int], float], told: Sequence[int]) -> float:
    """Return the standard error of a figure from its values with each call left out."""
    values = []
    for n in told:
        try:
            values.append(figure(n))
        except _NoFigureError:
            return math.inf
    middle = sum(values) / len(values)
    return math.sqrt((len(values) - 1) / len(values) * sum((v - middle) ** 2 for v in values))
