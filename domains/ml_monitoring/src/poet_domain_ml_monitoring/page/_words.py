"""Verdicts as a person reads them, for the terminal and the page alike."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from poet_domain_ml_monitoring._numbers import count

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
    "plural",
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
