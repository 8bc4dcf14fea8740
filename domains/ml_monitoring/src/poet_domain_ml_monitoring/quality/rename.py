"""Features that are gone and features that are new, matched by what they hold."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from poet.errors import StatsInputError
from poet_domain_ml_monitoring._frames import as_series
from poet_domain_ml_monitoring.results import Problem

if TYPE_CHECKING:
    from poet.stats import FrameProfile, Profile

__all__ = ["find_renamed"]

# Values of a new column that are looked at, evenly spread over it.
MOST_ROWS = 2_000
MIN_ROWS = 100
# Distributions further apart are not the same feature, as little as they may matter for drift.
MOST_APART = 0.06
# The second best match must be this much worse, or the best one is a guess.
MARGIN = 2.0
# Two columns of few values easily look alike; it takes this many to recognise one.
MIN_DISTINCT = 8
MIN_NAMES = 3
# Beyond this many pairs only those whose names are alike are tried.
MOST_PAIRS = 2_500


class _Match(NamedTuple):
    distance: float
    missing: str
    new: str


def find_renamed(
    profile: FrameProfile,
    new_columns: Mapping[str, Any],
    *,
    missing: Collection[str] | None = None,
    max_distance: float = MOST_APART,
) -> list[Problem]:
    """Find missing features that go on under a new name.

    A pair is named where the new column holds what the missing feature held (numbers: the
    Kolmogorov-Smirnov distance, categories: total variation, without any unseen category), where
    that is distinctive enough to recognise a feature by, and where no other pair comes near. Names
    that differ in case, separators or a prefix only (``user_age``, ``UserAge``, ``raw.user_age``)
    need not be distinctive. Two columns that are alike in content are never told apart by guessing.

    Args:
        profile: The reference.
        new_columns: By name, the columns that the reference does not have.
        missing: Features that the current frame does not have; all of the reference by default.
        max_distance: The largest distance, from 0 to 1, of what counts as the same.

    Returns:
        A problem for each match, in the order of the reference; `other` is the new name.

    Example:
        >>> import polars as pl
        >>> from poet.stats import FrameProfile
        >>> reference = FrameProfile.fit(pl.DataFrame({"age": range(1000)}))
        >>> [p.other for p in find_renamed(reference, {"years": pl.Series(range(5, 995))})]
        ['years']
    """
    gone = [n for n in profile.names if n in profile.profiles and (missing is None or n in missing)]
    tail = {name: _plain(name) for name in [*gone, *new_columns]}
    every = len(gone) * len(new_columns) <= MOST_PAIRS
    matches = []
    by_tail: dict[str, list[str]] = {}
    for name in gone:
        by_tail.setdefault(tail[name], []).append(name)
    for new, column in new_columns.items():
        named = by_tail.get(tail[new], [])
        candidates = gone if every else named
        if not candidates:
            continue
        rows = _some_rows(column)
        for name in candidates:
            distance = _distance(profile.profiles[name], rows, name in named)
            if distance <= max_distance * MARGIN:
                matches.append(_Match(distance, name, new))
    return _problems(profile, _unambiguous(matches, tail, max_distance))


def _plain(name: str) -> str:
    """Return the last part of a name without case and separators."""
    last = name.replace("/", ".").replace(":", ".").rstrip(".").rpartition(".")[2]
    return "".join(c for c in last.casefold() if c.isalnum()) or name


def _some_rows(column: Any) -> Any:
    try:
        series = as_series(column).drop_nulls()
    except Exception:  # noqa: BLE001 - what Polars cannot hold matches nothing
        return []
    if len(series) <= MOST_ROWS:
        return series
    step = len(series) / MOST_ROWS
    return series.gather([int(i * step) for i in range(MOST_ROWS)])


def _distance(profile: Profile, rows: Any, same_name: bool) -> float:
    """Return how far apart both are, infinity where that says nothing."""
    if profile.n < MIN_ROWS or len(rows) < MIN_ROWS:
        return math.inf
    categories = profile.kind == "categories"
    least = MIN_NAMES if categories else MIN_DISTINCT
    if not same_name and _distinct(profile) < least:
        return math.inf
    try:
        if not categories:
            found = profile.ks(rows, method="asymptotic")
            # Chance alone gives a distance of this size to two samples of one distribution.
            chance = 1.36 * math.sqrt(1 / found.n_current + 1 / found.n_reference)
            return max(0.0, found.statistic - chance)
        counts = profile.counts(rows)
        if counts.unseen:
            return math.inf
        apart = profile.total_variation(counts).distance
    except StatsInputError:
        return math.inf
    n, m = counts.n, profile.n
    shares = (count / m for count in profile.categories.values())
    # The mean of a sum of half normals, one for each category.
    chance = sum(math.sqrt(p * (1 - p) * (1 / n + 1 / m) / (2 * math.pi)) for p in shares)
    return math.inf if math.isnan(apart) else max(0.0, apart - 2 * chance)


def _distinct(profile: Profile) -> int:
    """Count distinct values, of numbers and times those among 33 quantiles."""
    if profile.kind == "categories":
        return sum(count > 0 for count in profile.categories.values())
    return len(set(profile.quantiles([i / 32 for i in range(33)]).tolist()))


def _unambiguous(
    matches: list[_Match], tail: Mapping[str, str], max_distance: float
) -> list[_Match]:
    """Keep pairs that are each other's only match, by content and then by name."""
    found = []
    for match in matches:
        if match.distance > max_distance:
            continue
        rivals = [
            other
            for other in matches
            if other is not match and (other.missing == match.missing or other.new == match.new)
        ]
        alike = tail[match.missing] == tail[match.new]
        if (alike and not any(tail[r.missing] == tail[r.new] for r in rivals)) or not rivals:
            found.append(match)
    return found


def _problems(profile: FrameProfile, matches: list[_Match]) -> list[Problem]:
    by_name = {match.missing: match for match in matches}
    return [
        Problem(
            "renamed_feature",
            name,
            f"{name!r} is missing, and {by_name[name].new!r}, which is new, holds the same values",
            by_name[name].new,
        )
        for name in profile.names
        if name in by_name
    ]
