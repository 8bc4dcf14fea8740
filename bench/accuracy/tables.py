"""Turns the kept results into rates: plain numbers for the page's tables, plots and aims."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.accuracy.draws import CASES, SIZES, Case
from bench.accuracy.plan import OURS, STREAMS

__all__ = ["RULES", "Tally", "aims", "families", "rates", "tally", "versions", "wrong"]

# The rules in the order of the tables, by the name each side gives it.
RULES = {
    OURS: OURS,
    "Evidently": "Evidently",
    "NannyML JS": "NannyML JS, a chunk",
    "NannyML JS, any chunk": "NannyML JS, any of 10",
    "NannyML KS": "NannyML KS, a chunk",
    "NannyML KS, any chunk": "NannyML KS, any of 10",
    "PSI > 0.1": "PSI > 0.1",
    "KS p < 0.05": "KS p < 0.05",
}
QUIET, FOUND, LARGE = 0.01, 0.95, 10_000
Parts = dict[str, dict[str, Any]]


def _answers(results: dict[str, Any], section: str) -> dict[str, dict[str, Any]]:
    parts: Parts = results["parts"].get(section, {})
    return {key: part for key, part in parts.items() if part["status"] == "ok"}


def rates(results: dict[str, Any]) -> dict[tuple[str, str, int], tuple[float, int]]:
    """Return by rule, case and rows the share called drift and of how many trials.

    Raises:
        ValueError: Two sides were given different draws.
    """
    found: dict[tuple[str, str, int], tuple[float, int]] = {}
    sums: dict[tuple[str, int, int], float] = {}
    for part in _answers(results, "rules").values():
        n = part["params"]["n"]
        for case, said in part["answer"].items():
            trials = said["trials"]
            known = sums.setdefault((case, n, trials), said["sum"])
            if abs(known - said["sum"]) > 0.01:
                raise ValueError(f"{case} at {n}: the sides were given different draws")
            for rule, flagged in said["flagged"].items():
                found[rule, case, n] = flagged / trials, trials
    return found


def wrong(case: Case, n: int, rate: float) -> bool:
    """Return whether this rate is not what is wanted of the case."""
    if case.want == "quiet":
        return rate > QUIET
    return case.want == "found" and n >= LARGE and rate < FOUND


def families(results: dict[str, Any]) -> dict[str, dict[str, dict[str, float]]]:
    """Return by frame and rule: trials, frames with a false alarm, false alarms, changes found."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for part in _answers(results, "families").values():
        for key, said in part["answer"].items():
            for rule, counts in said["rules"].items():
                found.setdefault(key, {})[rule] = counts | {"trials": said["trials"]}
    return found


@dataclass(frozen=True, slots=True)
class Tally:
    """What one side did on a set of streams: rates, and the median delay in rows."""

    windows: int
    false: int
    changes: int
    missed: int
    delay: float | None

    @property
    def false_rate(self) -> float:
        """False alarms per 1,000 windows."""
        return 1_000 * self.false / self.windows if self.windows else float("nan")

    @property
    def missed_share(self) -> float:
        """Share of the changes without any alarm after them."""
        return self.missed / self.changes if self.changes else float("nan")


def tally(
    results: dict[str, Any], label: str, chosen: Callable[[dict[str, Any]], bool]
) -> Tally | None:
    """Return what one side did on the chosen streams, None where it did none of them."""
    part = _answers(results, "streams").get(label)
    if part is None:
        return None
    pairs = zip(results["streams"], part["answer"]["scores"], strict=True)
    scores = [score for stream, score in pairs if score is not None and chosen(stream)]
    if not scores:
        return None
    delays = [score["delay"] for score in scores if "delay" in score]
    seen = [delay for delay in delays if delay is not None]
    return Tally(
        sum(score["windows"] for score in scores),
        sum(score["false"] for score in scores),
        len(delays),
        len(delays) - len(seen),
        statistics.median(seen) if seen else None,
    )


def versions(results: dict[str, Any]) -> dict[str, str]:
    """Return the installed versions, by package."""
    shared = ("pandas", "numpy", "scipy", "polars")
    every = [part for parts in results["parts"].values() for part in parts.values()]
    return {
        name: version
        for part in every
        for name, version in part.get("versions", {}).items()
        if name not in shared
    }


def aims(results: dict[str, Any]) -> list[tuple[str, str, str, bool | None]]:
    """Return each aim: what, how much, what was measured, whether that meets it."""
    known = rates(results)
    found: list[tuple[str, str, str, bool | None]] = []

    def add(
        work: str, aim: str, values: list[float], met: Callable[[float], bool], worst: Any
    ) -> None:
        if not values:
            found.append((work, aim, "not measured", None))
            return
        value = worst(values)
        found.append((work, aim, f"{100 * value:.3g} %", met(value)))

    for case in CASES:
        if case.want == "open":
            continue
        quiet = case.want == "quiet"
        sizes = [n for n in SIZES if quiet or n >= LARGE]
        values = [known[OURS, case.key, n][0] for n in sizes if (OURS, case.key, n) in known]
        where = "any of the sizes" if quiet else "10,000 and 100,000 rows"
        aim = "≤ 1 % called drift" if quiet else "≥ 95 % called drift"
        add(
            f"{case.title}, {where}", aim, values,
            (lambda v: v <= QUIET) if quiet else (lambda v: v >= FOUND), max if quiet else min,
        )  # fmt: skip
    for key, part in _answers(results, "null").items():
        said = part["answer"]
        add(
            f"{said['windows']:,} windows of {key} rows without change, 5 features",
            "≤ 1 % with any alarm", [said["drifted"] / said["windows"]], lambda v: v <= QUIET, max,
        )  # fmt: skip
    null = families(results).get("null", {}).get(OURS)
    share = [null["frames"] / null["trials"]] if null else []
    add(
        "frames of 200 features without change", "≤ 1 % with any alarm", share,
        lambda v: v <= QUIET, max,
    )  # fmt: skip
    for who in _answers(results, "anomalies").values():
        for name, sides in who["answer"].items():
            runs = sides[f"{OURS}, auto"]
            rate = sum(run["false_alarms"] for run in runs) / len(runs)
            add(f"anomalies, {name.split(':')[0].split(',')[0]}", "1 ± 0.5 % of usual rows", [rate],
                lambda v: 0.005 <= v <= 0.015, max)  # fmt: skip
    numbers = {label: tally(results, label, lambda s: s["kind"] == "numbers") for label in STREAMS}
    ours = numbers.pop(OURS)
    if ours:
        peers = [peer for peer in numbers.values() if peer]
        better = all(
            ours.false_rate < peer.false_rate or ours.missed_share < peer.missed_share
            for peer in peers
        )
        found.append(
            (
                "streams of numbers", "no peer is as good in both false alarms and misses",
                f"{ours.false_rate:.3g} per 1,000 windows, {100 * ours.missed_share:.3g} % missed",
                better if peers else None,
            )
        )  # fmt: skip
    return found
