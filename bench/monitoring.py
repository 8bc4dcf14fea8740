"""``python -m bench.monitoring``: what a complete report costs, beside its peers, in one run.

What is measured already is kept in ``bench-monitoring.json`` (not committed), so that a run that was
stopped goes on where it was; ``--fresh`` begins anew. The section goes into ``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import install, machine, plots, report
from bench.measure import ROOT, Contestant, Limits
from bench.rows import Case, Row

__all__ = ["main"]

RESULTS = ROOT / "bench-monitoring.json"
DRIFTED = "200 features, 50,000 rows, half of the features drifted by 0.5 sd"
STILL = "200 features, 50,000 rows, half of the features moved by 0.05 sd"
POET, FIT, JSON = "POET", "POET, reference fitted anew", "POET, with its JSON"
SCIPY, NANNYML = "SciPy `ks_2samp`, loop", "NannyML KS, fitted"
EVIDENTLY, PRESET = "Evidently preset, KS", "Evidently preset, default"

_OURS = Contestant(POET, "ours", "report")
_SCIPY = Contestant(SCIPY, "peers.base", "batch_scipy")
_NANNYML = Contestant(NANNYML, "peers.nannyml", "batch")
_EVIDENTLY = Contestant(EVIDENTLY, "peers.evidently", "batch", {"method": "ks"})
_PRESET = Contestant(PRESET, "peers.evidently", "batch", {"method": None})
_FEATURES = (1, 10, 100, 1_000, 10_000)
_ROWS = (1_000, 10_000, 100_000, 1_000_000)

REPORT = Row(
    "monitor",
    "A complete report",
    "Every check of every feature of a window against a reference of the same size (distribution, "
    "range, missing, infinite and unseen values), with adjusted p-values, effects and reasons, as a "
    "frame; no event is written. Time per cell of the window. POET "
    "keeps the fitted "
    "reference between windows, and so does NannyML; Evidently and SciPy take both sides at every "
    "call. SciPy gives statistic and p-value only, NannyML the statistic. Evidently gets the first 50 "
    "features only, since all 200 take it more than 8 GB. Memory is the peak of the whole process "
    "while it works, with libraries and data, and beside it what the work added.",
    "cell",
    [
        Case(
            DRIFTED,
            {"features": 200, "n": 50_000, "shift": 0.5},
            [
                _OURS,
                Contestant(JSON, "ours", "report", {"ask": "json"}),
                Contestant(FIT, "ours", "report", {"ask": "fit"}),
                _SCIPY,
                _NANNYML,
                _EVIDENTLY,
                _PRESET,
            ],
        ),
        Case(
            STILL,
            {"features": 200, "n": 50_000, "shift": 0.05},
            [_OURS, _SCIPY, _NANNYML, _EVIDENTLY],
        ),
        Case(
            "10,000 features, 10,000 rows",
            {"features": 10_000, "n": 10_000},
            [_OURS, _SCIPY],
            heavy=True,
        ),
    ],
    kind="cpu",
)


def _curve(features: int, n: int) -> list[Contestant]:
    """Return who takes part at this size: the slow ones only where it is small."""
    cells = features * n
    found = [_OURS]
    found += [_SCIPY] if cells <= 20_000_000 else []
    found += [_NANNYML] if cells <= 20_000_000 and features <= 1_000 else []
    return found + ([_EVIDENTLY] if cells <= 1_000_000 and features <= 50 else [])


FEATURES = Row(
    "monitor-features",
    "Number of features",
    "10,000 rows a feature.",
    "cell",
    [
        Case(f"{k:,}", {"features": k, "n": 10_000}, _curve(k, 10_000), heavy=k > 1_000)
        for k in _FEATURES
    ],
    shown=False,
)
ROWS = Row(
    "monitor-rows",
    "Number of rows",
    "20 features, a reference as large as the window.",
    "cell",
    [Case(f"{n:,}", {"features": 20, "n": n}, _curve(20, n), heavy=n > 100_000) for n in _ROWS],
    shown=False,
)
ALL = (REPORT, FEATURES, ROWS)
LABELS = {POET: "POET", SCIPY: "SciPy, KS + p", NANNYML: "NannyML KS", EVIDENTLY: "Evidently KS"}
PLOTS = [
    plots.Plot(
        "monitor-features.svg",
        FEATURES,
        "A report, 10,000 rows a feature",
        "features",
        LABELS,
        kind="cpu",
    ),
    plots.Plot("monitor-rows.svg", ROWS, "A report, 20 features", "rows", LABELS, kind="cpu"),
]
Measured = dict[str, dict[str, dict[str, Any]]]


def _cpu(outcome: dict[str, Any] | None) -> float:
    """Return the median CPU nanoseconds a cell, NaN where nothing was measured."""
    if not outcome or not outcome.get("cpu") or outcome["status"] != "ok":
        return math.nan
    return statistics.median(outcome["cpu"]) / outcome["units"] * 1e9


def _slope(row: Row, measured: Measured, sizes: tuple[int, ...]) -> float:
    """Return the exponent of the growth of a report's CPU time over the largest two decades."""
    points = []
    for size in sizes[-3:]:
        said = measured.get(row.key, {}).get(f"{size:,}", {}).get("contestants", {}).get(POET)
        cost = _cpu(said)
        if not math.isnan(cost):
            points.append((math.log10(size), math.log10(cost * size)))
    if len(points) < 2:
        return math.nan
    return (points[-1][1] - points[0][1]) / (points[-1][0] - points[0][0])


