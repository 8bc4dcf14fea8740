"""What distances and tests return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

Status: TypeAlias = Literal["ok", "insufficient_data"]
Alternative: TypeAlias = Literal["two-sided", "less", "greater"]
Bound: TypeAlias = Literal["none", "at_least", "at_most"]
Method: TypeAlias = Literal["exact", "asymptotic", "interpolated", "none"]


@dataclass(frozen=True, slots=True)
class DistanceResult:
    """How far current is from reference.

    Attributes:
        distance: 0 or more, 0 where both are equally distributed; NaN with too little data.
        unit: What it is measured in: ``"nats"``, ``"bits"``, ``"log base b"``, ``"share"`` (from 0
            to 1), ``"none"``, ``"data"`` (the data's own unit) or ``"sqrt(data)"``.
        n_current: Current values or counts compared, missing ones not counted.
        n_reference: Reference values or counts compared, missing ones not counted.
        nan_current: Missing current values that were left out; 0 for counts.
        nan_reference: Missing reference values that were left out; 0 for counts.
        min_size: The number of values, or sum of counts, that each side needed.
        status: ``"insufficient_data"`` where a side has fewer than `min_size`, else ``"ok"``,
            which says that there is a result, not that it is harmless.
    """

    distance: float
    unit: str
    n_current: int
    n_reference: int
    nan_current: int
    nan_reference: int
    min_size: int
    status: Status


@dataclass(frozen=True, slots=True)
class TestResult:
    """Whether chance explains how current differs from reference, and by how much it differs.

    Attributes:
        statistic: The test's statistic; NaN with too little data.
        p_value: Probability of a statistic at least this far out if both samples came from one
            distribution; NaN with too little data.
        p_value_bound: ``"none"`` where `p_value` is the p-value; ``"at_least"`` where the true one
            is that or larger, ``"at_most"`` where it is that or smaller.
        effect_size: How large the difference is, whatever the sample sizes; NaN with too little
            data.
        effect_name: Which measure `effect_size` is.
        alternative: What was tested for; ``"two-sided"`` for tests that know nothing else.
        method: How the p-value was computed: ``"exact"``, ``"asymptotic"``, ``"interpolated"``, or
            ``"none"`` with too little data.
        n_current: Current values compared, missing ones not counted.
        n_reference: Reference values compared, missing ones not counted.
        nan_current: Missing current values that were left out.
        nan_reference: Missing reference values that were left out.
        min_size: The number of values that each side needed.
        status: ``"insufficient_data"`` where a side has fewer than `min_size`, else ``"ok"``,
            which says that there is a result, not that it is harmless.
    """

    # Its name begins as pytest's test classes do.
    __test__: ClassVar[bool] = False

    statistic: float
    p_value: float
    p_value_bound: Bound
    effect_size: float
    effect_name: str
    alternative: Alternative
    method: Method
    n_current: int
    n_reference: int
    nan_current: int
    nan_reference: int
    min_size: int
    status: Status


@dataclass(frozen=True, slots=True)
class ChiSquareResult:
    """What `chi_square` found.

    Attributes:
        statistic: Pearson's statistic after merging; NaN with too little data.
        p_value: Probability of a statistic at least this large if both sides came from one
            distribution, by the chi-square approximation; NaN with too little data.
        dof: Degrees of freedom: categories after merging, less one; 0 also with too little data.
        effect_size: Cramér's V of the table after merging, from 0 to 1; NaN with too little data.
        effect_name: ``"cramers_v"``.
        n_current: Sum of the current counts.
        n_reference: Sum of the reference counts.
        n_categories: Categories that occur on either side, before merging.
        n_pooled: How many of them were merged into one: 0, or 2 and more.
        smallest_expected: The smallest expected count after merging; NaN with too little data.
        min_size: The sum of counts that each side needed.
        status: ``"insufficient_data"`` where a side counts fewer than `min_size`, or where several
            categories occur but all of them are so rare that merging leaves one; else ``"ok"``,
            which says that there is a result, not that it is harmless.
    """

    statistic: float
    p_value: float
    dof: int
    effect_size: float
    effect_name: Literal["cramers_v"]
    n_current: int
    n_reference: int
    n_categories: int
    n_pooled: int
    smallest_expected: float
    min_size: int
    status: Status


@dataclass(frozen=True, slots=True)
class EffectSizes:
    """How large the difference of two samples is; positive where current values are larger.

    Attributes:
        cohens_d: Difference of the means in pooled standard deviations: 0 where both samples are
            constant and equal, infinite where both are constant and differ, NaN with infinities.
        hedges_g: The same without its bias in small samples.
        variance_ratio: Variance of current over that of reference; NaN where both are 0 and with
            infinities, infinite where only the reference's is 0.
        cliffs_delta: From -1 (every current value is smaller) over 0 to 1.
        superiority: How often a current value is larger than a reference value, ties half: the
            common-language effect size, 0.5 where neither side tends to be larger.
        n_current: Current values compared, missing ones not counted.
        n_reference: Reference values compared, missing ones not counted.
        nan_current: Missing current values that were left out.
        nan_reference: Missing reference values that were left out.
        min_size: The number of values that each side needed.
        status: ``"insufficient_data"``, with all five NaN, where a side has fewer than `min_size`,
            else ``"ok"``.
    """

    cohens_d: float
    hedges_g: float
    variance_ratio: float
    cliffs_delta: float
    superiority: float
    n_current: int
    n_reference: int
    nan_current: int
    nan_reference: int
    min_size: int
    status: Status
