"""What a feature holds, and so how it is compared; inferred from its fitted profile and its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from poet.errors import ConfigError, nearest
from poet_domain_ml_monitoring._dtypes import family
from poet_domain_ml_monitoring.config import KINDS, Kind

if TYPE_CHECKING:
    from poet.stats import FrameProfile, Profile

__all__ = ["BY_USER", "MAX_DISCRETE", "SPARSE_SHARE", "kinds_of"]

# Why a kind that was set is what it is.
BY_USER = "set by the user"
# Numbers of more distinct values are measurements; of fractions fewer are enough to be.
MAX_DISCRETE = 100
MAX_FRACTIONS = 20
# A number seen less often than this on average is a measurement too.
MIN_REPEATS = 5
# From this share of zeros on they hide whatever the other values do.
SPARSE_SHARE = 0.95
# Text of at most this many distinct values is a category, however rarely they repeat.
MIN_TEXTS = 20

Inferred = tuple[Kind, str]


def kinds_of(
    profile: FrameProfile,
    dtypes: Mapping[str, str],
    overrides: Mapping[str, Kind] | None = None,
) -> dict[str, Inferred]:
    """Say of each feature what kind it is and why.

    | kind | is |
    |---|---|
    | constant | one value, or none at all |
    | boolean | booleans; numbers that are 0 and 1 only |
    | sparse | numbers of which at least 95 % are zero |
    | discrete | at most 100 distinct whole numbers (20 of a type with fractions), each seen five times
      on average |
    | continuous | all other numbers, times of day and durations |
    | datetime | dates and points in time |
    | text | text whose values hardly repeat: free text, identifiers |
    | categorical | all other text and codes |
    | mixed | values of several types |

    Args:
        profile: The reference, fitted as it came.
        dtypes: By feature, the type of its column, in the words of any library.
        overrides: By feature, its kind where the inferred one is wrong.

    Returns:
        By feature, its kind and one sentence that says why. Nested and binary columns, which cannot
        be compared, are left out; `profile.reasons` says why.

    Raises:
        ConfigError: A kind that is none, or one for a feature that does not exist.
    """
    overrides = overrides or {}
    for name, kind in overrides.items():
        if kind not in KINDS:
            hint = f"the kinds are {', '.join(KINDS)}"
            raise ConfigError(
                f"{kind!r} is no kind{nearest(str(kind), list(KINDS))}",
                where=f"kinds[{name!r}]",
                hint=hint,
            )
        if name not in profile.names:
            near = nearest(str(name), list(profile.names))
            hint = "name a feature of the reference"
            raise ConfigError(f"there is no feature {name!r}{near}", where="kinds", hint=hint)
    found: dict[str, Inferred] = {}
    for name in profile.names:
        if name in overrides:
            found[name] = (overrides[name], BY_USER)
            continue
        fitted = profile.profiles.get(name)
        inferred = (
            _of_unfitted(dtypes.get(name, ""))
            if fitted is None
            else _of_fitted(fitted, dtypes.get(name, ""))
        )
        if inferred is not None:
            found[name] = inferred
    return found


def _of_unfitted(dtype: str) -> Inferred | None:
    kind = family(dtype)
    if kind == "number":
        return "continuous", "numbers that int64 cannot hold, compared as float64"
    if kind == "unknown":
        return "mixed", "values of several types"
    return None


def _of_fitted(profile: Profile, dtype: str) -> Inferred:
    if profile.n == 0:
        return "constant", "no values at all"
    if profile.kind == "categories":
        return _of_categories(profile, dtype)
    if profile.kind == "times":
        return _of_times(dtype)
    return _of_numbers(profile, dtype)


def _of_times(dtype: str) -> Inferred:
    kind = family(dtype)
    if kind == "duration":
        return "continuous", "durations, compared as they are"
    if kind == "time":
        return "continuous", "times of day, compared as they are"
    return "datetime", "points in time, which move on: compared by time of day and weekday"


def _of_numbers(profile: Profile, dtype: str) -> Inferred:
    counts = profile.frequencies(at_most=MAX_DISCRETE)
    n = profile.n
    if counts is not None and len(counts) == 1:
        return "constant", "one value only"
    zeros = _share_of(profile, 0) if counts is None or 2 * counts.max() >= n else 0.0
    if counts is not None and len(counts) == 2 and _is_flag(profile, zeros):
        return "boolean", "0 and 1 only"
    if zeros >= SPARSE_SHARE:
        return "sparse", f"{zeros:.1%} zeros, apart from which the other values are compared"
    most = MAX_DISCRETE if "int" in dtype.lower() else MAX_FRACTIONS
    if counts is not None and len(counts) <= most and len(counts) * MIN_REPEATS <= n:
        return "discrete", f"{len(counts)} distinct values, compared in their order"
    return "continuous", "numbers of many distinct values"


def _is_flag(profile: Profile, zeros: float) -> bool:
    zeros = zeros or _share_of(profile, 0)
    return bool(zeros) and abs(zeros + _share_of(profile, 1) - 1) * profile.n < 0.5


def _share_of(profile: Profile, value: int) -> float:
    """Return the share of one value, exactly.

    A window that holds nothing else lies above the reference by ``1 - F(value)`` at most and below
    it by what comes before the value; what is left is the value's own share.
    """
    above, below = (
        profile.ks([value], alternative=side, method="asymptotic", min_size=1).statistic
        for side in ("greater", "less")
    )
    return max(0.0, 1 - above - below)


def _of_categories(profile: Profile, dtype: str) -> Inferred:
    if family(dtype) == "boolean":
        return "boolean", f"the type is {dtype}"
    counts = profile.frequencies(at_most=2**31)
    assert counts is not None
    counts = counts[counts > 0]
    distinct, n = len(counts), profile.n
    if distinct == 1:
        return "constant", "one value only"
    declared = dtype.lower().startswith("enum")
    repeated = int(counts[counts >= MIN_REPEATS].sum())
    if not declared and distinct > MIN_TEXTS and 2 * repeated < n:
        return "text", (
            f"{distinct:,} distinct values in {n:,} hardly repeat, "
            "as free text and identifiers do: compared by length"
        )
    return "categorical", f"{distinct:,} categories" + (", declared" if declared else "")
