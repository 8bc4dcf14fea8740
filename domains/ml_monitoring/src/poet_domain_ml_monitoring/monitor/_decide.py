"""The decision: every check of every feature at once, from the numbers of a survey.

A change is drift where it is improbable by chance *and* large enough to matter. Improbable: its
p-value, adjusted for all checks of the report, is below `alpha`. Large: its effect, which does not
grow with the number of rows, reaches the minimum. A warning reaches one of the two and is at least
half way to the other: half the minimum effect; or, below `alpha` before the adjustment, half of the
powers of ten of `alpha` after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poet.stats import benjamini_hochberg
from poet_domain_ml_monitoring.monitor._exact import at_least_marked, beyond_edge, share_differs

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from poet.stats import Survey
    from poet_domain_ml_monitoring.monitor._layout import Layout, Limits
    from poet_domain_ml_monitoring.quality import Cardinality

    Floats = NDArray[np.float64]

__all__ = ["CHECKS", "NOT_MADE", "STATUSES", "Decisions", "decide", "missing_values"]

# In the order in which they are named where several are equally grave: the most specific first.
CHECKS = ("infinite", "unseen", "missing", "distribution", "range", "cardinality")
INFINITE, UNSEEN, MISSING, DISTRIBUTION, RANGE, CARDINALITY = range(6)
# From the best to the worst.
STATUSES = ("ok", "insufficient_data", "warning", "drift", "error")
_OK, _INSUFFICIENT, _WARNING, _DRIFT, _ERROR = range(5)
# A check that a column does not have.
NOT_MADE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """What was decided: arrays of shape (checks, columns) in the order of `CHECKS`, or (features,).

    Attributes:
        status: Index into `STATUSES`, or -1 where the check was not made.
        p_value: As found; NaN where there is none.
        p_adjusted: Adjusted for all tests of the report.
        effect: From 0 to 1; NaN where there is none.
        min_effect: The smallest that matters.
        limits: What the columns were held to.
        worst: shape (features,): index into `STATUSES`.
        column: shape (features,): index of the column that decides.
        check: shape (features,): index into `CHECKS` of the check that decides.
        severity: shape (features,), from 0 to 1.
    """

    status: NDArray[np.int8]
    p_value: Floats
    p_adjusted: Floats
    effect: Floats
    min_effect: Floats
    limits: Limits
    worst: NDArray[np.int8]
    column: NDArray[np.intp]
    check: NDArray[np.intp]
    severity: Floats


def decide(
    survey: Survey,
    layout: Layout,
    limits: Limits,
    *,
    rare: Floats,
    finite: NDArray[np.bool_],
    edge: Floats,
    cardinalities: Mapping[int, Cardinality],
    adjust: bool,
    safe_mode: bool = False,
) -> Decisions:
    """Decide every check of every feature.

    Args:
        survey: What was found.
        layout: Which columns are which feature's.
        limits: What every column is held to.
        rare: shape (2, columns): of categories, how many occur once in the reference, and twice.
        finite: By column, whether the reference is free of infinities.
        edge: By column, which lowest and highest reference value bounds its range; 1 is the
            outermost.
        cardinalities: By column, how the number of its categories compares, where it is looked at.
        adjust: Whether p-values are adjusted for their number (Benjamini-Hochberg).
        safe_mode: Whether nothing is called drift.
    """
    import numpy as np

    size = len(survey.names)
    shape = (len(CHECKS), size)
    p_value, effect = np.full(shape, np.nan), np.full(shape, np.nan)
    minimum = np.stack([
        limits.min_outside, limits.min_unseen, limits.min_missing,
        limits.min_effect, limits.min_outside, limits.min_cardinality,
    ])  # fmt: skip
    made = _measure(survey, rare, finite, edge, p_value, effect)
    for at, found in cardinalities.items():
        made[CARDINALITY, at] = True
        p_value[CARDINALITY, at], effect[CARDINALITY, at] = found.p_value, found.effect_size
    made[MISSING] &= layout.own
    made[DISTRIBUTION] &= ~layout.bare
    made[UNSEEN] &= ~layout.bare
    if survey.reasons:
        made &= np.array([name not in survey.reasons for name in survey.names])
    sufficient = np.broadcast_to(
        np.minimum(survey.n, survey.n_reference) >= limits.min_samples, shape
    ).copy()
    rows = np.minimum(_rows(survey, ""), _rows(survey, "_reference"))
    sufficient[MISSING] = rows >= limits.min_samples
    # Where there are too few rows there is no test, and none to adjust the others for.
    p_value[~(made & sufficient)] = np.nan
    adjusted = p_value
    if adjust and size:
        adjusted = benjamini_hochberg(p_value.ravel()).p_adjusted.reshape(shape)

    reach = effect / minimum
    full_effect, half_effect = reach >= 1, reach >= 0.5
    full_p = adjusted < limits.alpha
    half_p = (adjusted < np.sqrt(limits.alpha)) & (p_value < limits.alpha)
    status = np.full(shape, NOT_MADE, np.int8)
    status[made] = _OK
    status[made & ((full_p & half_effect) | (full_effect & half_p))] = _WARNING
    status[made & full_p & full_effect] = _WARNING if safe_mode else _DRIFT
    untested = np.isnan(p_value[DISTRIBUTION])
    status[made & ~sufficient] = _INSUFFICIENT
    status[DISTRIBUTION, made[DISTRIBUTION] & untested] = _INSUFFICIENT
    for at, name in enumerate(survey.names) if survey.reasons else ():
        if name in survey.reasons and layout.own[at]:
            status[DISTRIBUTION, at] = _ERROR
    worst, column, check = _summed_up(status, reach, layout)
    decided = reach[check, column]
    known = np.isfinite(decided) & (worst != _ERROR) & (worst != _INSUFFICIENT)
    return Decisions(
        status=status, p_value=p_value, p_adjusted=adjusted, effect=effect, min_effect=minimum,
        limits=limits, worst=worst, column=column, check=check,
        severity=np.where(known, 1 - np.exp2(-np.where(known, decided, 0)), 0),
    )  # fmt: skip


def _summed_up(
    status: NDArray[np.int8], reach: Floats, layout: Layout
) -> tuple[NDArray[np.int8], NDArray[np.intp], NDArray[np.intp]]:
    """Return by feature the worst status, and the column and the check that decide."""
    import numpy as np

    if not status.shape[1]:
        return np.zeros(0, np.int8), np.zeros(0, np.intp), np.zeros(0, np.intp)
    counted = status
    if not layout.simple or layout.bare.any():
        counted = status.copy()
        # Too few values of a part say nothing of the others.
        part = counted[:, ~layout.own]
        counted[:, ~layout.own] = np.where(part == _INSUFFICIENT, NOT_MADE, part)
        # Times of which neither the hour nor the weekday could be compared have not been compared.
        compared = np.zeros(len(layout.features), np.bool_)
        compared[layout.feature[(counted[DISTRIBUTION] > NOT_MADE) & ~layout.own]] = True
        idle = layout.bare & ~compared[layout.feature] & (counted[DISTRIBUTION] != _ERROR)
        counted[DISTRIBUTION, idle] = _INSUFFICIENT
        status[DISTRIBUTION, idle] = _INSUFFICIENT
    worst = counted.max(axis=0)
    rank = np.where(counted == worst, np.nan_to_num(reach, nan=-1.0), -2.0)
    # Where the distribution has moved, values outside the range and categories gone are part of it.
    rank[RANGE, counted[DISTRIBUTION] == worst] = -2.0
    rank[CARDINALITY, counted[DISTRIBUTION] == worst] = -2.0
    check = rank.argmax(axis=0)
    # Where all is quiet a column is told by its distribution.
    quiet = (worst == _OK) & (counted[DISTRIBUTION] == _OK)
    check = np.where(quiet, DISTRIBUTION, check)
    columns = np.arange(status.shape[1])
    if layout.simple:
        return worst, columns[layout.first], check[layout.first]
    # Of a feature's columns the first with the worst status and, among those, the largest reach.
    told = np.where(quiet | (worst > _OK), rank[check, columns], -3.0)
    order = np.lexsort((columns, -told, -worst.astype(np.int64), layout.feature))
    heads = np.flatnonzero(np.diff(layout.feature[order], prepend=-1))
    chosen = order[heads]
    return worst[chosen], chosen, check[chosen]


def _measure(
    survey: Survey,
    rare: Floats,
    finite: NDArray[np.bool_],
    edge: Floats,
    p_value: Floats,
    effect: Floats,
) -> NDArray[np.bool_]:
    """Fill in p-values and effects, and tell which checks were made."""
    import numpy as np

    made = np.zeros(p_value.shape, np.bool_)
    n, m = survey.n.astype(np.float64), survey.n_reference.astype(np.float64)
    kinds = np.array(survey.kinds, dtype="U10")
    ordered = (kinds == "numbers") | (kinds == "times")
    named = kinds == "categories"

    made[DISTRIBUTION] = True
    p_value[DISTRIBUTION] = survey.p_value
    # With many categories chance alone moves many rows: chi-square says which share it explains,
    # being the number of degrees of freedom on average (as in the adjusted R², Ezekiel, 1930).
    chi = np.maximum(survey.statistic, 1e-300)
    beyond = np.where(survey.dof > 0, np.maximum(chi - survey.dof, 0) / chi, 1)
    moved = survey.total_variation * np.sqrt(beyond)
    effect[DISTRIBUTION] = np.where(ordered, survey.statistic + survey.opposite, moved)

    made[RANGE] = ordered
    below, above = survey.below.astype(np.float64), survey.above.astype(np.float64)
    either = np.minimum(beyond_edge(below, n, m, edge), beyond_edge(above, n, m, edge))
    p_value[RANGE] = np.where(ordered, np.minimum(1, 2 * either), np.nan)
    expected = 2 * _share(edge - 1, m)
    effect[RANGE] = np.where(ordered, np.maximum(_share(below + above, n) - expected, 0), np.nan)

    gone, gone_reference = missing_values(survey, ""), missing_values(survey, "_reference")
    total, total_reference = _rows(survey, ""), _rows(survey, "_reference")
    made[MISSING] = True
    # With nothing or everything missing on both sides every outcome is the same: no test.
    hits = gone + gone_reference
    tested = (hits > 0) & (hits < total + total_reference)
    p_value[MISSING] = np.where(
        tested, share_differs(gone, total, gone_reference, total_reference), np.nan
    )
    effect[MISSING] = np.abs(_share(gone, total) - _share(gone_reference, total_reference))

    made[UNSEEN] = named
    if named.any():
        # A reference row that is the only one of its category stands for those that come by chance
        # (Good, 1953). Their share varies more than a binomial one does, as if the reference were
        # smaller by this factor (Robbins, 1968).
        once, twice = rare
        factor = 1 + 2 * twice / np.maximum(once, 1)
        fewer, m_fewer = np.ceil(once / factor), np.ceil(m / factor)
        unseen = survey.unseen_rows.astype(np.float64)
        chance = at_least_marked(unseen, n, unseen + fewer, n + m_fewer)
        p_value[UNSEEN] = np.where(named, chance, np.nan)
        excess = np.maximum(_share(unseen, n) - _share(once, m), 0)
        effect[UNSEEN] = np.where(named, excess, np.nan)

    infinite = survey.infinite.astype(np.float64)
    made[INFINITE] = (infinite > 0) & finite
    if made[INFINITE].any():
        chance = at_least_marked(infinite, n, infinite, n + m)
        p_value[INFINITE] = np.where(made[INFINITE], chance, np.nan)
        effect[INFINITE] = np.where(made[INFINITE], _share(infinite, n), np.nan)
    return made


def missing_values(survey: Survey, side: str) -> Floats:
    """Return the nulls and NaN of a side."""
    import numpy as np

    null, nan = getattr(survey, f"null{side}"), getattr(survey, f"nan{side}")
    total: Floats = null.astype(np.float64) + nan.astype(np.float64)
    return total


def _rows(survey: Survey, side: str) -> Floats:
    return getattr(survey, f"n{side}").astype(float) + missing_values(survey, side)  # type: ignore[no-any-return]


def _share(part: Floats, whole: Floats) -> Floats:
    import numpy as np

    return part / np.maximum(whole, 1)
