"""A window in front of the reference: what is compared of it, and the survey of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from poet.stats import FrameCounts, FrameProfile, Survey
from poet_domain_ml_monitoring._frames import as_series, columns
from poet_domain_ml_monitoring.config import Kind, MonitorConfig
from poet_domain_ml_monitoring.monitor._reference import Reference
from poet_domain_ml_monitoring.monitor._source import Source
from poet_domain_ml_monitoring.monitor._window import counts_of
from poet_domain_ml_monitoring.quality import derive, part_of
from poet_domain_ml_monitoring.resilience import Budget, plan
from poet_domain_ml_monitoring.resilience.sample import height
from poet_domain_ml_monitoring.results import Sampling

__all__ = ["Compared", "compare"]

_NUMBERS = ("continuous", "discrete")
_COMPARED_AS_THEY_ARE = frozenset((
    "Float64", "Float32", "Int64", "Int32", "Int16", "Int8", "UInt32", "UInt16", "UInt8",
    "float64", "float32", "int64", "int32", "int16", "int8",
))  # fmt: skip


class Compared(NamedTuple):
    """What comparing a window gave.

    Attributes:
        survey: The numbers of every column.
        window: Counts of the window.
        rows: Its rows.
        sampling: What was left out, if anything.
        fresh: The first values of columns that the reference does not have.
    """

    survey: Survey
    window: FrameCounts
    rows: int
    sampling: Sampling | None
    fresh: dict[str, Any]


def compare(source: Source, reference: Reference, config: MonitorConfig) -> Compared:
    """Compare a window; one column that cannot be compared stops no other."""
    kinds = {name: kind for name, (kind, _) in reference.kinds.items()}
    new = [name for name in source.schema.dtypes if name not in reference.schema.dtypes]
    budget = Budget(config.time_budget) if config.time_budget is not None else None
    if source.in_memory is not None and budget is None:
        taken = columns(source.in_memory, "current")
        made, told = _derived(taken, kinds, source.schema.dtypes)
        survey = _surveyed(reference.profile, made, told, config)
        window = counts_of(reference.profile, made, config.threads)
        first = {name: taken[name] for name in new}
        return Compared(survey, window, height(source.in_memory), None, first)
    chunks = source.chunks() if budget is None else [list(source.schema.dtypes)]
    counted: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    uncounted: dict[str, str] = {}
    fresh: dict[str, Any] = {}
    rows = 0
    for at, names in enumerate(chunks):
        # What the window lacks goes with the first columns, so that it is told once.
        held = {
            n: k for n, k in kinds.items() if n in names or not (at or n in source.schema.dtypes)
        }
        gathered = _Gathered(reference, held, [n for n in new if n in names], config)
        batches = _batches(source, budget, config) if budget else source.batches(names)
        for batch in batches:
            gathered.add(batch)
        part, told = gathered.counts()
        counted |= part.columns
        uncounted |= part.reasons
        reasons |= told
        fresh |= gathered.fresh
        rows = max(rows, gathered.rows)
    window = FrameCounts(reference.profile, counted, uncounted)
    survey = _surveyed(reference.profile, window, reasons, config)
    sampling = budget.sampling if budget else None
    return Compared(survey, window, sampling.of if sampling else rows, sampling, fresh)


def _batches(source: Source, budget: Budget, config: MonitorConfig) -> Iterator[Any]:
    rows = source.rows
    if rows is None:
        yield from budget.batches(source.batches(source.schema.dtypes))
        return
    frame = source.in_memory if source.lazy is None else source.lazy
    planned = plan(rows, source.schema.dtypes, config.time_budget)
    for part in budget.parts(frame, planned, columns=len(source.schema.dtypes)):
        yield from Source(part, "current").batches(source.schema.dtypes)


def _derived(
    taken: Mapping[str, Any], kinds: Mapping[str, Kind], dtypes: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    dtypes = dtypes or {}
    plain: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for name, kind in kinds.items():
        if name in taken:
            # Of thousands of columns of numbers none need be asked again what it is.
            as_it_is = kind in _NUMBERS and dtypes.get(name) in _COMPARED_AS_THEY_ARE
            (plain if as_it_is else others)[name] = taken[name]
    made = derive(others, kinds)
    return plain | made.columns, made.reasons


def _surveyed(
    profile: FrameProfile, window: Any, reasons: Mapping[str, str], config: MonitorConfig
) -> Survey:
    limits = [config.thresholds, *config.features.values()]
    least = min(limit.min_samples for limit in limits)
    # p-values that any feature's decision hangs on are no approximations.
    alpha = max(limit.alpha for limit in limits)
    survey = profile.survey(window, alpha=alpha, min_size=least, threads=config.threads)
    told = {name: reasons.get(part_of(name)[0], why) for name, why in survey.reasons.items()}
    return replace(survey, reasons=told) if reasons else survey


class _Gathered:
    """Adds up batches; only columns whose rows must be seen together are kept."""

    def __init__(
        self, reference: Reference, kinds: Mapping[str, Kind], new: list[str], config: MonitorConfig
    ) -> None:
        self._profile = reference.profile
        self._config = config
        # Which days are whole cannot be told from a part of them.
        self._whole = {name: kind for name, kind in kinds.items() if kind == "datetime"}
        self._rowwise = {name: kind for name, kind in kinds.items() if name not in self._whole}
        self._kept: dict[str, list[Any]] = {name: [] for name in self._whole}
        self._new = new
        self._total: FrameCounts | None = None
        self._reasons: dict[str, str] = {}
        self.rows = 0
        self.fresh: dict[str, Any] = {}

    def add(self, batch: Any) -> None:
        taken = columns(batch, "current")
        self.rows += height(batch)
        made, reasons = _derived(taken, self._rowwise)
        self._reasons |= reasons
        for name in self._profile.profiles:
            if part_of(name)[1] == "number" and name not in made:
                made[name] = [0.0][:0]
        part = self._counted(made, self._rowwise)
        self._total = (
            part if self._total is None else self._total.merged(part, self._config.threads)
        )
        for name, kept in self._kept.items():
            if name in taken:
                kept.append(as_series(taken[name]))
        for name in self._new:
            held = self.fresh.get(name)
            if name in taken and (held is None or len(held) < self._config.warm_up):
                head = as_series(taken[name])[: self._config.warm_up]
                self.fresh[name] = head if held is None else _appended(held, head)

    def _counted(self, made: Mapping[str, Any], kinds: Mapping[str, Kind]) -> FrameCounts:
        profile = self._profile
        names = tuple(name for name in profile.names if part_of(name)[0] in kinds)
        chosen = {name: profile.profiles[name] for name in names if name in profile.profiles}
        part = FrameProfile(names, chosen, {})
        found = part.counts(made, threads=self._config.threads)
        return FrameCounts(profile, found.columns, found.reasons)

    def counts(self) -> tuple[FrameCounts, dict[str, str]]:
        """Return the counts of all batches, and why features could not be counted."""
        import polars as pl

        total = self._total or FrameCounts(self._profile, {}, {})
        whole = {}
        for name, kept in self._kept.items():
            try:
                if kept:
                    whole[name] = pl.concat(kept, rechunk=True)
            except pl.exceptions.PolarsError as error:
                self._reasons[name] = f"its type changes within the window: {error}"
        made, reasons = _derived(whole, self._whole)
        late = self._counted(made, self._whole)
        merged = FrameCounts(
            self._profile, total.columns | late.columns, total.reasons | late.reasons
        )
        return merged, self._reasons | reasons


def _appended(held: Any, more: Any) -> Any:
    import polars as pl

    try:
        return pl.concat([held, more])
    except pl.exceptions.PolarsError:
        return held
