"""Writes ``docs/monitoring-accuracy.md`` from results, without measuring anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.accuracy import plots
from bench.accuracy.draws import CASES, FAMILIES, SIZES
from bench.accuracy.plan import OURS, STREAMS, parts
from bench.accuracy.streams import AFTER, BEFORE, REFERENCE, WINDOW
from bench.accuracy.tables import RULES, Tally, aims, families, rates, tally, versions, wrong
from poet_domain_ml_monitoring import Thresholds

__all__ = ["write"]

HEAD = """# How well drift is found

Which changes a monitor calls drift, ours and others', each **with its defaults**, on data whose truth
is known. `python -m bench.accuracy` measured and wrote this page, on {date} with Python {python}. It
counts decisions, not time.
{warning}
## Who decides how

- **POET** {poet}: `Monitor.fit(reference).check(window)`. Drift is a change that chance does not
  explain (p below {alpha:g}, adjusted for all tests of the report) *and* that is large enough to matter.
- **Evidently** {evidently}: the columns of its `DataDriftPreset` (its `ValueDrift` metrics, which
  give the same values). Up to 1,000 reference rows numbers are tested with Kolmogorov-Smirnov at
  0.05, above that Wasserstein's distance in standard deviations is drift from 0.1; categories are
  tested with chi-square, above 1,000 rows Jensen-Shannon's distance is drift from 0.1.
- **NannyML** {nannyml}: `UnivariateDriftCalculator`. Data come in chunks, ten unless told otherwise,
  and a chunk alerts above the mean plus three standard deviations of the reference's own chunks.
  *JS* is its default, Jensen-Shannon's distance; *KS* its Kolmogorov-Smirnov statistic, binned from
  10,000 reference rows on. *A chunk* is the share of chunks that alert, *any of 10* the share of
  windows with an alert.
- **River** {river}: `ADWIN` (delta 0.002) and `KSWIN` (alpha 0.005, the newest 30 of 100 values), which
  look for a change in the stream, value by value, and take numbers only; KSWIN, which is slow, gets
  every third stream.
- **PSI > 0.1**: ten quantile bins of the reference. **KS p < 0.05**: SciPy {scipy}. Rules of thumb that
  people write themselves.
"""
ROUGH = """
> Some of these are rough figures of a quick run, with few trials.
"""
RULE_TEXT = """## The rule table

Reference and window are standard normal draws of {sizes} rows each, a feature for itself; in every
trial both are new, and all sides are given the same ones. Nothing material changes in the first four
groups: there every flag is a false alarm. From a shift of 0.2 standard deviations on the change should
be found, from 10,000 rows on. What is wrong by that, above 1 % or below 95 %, is **bold**.

![Share of trials called drift over the number of rows, one panel a change](monitoring-accuracy/rules.svg)
"""
STREAM_TEXT = """## Streams with known drift points

