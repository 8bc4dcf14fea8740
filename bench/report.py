"""Writes ``docs/performance.md`` from results, without measuring anything."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import plots
from bench.aims import AIMS, ratio
from bench.measure import Outcome
from bench.rows import EDGE_TEXTS, ROWS, Row

__all__ = ["kept_sections", "line", "notes", "put_section", "section", "versions", "write"]

NOTES = Path(__file__).parent / "notes.md"

HEAD = """# Performance

Every figure on this page was measured by `make bench`, each beside its peers, on the same data in
the same run. Ratios carry over to other machines; times less so.

{warning}## How it was measured

- **Machine**: {processor}, {cores} cores, {memory} of memory, {system}, Python {python}; {date}.
- **Sides**: each contestant is a process of its own with its own installed versions, listed at the
  [end](#versions). Each loads the same seeded data into its own kind of array or frame first;
  that is not timed.
- **Turns**: after one run to warm up, the contestants take turns, one sample each, up to {rounds}
  times; short calls are repeated within a sample. Times are medians. Slow peers get fewer samples; one
  that takes more than ten seconds is run once.
- **wall** is elapsed time, **CPU** the time of all threads of the process together. Threads are
  left as each library sets them.
- **× POET** is the peer's median time over that of the first line of its group; in brackets the
  least and the most of any single round.
- What could not run is shown with the reason, not left out.
"""


def _nanoseconds(value: float) -> str:
    """Format a time with three digits that count."""
    if math.isnan(value):
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def line(label: str, outcome: dict[str, Any], unit: str) -> str:
    """Say one outcome on one line, for the terminal."""
    if outcome["status"] != "ok":
        return f"{label:36} {outcome['status']}: {outcome['reason']}"
    if not outcome["wall"]:
        return f"{label:36} " + "; ".join(
            f"{name}: {_answer(said)}" for name, said in outcome["answer"].items()
        )
    measured = Outcome(**outcome)
    wall, cpu = (_nanoseconds(measured.per_unit(kind)) for kind in ("wall", "cpu"))
    least = _nanoseconds(min(measured.wall) / measured.units * 1e9)
    return (
        f"{label:36} {wall:>12} ns/{unit} (CPU {cpu}, least {least}), {len(measured.wall)} runs, "
        f"peak {measured.peak_mb:,.0f} MB, {measured.answer}"
    )


def notes() -> dict[str, str]:
    """Return the text under each heading of the notes."""
    if not NOTES.exists():
        return {}
    parts = re.split(r"^## (\S+)\n", NOTES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))


def _reason(outcome: dict[str, Any]) -> str:
    """Return why there is no result, short and without paths."""
    reason = re.sub(r"(/[\w.+-]+){2,}", "…", outcome["reason"].replace("\n", " "))
    return reason.replace("|", "/")[:160]


def _answer(answer: dict[str, Any]) -> str:
    """Return in a few words what was answered to one hard sample."""
    if "raised" in answer:
        return f"raises {answer['raised']}"
    said = []
    for name, value in answer.items():
        if value == "ok":
            continue
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        said.append(f"{name} {value:.3g}" if number else f"{name} {value}")
    return ", ".join(said)


def _answers(row: Row, measured: dict[str, Any], note: str) -> Iterator[str]:
    """Yield the table of answers, one line a sample."""
    yield f"## {row.title}\n\n{row.text}\n"
    found = measured[row.cases[0].name]["contestants"]
    yield "| sample | " + " | ".join(found) + " |"
    yield "| --- |" + " --- |" * len(found)
    for name, text in EDGE_TEXTS.items():
        cells = [
            _answer(outcome["answer"].get(name, {"": outcome["status"]}))
            for outcome in found.values()
        ]
        yield f"| {text} | " + " | ".join(cells) + " |"
    yield ""
    if note:
        yield note + "\n"


def _lines(found: dict[str, Any], memory: bool, kind: str) -> Iterator[str]:
    """Yield the lines of one case's table."""
    ours = next(iter(found.values()))
    for number, (label, outcome) in enumerate(found.items()):
        if not outcome["wall"] or outcome["status"] != "ok":
            cells = [label, outcome["status"], _reason(outcome), "", ""]
        else:
            measured = Outcome(**outcome)
            times = [_nanoseconds(measured.per_unit(kind)) for kind in ("wall", "cpu")]
            shown = ""
            if number and ours["wall"]:
                middle, least, most = ratio(ours, outcome, kind)
                shown = f"{middle:,.3g}" if middle < 1000 else f"{middle:,.0f}"
                if min(len(ours["wall"]), len(measured.wall)) > 1:
                    shown += f" [{_nanoseconds(least)} to {_nanoseconds(most)}]"
            runs = f"{len(measured.wall)}" + (f" × {measured.loops}" if measured.loops > 1 else "")
            name = f"**{label}**" if label.startswith("POET") else label
            cells = [name, *times, shown, runs]
        if memory:
            sizes = outcome["peak_mb"], outcome["peak_mb"] - outcome["before_mb"]
            cells += [f"{size:,.0f}" if outcome["peak_mb"] else "" for size in sizes]
        yield "| " + " | ".join(cells) + " |"


def section(row: Row, measured: dict[str, Any], note: str = "") -> Iterator[str]:
    """Yield one row's part of the page."""
    memory = row.key in ("batch", "categorical", "monitor")
    yield f"## {row.title}\n\n{row.text}\n"
    heads = [
        "",
        f"wall ns/{row.unit}",
        f"CPU ns/{row.unit}",
        "× POET" + (", CPU" if row.kind == "cpu" else ""),
        "runs",
    ]
    heads += ["peak MB", "added MB"] if memory else []
    for case in row.cases:
        if case.name not in measured:
            continue
        yield f"### {case.name[0].upper()}{case.name[1:]}\n"
        yield "| " + " | ".join(heads) + " |"
        yield "| --- |" + " ---: |" * (len(heads) - 1)
        yield from _lines(measured[case.name]["contestants"], memory, row.kind)
        yield ""
    if note:
        yield note + "\n"


def _summary(results: dict[str, Any]) -> Iterator[str]:
    """Yield the table of aims."""
    yield "## The aims\n"
    yield "| work | aim | measured | met |\n| --- | --- | --- | --- |"
    work = ""
    for aim in AIMS:
        work = aim.work or work
        measured, met = aim.verdict(results)
        label = "" if aim.ours in ("POET", "POET, profile kept") else f" ({aim.ours[6:]})"
        yield f"| {work}{label} | {aim.text()} | {measured} | {met} |"
    yield ""


def versions(results: dict[str, Any], rows: list[Row]) -> Iterator[str]:
    """Yield the versions of each environment, as its processes reported them."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        for case in row.cases:
            kept = results["rows"].get(row.key, {}).get(case.name, {}).get("contestants", {})
            for contestant in case.contestants:
                versions = kept.get(contestant.label, {}).get("versions")
                if versions:
                    found[contestant.peer or contestant.module.rpartition(".")[2]] = versions
    for versions in found.values():
        yield "- " + ", ".join(f"{name} {version}" for name, version in versions.items())
    yield ""


def _warning(results: dict[str, Any]) -> str:
    """Return what must be said where the results are not of one full run."""
    cases = [case for row in results["rows"].values() for case in row.values()]
    if any(case["quick"] for case in cases):
        return (
            "> These are rough figures of a quick run with fewer rounds and smaller frames, made "
            "to see that every row runs.\n\n"
        )
    return ""


def _work(title: str, note: str, rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the table of work that was measured beside its aims."""
    yield f"## {title}\n\n{note}\n\n| work | measured | aim | met | |\n| --- | ---: | ---: | --- | --- |"
    for row in rows:
        met = "yes" if row["met"] else "**no**"
        if row["aim"].startswith("none"):
            met = "-"
        yield f"| {row['work']} | {row['measured']} | {row['aim']} | {met} | {row['beside']} |"
    yield ""


def _marks(key: str) -> tuple[str, str]:
    return f"<!-- {key}: written by a bench of its own -->", f"<!-- end of {key} -->"


def kept_sections(page: Path) -> dict[str, str]:
    """Return the sections that other benches wrote into the page, with their marks."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    begin, end = (re.escape(mark).replace("KEY", r"([\w-]+)") for mark in _marks("KEY"))
    pattern = f"{begin}.*?{end.replace('([', '(?:[')}"
    return {found[1]: found[0] for found in re.finditer(pattern, text, flags=re.DOTALL)}


def put_section(page: Path, key: str, text: str) -> None:
    """Write a section of another bench into the page, in place of what it wrote before."""
    begin, end = _marks(key)
    marked = f"{begin}\n{text.rstrip()}\n\n{end}"
    whole = page.read_text(encoding="utf-8")
    known = kept_sections(page)
    if key in known:
        whole = whole.replace(known[key], marked)
    else:
        before, versions_head, after = whole.partition("## Versions\n")
        whole = f"{before}{marked}\n\n{versions_head}{after}"
    page.write_text(whole, encoding="utf-8")


def write(results: dict[str, Any], docs: Path) -> None:
    """Write the page and its plots."""
    said = notes()
    rounds = max(
        (
            len(outcome["wall"])
            for row in results["rows"].values()
            for case in row.values()
            for outcome in case["contestants"].values()
        ),
        default=0,
    )
    parts = [HEAD.format(**results["machine"], rounds=rounds, warning=_warning(results))]
    parts += _summary(results)
    if "aims" in said:
        parts.append(said["aims"] + "\n")
    drawn = plots.draw(results, docs / "performance", plots.PLOTS)
    if drawn:
        parts.append("## How time grows\n")
        parts += [f"![{text}](performance/{name})\n" for name, text in drawn]
    for row in ROWS:
        if not row.timed and results["rows"].get(row.key):
            parts += _answers(row, results["rows"][row.key], said.get(row.key, ""))
        elif row.shown and results["rows"].get(row.key):
            parts += section(row, results["rows"][row.key], said.get(row.key, ""))
    for key, title in (("gate", "The gate"), ("generate", "Generations")):
        if key in results:
            parts += _work(title, said[key], results[key]["rows"])
    if "call" in results:
        parts.append("## Imports and calls of decorated functions\n\n| | |\n| --- | ---: |")
        parts += [f"| {name} | {value:.3g} |" for name, value in results["call"].items()]
        parts.append("\n" + said["call"] + "\n" if "call" in said else "")
    if "peers" in said:
        parts.append("## What else the peers do\n\n" + said["peers"] + "\n")
    kept = kept_sections(docs / "performance.md")
    parts += [text + "\n" for text in kept.values()]
    parts += ["## Versions\n", *versions(results, ROWS)]
    page = "\n".join(parts).rstrip() + "\n"
    (docs / "performance.md").write_text(page, encoding="utf-8")
