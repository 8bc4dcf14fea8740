"""Numbers and verdicts as a person reads them, for the terminal and the page alike."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poet_domain_ml_monitoring.monitor import Report
    from poet_domain_ml_monitoring.results import FeatureResult, Status

__all__ = [
    "HARMLESS",
    "STATUS_WORDS",
    "Level",
    "Verdict",
    "clean",
    "count",
    "effect",
    "number",
    "p_value",
    "plural",
    "share",
    "verdict",
    "worst_first",
]

Level: TypeAlias = Literal["ok", "drift", "problem"]
STATUS_WORDS: dict[Status, str] = {
    "drift": "drift",
    "error": "not compared",
    "warning": "warning",
    "insufficient_data": "too little data",
    "ok": "ok",
}
# What is no fault of the window: it has more than the reference, and all of the reference.
HARMLESS = frozenset({"new_feature"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """A report in one line.

    Attributes:
        level: ``problem`` where the data themselves are wrong or nothing could be compared, else
            ``drift`` or ``ok``.
        headline: The verdict, a few words.
        detail: One sentence with what it rests on.
    """

    level: Level
    headline: str
    detail: str


def verdict(report: Report) -> Verdict:
    """Say what a report comes to."""
    n = len(report)
    by_status = statuses(report)
    drifted, errors, few = (by_status[s] for s in ("drift", "error", "insufficient_data"))
    grave = [p for p in report.problems if p.kind not in HARMLESS]
    compared = n - errors - few
    drift = f"Drift in {_of(drifted, n)}"
    rows = f"{count(report.rows_current)} current rows against {count(report.rows_reference)}"
    detail = f"{rows} reference rows."
    if not compared:
        why = "no feature to compare" if not n else "too little data" if few else "no feature fits"
        return Verdict("problem", f"Nothing could be compared: {why}", detail)
    if grave or errors or report.safe_mode:
        about = dict.fromkeys(p.feature for p in grave if p.feature)
        about |= dict.fromkeys(r.feature for r in report if r.status == "error")
        found = f"Data problem in {plural(len(about), 'feature')}" if about else "Data problem"
        if report.safe_mode:
            found = "Data problem: most features are new"
        return Verdict("problem", found + (f"; {_lower(drift)}" if drifted else ""), detail)
    if drifted:
        return Verdict("drift", drift, detail)
    short = f", {count(few)} with too little data to tell" if few else ""
    return Verdict("ok", f"No drift in {plural(compared, 'feature')}{short}", detail)


def statuses(report: Report) -> dict[Status, int]:
    """Count the features of each status, the worst first."""
    found = dict.fromkeys(STATUS_WORDS, 0)
    for result in report:
        found[result.status] += 1
    return found


def worst_first(report: Report) -> Sequence[FeatureResult]:
    """Return all features: drift first, then what could not be compared, the gravest first."""
    order = {status: at for at, status in enumerate(STATUS_WORDS)}
    return sorted(
        report, key=lambda r: (order[r.status], -(r.severity or 0.0) * r.importance, r.feature)
    )


def number(value: float | None) -> str:
    """Write a number with four digits that count."""
    if value is None or math.isnan(value):
        return "-"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    size = abs(value)
    if size >= 1e7 or 0 < size < 1e-4:
        return f"{value:.3g}".replace("e+", "e").replace("e0", "e").replace("e-0", "e-")
    return f"{value:,.0f}" if size >= 1000 else f"{value:.4g}"


def effect(value: float | None) -> str:
    """Write an effect size, which lies from 0 to 1."""
    return "-" if value is None or math.isnan(value) else f"{value:.3f}".rstrip("0").rstrip(".")


def count(value: int) -> str:
    """Write a whole number in groups of three."""
    return f"{value:,}"


def share(value: float) -> str:
    """Write a share as a percentage; what is not nothing never reads 0 %."""
    percent = 100 * value
    if percent == 0:
        return "0 %"
    if percent < 0.01:
        return "< 0.01 %"
    if percent >= 99.95 and value < 1:
        return "> 99.9 %"
    digits = 0 if percent >= 9.95 else 1 if percent >= 0.995 else 2
    return f"{percent:.{digits}f} %"


def p_value(value: float | None) -> str:
    """Write a p-value, with what a statistician would not believe as a bound."""
    if value is None or math.isnan(value):
        return "-"
    if value < 1e-12:
        return "< 1e-12"
    return f"{value:.0e}".replace("e-0", "e-") if value < 0.001 else f"{value:.3f}"


def plural(n: int, word: str) -> str:
    """Write so many of these."""
    return f"{count(n)} {word}" + ("" if n == 1 else "s")


def clean(text: str, limit: int = 160) -> str:
    """Return text of the data's making fit to be shown: on one line, no control signs, not endless.

    Signs that turn the direction of writing or the terminal's colours are data here, not orders.
    """
    shown = "".join(
        c if unicodedata.category(c)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for c in text
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _of(some: int, n: int) -> str:
    return f"{count(some)} of {plural(n, 'feature')}"


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]
