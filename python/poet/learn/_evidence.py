"""Evidence: what patterns and events say, as named findings that a recipe and a prompt can read.

Nothing here is anybody's free text but ``quotes``: names of features and of reasons come from events,
and are cut and kept in ``facts``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from poet.learn._numbers import wilson
from poet.learn._values import Observations, Pattern
from poet.spec import Category, Evidence

__all__ = ["evidence_of"]

_QUOTES = 5
_QUOTE = 300  # characters
_OF: Mapping[str, tuple[Category, str]] = {
    "false_positive_rate": ("accuracy", "{hits} of {total} reviewed alarms were false"),
    "missed_drift_rate": (
        "accuracy",
        "{value:.0%} of real drifts raised no alarm, by random audits",
    ),
    "alert_fatigue": ("alert_fatigue", "{hits} of {total} answered alerts were of no use"),
    "cost_efficiency": ("cost_benefit", "monitoring was worth {value:.2f} of what it cost"),
    "success_rate": ("error_recovery", "{hits} of {total} executions went well"),
    "slow_window": ("cost_benefit", "{hits} of {total} executions took too long"),
}
_IMPACT_LOW = 0.1  # a feature whose drifts never mattered more is useless


def evidence_of(
    observations: Observations, patterns: Sequence[Pattern], *, proposed_only: bool = True
) -> tuple[Evidence, ...]:
    """Return what the next version is asked to answer to, in order of category and name.

    Six categories: accuracy, window size, feature importance, alert fatigue, error recovery and
    cost-benefit. What a domain finds in recorded inputs (a season, a minimum effect) is not here.

    Args:
        observations: Of one function.
        patterns: Of these observations.
        proposed_only: Leave out figures that are fine.
    """
    found = [
        *_figures(observations, patterns, proposed_only),
        *_windows(observations),
        *_features(observations),
        *_errors(observations),
        *_resources(observations),
    ]
    return tuple(sorted(found, key=lambda e: (e.category, e.key)))


def _figures(
    observations: Observations, patterns: Sequence[Pattern], proposed_only: bool
) -> list[Evidence]:
    reasons = {
        p.name.removeprefix("reason:"): p.hits for p in patterns if p.name.startswith("reason:")
    }
    found = []
    for pattern in patterns:
        name, _, detail = pattern.name.partition(":")
        if name == "reason" or not pattern.enough:
            continue
        if proposed_only and not (pattern.proposes or pattern.acts):
            continue
        facts: dict[str, Any] = {"limit": pattern.limit}
        quotes: tuple[str, ...] = ()
        if name == "failing_shape":
            category: Category = "error_recovery"
            text = "{hits} of {total} executions on such data raised"
            facts["shape"] = detail
        else:
            category, text = _OF[name]
        if name == "false_positive_rate":
            facts["reasons"] = reasons
            quotes = _quotes(observations)
        if name == "alert_fatigue":
            facts["dismissed_together"] = _dismissed(observations)
        summary = text.format(hits=pattern.hits, total=pattern.total, value=pattern.value)
        found.append(
            Evidence(
                name, category, "statistical", summary, pattern.value, pattern.low, pattern.high,
                pattern.hits, pattern.total, facts, quotes=quotes,
            )
        )  # fmt: skip
    shapes = [e for e in found if e.name == "failing_shape"]
    if len(shapes) > 1:  # one name is one finding: the worst, with the others beside it
        worst = max(shapes, key=lambda e: e.low or 0.0)
        others = [e.facts["shape"] for e in shapes if e is not worst]
        found = [e for e in found if e.name != "failing_shape"]
        found.append(worst._replace(facts={**worst.facts, "others": others}))
    return found


def _windows(observations: Observations) -> list[Evidence]:
    """Return what is known of window sizes: complaints, delays, and measured changes of one."""
    delays = sorted(
        float(p["seconds"])
        for kind, p in observations.drift
        if kind == "drift.detection_delay" and _number(p.get("seconds"))
    )
    measured = [
        {k: p[k] for k in ("name", "before", "after", "impact") if k in p}
        for kind, p in observations.drift
        if kind == "window_size.impact_measured"
    ]
    named = Counter(
        reason
        for label in observations.labels.values()
        for reason in ("wrong_window", "late")
        if label.reasons.get(reason)
    )
    hits, total = sum(named.values()), len(observations.labels)
    if not (measured or len(delays) >= 3 or hits >= 3):
        return []
    facts: dict[str, Any] = {"reasons": dict(named)}
    if delays:
        facts["median_delay_seconds"] = delays[len(delays) // 2]
    if measured:
        facts["measured"] = measured[-5:]
    low, high = wilson(hits, total) if total else (None, None)
    parts = [f"{hits} of {total} judged executions name the window or lateness"] if hits else []
    if delays:
        parts.append(
            f"drift was found {facts['median_delay_seconds']:.0f} s late (median of {len(delays)})"
        )
    if measured:
        parts.append(f"{len(measured)} measured changes of a window")
    return [
        Evidence(
            "window", "window_size", "statistical", "; ".join(parts),
            hits / total if total else None, low, high, hits, total, facts,
        )
    ]  # fmt: skip


def _features(observations: Observations) -> list[Evidence]:
    """Return which features' drifts mattered and which never did."""
    impacts: dict[str, list[float]] = {}
    noisy: Counter[str] = Counter()
    together: list[dict[str, Any]] = []
    new: list[str] = []
    for kind, payload in observations.drift:
        names = [n[:200] for n in payload.get("features") or () if isinstance(n, str)]
        if kind == "feature.drift_impact" and _number(payload.get("impact")):
            impacts.setdefault(str(payload.get("feature"))[:200], []).append(
                float(payload["impact"])
            )
        elif kind in ("drift.noise_issue", "drift.false_positive"):
            noisy.update(names)
        elif kind == "feature.interaction_discovered" and names:
            together.append({"features": names, "factor": payload.get("factor")})
        elif kind == "feature.discovery":
            new += names
    blamed = sum(bool(x.reasons.get("wrong_feature")) for x in observations.labels.values())
    if not (impacts or noisy or together or new or blamed >= 3):
        return []
    mean = {name: sum(v) / len(v) for name, v in impacts.items()}
    useless = sorted(
        n for n, v in impacts.items() if len(v) >= 5 and mean[n] < _IMPACT_LOW and max(v) < 0.5
    )
    useless += sorted(n for n, c in noisy.items() if c >= 5 and n not in mean)
    facts: dict[str, Any] = {
        "importance": {n: round(mean[n], 4) for n in sorted(mean)},
        "useless": useless,
        "noisy": dict(sorted(noisy.items())),
        "together": together[-20:],
        "new": sorted(set(new)),
    }
    total = sum(map(len, impacts.values())) + sum(noisy.values())
    summary = (
        f"{len(mean)} features with a measured impact, {len(useless)} that never mattered, "
        f"{len(noisy)} that raised false alarms, {len(facts['new'])} new"
    )
    return [
        Evidence(
            "importance", "feature_importance", "statistical", summary,
            hits=blamed + sum(noisy.values()), total=max(total, blamed + sum(noisy.values())),
            facts=facts,
        )
    ]  # fmt: skip


