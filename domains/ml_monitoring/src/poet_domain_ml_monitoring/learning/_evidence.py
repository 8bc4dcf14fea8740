"""What labelled executions show beyond rates: a season, smallest effects, features, groups, outages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from poet.spec import Evidence, merged
from poet_domain_ml_monitoring.learning._effects import Effect, effects_of
from poet_domain_ml_monitoring.learning._groups import groups_of
from poet_domain_ml_monitoring.learning._limits import (
    Judged,
    Limits,
    find_limits,
    least_rows,
    noisy_features,
    useless_features,
    usual_effects,
)
from poet_domain_ml_monitoring.learning._reading import Read, read
from poet_domain_ml_monitoring.learning._samples import Samples, samples_of
from poet_domain_ml_monitoring.learning._season import (
    Found,
    find_season,
    time_column_of,
)
from poet_domain_ml_monitoring.reading.strategy import Seasonal, Strategy, read_strategy

if TYPE_CHECKING:
    from poet.domain import Observed
    from poet.spec import FunctionSpec

__all__ = ["evidence"]

_MOST = 600  # executions that are compared once more, the latest
_CLEARLY = 0.02


def evidence(
    spec: FunctionSpec, observed: Sequence[Observed], before: Sequence[Evidence]
) -> Sequence[Evidence]:
    """Return what the executions of a function show, so that a recipe can do better.

    Args:
        spec: The function.
        observed: Its recorded executions, labelled or not.
        before: The evidence so far; what it settles by request stays as it is.
    """
    asked = spec._replace(evidence=merged(spec.evidence, before))
    known = read(asked)
    pairs = [(one, s) for one in observed[-_MOST:] if (s := samples_of(asked, one)) is not None]
    if known is None or not pairs:
        return ()
    strategy = read_strategy(asked)
    watched = _watched(known, [samples for _, samples in pairs])
    season = find_season([samples for _, samples in pairs], watched)
    seasonal = season.seasonal if season is not None else strategy.seasonal
    kept = [name for name in watched if seasonal is None or name != seasonal.time]
    ways = [None] if seasonal is None else [seasonal, seasonal._replace(adjusted=False)]
    learnt: list[_Learnt] = []
    for way in ways:
        judged = list(_judged(pairs, kept, strategy, way, known))
        learnt.append(_learn(judged, kept, known, way))
    # Of two ways the first, unless the other errs clearly less.
    best = min(learnt, key=lambda one: one.errors + (one is not learnt[0]) * _CLEARLY)
    found = [] if season is None or best.way is None else [_of_season(season, best.way)]
    return (*found, *_of_limits(best), *_of_groups(pairs, kept, best.way))


class _Learnt(NamedTuple):
    """What executions show where they are compared one way."""

    way: Seasonal | None
    useless: Mapping[str, int]
    limits: Limits | None
    rows: int | None

    @property
    def errors(self) -> float:
        """False alarms and missed drift together."""
        return self.limits.false + self.limits.missed if self.limits is not None else 2.0


def _learn(
    judged: Sequence[Judged], features: Sequence[str], known: Read, way: Seasonal | None
) -> _Learnt:
    usual = usual_effects(judged, features)
    useless = useless_features(judged, usual)
    if len(useless) == len(usual):
        useless = {}
    kept = {name: size for name, size in usual.items() if name not in useless}
    limits = find_limits(judged, kept, least=known.usual_limit)
    rows = None
    if limits is not None:
        rows = least_rows(judged, limits.by_feature, least=known.min_samples)
    return _Learnt(way, useless, limits, rows)


def _watched(known: Read, samples: Sequence[Samples]) -> list[str]:
    """Return the columns that the function compares."""
    last = samples[-1]
    frame = last.current if last.reference is None else last.reference
    time = time_column_of(frame)
    if known.columns:
        return [name for name in known.columns if name in frame.columns and name != time]
    return [name for name in frame.columns if name != time and name not in known.skipped]


def _judged(
    pairs: Sequence[tuple[Observed, Samples]],
    features: Sequence[str],
    strategy: Strategy,
    seasonal: Seasonal | None,
    known: Read,
) -> Iterator[Judged]:
    for one, samples in pairs:
        effects: Mapping[str, Effect] = effects_of(
            samples,
            features,
            seasonal,
            min_samples=known.min_samples,
            max_categories=known.max_categories,
            categories=strategy.categories,
        )
        if effects:
            outage = bool(one.reasons.get("outage"))
            yield Judged(effects, one.label, one.alarm, one.confidence, outage)


def _of_season(found: Found, seasonal: Seasonal) -> Evidence:
    rows = seasonal.period / found.spacing
    return Evidence(
        name="season",
        category="accuracy",
        lane="statistical",
        summary=(
            f"a season of {_duration(seasonal.period)} ({rows:g} rows) explains "
            f"{found.strength:.0%} of the variance of {len(found.features)} of {found.total} "
            f"features, over {found.cycles} cycles"
        ),
        value=round(found.strength, 4),
        hits=len(found.features),
        total=found.total,
        facts={
            "time": seasonal.time,
            "period_seconds": seasonal.period,
            "phase_width": seasonal.width,
            "adjusted": seasonal.adjusted,
            "features": list(found.features),
        },
    )


def _of_limits(learnt: _Learnt) -> Iterator[Evidence]:
    limits, useless, rows = learnt.limits, learnt.useless, learnt.rows
    if limits is None:
        return
    if useless:
        told = ", ".join(f"{name} ({count} times)" for name, count in sorted(useless.items()))
        yield Evidence(
            name="importance",
            category="feature_importance",
            lane="statistical",
            summary=f"left out, for it changes by itself and nobody calls it drift: {told}",
            hits=sum(useless.values()),
            total=limits.quiet,
            facts={"left_out": sorted(useless)},
        )
    yield _of_effect(limits)
    if rows is not None:
        yield Evidence(
            name="window",
            category="window_size",
            lane="statistical",
            summary=f"windows with fewer than {rows} values of a feature are outages, not drift",
            value=float(rows),
            facts={"min_samples": rows},
        )


def _of_effect(limits: Limits) -> Evidence:
    sizes = sorted(limits.by_feature.values())
    middle = sizes[len(sizes) // 2]
    noisy = set(noisy_features(limits.usual))
    quieter = [size for name, size in limits.by_feature.items() if name not in noisy]
    base = max(quieter, default=middle)
    own = {name: size for name, size in sorted(limits.by_feature.items()) if size != base}
    beside = (
        f" and misses {limits.missed:.0%} of {limits.drifted} with drift" if limits.drifted else ""
    )
    return Evidence(
        name="minimum_effect",
        category="accuracy",
        lane="statistical",
        summary=(
            f"effects below {base:g} are usual where nothing has drifted: the limits leave "
            f"{limits.false:.1%} of {limits.quiet} such executions above{beside}"
        ),
        value=base,
        hits=limits.drifted,
        total=limits.quiet + limits.drifted,
        facts={"min_effect": base, "features": own},
    )


def _of_groups(
    pairs: Sequence[tuple[Observed, Samples]], features: Sequence[str], seasonal: Seasonal | None
) -> Iterator[Evidence]:
    groups = groups_of([samples for _, samples in pairs], features, seasonal)
    if groups:
        told = "; ".join(" and ".join(_few(group)) for group in groups)
        yield Evidence(
            name="grouping",
            category="alert_fatigue",
            lane="statistical",
            summary=f"features that move together are one incident: {told}",
            facts={"groups": [list(group) for group in groups]},
        )


def _few(names: Iterable[str]) -> list[str]:
    held = list(names)
    return held if len(held) <= 4 else [*held[:3], f"{len(held) - 3} more"]


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= size:
            count = round(seconds / size, 2)
            return f"{count:g} {unit if count != 1 else unit[:-1]}"
    return f"{seconds:g} seconds"
