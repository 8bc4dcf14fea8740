"""From the numbers of a window to its report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from poet.stats import ProfileCounts, Survey
from poet_domain_ml_monitoring.config import MonitorConfig, Thresholds
from poet_domain_ml_monitoring.monitor._compare import Compared
from poet_domain_ml_monitoring.monitor._decide import decide
from poet_domain_ml_monitoring.monitor._layout import Layout, limits_of
from poet_domain_ml_monitoring.monitor._reasons import Evidence, plain_reason
from poet_domain_ml_monitoring.monitor._reference import Reference
from poet_domain_ml_monitoring.monitor._report import Report
from poet_domain_ml_monitoring.monitor._rows import Rows
from poet_domain_ml_monitoring.monitor._strays import within_bounds
from poet_domain_ml_monitoring.quality import (
    Cardinality,
    FeatureRegistry,
    Schema,
    cardinality_change,
    compare_schema,
    find_renamed,
    part_of,
)
from poet_domain_ml_monitoring.results import FeatureResult, Problem

__all__ = ["judge"]

# Of fewer categories each has its share in the distribution.
_MANY = 20


def judge(
    compared: Compared,
    schema: Schema,
    reference: Reference,
    layout: Layout,
    config: MonitorConfig,
    registry: FeatureRegistry,
    *,
    new: Sequence[str],
    late: Sequence[str],
    overrides: Mapping[str, Thresholds],
    execution_id: str | None,
) -> Report:
    """Decide, and put the report together.

    Args:
        compared: What comparing the window gave.
        schema: The columns of the window.
        reference: What it was compared with.
        layout: Which columns are which feature's.
        config: How the monitor is set up.
        registry: Account of late features, after this window.
        new: Features that are not compared yet.
        late: Features that came after the reference and are compared.
        overrides: What late features are held to.
        execution_id: What the report is known by, if anything.
    """
    import numpy as np

    safe_mode = 2 * len(new) > len(schema.dtypes)
    survey, edge = within_bounds(compared.survey, reference.bounds(), compared.window)
    size = len(survey.names)
    rare = np.zeros((2, size))
    for at in np.flatnonzero(survey.unseen_rows).tolist():
        rare[:, at] = reference.rare(survey.names[at])
    finite = np.ones(size, np.bool_)
    for at in np.flatnonzero(survey.infinite).tolist():
        ends = reference.profile.profiles[survey.names[at]].quantiles([0, 1])
        finite[at] = bool(np.isfinite(ends).all())
    cardinalities = _cardinalities(survey, compared)
    decisions = decide(
        survey, layout, limits_of(layout, config, overrides), rare=rare, finite=finite,
        edge=edge, cardinalities=cardinalities, adjust=config.adjust is not None, safe_mode=safe_mode,
    )  # fmt: skip
    evidence = Evidence(
        reference, survey, layout, decisions, edge, cardinalities, compared.window,
        dict.fromkeys(late, ""), safe_mode,
    )  # fmt: skip
    importance = np.ones(len(layout.features))
    for at, name in enumerate(layout.features) if config.importance else ():
        importance[at] = config.importance.get(name, 1.0)
    warming = registry.warming_up if new else {}
    waiting = [
        _waiting(name, schema, compared.fresh, config, warming.get(name), registry.warm_up)
        for name in new
    ]
    rows = Rows(evidence, dict(schema.dtypes), importance, waiting)
    problems = _problems(compared, schema, reference, finite, safe_mode)
    if execution_id is None:
        execution_id = _digest(rows, survey, problems, compared)
    return Report(
        results=rows, problems=problems, rows_current=compared.rows,
        rows_reference=reference.rows, safe_mode=safe_mode, sampling=compared.sampling,
        execution_id=execution_id, profile=reference.profile, window=compared.window,
    )  # fmt: skip


def _cardinalities(survey: Survey, compared: Compared) -> dict[int, Cardinality]:
    """Compare the numbers of categories where the reference has many."""
    found = {}
    for at in (survey.n_categories_reference > _MANY).nonzero()[0].tolist():
        name = survey.names[at]
        if survey.n[at] and name in compared.window.columns:
            profile = compared.window.profile.profiles[name]
            counts = ProfileCounts(profile, compared.window.columns[name])
            now = {**counts.known, **counts.unseen}
            found[at] = cardinality_change(now, profile.categories)
    return found


def _waiting(
    name: str,
    schema: Schema,
    fresh: Mapping[str, Any],
    config: MonitorConfig,
    seen: int | None,
    needed: int,
) -> FeatureResult:
    told = f"new: its first {needed:,} values are the reference of the windows to come"
    if seen is not None:
        told = f"new: {seen:,} of the {needed:,} values that make a reference have been seen"
    rows = len(fresh.get(name, ()))
    return FeatureResult(
        feature=name, kind=None, dtype=schema.dtypes.get(name), status="insufficient_data",
        severity=0.0, check="distribution", test=None, test_reason="", statistic=None,
        p_value=None, p_adjusted=None, effect_size=None, effect_name=None, min_effect=None,
        reason=told,
        importance=config.importance.get(name, 1.0), is_new=True, n_current=rows, n_reference=0,
        missing_current=0, missing_reference=0,
    )  # fmt: skip


def _problems(
    compared: Compared, schema: Schema, reference: Reference, finite: Any,
    safe_mode: bool,
) -> tuple[Problem, ...]:  # fmt: skip
    survey = compared.survey
    found = compare_schema(reference.schema, schema)
    missing = [p.feature for p in found if p.kind == "missing_feature"]
    if missing and compared.fresh:
        renamed = find_renamed(reference.profile, compared.fresh, missing=missing)
        settled = {p.feature for p in renamed} | {p.other for p in renamed}
        found = [
            p for p in found
            if not (p.kind in ("missing_feature", "new_feature") and p.feature in settled)
        ] + renamed  # fmt: skip
    told = {problem.feature for problem in found}
    for name, why in survey.reasons.items():
        feature, part = part_of(name)
        if not part and feature not in told:
            detail = f"{feature!r} cannot be compared: {plain_reason(why)}"
            found.append(Problem("unreadable", feature, detail))
    for at in survey.infinite.nonzero()[0].tolist():
        if finite[at]:
            rows, n = int(survey.infinite[at]), int(survey.n[at])
            feature = part_of(survey.names[at])[0]
            detail = (
                f"{rows:,} of {n:,} values of {feature!r} are infinite, none of the reference is"
            )
            found.append(Problem("infinite", feature, detail))
    if compared.rows == 0 and schema.dtypes:
        found.append(Problem("empty", "", "the window has no rows"))
    if safe_mode:
        detail = "more than half of the features are new: nothing is called drift"
        found.append(Problem("safe_mode", "", detail))
    return tuple(found)


def _digest(rows: Rows, survey: Survey, problems: Sequence[Problem], compared: Compared) -> str:
    """Return a name that follows from the content of a report."""
    import numpy as np

    decisions = rows.evidence.decisions
    digest = hashlib.sha256()
    plain = [rows.features, sorted(rows.dtypes.items()), problems, compared.rows, compared.sampling]
    digest.update(json.dumps(plain).encode())
    for array in (
        survey.n, survey.null, survey.nan, survey.n_reference, survey.null_reference,
        decisions.status, rows.importance,
    ):  # fmt: skip
        digest.update(np.ascontiguousarray(array).tobytes())
    for values in (decisions.p_value, decisions.effect, decisions.min_effect, survey.statistic):
        digest.update(np.where(np.isnan(values), -1.0, values).tobytes())
    return "c-" + digest.hexdigest()[:24]
