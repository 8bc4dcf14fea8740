"""The exact two-sample Kolmogorov-Smirnov test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from poet._native import ks_2samp as _ks_2samp
from poet._native import ks_p_value as _ks_p_value
from poet.errors import StatsInputError
from poet.stats._inputs import as_real, check_min_size, check_positive, float_sample

if TYPE_CHECKING:
    from poet.stats._inputs import NanPolicy, Sample

Alternative: TypeAlias = Literal["two-sided", "less", "greater"]
Method: TypeAlias = Literal["auto", "exact", "asymptotic"]
Used: TypeAlias = Literal["exact", "asymptotic", "precise"]
_ALTERNATIVES: tuple[str, ...] = get_args(Alternative)
_METHODS: tuple[str, ...] = get_args(Method)
KSTuple: TypeAlias = tuple[float, float, float, float, int, Used]


@dataclass(frozen=True, slots=True)
class KSResult:
    """What `ks_2samp` found.

    Attributes:
        statistic: The largest distance between the two empirical distribution functions, from 0
            (equal) to 1 (separated); one-sided in the direction of `alternative`; NaN with too
            little data.
        p_value: Probability of a distance at least this large if both samples came from one
            continuous distribution; NaN with too little data.
        p_value_error: Bound of the absolute error of an asymptotic `p_value`, see `ks_2samp`; 0.0
            for an exact one, NaN with too little data.
        location: The smallest value where that distance is reached, in the data's own unit; NaN
            where the distance is 0 or unknown. From `Profile.ks` an int where both
            sides are integers or times, so that it is exact.
        sign: 1 where the current distribution function is the higher one at `location` (current
            values are smaller), -1 where the reference's is, 0 where there is no distance. Where
            both directions have the same distance, two-sided reports 1, as SciPy does.
        alternative: The alternative that was tested.
        method: How the p-value was computed: ``"exact"``, ``"asymptotic"``, ``"precise"`` (the
            asymptotic one without its error, near `alpha`), or ``"none"`` with too little data.
        n_current: Current values compared, missing ones not counted.
        n_reference: Reference values compared, missing ones not counted.
        nan_current: Missing current values (NaN, null, None, masked) that were left out.
        nan_reference: Missing reference values that were left out.
        min_size: The number of values that each side needed.
        status: ``"insufficient_data"`` where a sample is smaller than `min_size`, else ``"ok"``,
            which says that there is a result, not that it is harmless.
    """

    statistic: float
    p_value: float
    p_value_error: float
    location: float | int
    sign: int
    alternative: Alternative
    method: Literal["exact", "asymptotic", "precise", "none"]
    n_current: int
    n_reference: int
    nan_current: int
    nan_reference: int
    min_size: int
    status: Literal["ok", "insufficient_data"]


def ks_2samp(
    current: Sample,
    reference: Sample,
    *,
    alternative: Alternative = "two-sided",
    method: Method = "auto",
    alpha: float | None = None,
    nan_policy: NanPolicy = "omit",
    min_size: int = 8,
) -> KSResult:
    """Compare two samples by the Kolmogorov-Smirnov test.

    The statistic is ``max |F_current(v) - F_reference(v)|`` over all values (Smirnov, 1939), for
    ``"greater"`` ``max (F_current(v) - F_reference(v))`` and for ``"less"``
    ``max (F_reference(v) - F_current(v))``, compared in whole numbers, so that ties, 0.0 against
    -0.0 and infinities are what they should be.

    The p-value is exact (Hodges, 1958) while neither sample has more than 10,000 values, as in
    ``scipy.stats.ks_2samp``. Beyond, it is what SciPy's ``method="asymp"`` computes, up to
    `p_value_error`: with ``e = round(n * m / (n + m))``, two-sided ``kstwo.sf(statistic, e)``
    (Simard and L'Ecuyer, 2011) and one-sided equation 5.3 of Hodges. The error is below
    1e-5 of p from ``e = 141`` on and 1e-11 of p from ``e = 500`` on, except where p is above 0.9;
    below ``e = 140`` it is ``0.3 / e**2`` in p. How far the limit itself is from the exact p-value
    is not part of it: at ``e = 5,000`` some percent of p.

    Args:
        current: shape (n,), the data to judge: a list or tuple, a NumPy array of any real dtype, a
            Polars or a pandas Series. Booleans count as 0 and 1.
        reference: shape (m,), the data it is compared against, of the same kinds.
        alternative: ``"two-sided"``; ``"less"``, the current distribution function is below the
            reference's somewhere (current values are larger); or ``"greater"``, it is above
            (current values are smaller). SciPy's words, with current as the first sample.
        method: ``"auto"`` as described; ``"exact"`` for as much as a few seconds allow: up to
            ``n * m = 10,000,000,000`` and 10,000,000 values; ``"asymptotic"``.
        alpha: Decision level, between 0 and 1: near it the p-value is computed precisely, so that
            ``p_value < alpha`` is never decided by the approximation.
        nan_policy: ``"omit"`` leaves missing values out and counts them, ``"raise"`` refuses them.
        min_size: With fewer values than this on either side there is no result. At the default of
            8 against 8 the smallest possible p-value is 0.00016; much below, no difference,
            however large, could reach a strict threshold.

    Returns:
        The result; too little data is a status of it, not an error.

    Raises:
        StatsInputError: Not one-dimensional, not real numbers, integers beyond 2**53, missing
            values under ``nan_policy="raise"``, an unknown policy, alternative or method, an `alpha`
            not between 0 and 1, a `min_size` below 1, or too many values for ``method="exact"``.

    Example:
        >>> from poet.stats import ks_2samp
        >>> result = ks_2samp([1, 2, 3, 4, 5, 6, 7, 8], [5, 6, 7, 8, 9, 10, 11, 12, None])
        >>> result.statistic, result.location, result.sign, result.nan_reference
        (0.5, 4.0, 1, 1)
        >>> round(result.p_value, 4), result.method, result.status
        (0.2827, 'exact', 'ok')
        >>> less = ks_2samp(list(range(10)), list(range(5, 15)), alternative="less")
        >>> less.statistic, less.p_value
        (0.0, 1.0)
        >>> ks_2samp([1.0], [2.0, 3.0]).status
        'insufficient_data'
    """
    check_min_size(min_size)
    level = check_test(alternative, method, alpha)
    a = float_sample(current, "current", nan_policy)
    b = float_sample(reference, "reference", nan_policy)
    n, m = a.values.size, b.values.size
    if min(n, m) < min_size:
        return too_little(alternative, n, m, a.missing, b.missing, min_size)
    found = _ks_2samp(a.values, b.values, alternative, method, level)
    return ks_result(found, alternative, method, n, m, a.missing, b.missing, min_size)


def ks_p_value(
    statistic: float,
    n_current: int,
    n_reference: int,
    *,
    alternative: Alternative = "two-sided",
    method: Method = "auto",
    alpha: float | None = None,
) -> float:
    """Compute the p-value of a Kolmogorov-Smirnov statistic that is already known.

    See `ks_2samp` for the methods and their errors, and for what `alpha` does.

    Args:
        statistic: The distance, from 0 to 1; taken as the nearest one that samples of these sizes
            can have.
        n_current: Number of current values.
        n_reference: Number of reference values.
        alternative: As in `ks_2samp`.
        method: As in `ks_2samp`.
        alpha: As in `ks_2samp`.

    Raises:
        StatsInputError: A statistic that is none, sizes below 1 or together beyond 63 bits, an
            unknown word, or an exact p-value of samples too large for it.

    Example:
        >>> from poet.stats import ks_p_value
        >>> round(ks_p_value(0.05, 1_000, 100_000), 4)
        0.0137
    """
    level = check_test(alternative, method, alpha)
    check_positive(n_current, "n_current")
    check_positive(n_reference, "n_reference")
    distance = as_real(statistic)
    if not 0 <= distance <= 1:
        raise StatsInputError(
            f"statistic is {statistic!r}", where="statistic", hint="pass a distance from 0 to 1"
        )
    cells = n_current * n_reference
    if cells >= 2**63:
        raise StatsInputError(
            f"{n_current:,} and {n_reference:,} values are too many",
            where="n_current, n_reference",
            hint="their product has to stay below 2**63",
        )
    numerator = round(distance * cells)
    p_value, _, used = _ks_p_value(numerator, n_current, n_reference, alternative, method, level)
    check_exact(method, used, n_current, n_reference)
    return p_value


def check_test(alternative: object, method: object, alpha: object) -> float | None:
    """Refuse unknown words and levels, and return the level as a float.

    Raises:
        StatsInputError: An unknown alternative or method, or a level that is none.
    """
    _check_word(alternative, "alternative", _ALTERNATIVES)
    _check_word(method, "method", _METHODS)
    _check_alpha(alpha)
    return None if alpha is None else float(alpha)  # type: ignore[arg-type]  # checked above


def too_little(
    alternative: Alternative, n: int, m: int, nan_current: int, nan_reference: int, min_size: int
) -> KSResult:
    """Make the result of a test without enough data."""
    return KSResult(
        statistic=math.nan,
        p_value=math.nan,
        p_value_error=math.nan,
        location=math.nan,
        sign=0,
        alternative=alternative,
        method="none",
        n_current=n,
        n_reference=m,
        nan_current=nan_current,
        nan_reference=nan_reference,
        min_size=min_size,
        status="insufficient_data",
    )


def ks_result(
    found: KSTuple,
    alternative: Alternative,
    method: Method,
    n: int,
    m: int,
    nan_current: int,
    nan_reference: int,
    min_size: int,
) -> KSResult:
    """Make a result of what the kernel found.

    Raises:
        StatsInputError: An exact p-value was asked for and there was none.
    """
    statistic, p_value, p_value_error, location, sign, used = found
    check_exact(method, used, n, m)
    return KSResult(
        statistic=statistic,
        p_value=p_value,
        p_value_error=p_value_error,
        location=location,
        sign=sign,
        alternative=alternative,
        method=used,
        n_current=n,
        n_reference=m,
        nan_current=nan_current,
        nan_reference=nan_reference,
        min_size=min_size,
        status="ok",
    )


def check_exact(method: Method, used: Used, n: int, m: int) -> None:
    """Refuse to give another p-value than the exact one that was asked for.

    Raises:
        StatsInputError: An exact p-value was asked for and there was none.
    """
    if method == "exact" and used != "exact":
        raise StatsInputError(
            f"{n:,} and {m:,} values are too many for an exact p-value",
            where="method",
            hint='pass method="auto"; at these sizes the limit is close',
        )


def _check_word(word: object, argument: str, known: tuple[str, ...]) -> None:
    if not (isinstance(word, str) and word in known):
        listed = ", ".join(f'"{one}"' for one in known)
        raise StatsInputError(
            f"{argument} is {word!r}", where=argument, hint=f"pass one of {listed}"
        )


def _check_alpha(alpha: object) -> None:
    if alpha is None or (isinstance(alpha, Real) and 0 < float(alpha) < 1):
        return
    raise StatsInputError(
        f"alpha is {alpha!r}",
        where="alpha",
        hint="pass the level that p_value is held against, a number between 0 and 1, or None",
    )
