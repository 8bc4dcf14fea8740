"""The recipe: reads the user's function or method, writes a monitor of the same signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poet.domain import Recipe, Scoring
from poet_domain_ml_monitoring.agents._checks import why_none
from poet_domain_ml_monitoring.agents._plan import Plan, make_plan
from poet_domain_ml_monitoring.agents._roles import given_both, refers_to_reference
from poet_domain_ml_monitoring.agents._write import write

if TYPE_CHECKING:
    from poet.spec import FunctionSpec

__all__ = ["recipe", "scoring", "watches"]


def watches(spec: FunctionSpec) -> bool:
    """Say whether a function is this recipe's: it holds its reference, or is a method of what does."""
    if spec.owner in ("method", "classmethod"):
        return not given_both(spec)
    return spec.kind == "function" and refers_to_reference(spec)


def recipe(spec: FunctionSpec) -> Recipe:
    """Return the monitor for a function; the same spec gives the same text.

    Raises:
        RecipeRefusedError: Something of the function is not understood; the message says what.
    """
    plan = make_plan(spec)
    t = plan.thresholds
    return Recipe(
        id="assess_health" if plan.roles.predictions else "watch_features",
        source=write(spec, plan),
        params={
            "features": plan.roles.data,
            "reference": plan.roles.reference.text,
            "alpha": t.alpha,
            "min_effect": t.min_effect,
            "min_samples": t.min_samples,
        },
        notes=(*plan.notes, *_unchecked(spec, plan)),
    )


def _unchecked(spec: FunctionSpec, plan: Plan) -> list[str]:
    why = why_none(spec, plan)
    return [f"no checks but your tests: {why}"] if why else []


def scoring(spec: FunctionSpec) -> list[Scoring]:
    """Return why monitors are not scored: what they decide by is measured on labelled streams."""
    why = f"{spec.qualname} watches many features at once: its checks say whether it is right"
    return [Scoring(name, (), why=why) for name in ("accuracy", "precision", "recall")]