def _errors(observations: Observations) -> list[Evidence]:
    """Return the errors that executions raise, and what helped against them."""
    if not observations.errors:
        return []
    raised = {i: e.error for i, e in observations.executions.items() if e.error is not None}
    # What somebody calls an error beside what the execution itself says is no other one.
    types = Counter(
        error for _, error in {(i, raised.get(i) or said) for i, said in observations.errors}
    )
    helped = Counter(
        str(p["how"])[:200]
        for kind, p in observations.drift
        if kind == "error.recovery" and p.get("how")
    )
    failed, total = len({i for i, _ in observations.errors}), len(observations.executions)
    low, high = wilson(min(failed, total), total)
    most = ", ".join(f"{name} ({count})" for name, count in types.most_common(3))
    return [
        Evidence(
            "error", "error_recovery", "statistical", f"executions raised: {most}",
            failed / total if total else None, low, high, min(failed, total), total,
            {"types": dict(types.most_common(10)), "recovered_by": dict(helped.most_common(5))},
        )
    ]  # fmt: skip


def _resources(observations: Observations) -> list[Evidence]:
    asked = Counter(
        str(p.get("resource", ""))[:100]
        for p in observations.costs
        if p.get("type") == "resource.optimization_needed"
    )
    if not asked:
        return []
    what = ", ".join(sorted(n for n in asked if n)) or "resources"
    return [
        Evidence(
            "resource", "cost_benefit", "statistical", f"too much is used: {what}",
            hits=sum(asked.values()), total=sum(asked.values()), facts={"resources": dict(asked)},
        )
    ]  # fmt: skip


def _dismissed(observations: Observations) -> list[Any]:
    """Return what alerts that were dismissed together had in common, the latest."""
    rows = [
        p["patterns"]
        for kind, p in observations.alerts
        if kind == "alert.batch_dismissed" and p.get("patterns")
    ]
    found: list[Any] = []
    for patterns in rows:
        found += [p for p in patterns if p not in found]
    return found[-10:]


def _quotes(observations: Observations) -> tuple[str, ...]:
    latest = dict.fromkeys(text[:_QUOTE] for text, _ in reversed(observations.quotes))
    return tuple(latest)[:_QUOTES]


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
