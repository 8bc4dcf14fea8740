"""What evidence asks a recipe to do otherwise: read once, the same for both recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from poet.spec import Evidence, FunctionSpec

__all__ = ["Seasonal", "Strategy", "read_strategy"]

# A limit above it would call almost nothing drift.
HIGHEST_LIMIT = 0.97
# Distinct whole numbers that are categories where somebody asked for categories.
CATEGORIES_ON_REQUEST = 100


class Seasonal(NamedTuple):
    """The season that a window is compared within.

    Attributes:
        time: The column of times.
        period: Seconds of a cycle.
        width: Share of a cycle that counts as one phase.
        adjusted: Whether the usual level of each phase is taken off numbers.
    """

    time: str
    period: float
    width: float
    adjusted: bool = True


class Strategy(NamedTuple):
    """What a version does otherwise than the first one.

    Attributes:
        categories: Features that are compared as categories, whatever they look like.
        all_categories: Whether codes are categories everywhere, numbers taken or not.
        seasonal: Compare within the season; None for with the whole reference.
        min_effect: Smallest effect that is drift; None for that of the options.
        min_effects: By feature, where it is another one.
        left_out: Features that are not compared.
        groups: Features that move together: of each group one is named.
        min_samples: Values needed of each sample; None for that of the options.
        sample: Rows compared at most; None for all.
        level: P-values below it are improbable; None for that of the options.
        single: Take a feature that comes as one value as too little data, not as an error.
        notes: For a reviewer: what was decided, and what it was learnt from.
    """

    categories: tuple[str, ...] = ()
    all_categories: bool = False
    seasonal: Seasonal | None = None
    min_effect: float | None = None
    min_effects: Mapping[str, float] = {}
    left_out: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    min_samples: int | None = None
    sample: int | None = None
    level: float | None = None
    single: bool = False
    notes: tuple[str, ...] = ()


def read_strategy(spec: FunctionSpec) -> Strategy:
    """Return what the evidence of a spec asks for; what cannot be read of it is passed over."""
    found = Strategy()
    # What was asked for by name comes last: it holds against what was measured.
    for item in sorted(spec.evidence, key=lambda e: e.category == "request"):
        read = _requested if item.category == "request" else _measured
        changed = read(found, item)
        if changed != found:
            found = changed._replace(notes=(*found.notes, item.summary))
    return found


def _measured(found: Strategy, item: Evidence) -> Strategy:
    facts = item.facts
    match item.name:
        case "season":
            seasonal = _seasonal(facts)
            if seasonal is None:
                return found
            return found._replace(seasonal=seasonal)
        case "minimum_effect":
            each = facts.get("features")
            limits = each if isinstance(each, dict) else {}
            return found._replace(
                min_effect=_share(facts.get("min_effect"), found.min_effect),
                min_effects={
                    str(name): share
                    for name, value in sorted(limits.items())
                    if (share := _share(value, None)) is not None
                },
                level=_share(facts.get("level"), found.level),
            )
        case "importance":
            return found._replace(left_out=_names(facts.get("left_out")))
        case "grouping":
            groups = [_names(group) for group in _list(facts.get("groups"))]
            kept = tuple(group for group in groups if len(group) > 1)
            return found._replace(groups=kept)
        case "window":
            least = facts.get("min_samples")
            if not _whole(least, 2):
                return found
            return found._replace(min_samples=least)
        case "sampling":
            rows = facts.get("rows")
            return found._replace(sample=rows) if _whole(rows, 100) else found
        case _:
            return found


def _requested(found: Strategy, item: Evidence) -> Strategy:
    facts = item.facts
    features = _names(facts.get("features"))
    match facts.get("strategy"):
        case "kl" if features:
            return found._replace(categories=tuple(sorted({*found.categories, *features})))
        case "kl":
            return found._replace(all_categories=True)
        case "minimum_effect":
            limit = _share(facts.get("min_effect"), found.min_effect)
            return found._replace(min_effect=limit, min_effects={})
        case "leave_out":
            return found._replace(left_out=tuple(sorted({*found.left_out, *features})))
        case "sampling" if _whole(facts.get("rows"), 100):
            return found._replace(sample=facts["rows"])
        case _:
            return found


def _seasonal(facts: Mapping[str, Any]) -> Seasonal | None:
    time, period, width = (facts.get(k) for k in ("time", "period_seconds", "phase_width"))
    good = isinstance(time, str) and time and _positive(period) and _positive(width)
    if not good or not width <= 0.5:  # type: ignore[operator]  # it is a number by now
        return None
    adjusted = facts.get("adjusted") is not False
    return Seasonal(str(time), float(period), float(width), adjusted)  # type: ignore[arg-type]


def _positive(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < value < float("inf")


def _share(value: Any, otherwise: float | None) -> float | None:
    return min(float(value), HIGHEST_LIMIT) if _positive(value) and value < 1 else otherwise


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else ()


def _names(value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in _list(value) if isinstance(name, str)))
