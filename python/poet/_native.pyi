# Kernels for contiguous NumPy arrays; poet.stats takes more kinds of input and says more.

from collections.abc import Sequence
from typing import Literal, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Adwin",
    "Column",
    "ColumnCounts",
    "ColumnProfile",
    "JumpingKs",
    "PageHinkley",
    "SlidingCounts",
    "SlidingKs",
    "anderson_darling",
    "chi_square_test",
    "compare_column_counts",
    "compare_columns",
    "confine",
    "count_columns",
    "count_distances",
    "counts_from_bytes",
    "counts_to_bytes",
    "cramer_von_mises",
    "describe_profiles",
    "effect_sizes",
    "energy_distance",
    "fit_columns",
    "kl_divergence",
    "ks_2samp",
    "ks_p_value",
    "kuiper",
    "mann_whitney_u",
    "merge_column_counts",
    "merge_profiles",
    "profile_bins",
    "profile_ks",
    "profile_quantiles",
    "profile_wasserstein_bounds",
    "profiles_from_bytes",
    "profiles_to_bytes",
    "sandbox_layers",
    "survey_columns",
    "survey_counts",
    "wasserstein_distance",
]

_Floats: TypeAlias = NDArray[np.float64]
_Values: TypeAlias = _Floats | NDArray[np.int64]

_Kind: TypeAlias = Literal["numbers", "times", "categories", "nulls"]
# ((values, nulls, NaN),
#  (statistic, p_value, location, sign, method) of numbers and times,
#  (kl, js, psi, hellinger, total_variation, chi-square, its p_value, dof, cramers_v, pooled))
_Counted: TypeAlias = tuple[float, float, float, float, float, float, float, int, float, int]
_Compared: TypeAlias = tuple[
    tuple[int, int, int], tuple[float, float, float, int, str] | None, _Counted | None
]

# (statistic, p_value, p_value_error, location, sign, method)
def ks_2samp(
    current: NDArray[np.float64],
    reference: NDArray[np.float64],
    alternative: Literal["two-sided", "less", "greater"],
    method: Literal["auto", "exact", "asymptotic"],
    alpha: float | None,
) -> tuple[float, float, float, float, int, Literal["exact", "asymptotic", "precise"]]: ...

# (p_value, p_value_error, method)
def ks_p_value(
    numerator: int,
    n: int,
    m: int,
    alternative: Literal["two-sided", "less", "greater"],
    method: Literal["auto", "exact", "asymptotic"],
    alpha: float | None,
) -> tuple[float, float, Literal["exact", "asymptotic", "precise"]]: ...

# (divergence, statistic, p_value, dof, total_variation)
def kl_divergence(
    current_counts: NDArray[np.uint64],
    reference_counts: NDArray[np.uint64],
    pseudo_count: float,
) -> tuple[float, float, float, int, float]: ...

# One column of any type that the statistics take.
def sandbox_layers() -> list[tuple[str, str]]: ...

# `layers`: the ones to apply, all where None; fewer only to measure what each one stops.
def confine(
    read: Sequence[str],
    write: Sequence[str],
    memory: int,
    cpu_seconds: int,
    network: bool,
    profile: str,
    layers: Sequence[str] | None = None,
) -> list[tuple[str, str]]: ...

@final
class Column:
    @staticmethod
    def from_arrow(values: object) -> Column: ...
    # The only column of a frame.
    @staticmethod
    def from_frame(frame: object) -> Column: ...
    @staticmethod
    def from_codes(codes: object, categories: object) -> Column: ...
    @staticmethod
    def from_numpy(
        values: NDArray[np.float64] | NDArray[np.int64] | NDArray[np.bool_],
        missing: NDArray[np.bool_] | None,
        unit: str,
    ) -> Column: ...
    @staticmethod
    def from_text(values: Sequence[str | None]) -> Column: ...
    @staticmethod
    def from_nulls(count: int) -> Column: ...
    @property
    def kind(self) -> _Kind: ...
    @property
    def dtype(self) -> str: ...
    def addresses(self) -> list[int]: ...
    def __len__(self) -> int: ...

# A fitted reference column.
@final
class ColumnProfile:
    @staticmethod
    def from_counts(counts: Sequence[tuple[str, int]], nulls: int) -> ColumnProfile: ...
    @property
    def kind(self) -> _Kind: ...
    @property
    def size(self) -> tuple[int, int, int]: ...
    @property
    def categories(self) -> list[tuple[str, int]] | None: ...

# What is kept of a window of a column.
@final
class ColumnCounts:
    @property
    def size(self) -> tuple[int, int, int]: ...
    # (known, unseen)
    @property
    def categories(self) -> tuple[list[tuple[str, int]], list[tuple[str, int]]] | None: ...
    def merge(self, other: ColumnCounts) -> ColumnCounts: ...

