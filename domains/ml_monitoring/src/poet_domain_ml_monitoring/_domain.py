"""The domain as POET sees it: its options, what its candidates may import, what they must do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poet.domain import (
    REVIEWED,
    CallCheck,
    ConfigKey,
    Domain,
    Grants,
    Learning,
    ObjectiveKey,
    Observed,
    Outcome,
    Recipe,
    Scoring,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poet.spec import Evidence, FunctionSpec

__all__ = ["DOMAIN"]


def _recipe(spec: FunctionSpec) -> Recipe:
    from poet_domain_ml_monitoring import agents, detector

    return agents.recipe(spec) if agents.watches(spec) else detector.recipe(spec)


def _checks(spec: FunctionSpec) -> Sequence[CallCheck]:
    from poet_domain_ml_monitoring import agents, detector

    return agents.checks(spec) if agents.watches(spec) else detector.checks(spec)


def _scoring(spec: FunctionSpec) -> Sequence[Scoring]:
    from poet_domain_ml_monitoring import agents, detector

    return agents.scoring(spec) if agents.watches(spec) else detector.scoring(spec)


def _alarm(spec: FunctionSpec, outcome: Outcome) -> bool | None:
    from poet_domain_ml_monitoring import learning

    return learning.alarm(spec, outcome)


def _expect(spec: FunctionSpec, observed: Observed) -> Mapping[str, Any] | None:
    from poet_domain_ml_monitoring import learning

    return learning.expect(spec, observed)


def _evidence(
    spec: FunctionSpec, observed: Sequence[Observed], before: Sequence[Evidence]
) -> Sequence[Evidence]:
    from poet_domain_ml_monitoring import learning

    return learning.evidence(spec, observed, before)


def _inject(spec: FunctionSpec, observed: Observed, seed: int) -> Sequence[Observed]:
    from poet_domain_ml_monitoring import learning

    return learning.inject(spec, observed, seed)


def _request(spec: FunctionSpec, text: str) -> Evidence | None:
    from poet_domain_ml_monitoring import learning

    return learning.request(spec, text)


def _work(spec: FunctionSpec, observed: Observed) -> float:
    from poet_domain_ml_monitoring import learning

    return learning.work(spec, observed)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _level(value: Any) -> str | None:
    return None if _is_number(value) and 0 < value < 1 else "a number between 0 and 1"


def _effect(value: Any) -> str | None:
    return None if _is_number(value) and 0 <= value < 1 else "a number from 0 up to 1"


def _at_least(least: int) -> Any:
    def check(value: Any) -> str | None:
        good = isinstance(value, int) and not isinstance(value, bool) and value >= least
        return None if good else f"a whole number of at least {least}"

    return check


def _parameter(value: Any) -> str | None:
    good = value is None or (isinstance(value, str) and value.isidentifier())
    return None if good else "the name of a parameter"


REQUIREMENTS = tuple(
    """\
The reference decides the kind of data: measurements or categories; `kind_of` says which.
Compare measurements with `ks_2samp(current, reference)`: p is `p_value`, the effect `statistic`.
Compare categories with `kl_divergence` on what `merge_rare` makes of the `category_counts` of both: p is \
`p_value` (a G-test), the effect `total_variation`.
A test named in the result is `ks` or `kl`.
There is drift only where p is below alert_threshold and the effect is at least min_effect.
The effect lies between 0 and 1, whatever the function calls it now; a score that is returned is that \
effect: higher means more drift.
With fewer than min_samples values on a side, missing ones not counted, the status is insufficient_data, \
never drift; p and effect are None there where the result may hold None.
Too little data is never silently "no drift": where the result has no field that can say it, call \
`warn_unknown(function_name, reason)`, which warns with PoetWarning.
Missing values (None, NaN, null) are left out of the comparison and never decide; a sample may hold both \
None and NaN, and be a list, a NumPy array, a Polars or a pandas series.
The samples are told apart by the names of the parameters, not by their order or size.
Keep the form of the result: its keys, fields and types, plain Python numbers and bools; a key whose \
meaning you do not know comes from `poet.runtime.baseline`.
Where a sample is of many columns, decide for each column by its own data, with `columns_of` and `column_of`.
Call `observe(test=, p_value=, effect_size=, status=, n_current=, n_reference=)` once, with finite JSON: \
`finite(x)` makes None of NaN; the status is ok, drift or insufficient_data.
""".splitlines()
)

# What generated code may import of this package, and read of its types.
_NAMES = """\
FeatureRegistry HealthMonitor Importance Monitor MonitorConfig MonitorState MonitorStates SamePhase
Thresholds
column_of columns_of evenly finite first_of_groups frame_of kind_of merge_rare or_nan warn_unknown
"""
_ATTRIBUTES = """\
alert alpha apply assess check config given min_effect min_missing min_outside min_samples min_unseen
monitor observe of process references thresholds
detail drift_detected drift_score drifted dtype effect_name effect_size execution_id feature findings
importance is_new kind missing_current missing_reference n_current n_reference other p_adjusted p_value
problems reason results rows_current rows_reference safe_mode severity statistic status test test_reason
action components evidence features features_drifted id recommendations root_cause score since state
title why
"""

DOMAIN = Domain(
    name="ml_monitoring",
    summary="drift detection: the test chosen by the data, an effect size beside every p-value",
    version="0.1.0",
    recipe_epoch=1,
    mode="enhance",
    recipe=_recipe,
    checks=_checks,
    config={
        "alert_threshold": ConfigKey(0.05, "p-values below it are improbable by chance", _level),
        "min_effect": ConfigKey(0.1, "smallest effect that is drift, from 0 to 1", _effect),
        "min_samples": ConfigKey(20, "values needed of each sample", _at_least(2)),
        "max_categories": ConfigKey(
            20, "distinct whole numbers up to which a column is categorical", _at_least(0)
        ),
        "current": ConfigKey(None, "the parameter that holds the current sample", _parameter),
        "reference": ConfigKey(None, "the parameter that holds the reference", _parameter),
    },
    objectives={
        "accuracy": ObjectiveKey(
            "Says drift where there is drift, and none where there is none: the test that fits the "
            "data, its exact p-value, and the effect beside it."
        ),
        "latency": ObjectiveKey(
            "Answers sooner, as rightly as before: no copy and no Python loop over the values, the "
            "cheap question first, and nothing computed that decides nothing.",
            "minimize",
            "ms",
        ),
        "precision": ObjectiveKey(
            "Raises no alarm on data that has not drifted, small samples, ties and rare categories "
            "included; where the evidence is thin it says no drift or insufficient_data."
        ),
        "recall": ObjectiveKey(
            "Misses no drift that is large enough to matter: changes of the mean, the spread, the "
            "shape and of single categories, also beside many missing values."
        ),
    },
    constraints=frozenset({"duration_ms"}),
    capabilities=frozenset({"drift", "anomaly", "performance"}),
    grants=Grants(
        {
            **dict.fromkeys(("numpy", "polars", "pandas", "scipy"), REVIEWED),
            "poet_domain_ml_monitoring": frozenset(_NAMES.split()),
        },
        frozenset(_ATTRIBUTES.split()),
    ),
    requirements=REQUIREMENTS,
    scoring=_scoring,
    learning=Learning(_alarm, _expect, _evidence, _inject, _request, _work),
)
