"""The expression for each quantity of a monitor's result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poet.generate import literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poet_domain_ml_monitoring.agents._result import Slot
    from poet_domain_ml_monitoring.agents._write import Writer

__all__ = ["feature_value", "overall_value"]

_STATUSES = ("ok", "warning", "drift", "insufficient_data", "error")
_HEALTH = ("healthy", "degraded", "unhealthy", "unknown")
# What a status of ours is called where the user has no word for it.
_NEAREST = {"warning": "ok", "degraded": "healthy"}


def overall_value(w: Writer, slot: Slot) -> tuple[list[str], str]:
    """Return the lines before, and the expression for what a slot says of all features."""
    report, found, health = w.local("report"), w.local("found"), w.local("assessment")
    each = f"for {found} in {report}"
    match slot.quantity:
        case "decision" | "stable":
            text = f"{report}.drift_detected" if slot.quantity == "decision" else (
                f"not {report}.drift_detected"
            )  # fmt: skip
            return [], text
        case "status":
            return _status(w, slot)
        case "drifted":
            return [], f"[{found}.feature for {found} in {report}.drifted]"
        case "n_drifted":
            return [], f"len({report}.drifted)"
        case "n_features":
            return [], f"len({report})"
        case "share":
            return [], f"len({report}.drifted) / max(1, len({report}))"
        case "drift_score":
            return [], _scaled(f"{report}.drift_score", slot)
        case "health_score":
            score = f"{health}.score" if slot.optional else f"{w.use('or_nan')}({health}.score)"
            return [], _scaled(score, slot)
        case "components":
            part = w.local("part")
            known = f"{part}.score is not None"
            return [], f"{{{part}.name: {part}.score for {part} in {health}.components if {known}}}"
        case "recommendations":
            advice = w.local("advice")
            text = f'f"{{{advice}.action}}: {{{advice}.evidence}}"'
            return [], f"[{text} for {advice} in {health}.recommendations]"
        case "alerts":
            alert = w.local("alert")
            return [], f"[{alert}.title for {alert} in {w.local('alerts')}]"
        case "new_features" | "missing_features" | "problems":
            return [], _problems(w, slot.quantity)
        case "safe_mode":
            return [], f"{report}.safe_mode"
        case "execution_id":
            return [], f"{report}.execution_id"
        case "level":
            return [], f"{w.names['CONFIG']}.thresholds.alpha"
        case "limit":
            return [], f"{w.names['CONFIG']}.thresholds.min_effect"
        case _:
            values = {
                "scores": _number(w, f"{found}.effect_size", optional=False),
                "p_values": _number(w, f"{found}.p_value", optional=False),
                "decisions": f'{found}.status == "drift"',
                "statuses": f"{found}.status",
                "severities": f"{found}.severity",
            }
            return [], f"{{{found}.feature: {values[slot.quantity or '']} {each}}}"


def _problems(w: Writer, quantity: str) -> str:
    problem, report = w.local("problem"), w.local("report")
    if quantity == "problems":
        return f"[{problem}.detail for {problem} in {report}.problems]"
    kind = "new_feature" if quantity == "new_features" else "missing_feature"
    return f'[{problem}.feature for {problem} in {report}.problems if {problem}.kind == "{kind}"]'


def _status(w: Writer, slot: Slot) -> tuple[list[str], str]:
    if w.plan.health and w.plan.result.health:
        words = _words(slot.words, _HEALTH)
        state = f"{w.local('assessment')}.status"
        return [], f"{w.constant('STATUS_WORDS', words)}[{state}]" if words else state
    status, report, found = w.local("status"), w.local("report"), w.local("found")
    statuses, order = w.local("statuses"), w.constant("WORST_FIRST", literal((
        "drift", "error", "insufficient_data", "warning", "ok",
    )))  # fmt: skip
    level = w.local("level")
    lines = [
        f"    {statuses} = {{{found}.status for {found} in {report}}}",
        f"    {status} = next(",
        f'        ({level} for {level} in {order} if {level} in {statuses}), "insufficient_data"',
        "    )",
    ]
    words = _words(slot.words, _STATUSES)
    return lines, f"{w.constant('STATUS_WORDS', words)}[{status}]" if words else status


def _words(own: Mapping[str, str], ours: tuple[str, ...]) -> str:
    """Return the text of a dict from our statuses to the user's words, empty where he has none."""
    if not own or all(own.get(status, status) == status for status in ours):
        return ""
    rows = []
    for status in ours:
        word = own.get(status) or own.get(_NEAREST.get(status, ""), status)
        rows.append(f"    {literal(status)}: {literal(word)},")
    return "\n".join(["{", *rows, "}"])


def _scaled(text: str, slot: Slot) -> str:
    return f"{slot.scale} * {text}" if slot.scale != 1 else text


def _number(w: Writer, text: str, *, optional: bool) -> str:
    return text if optional else f"{w.use('or_nan')}({text})"


def feature_value(w: Writer, slot: Slot) -> str:
    """Return the expression for what a slot says of one feature."""
    found = w.local("found")
    match slot.quantity:
        case "decision" | "stable":
            test = "==" if slot.quantity == "decision" else "!="
            text = f'{found}.status {test} "drift"'
            return f"None if {w.local('unknown')} else {text}" if slot.optional else text
        case "status":
            words = _words(slot.words, _STATUSES)
            return (
                f"{w.constant('FEATURE_WORDS', words)}[{found}.status]"
                if words
                else f"{found}.status"
            )
        case "effect":
            return _number(w, f"{found}.effect_size", optional=slot.optional)
        case "p_value" | "p_adjusted" | "statistic":
            return _number(w, f"{found}.{slot.quantity}", optional=slot.optional)
        case "test":
            return f"{found}.test" if slot.optional else f'{found}.test or "none"'
        case "column":
            return f"{found}.feature"
        case "level":
            return f"{w.names['CONFIG']}.thresholds.alpha"
        case "limit":
            return f"{w.names['CONFIG']}.thresholds.min_effect"
        case "own":
            return w.held_in(slot.own)
        case _:
            return f"{found}.{slot.quantity}"