def _aims(measured: Measured) -> Iterator[tuple[str, str, str, bool | None]]:
    """Yield each aim: what, how much, what was measured, whether that meets it."""
    cases = measured.get(REPORT.key, {})
    for name, what in (
        (STILL, "200 features × 50,000 rows, nothing material moved, CPU time"),
        (DRIFTED, "the same, half of the features drifted"),
    ):
        frame = cases.get(name, {}).get("contestants", {})
        ours = _cpu(frame.get(POET))
        for label, least in ((EVIDENTLY, 800), (SCIPY, 40), (NANNYML, 6)):
            times = _cpu(frame.get(label)) / ours
            said = "not measured" if math.isnan(times) else f"{times:,.3g}×"
            yield what, f"≥ {least}× {label}", said, None if math.isnan(times) else times >= least
    peaks = {
        label: outcome["peak_mb"]
        for label, outcome in frame.items()
        if outcome.get("peak_mb") and not label.startswith("POET")
    }
    if peaks and POET in frame:
        least_of = min(peaks, key=peaks.__getitem__)
        mine = frame[POET]["peak_mb"]
        said = f"{mine:,.0f} MB, the least of the peers {peaks[least_of]:,.0f} ({least_of})"
        yield (
            "the same, peak memory", "less than every peer", said,
            mine < peaks[least_of],
        )  # fmt: skip
    wide = cases.get("10,000 features, 10,000 rows", {})
    many = _cpu(wide.get("contestants", {}).get(POET))
    yield (
        "10,000 features × 10,000 rows, CPU time", "≤ 2× a cell of the 200 features",
        "not measured" if math.isnan(many) else f"{many / ours:.3g}×, {many:.3g} ns a cell",
        None if math.isnan(many) else many <= 2 * ours,
    )  # fmt: skip
    for row, sizes, what in ((FEATURES, _FEATURES, "features"), (ROWS, _ROWS, "rows")):
        slope = _slope(row, measured, sizes)
        said = "not measured" if math.isnan(slope) else f"{slope:.3g}"
        yield (
            f"growth of the time with {what}, exponent over the largest two decades",
            "≤ 1.1 (linear is 1)", said, None if math.isnan(slope) else slope <= 1.1,
        )  # fmt: skip