{count} streams: {synthetic} made up (normal, lognormal, Student's t, two peaks; ten categories) and
{real} drawn row by row from real columns (Seattle's weather, San Francisco's temperatures, airports, and
scikit-learn's breast cancer, diabetes, wine and digits sets), so that before the planted drift truly
nothing moves. Each has {reference:,} reference rows, then windows of {window} rows: {before} without
change, {after} after it; the change lies somewhere inside the first of these. Streams of one feature.

- **False alarms** are windows before the change with any alarm.
- **Missed** are changes with no alarm in the {horizon:,} rows after them.
- **Delay** is the median of rows from the change to the first alarm, where there was one. Those who
  decide by windows can do so only at a window's end; River decides at every value.

![Misses over false alarms, one point for each side](monitoring-accuracy/streams.svg)
"""


def _percent(share: float) -> str:
    """Format a share with two digits that count, as a percentage."""
    value = 100 * share
    return f"{value:.0f}" if value >= 10 or value == 0 else f"{value:.2g}"


def _table(heads: list[str], lines: list[list[str]], left: int = 1) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + " --- |" * left + " ---: |" * (len(heads) - left)
    for line in lines:
        yield "| " + " | ".join(line) + " |"
    yield ""


def _aims(results: dict[str, Any]) -> Iterator[str]:
    yield "## The aims\n"
    said = {True: "yes", False: "**no**", None: "-"}
    lines = [[work, aim, value, said[met]] for work, aim, value, met in aims(results)]
    yield from _table(["what", "aim", "measured (the worst)", "met"], lines, left=4)


def _rules(results: dict[str, Any]) -> Iterator[str]:
    known = rates(results)
    rules = [rule for rule in RULES if any(key[0] == rule for key in known)]
    yield RULE_TEXT.format(sizes=", ".join(f"{n:,}" for n in SIZES))
    lines = []
    for case in CASES:
        for n in SIZES:
            cells = []
            for rule in rules:
                if (rule, case.key, n) not in known:
                    cells.append("")
                    continue
                rate, _ = known[rule, case.key, n]
                cells.append(f"**{_percent(rate)}**" if wrong(case, n, rate) else _percent(rate))
            lines.append([case.title if n == SIZES[0] else "", f"{n:,}", *cells])
    yield "Trials called drift, in %:\n"
    yield from _table(["change", "rows", *(RULES[rule] for rule in rules)], lines)
    trials = {rule: [known.get((rule, "null", n), (0, 0))[1] for n in SIZES] for rule in rules}
    said = "; ".join(
        f"{rule} {', '.join(f'{count:,}' for count in counts)}"
        for rule, counts in trials.items()
        if "any chunk" not in rule
    )
    yield f"Trials of each case, by size: {said}. The slow sides take the first of the same trials.\n"


def _families(results: dict[str, Any]) -> Iterator[str]:
    known = families(results)
    yield "## Frames of many features\n"
    yield (
        "What a report of 200 features is like: how many frames have any false alarm, and which share "
        "of the changed features is found. Evidently also calls the *dataset* drifted once half of "
        "its columns are; neither kind of frame comes near that.\n"
    )
    for which in FAMILIES:
        if which.key not in known:
            continue
        moved = f"{which.moved} moved by 0.2 sd" if which.moved else "nothing changed"
        yield f"### {which.features} features of {which.n:,} rows, {moved}\n"
        heads = ["", "frames", "with a false alarm, %", "false alarms a frame"]
        lines = []
        for rule, name in RULES.items():
            if rule not in known[which.key] or name.endswith("a chunk"):
                continue
            said = known[which.key][rule]
            line = [name, f"{said['trials']:,}", _percent(said["frames"] / said["trials"])]
            line.append(f"{said['wrong'] / said['trials']:.2g}")
            if which.moved:
                line.append(_percent(said["right"] / said["trials"] / which.moved))
            lines.append(line)
        yield from _table([*heads, *(["changes found, %"] if which.moved else [])], lines)


def _null(results: dict[str, Any]) -> Iterator[str]:
    yield "## Windows in which nothing changes\n"
    yield (
        "Five features (normal, exponential, uniform, counts, 20 categories) against a reference of the "
        "same size; a window has a false alarm if any of them is called drift. A fresh reference every "
        "100 windows.\n"
    )
    lines = []
    for key, part in results["parts"]["null"].items():
        if part["status"] == "ok":
            said = part["answer"]
            share = _percent(said["drifted"] / said["windows"])
            lines.append([key, f"{said['windows']:,}", f"{said['drifted']}", share])
    yield from _table(["rows a window", "windows", "with a false alarm", "%"], lines)


def _anomalies(results: dict[str, Any]) -> Iterator[str]:
    yield "## Anomalous rows\n"
    yield (
        "`AnomalyDetector.fit(reference).check(window)` on sets whose odd rows are known, at its default "
        "of 1 % false alarms, beside scikit-learn's own models with their defaults on standardised "
        "columns. The reference is 60 % of the usual rows, the window the other 40 % and the odd ones; "
        "means of five draws (of digits, five different odd ones). AUROC is the probability that an odd "
        "row gets the higher score than a usual one; precision is the share of alarms that are odd rows. "
        "scikit-learn's thresholds promise no rate; ours does, and is to be judged by whether it holds.\n"
    )
    part = results["parts"]["anomalies"].get(OURS, {})
    for name, sides in part.get("answer", {}).items():
        odd = sides[f"{OURS}, auto"][0]["odd"]
        yield f"### {name[0].upper()}{name[1:]} ({_percent(odd)} % of the window)\n"
        lines = []
        for who, runs in sides.items():
            used = sorted({run["method"] for run in runs})
            label = f"**{who}**" + (f" ({', '.join(used)})" if who.endswith("auto") else "")
            mean = {
                key: sum(run[key] for run in runs) / len(runs) for key in runs[0] if key != "method"
            }
            lines.append(
                [label if who.startswith(OURS) else who, f"{mean['auroc']:.3f}"]
                + [_percent(mean[key]) for key in ("false_alarms", "found", "precision")]
            )
        heads = [
            "",
            "AUROC",
            "false alarms, % of usual rows",
            "found, % of odd rows",
            "precision, %",
        ]
        yield from _table(heads, lines)


def _cells(done: Tally | None) -> list[str]:
    if done is None:
        return ["", "", ""]
    delay = "" if done.delay is None else f"{done.delay:,.0f}"
    missed = f"{done.missed} of {done.changes} ({_percent(done.missed_share)} %)"
    return [f"{done.false_rate:.3g}", missed, delay]


def _streams(results: dict[str, Any]) -> Iterator[str]:
    known = results["streams"]
    real = sum(stream["group"] == "real" for stream in known)
    yield STREAM_TEXT.format(
        count=len(known), real=real, synthetic=len(known) - real, reference=REFERENCE,
        window=WINDOW, before=BEFORE, after=AFTER, horizon=(AFTER - 1) * WINDOW,
    )  # fmt: skip
    heads = ["", "false alarms per 1,000 windows", "missed", "median delay, rows"]
    sets = {
        "All numbers": lambda s: s["kind"] == "numbers",
        "Made-up numbers": lambda s: (s["group"], s["kind"]) == ("synthetic", "numbers"),
        "Real columns of numbers": lambda s: (s["group"], s["kind"]) == ("real", "numbers"),
        "Categories": lambda s: s["kind"] == "categories",
    }
    for title, chosen in sets.items():
        lines = [
            [label, *_cells(done)] for label in STREAMS if (done := tally(results, label, chosen))
        ]
        yield f"### {title}\n"
        yield from _table(heads, lines)
    yield "### By change\n\nMissed, and the median delay in rows:\n"
    yield from _by_change(results)


def _by_change(results: dict[str, Any]) -> Iterator[str]:
    changes = dict.fromkeys(
        (stream["kind"], stream["change"])
        for stream in results["streams"]
        if stream["change"] != "none"
    )
    labels = [label for label in STREAMS if label in results["parts"]["streams"]]
    lines = []
    for kind, change in changes:
        cells = []
        total = 0
        for label in labels:
            done = tally(
                results,
                label,
                lambda s: (s["kind"], s["change"]) == (kind, change),  # noqa: B023
            )
            if done is None:
                cells.append("")
                continue
            total = done.changes
            delay = "" if done.delay is None else f", {done.delay:,.0f}"
            cells.append(f"{done.missed}{delay}")
        name = change if kind == "numbers" else f"categories: {change}"
        lines.append([name, str(total), *cells])
    yield from _table(["change", "streams", *labels], lines)


def _rough(results: dict[str, Any]) -> bool:
    """Return whether anything was measured with fewer trials than a full run has."""
    full = {(part.section, part.key): part.contestant.params for part in parts(quick=False)}
    return any(
        known["params"] != full.get((section, key), known["params"])
        for section, kept in results["parts"].items()
        for key, known in kept.items()
    )


def write(results: dict[str, Any], docs: Path) -> None:
    """Write the page and its plots."""
    known = versions(results)
    names = {
        "poet": "poet-domain-ml-monitoring", "evidently": "evidently", "nannyml": "nannyml",
        "river": "river",
    }  # fmt: skip
    said = {key: known.get(name, "(not measured)") for key, name in names.items()}
    thumb = next(
        (p["versions"] for k, p in results["parts"].get("rules", {}).items() if "thumb" in k), {}
    )
    head = HEAD.format(
        **results["machine"], **said, scipy=thumb.get("scipy", ""), alpha=Thresholds().alpha,
        warning=ROUGH if _rough(results) else "",
    )  # fmt: skip
    lines = [head.rstrip() + "\n"]
    lines += _aims(results)
    for key, make in (
        ("rules", _rules), ("streams", _streams), ("families", _families), ("null", _null),
        ("anomalies", _anomalies),
    ):  # fmt: skip
        if results["parts"].get(key):
            lines += make(results)
    plots.draw(results, docs / "monitoring-accuracy")
    page = "\n".join(lines).rstrip() + "\n"
    (docs / "monitoring-accuracy.md").write_text(page, encoding="utf-8")
