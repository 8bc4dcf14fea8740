"""How good a detector is: its verdicts on samples of which it is known whether there is drift."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from poet.domain import CallCheck, Outcome, Scoring
from poet.errors import RecipeRefusedError
from poet_domain_ml_monitoring.detector._inputs import Caller
from poet_domain_ml_monitoring.detector._plan import Plan, make_plan
from poet_domain_ml_monitoring.detector._scenarios import Scenario, categories, measurements
from poet_domain_ml_monitoring.detector._schema import quantities_of
from poet_domain_ml_monitoring.detector._verdict import read_verdict

if TYPE_CHECKING:
    from poet.spec import FunctionSpec

__all__ = ["scoring"]

FIGURES = ("accuracy", "precision", "recall")
# Of a result that holds none of these, no verdict can be read.
_VERDICTS = {
    "decision", "stable", "status", "drifted_columns", "effect", "p_value", "statistic", "decisions",
    "effects", "p_values",
}  # fmt: skip
Outcomes = Sequence[Outcome | None]


def scoring(spec: FunctionSpec) -> list[Scoring]:
    """Return how candidates for a function are scored; latency is measured by the gate."""
    try:
        plan = make_plan(spec)
    except RecipeRefusedError as error:
        return [Scoring(name, (), why=str(error).splitlines()[0]) for name in FIGURES]
    if plan.schema.shape != "names" and not quantities_of(plan.schema) & _VERDICTS:
        why = f"what {spec.name} returns has no verdict that can be read"
        return [Scoring(name, (), why=why) for name in FIGURES]
    caller = Caller(spec, plan)
    # Of the function's own, and of no check: nobody who wrote a candidate has seen these samples.
    seed = f"scoring {spec.fingerprint}"
    scenarios: list[Scenario] = []
    if "continuous" in plan.kinds:
        scenarios += measurements(caller, seed)
    if "categorical" in plan.kinds:
        scenarios += categories(caller, seed)
    calls = tuple(_call(s, plan, caller) for s in scenarios)
    said = _Said(plan, caller, {s.name: s.drift for s in scenarios})
    figures = zip(FIGURES, (said.accuracy, said.precision, said.recall), strict=True)
    return [Scoring(name, calls, figure, sampled=True) for name, figure in figures]


def _call(scenario: Scenario, plan: Plan, caller: Caller) -> CallCheck:
    args, kwargs = caller.call(scenario.current, scenario.reference, by_name=False)

    def expect(outcome: Outcome) -> str | None:
        said = _verdict(outcome, plan, caller)
        right = said is scenario.drift
        return None if right else f"expected drift={scenario.drift}, got {said}"

    return CallCheck(scenario.name, args, kwargs, expect, hidden=True)


def _verdict(outcome: Outcome | None, plan: Plan, caller: Caller) -> bool | None:
    """Return whether a result says drift; None where it says neither, or there is no result."""
    if outcome is None:
        return None
    try:
        found = read_verdict(plan, outcome, caller.column, caller.limit)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None
    return None if isinstance(found, str) or found.unknown else found.drift


class _Said:
    """Figures of what a detector said; a missing verdict is never right, and no alarm."""

    def __init__(self, plan: Plan, caller: Caller, truth: dict[str, bool]) -> None:
        self.plan, self.caller, self.truth = plan, caller, truth

    def accuracy(self, calls: Sequence[CallCheck], outcomes: Outcomes) -> float:
        """Return the share of right verdicts."""
        return self._share(calls, outcomes, lambda _, __: True, "there is no sample")

    def precision(self, calls: Sequence[CallCheck], outcomes: Outcomes) -> float:
        """Return the share of the alarms that are right."""
        why = "it never says drift, so none of its alarms can be right or wrong"
        return self._share(calls, outcomes, lambda said, _: said is True, why)

    def recall(self, calls: Sequence[CallCheck], outcomes: Outcomes) -> float:
        """Return the share of the drifts that are found."""
        return self._share(calls, outcomes, lambda _, drift: drift, "no sample has drifted")

    def _share(
        self,
        calls: Sequence[CallCheck],
        outcomes: Outcomes,
        counts: Callable[[bool | None, bool], bool],
        why: str,
    ) -> float:
        right = []
        for call, outcome in zip(calls, outcomes, strict=True):
            said, drift = _verdict(outcome, self.plan, self.caller), self.truth[call.name]
            if counts(said, drift):
                right.append(said is drift)
        if not right:
            raise ValueError(why)
        return sum(right) / len(right)
