"""What a check of a frame found: findings, features, problems, and the report of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from poet_domain_ml_monitoring.config import Kind

__all__ = ["COLUMNS", "FeatureResult", "Finding", "Problem", "ProblemKind", "Sampling", "Status"]

Status: TypeAlias = Literal["ok", "warning", "drift", "insufficient_data", "error"]
ProblemKind: TypeAlias = Literal[
    "missing_feature", "new_feature", "renamed_feature", "type_change", "unreadable", "infinite",
    "safe_mode", "empty",
]  # fmt: skip
CheckName: TypeAlias = Literal[
    "distribution", "range", "missing", "unseen", "infinite", "cardinality"
]

# The columns of `Report.to_frame`, in their order, with their Polars types.
COLUMNS = {
    "feature": "String",
    "kind": "String",
    "dtype": "String",
    "status": "String",
    "severity": "Float64",
    "check": "String",
    "test": "String",
    "statistic": "Float64",
    "p_value": "Float64",
    "p_adjusted": "Float64",
    "effect_size": "Float64",
    "effect_name": "String",
    "min_effect": "Float64",
    "reason": "String",
    "importance": "Float64",
    "is_new": "Boolean",
    "n_current": "UInt64",
    "n_reference": "UInt64",
    "missing_current": "UInt64",
    "missing_reference": "UInt64",
}


class Finding(NamedTuple):
    """One check of one feature.

    Attributes:
        feature: The feature's name.
        check: What was looked at.
        test: The test's name: ``ks``, ``chi_square``, ``order_statistics``, ``fisher``, ``rarefaction``
        statistic: The test's statistic, None where it has none.
        p_value: Probability of a statistic as far out without any change.
        p_adjusted: The same, adjusted for all tests of the report.
        effect_size: How large the change is, whatever the sizes, from 0 to 1.
        effect_name: Which measure that is: ``kuiper_v``, ``total_variation``, ``outside_share``,
            ``unseen_share``, ``missing_change``, ``infinite_share``, ``cardinality_change``.
        min_effect: The smallest effect that matters here.
        status: What the check says of the feature.
        reason: One sentence a person can read: what changed from what to what, and why it counts or
            does not.
    """

    feature: str
    check: CheckName
    test: str
    statistic: float | None
    p_value: float | None
    p_adjusted: float | None
    effect_size: float | None
    effect_name: str
    min_effect: float | None
    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class FeatureResult:
    """All that is said of one feature; the numbers are those of the finding that decides.

    Attributes:
        feature: Its name.
        kind: What it holds, and so how it is compared.
        dtype: Its type in the current frame.
        status: The worst of its findings.
        severity: From 0 to 1: ``1 - 2 ** (-effect_size / min_effect)`` of the deciding finding, 0.5
            at the smallest effect that matters.
        check: Which check decides.
        test: Its test, None where none was made.
        test_reason: Why this test was chosen, by kind and size.
        importance: Its weight.
        is_new: Whether it came after the reference was fitted.
        n_current: Values compared, missing ones not counted.
        missing_current: Nulls and NaN.
        findings: Every check made, the deciding one first.
    """

    feature: str
    kind: Kind | None
    dtype: str | None
    status: Status
    severity: float
    check: str
    test: str | None
    test_reason: str
    statistic: float | None
    p_value: float | None
    p_adjusted: float | None
    effect_size: float | None
    effect_name: str | None
    min_effect: float | None
    reason: str
    importance: float
    is_new: bool
    n_current: int
    n_reference: int
    missing_current: int
    missing_reference: int
    findings: tuple[Finding, ...] = ()


class Problem(NamedTuple):
    """Something is wrong with the data themselves, not with their distribution.

    Attributes:
        kind: What is wrong.
        feature: The feature it is about, empty where it is about the frame.
        detail: One sentence: what was expected, what was found.
        other: The other feature, such as the new name of a renamed one.
    """

    kind: ProblemKind
    feature: str
    detail: str
    other: str = ""


class Sampling(NamedTuple):
    """How a report was degraded to a time budget.

    Attributes:
        rows: Rows looked at.
        of: Rows there are.
        error_bound: With 99 % confidence no distribution function is off by more than this
            (Dvoretzky, Kiefer and Wolfowitz; Massart, 1990).
        reproducible: False where the clock, not the plan, decided: the same input may then give
            another report.
        reason: Why.
    """

    rows: int
    of: int
    error_bound: float
    reproducible: bool
    reason: str