def fit_columns(columns: Sequence[Column], threads: int) -> list[ColumnProfile | str]: ...
def count_columns(
    profiles: Sequence[ColumnProfile], columns: Sequence[Column], threads: int
) -> list[ColumnCounts | str]: ...
def merge_column_counts(
    a: Sequence[ColumnCounts], b: Sequence[ColumnCounts], threads: int
) -> list[ColumnCounts | str]: ...
def compare_columns(
    profiles: Sequence[ColumnProfile],
    columns: Sequence[Column],
    *,
    min_size: int,
    ks: bool,
    level: float | None,
    bins: int,
    pseudo_count: float,
    min_expected: float,
    threads: int,
) -> list[_Compared | str]: ...
def compare_column_counts(
    counts: Sequence[ColumnCounts],
    *,
    min_size: int,
    ks: bool,
    level: float | None,
    bins: int,
    pseudo_count: float,
    min_expected: float,
    threads: int,
) -> list[_Compared | str]: ...

# ((values, nulls, NaN), as ks_2samp but with an integer location for integers)
def profile_ks(
    profile: ColumnProfile,
    window: Column | ColumnCounts,
    min_size: int,
    alternative: Literal["two-sided", "less", "greater"],
    method: Literal["auto", "exact", "asymptotic"],
    alpha: float | None,
) -> tuple[
    tuple[int, int, int],
    tuple[float, float, float, float, int, Literal["exact", "asymptotic", "precise"]] | None,
]: ...

# ((values, nulls, NaN), current, reference)
def profile_bins(
    profile: ColumnProfile,
    window: Column | ColumnCounts,
    bins: int,
    cut: Literal["quantile", "width"],
) -> tuple[tuple[int, int, int], NDArray[np.uint64], NDArray[np.uint64]]: ...
def profile_wasserstein_bounds(
    profile: ColumnProfile, counts: ColumnCounts
) -> tuple[float, float] | None: ...
def profile_quantiles(
    profile: ColumnProfile, counts: ColumnCounts | None, levels: NDArray[np.float64]
) -> NDArray[np.float64]: ...

# (statistic, p_value, opposite, total_variation, cramers_v, quantiles at 0.05, 0.5 and 0.95),
# (values, nulls, NaN, dof, pooled, below, above, infinite, unseen_rows, unseen_categories,
# categories), and why a column has none, by its position
_Surveyed: TypeAlias = tuple[
    list[NDArray[np.float64]], list[NDArray[np.uint64]], list[tuple[int, str]]
]

def survey_columns(
    profiles: Sequence[ColumnProfile],
    columns: Sequence[Column],
    *,
    min_size: int,
    level: float | None,
    min_expected: float,
    threads: int,
) -> _Surveyed: ...
def survey_counts(
    counts: Sequence[ColumnCounts],
    *,
    min_size: int,
    level: float | None,
    min_expected: float,
    threads: int,
) -> _Surveyed: ...

# kinds, and (values, nulls, NaN, categories)
def describe_profiles(
    profiles: Sequence[ColumnProfile],
) -> tuple[list[_Kind], list[NDArray[np.uint64]]]: ...
def merge_profiles(
    a: Sequence[ColumnProfile], b: Sequence[ColumnProfile], threads: int
) -> list[ColumnProfile | str]: ...

# Arrow IPC files of one row each; the name is the column's.
def profiles_to_bytes(names: Sequence[str | None], profiles: Sequence[ColumnProfile]) -> bytes: ...
def profiles_from_bytes(data: bytes) -> list[tuple[str | None, ColumnProfile]]: ...
def counts_to_bytes(names: Sequence[str | None], counts: Sequence[ColumnCounts]) -> bytes: ...
def counts_from_bytes(
    data: bytes, profiles: Sequence[ColumnProfile]
) -> list[tuple[str | None, ColumnCounts]]: ...

# (kl, js, psi, hellinger, total_variation); smoothing is a pseudo-count, or a floor of the shares
def count_distances(
    current_counts: NDArray[np.uint64],
    reference_counts: NDArray[np.uint64],
    smoothing: float,
    as_floor: bool,
) -> tuple[float, float, float, float, float]: ...

# (statistic, p_value, dof, cramers_v, pooled, smallest_expected)
def chi_square_test(
    current_counts: NDArray[np.uint64],
    reference_counts: NDArray[np.uint64],
    min_expected: float,
) -> tuple[float, float, int, float, int, float]: ...
def wasserstein_distance(
    current: NDArray[np.float64], reference: NDArray[np.float64] | ColumnProfile
) -> float: ...
def energy_distance(
    current: NDArray[np.float64], reference: NDArray[np.float64] | ColumnProfile
) -> float: ...

