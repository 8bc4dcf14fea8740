"""The recipe: reads the user's function, writes a drift detector of the same signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poet.domain import Recipe
from poet_domain_ml_monitoring.detector._plan import make_plan
from poet_domain_ml_monitoring.detector._write import write

if TYPE_CHECKING:
    from poet.spec import FunctionSpec

__all__ = ["recipe"]


def recipe(spec: FunctionSpec) -> Recipe:
    """Return the detector for a function; the same spec gives the same text.

    Raises:
        RecipeRefusedError: Something of the function is not understood; the message says what.
    """
    plan = make_plan(spec)
    strategy = {"whole": "compare", "one": "compare_column", "many": "compare_columns"}
    return Recipe(
        id=strategy[plan.roles.selection.how],
        source=write(spec, plan),
        params={
            "current": plan.roles.current,
            "reference": plan.roles.reference,
            "alert_threshold": plan.roles.level or plan.alert_threshold,
            "min_effect": plan.roles.limit or plan.min_effect,
            "min_samples": plan.roles.min_samples or plan.min_samples,
            "max_categories": plan.max_categories,
            "kinds": list(plan.kinds),
        },
        notes=plan.notes,
    )