def _section(results: dict[str, Any], docs: Path) -> str:
    """Return the section of the page."""
    measured: Measured = results["rows"]
    facts = results["machine"]
    parts = ["## The monitor\n"]
    parts.append(
        f"Measured by `python -m bench.monitoring` on {facts['date']} ({facts['processor']}, "
        f"{facts['cores']} cores), by the rules above. How well it decides is on "
        "[a page of its own](monitoring-accuracy.md).\n"
    )
    if any(case["quick"] for row in measured.values() for case in row.values()):
        parts.append("> Some of these are rough figures of a quick run.\n")
    parts.append("| work | aim | measured | met |\n| --- | --- | --- | --- |")
    said = {True: "yes", False: "**no**", None: "-"}
    parts += [
        f"| {work} | {aim} | {got} | {said[met]} |" for work, aim, got, met in _aims(measured)
    ]
    parts.append("")
    drawn = plots.draw(results, docs / "performance", PLOTS)
    parts += [f"![{text}](performance/{name})\n" for name, text in drawn]
    body = [
        line for row in ALL if row.shown for line in report.section(row, measured.get(row.key, {}))
    ]
    parts += [line.replace("## ", "### ", 1) if line.startswith("##") else line for line in body]
    notes = report.notes().get("monitor", "")
    parts += [notes + "\n"] if notes else []
    parts += [line for line in report.versions(results, list(ALL)) if line.startswith("- ")]
    return "\n".join(parts).rstrip() + "\n"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.monitoring", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[row.key for row in ALL])
    parser.add_argument("--peers", default="yes", help="yes, no, or names, comma-separated")
    parser.add_argument("--quick", action="store_true", help="small and rough: does it all run?")
    parser.add_argument("--fresh", action="store_true", help="measure everything again")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--report-only", action="store_true", help="make the page from the results")
    return parser.parse_args()


def _done(kept: dict[str, Any] | None, quick: bool, labels: set[str]) -> bool:
    """Return whether a case needs no measuring: complete, and of no lower quality than asked."""
    if kept is None or (kept["quick"] and not quick):
        return False
    return labels <= {k for k, v in kept["contestants"].items() if v["status"] == "ok"}


def main() -> None:
    """Measure what is missing, keep the results, write the section."""
    from bench import __main__ as bench

    given = _arguments()
    results: dict[str, Any] = {"rows": {}}
    if given.results.exists() and not given.fresh:
        results = json.loads(given.results.read_text(encoding="utf-8"))
    if not given.report_only:
        peers = {c.peer for row in ALL for case in row.cases for c in case.contestants} - {None}
        wanted = [name for name in bench.wanted(given.peers) if name in peers]
        pythons = {name: install.environment(name) for name in wanted}
        results["machine"] = machine.facts()
        limits = Limits(3, 2.0, 300.0) if given.quick else Limits(7, 10.0, 600.0)
        for row in ALL:
            if given.only and row.key not in given.only:
                continue
            measured = results["rows"].setdefault(row.key, {})
            for case in row.cases:
                able = {c.label for c in case.contestants if c.peer in {None, *wanted}}
                kept = measured.get(case.name)
                if (given.quick and case.heavy) or _done(kept, given.quick, able):
                    continue
                # A folder for each case: the large frames take gigabytes.
                with tempfile.TemporaryDirectory(prefix="poet-bench-") as folder:
                    used = bench.quick(case) if given.quick else case
                    found = bench.measure(row, used, pythons, Path(folder), limits)
                measured[case.name] = {"quick": given.quick, "contestants": found}
                given.results.write_text(json.dumps(results, indent=1), encoding="utf-8")
    if not results["rows"]:
        sys.exit("no results to report: run `python -m bench.monitoring`")
    for work, aim, got, met in _aims(results["rows"]):
        said = {True: "met", False: "MISSED", None: "-"}[met]
        print(f"{said:7} {work}: {aim}; {got}", file=sys.stderr)
    report.put_section(
        ROOT / "docs" / "performance.md", "monitor", _section(results, ROOT / "docs")
    )


if __name__ == "__main__":
    main()