# (statistic, p_value, exact)
def cramer_von_mises(
    current: NDArray[np.float64], reference: NDArray[np.float64] | ColumnProfile
) -> tuple[float, float, bool]: ...

# (statistic, p_value, p_value_bound, effect)
def anderson_darling(
    current: NDArray[np.float64], reference: NDArray[np.float64] | ColumnProfile
) -> tuple[float, float, Literal["none", "at_least", "at_most"], float]: ...

# (statistic, p_value, cliffs_delta, exact)
def mann_whitney_u(
    current: NDArray[np.float64], reference: NDArray[np.float64] | ColumnProfile, alternative: str
) -> tuple[float, float, float, bool]: ...

# (statistic, p_value, exact)
def kuiper(
    current: NDArray[np.float64], reference: NDArray[np.float64] | ColumnProfile
) -> tuple[float, float, bool]: ...

# (cohens_d, hedges_g, variance_ratio, cliffs_delta, superiority)
def effect_sizes(
    current: NDArray[np.float64], reference: NDArray[np.float64] | ColumnProfile
) -> tuple[float, float, float, float, float]: ...

@final
class SlidingKs:
    def __new__(
        cls, reference: _Values | ColumnProfile, window: int, min_size: int
    ) -> SlidingKs: ...
    @property
    def takes_integers(self) -> bool: ...
    def push(self, values: _Values) -> _Floats: ...
    # (D+, D-) after every value
    def push_one_sided(self, values: _Values) -> tuple[_Floats, _Floats]: ...
    def push_one(self, value: float | None) -> float: ...
    def decide(self, values: _Values, alpha: float) -> NDArray[np.bool_]: ...
    def critical(self, alpha: float) -> float: ...
    # (statistic, D+, D-)
    def statistics(self) -> tuple[float, float, float]: ...
    def p_value(self) -> float: ...
    # (window, min_size, n_current, n_reference, nan_current)
    def sizes(self) -> tuple[int, int, int, int, int]: ...
    def state(self) -> bytes: ...
    @staticmethod
    def resume(state: bytes) -> SlidingKs: ...

@final
class SlidingCounts:
    def __new__(
        cls, reference: NDArray[np.uint64], window: int, min_size: int, pseudo_count: float
    ) -> SlidingCounts: ...
    # (kl, psi, js) after every code
    def push(self, codes: NDArray[np.int64]) -> tuple[_Floats, _Floats, _Floats]: ...
    def distances(self) -> tuple[float, float, float]: ...
    # (current, reference)
    def counts(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]: ...
    # (window, min_size, pseudo_count, n_current, nan_current)
    def sizes(self) -> tuple[int, int, float, int, int]: ...
    def state(self) -> bytes: ...
    @staticmethod
    def resume(state: bytes) -> SlidingCounts: ...

@final
class JumpingKs:
    def __new__(
        cls, reference: _Values | ColumnProfile, window: int, step: int, min_size: int
    ) -> JumpingKs: ...
    @property
    def takes_integers(self) -> bool: ...
    # (start, end, n_current, nan_current, statistic, p_value)
    def push(self, values: _Values) -> list[tuple[int, int, int, int, float, float]]: ...
    # (window, step, min_size, rows, n_reference)
    def sizes(self) -> tuple[int, int, int, int, int]: ...
    def state(self) -> bytes: ...
    @staticmethod
    def resume(state: bytes) -> JumpingKs: ...

@final
class Adwin:
    def __new__(
        cls,
        delta: float,
        clock: int,
        max_buckets: int,
        min_window_length: int,
        grace_period: int,
    ) -> Adwin: ...
    def push(self, values: _Floats) -> NDArray[np.int64]: ...
    def push_one(self, value: float) -> bool: ...
    # (delta, clock, max_buckets, min_window_length, grace_period)
    def settings(self) -> tuple[float, int, int, int, int]: ...
    # (width, mean, variance, n_current, n_detections, drift_detected)
    def summary(self) -> tuple[int, float, float, int, int, bool]: ...
    def state(self) -> bytes: ...
    @staticmethod
    def resume(state: bytes) -> Adwin: ...

@final
class PageHinkley:
    def __new__(
        cls, min_instances: int, delta: float, threshold: float, alpha: float, mode: str
    ) -> PageHinkley: ...
    def push(self, values: _Floats) -> NDArray[np.int64]: ...
    def push_one(self, value: float) -> bool: ...
    # (min_instances, delta, threshold, alpha, mode)
    def settings(self) -> tuple[int, float, float, float, Literal["up", "down", "both"]]: ...
    # (width, mean, n_current, n_detections, drift_detected)
    def summary(self) -> tuple[int, float, int, int, bool]: ...
    def state(self) -> bytes: ...
    @staticmethod
    def resume(state: bytes) -> PageHinkley: ...
