"""Weights from what drift did: a pure function over events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from poet.errors import StatsInputError
from poet_domain_ml_monitoring.importance._interactions import Interaction

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.importance._importance import Importance

__all__ = ["learn"]

# Drift that was hardly there cannot have an impact hundreds of times its size.
_LEAST_SEVERITY = 0.1
# The largest factor that an event may claim.
_MOST_FACTOR = 10.0


class _Impact(NamedTuple):
    feature: str
    source: str
    impact: float
    severity: float


def learn(
    events: Iterable[Any], prior: Importance, strength: float
) -> tuple[dict[str, float], tuple[Interaction, ...], str]:
    """Return weights, interactions and a sentence on where they come from."""
    if not strength > 0 or not isfinite(strength):
        raise StatsInputError(f"strength is {strength!r}", where="strength", hint="pass 5, say")
    impacts: list[_Impact] = []
    factors: dict[tuple[str, ...], list[tuple[str, float]]] = defaultdict(list)
    skipped = 0
    for kind, payload in _each_once(events):
        if kind == "feature.drift_impact":
            read = _impact(payload)
            if read is None:
                skipped += 1
            else:
                impacts.append(read)
        elif kind == "feature.interaction_discovered":
            found = _factor(payload)
            if found is None:
                skipped += 1
            else:
                features, source, factor = found
                factors[features].append((source, factor))
    weights = dict(prior.weights)
    weights.update(_weights(impacts, prior, strength))
    known = {tuple(sorted(interaction.features)): interaction for interaction in prior.interactions}
    for features, told in factors.items():
        before = known[features].factor if features in known else 1.0
        factor, n = _shrunk(told, before, strength)
        known[features] = Interaction(features, factor, f"learned from {n} reports")
    source = f"learned from {len(impacts)} impacts of drift"
    source += f", {skipped} unreadable ones left out" if skipped else ""
    return weights, tuple(known[features] for features in sorted(known)), source


def _weights(impacts: list[_Impact], prior: Importance, strength: float) -> dict[str, float]:
    """Shrink each feature's mean impact, in units of what the prior expects, to the prior."""
    by_feature: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for item in impacts:
        by_feature[item.feature].append(
            (item.source, item.impact / max(item.severity, _LEAST_SEVERITY))
        )
    # Features that drift often must not set the scale: each counts as much as its own mean.
    means = {name: _mean(sorted(told)) for name, told in by_feature.items()}
    expected = sum(prior.of(name) for name in sorted(means))
    unit = sum(means[name] for name in sorted(means)) / expected if expected else 0.0
    learned = {}
    for name in sorted(by_feature):
        ratios = [(source, rate / unit if unit else 0.0) for source, rate in by_feature[name]]
        learned[name] = _shrunk(ratios, prior.of(name), strength)[0]
    return learned


def _shrunk(told: list[tuple[str, float]], prior: float, strength: float) -> tuple[float, int]:
    """Return the mean of what sources said, shrunk to the prior; a source counts `strength` at most."""
    by_source: dict[str, list[float]] = defaultdict(list)
    for source, value in told:
        by_source[source].append(value)
    total, count = strength * prior, strength
    for source in sorted(by_source):
        values = sorted(by_source[source])
        weight = min(float(len(values)), strength)
        total += weight * sum(values) / len(values)
        count += weight
    return total / count, len(told)


def _mean(told: list[tuple[str, float]]) -> float:
    return sum(value for _, value in told) / len(told)


def _each_once(events: Iterable[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield type and payload of each event; one that is delivered again keeps its id."""
    seen: set[Hashable] = set()
    for event in events:
        as_map = event if isinstance(event, Mapping) else None
        name = as_map.get("id") if as_map is not None else getattr(event, "id", None)
        kind = as_map.get("type") if as_map is not None else getattr(event, "type", None)
        payload = as_map.get("payload") if as_map is not None else getattr(event, "payload", None)
        if not isinstance(kind, str) or not isinstance(payload, Mapping):
            continue
        if isinstance(name, str):
            if name in seen:
                continue
            seen.add(name)
        yield kind, payload


def _impact(payload: Mapping[str, Any]) -> _Impact | None:
    feature, impact = payload.get("feature"), _number(payload.get("impact"))
    severity = _number(payload.get("severity", 1.0))
    if not isinstance(feature, str) or impact is None or severity is None:
        return None
    impact, severity = min(max(impact, 0.0), 1.0), min(max(severity, 0.0), 1.0)
    return _Impact(feature, str(payload.get("source", "")), impact, severity)


def _factor(payload: Mapping[str, Any]) -> tuple[tuple[str, ...], str, float] | None:
    features, factor = payload.get("features"), _number(payload.get("factor"))
    if not isinstance(features, (list, tuple)) or factor is None:
        return None
    names = tuple(sorted({str(name) for name in features}))
    if len(names) < 2:
        return None
    return names, str(payload.get("source", "")), min(max(factor, 0.0), _MOST_FACTOR)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        return None
    return float(value)
