"""Why a check says what it says: one sentence with the numbers before and after."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poet.stats import ProfileCounts
from poet_domain_ml_monitoring._numbers import chance, count, cut, effect, number, share, writer
from poet_domain_ml_monitoring.monitor._decide import (
    CHECKS,
    STATUSES,
    Decisions,
)
from poet_domain_ml_monitoring.monitor._reference import Reference
from poet_domain_ml_monitoring.quality import part_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poet.stats import FrameCounts, Profile, Survey
    from poet_domain_ml_monitoring.monitor._layout import Layout
    from poet_domain_ml_monitoring.quality import Cardinality

__all__ = ["Evidence", "plain_reason", "reason", "test_reason"]

_MOST_NAMED = 3
_PARTS = {"hour": "hour of the day", "weekday": "weekday", "value": "values that are not zero",
          "number": "the numbers among them"}  # fmt: skip
_OWN = {"text": "length of the text", "sparse": "zero or not", "mixed": "types of the values"}
# Up to these sizes, and this product of them, the p-value of the KS test is exact.
_EXACT, _EXACT_PRODUCT = 10_000, 2**20


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """All that a report is made of.

    Attributes:
        reference: The reference.
        survey: What was found in the window.
        layout: Which columns are which feature's.
        decisions: What was decided.
        edge: By column, which lowest and highest reference value bounds its range.
        cardinalities: By column, how the number of its categories compares.
        window: Counts of the window.
        late: By feature that came after the reference: why it is not compared, or empty.
        safe_mode: Whether nothing is called drift.
    """

    reference: Reference
    survey: Survey
    layout: Layout
    decisions: Decisions
    edge: NDArray[np.float64]
    cardinalities: Mapping[int, Cardinality]
    window: FrameCounts
    late: Mapping[str, str]
    safe_mode: bool

    def prepare(self, columns: Iterable[int]) -> None:
        """Count the columns of which the reasons show values, all at once."""
        counting = getattr(self.window.columns, "count", None)
        if counting is not None:
            # Of other numbers and of times the survey tells the quantiles.
            names, kinds = self.survey.names, self.survey.kinds
            counting([
                names[at]
                for at in columns
                if kinds[at] == "categories" or self.reference.kind(names[at]) == "boolean"
            ])  # fmt: skip


def reason(evidence: Evidence, column: int, check: int) -> str:
    """Write the reason of one check of one column."""
    survey, decisions = evidence.survey, evidence.decisions
    name = survey.names[column]
    status = STATUSES[decisions.status[check, column]]
    if status == "error":
        return plain_reason(survey.reasons[name])
    if status == "insufficient_data":
        return _too_little(evidence, column, check)
    found = _FOUND[CHECKS[check]](evidence, column, status)
    verdict = _verdict(evidence, column, check, status)
    part = _part(evidence, name)
    prefix = f"{part}: " if part and CHECKS[check] != "missing" else ""
    return f"{prefix}{found}; {verdict}" if found else f"{prefix}{verdict}"


def plain_reason(why: str) -> str:
    """Say shortly why a column cannot be compared."""
    told = re.match(r"(reference|current): .*, got (.*)", why, re.DOTALL)
    if told is None:
        return why
    side = "the reference" if told[1] == "reference" else "the window"
    return f"in {side} {told[2]}"


def test_reason(evidence: Evidence, column: int, check: int) -> str:
    """Say why this test was made."""
    survey = evidence.survey
    feature, _ = part_of(survey.names[column])
    kind, why = evidence.reference.kinds.get(feature, (None, ""))
    if kind is None:
        return ""
    name = CHECKS[check]
    if name != "distribution":
        return f"{kind} ({why}); {_WHY[name]}"
    if survey.kinds[column] == "categories":
        merged = int(survey.pooled[column])
        rare = f", {merged:,} rare ones merged" if merged else ""
        return f"{kind} ({why}); chi-square of {_categories(survey, column)}{rare}"
    if survey.kinds[column] in ("numbers", "times"):
        n, m = int(survey.n[column]), int(survey.n_reference[column])
        how = "exact p-value"
        if max(n, m) > _EXACT or n * m > _EXACT_PRODUCT:
            how = "p-value of the limit for large samples, exact or an upper bound near a decision"
        return f"{kind} ({why}); two-sample Kolmogorov-Smirnov, {how}"
    return f"{kind} ({why})"


_WHY = {
    "range": "order statistics: how many values lie outside the reference's range",
    "missing": "Fisher's exact test of two shares",
    "unseen": "Fisher's exact test: rows of new categories against those that occur only once",
    "infinite": "Fisher's exact test: the reference has no infinite value",
    "cardinality": "rarefaction: categories in a random part of all rows of the window's size",
}


def _categories(survey: Survey, column: int) -> str:
    most = max(int(survey.n_categories[column]), int(survey.n_categories_reference[column]))
    return f"{most:,} categories" if most != 1 else "1 category"


def _part(evidence: Evidence, name: str) -> str:
    feature, part = part_of(name)
    if part:
        return _PARTS.get(part, part)
    return _OWN.get(evidence.reference.kind(feature) or "", "")


def _too_little(evidence: Evidence, column: int, check: int) -> str:
    survey = evidence.survey
    least = int(evidence.decisions.limits.min_samples[column])
    n, m = int(survey.n[column]), int(survey.n_reference[column])
    what = "values"
    if CHECKS[check] == "missing":
        n += _gone(survey, column, "")
        m += _gone(survey, column, "_reference")
        what = "rows"
    if min(n, m) < least:
        side, few = ("the window", n) if n < least else ("the reference", m)
        return f"{few:,} {what} in {side}, {least:,} are needed"
    if evidence.layout.bare[column]:
        return (
            "the times of the window or of the reference span less than two whole days, so that "
            "neither hours nor weekdays can be compared"
        )
    if survey.kinds[column] == "categories":
        merged = int(survey.pooled[column])
        return f"each of {merged:,} categories is too rare in {n + m:,} rows to be compared"
    return "the reference has no values to compare with"


def _verdict(evidence: Evidence, column: int, check: int, status: str) -> str:
    decisions = evidence.decisions
    size, least = decisions.effect[check, column], decisions.min_effect[check, column]
    p, adjusted = decisions.p_value[check, column], decisions.p_adjusted[check, column]
    alpha = decisions.limits.alpha[column]
    plain = CHECKS[check] == "distribution" and evidence.survey.kinds[column] != "categories"
    written = effect if plain else share
    what = _MEASURE[CHECKS[check]] if plain or CHECKS[check] != "distribution" else _CATEGORY
    what, limit = what.format(written(size)), written(least)
    if CHECKS[check] in ("range", "unseen") and size < _raw(evidence.survey, column, check):
        what += " more than expected"
    if evidence.safe_mode and status == "warning" and adjusted < alpha and size >= least:
        return f"{what}, where {limit} matters; {chance(adjusted)}; safe mode calls nothing drift"
    if status == "drift":
        return f"{what}, where {limit} matters; {chance(adjusted)}"
    if status == "warning" and size >= least:
        return (
            f"{what}, where {limit} matters, but it may be chance: {chance(adjusted)} among all "
            f"checks, below {alpha:g} counts"
        )
    if status == "warning":
        return f"{what}, not by chance ({chance(adjusted)}), but less than the {limit} that matters"
    if math.isnan(p) or size == 0:
        return "no change"
    if size < least:
        just = "just " if written(size) == limit else ""
        return f"{what}, {just}less than the {limit} that matters"
    visible = _visible(evidence, column) if CHECKS[check] == "distribution" else math.nan
    seen = f"; at these sizes a change shows from about {effect(visible)} on"
    odds = f"{what}, no more than chance ({chance(adjusted)} among all checks)"
    return odds + seen if visible > least else odds


_MEASURE = {
    "distribution": "the distribution moved by V = {}",
    "missing": "a change of {}",
    "range": "that is {}",
    "unseen": "that is {}",
    "infinite": "that is {}",
    "cardinality": "a change of {}",
}
_CATEGORY = "{} of the rows changed category"


def _raw(survey: Survey, column: int, check: int) -> float:
    outside = survey.below[column] + survey.above[column]
    rows = outside if CHECKS[check] == "range" else survey.unseen_rows[column]
    return float(rows) / max(float(survey.n[column]), 1)


def _visible(evidence: Evidence, column: int) -> float:
    """Return the smallest KS distance that is below `alpha` at these sizes."""
    if evidence.survey.kinds[column] == "categories":
        return math.nan
    n, m = float(evidence.survey.n[column]), float(evidence.survey.n_reference[column])
    alpha = float(evidence.decisions.limits.alpha[column])
    return math.sqrt(-math.log(alpha / 2) / 2 * (n + m) / (n * m))


def _distribution(evidence: Evidence, column: int, status: str) -> str:
    if status == "ok":
        return ""
    name, survey = evidence.survey.names[column], evidence.survey
    if survey.kinds[column] in ("numbers", "times"):
        if evidence.reference.kind(name) == "boolean":
            return _flag(evidence, column)
        return _levels(evidence, column)
    counts = _counts(evidence, name)
    return _mix(counts.profile, counts) if counts else ""


def _counts(evidence: Evidence, name: str) -> ProfileCounts | None:
    if name not in evidence.window.columns:
        return None
    profile = evidence.reference.profile.profiles[name]
    return ProfileCounts(profile, evidence.window.columns[name])


def _levels(evidence: Evidence, column: int) -> str:
    name = evidence.survey.names[column]
    after = evidence.survey.quantiles[column].tolist()
    before, grid = evidence.reference.levels(name)
    write = _writer(evidence, name)
    low, middle, high = map(write, before)
    spread = before[2] - before[0]
    low_now, middle_now, high_now = (_placed(grid, value, spread, write) for value in after)
    return (
        f"median {middle} → {middle_now}, nine in ten values between "
        f"{low} and {high} → {low_now} and {high_now}"
    )


def _writer(evidence: Evidence, name: str) -> Callable[[float], str]:
    feature, part = part_of(name)
    return number if part else writer(evidence.reference.schema.dtypes.get(feature))


def _placed(
    grid: Sequence[float], value: float, spread: float, write: Callable[[float], str]
) -> str:
    """Write a quantile of a window, which lies between two reference values.

    Where these are further apart than `spread`, only the side is known.
    """
    at = bisect_left(grid, value)
    if at == len(grid):
        return f"above {write(grid[-1])}"
    if grid[at] == value or (at and grid[at] - grid[at - 1] <= spread):
        return write(value)
    return f"above {write(grid[at - 1])}" if at else f"below {write(grid[0])}"


def _flag(evidence: Evidence, column: int) -> str:
    """Write the shares of ones among zeros and ones."""
    survey = evidence.survey
    profile = evidence.reference.profile.profiles[survey.names[column]]
    frequencies, counts = profile.frequencies(), _counts(evidence, survey.names[column])
    if frequencies is None or counts is None:
        return ""
    before = 1 - float(frequencies[0]) / profile.n
    lower = profile.ks(counts, alternative="greater", method="asymptotic", min_size=1)
    now = before - lower.statistic if lower.statistic else before + float(survey.statistic[column])
    if not 0 <= now <= 1:
        return ""
    return f"ones {share(before)} → {share(now)}"


def _mix(profile: Profile, counts: ProfileCounts) -> str:
    n, m = counts.n, profile.n
    now = {**counts.known, **counts.unseen}
    changes = [
        (now.get(category, 0) / n - before / m, category, before / m)
        for category, before in profile.categories.items()
    ]
    changes += [(rows / n, category, 0.0) for category, rows in counts.unseen.items()]
    changes.sort(key=lambda change: (-abs(change[0]), change[1]))
    named = [
        f"{cut(category)} {share(before)} → {share(max(before + change, 0))}"
        for change, category, before in changes[: 1 if len(changes) == 2 else _MOST_NAMED]
        if change
    ]
    return ", ".join(named)


def _range(evidence: Evidence, column: int, _status: str) -> str:
    survey = evidence.survey
    below, above = int(survey.below[column]), int(survey.above[column])
    if not below and not above:
        return ""
    profile = evidence.reference.profile.profiles[survey.names[column]]
    write = _writer(evidence, survey.names[column])
    edge, m = evidence.edge[column], max(profile.n, 1)
    outer = (edge - 1) / m
    low, high = profile.quantiles([min(outer + 0.5 / m, 1), max(1 - outer, 0)]).tolist()
    ways = []
    if below:
        ways.append(f"{count(below)} of {count(survey.n[column])} values lie below {write(low)}")
    if above:
        ways.append(f"{count(above)} of {count(survey.n[column])} values lie above {write(high)}")
    known = (
        "the lowest and the highest of the reference"
        if edge == 1
        else f"where {share(outer)} of the reference does"
    )
    if below and above:
        ways = [f"{ways[0]} and {count(above)} above {write(high)}"]
    elif edge == 1:
        known = f"the {'lowest' if below else 'highest'} of the reference"
    return f"{ways[0]}, {known}"


def _missing(evidence: Evidence, column: int, _status: str) -> str:
    survey = evidence.survey
    shares = []
    for side in ("_reference", ""):
        gone = float(_gone(survey, column, side))
        total = gone + float(getattr(survey, f"n{side}")[column])
        shares.append(gone / total if total else 0.0)
    if not any(shares):
        return ""
    return f"missing values {share(shares[0])} → {share(shares[1])}"


def _gone(survey: Survey, column: int, side: str) -> int:
    return int(getattr(survey, f"null{side}")[column]) + int(getattr(survey, f"nan{side}")[column])


def _unseen(evidence: Evidence, column: int, _status: str) -> str:
    survey = evidence.survey
    rows, kinds = int(survey.unseen_rows[column]), int(survey.unseen_categories[column])
    if not rows:
        return ""
    name = survey.names[column]
    examples = ""
    if name in evidence.window.columns:
        profile = evidence.reference.profile.profiles[name]
        unseen = ProfileCounts(profile, evidence.window.columns[name]).unseen
        common = sorted(unseen.items(), key=lambda item: (-item[1], item[0]))[:_MOST_NAMED]
        examples = f" ({', '.join(cut(category) for category, _ in common)})"
        examples = examples.replace(")", ", …)") if kinds > _MOST_NAMED else examples
    return (
        f"{count(rows)} of {count(survey.n[column])} values are of {kinds:,} "
        f"{'category' if kinds == 1 else 'categories'} that the reference does not have{examples}"
    )


def _infinite(evidence: Evidence, column: int, _status: str) -> str:
    rows, n = evidence.survey.infinite[column], evidence.survey.n[column]
    return f"{count(rows)} of {count(n)} values are infinite, and none of the reference is"


def _cardinality(evidence: Evidence, column: int, _status: str) -> str:
    found = evidence.cardinalities[column]
    return (
        f"{found.observed:,} different categories, where about {found.expected:,.0f} "
        "would be expected of so many rows"
    )


_FOUND: dict[str, Any] = {
    "distribution": _distribution,
    "range": _range,
    "missing": _missing,
    "unseen": _unseen,
    "infinite": _infinite,
    "cardinality": _cardinality,
}
