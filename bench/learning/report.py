"""What all runs give together: plain JSON, and the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.learning.loop import Run
from bench.learning.streams import STREAMS, Plan
from bench.learning.truth import Score, pooled

__all__ = ["as_json", "page", "table", "versions_of", "write_page"]

_COLUMNS = {
    "false_positive_rate": ("false alarms", "{:.1%}"),
    "missed_drift_rate": ("drifts missed", "{:.1%}"),
    "detection_delay": ("delay, windows", "{:.1f}"),
    "alerts_per_incident": ("alerts per incident", "{:.1f}"),
    "silent_drift_windows": ("drifting windows without an alarm", "{:.1%}"),
    "cost": ("CPU ms a call", "{:.1f}"),
}


def versions_of(runs: Sequence[Run]) -> list[tuple[str, Score, list[dict[str, object]]]]:
    """Return the versions in order of their making, each pooled over the runs, with its strategies.

    A run that made fewer versions than another counts with its last, which is what it goes on serving.
    """
    longest = max((len(r.versions) for r in runs), default=0)
    found = []
    for number in range(longest):
        made = [list(r.versions.values())[min(number, len(r.versions) - 1)] for r in runs]
        found.append((f"v{number + 1}", pooled([s for s, _ in made]), [d for _, d in made]))
    return found


def _row(name: str, score: Score, strategies: Sequence[dict[str, object]]) -> dict[str, Any]:
    named = sorted({str(s["strategy"]) for s in strategies})
    return {"version": name, "strategy": ", ".join(named), **score.as_json()}


def as_json(runs: Sequence[Run], plan: Plan) -> dict[str, Any]:
    """Return the figures of some runs of one stream: ``versions``, the starting one first."""
    stream = runs[0].stream
    return {
        "stream": stream,
        "seeds": [r.seed for r in runs],
        "plan": plan._asdict(),
        "baseline": {"version": "baseline", **pooled([r.baseline for r in runs]).as_json()},
        "versions": [_row(*v) for v in versions_of(runs)],
        "runs": [
            {
                "seed": r.seed,
                "baseline": r.baseline.as_json(),
                "versions": [
                    {"version": name, **detail, **score.as_json()}
                    for name, (score, detail) in r.versions.items()
                ],
                "rounds": [one._asdict() for one in r.rounds],
            }
            for r in runs
        ],
    }


def _cell(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def table(found: dict[str, Any]) -> list[str]:
    """Return the lines of one stream's table."""
    heads = [head for head, _ in _COLUMNS.values()]
    lines = [f"| version | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for row in [found["baseline"], *found["versions"]]:
        cells = [_cell(row[key], form) for key, (_, form) in _COLUMNS.items()]
        counts = row["counts"]
        cells[0] += f" ({counts['false']} of {counts['quiet']})"
        cells[1] += f" ({counts['missed']} of {counts['incidents']})"
        cells[4] += f" ({counts['silent']} of {counts['drifting']})"
        name = "as written" if row["version"] == "baseline" else row["version"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _learnt(found: dict[str, Any]) -> list[str]:
    """Return what each run's versions were made of, one line a version."""
    lines = ["| seed | version | recipe | what it was told |", "|---|---|---|---|"]
    for run in found["runs"]:
        for version in run["versions"]:
            told = "; ".join(e["summary"] for e in version["evidence"]) or "–"
            name = f"`{version['strategy']}`"
            lines.append(f"| {run['seed']} | {version['version']} | {name} | {told} |")
    return lines


def _decided(found: dict[str, Any]) -> list[str]:
    """Return what each pass of learning decided, one line a pass."""
    lines = [
        "| seed | windows so far | judgements | current | what learning said |",
        "|---" * 5 + "|",
    ]
    for run in found["runs"]:
        windows = said = 0
        for one in run["rounds"]:
            windows, said = windows + one["windows"], said + one["feedback"]
            told = "; ".join(
                f"{f['outcome']}: {f['message']}" for f in one["decision"].get("functions", [])
            )
            told = " ".join(told.replace("|", "/").split()) or "–"
            lines.append(f"| {run['seed']} | {windows} | {said} | {one['current']} | {told} |")
    return lines


_HEAD = """# What learning is worth

Written by `python -m bench.learning --page`; the method is in [learning.md](learning.md).

A stream whose truth is known runs through the real queue: one process calls the function on each
window, a second sends what four reviewers say of it, a third runs `poet learn`; the first runs all
along and takes up what is promoted. Reviewers look at most alarms and at three in ten silent windows,
days late, and are wrong in 2 to 25 % of their judgements, each at a rate of their own. The season's
period, the times of the drifts and what is true are drawn from the seed; POET sees calls and feedback.

Each version is judged on {held_back} windows a seed, of the same plant, that no version was learnt
from. A *false alarm* is an alarm in a window without a drift (one with missing values counts too). A
drift is *missed* where no window alarms while it lasts. The *delay* is from its first row to the end of
the first window that alarms; a function that alarms all the time finds everything at once, so a small
delay beside many false alarms is worth little. An *alert* is one feature named by one alarm.
"""


def page(found: Sequence[dict[str, Any]], pictures: Sequence[tuple[str, str]]) -> str:
    """Return the page of several streams' figures.

    Args:
        found: Of each stream, what :func:`as_json` gave.
        pictures: Names and alternative texts of the plots.
    """
    lines = [_HEAD.format(held_back=found[0]["plan"]["held_back"])]
    lines += [f"![{text}](figures/{name})" for name, text in pictures]
    for one in found:
        plan, stream = one["plan"], STREAMS[one["stream"]]
        lines += ["", f"## {stream.title[0].upper()}{stream.title[1:]}", ""]
        seeds = ", ".join(map(str, one["seeds"]))
        lines += [f"Seeds {seeds}; {plan['rounds']} rounds of {plan['windows']} windows.", ""]
        lines += [*table(one), "", "What the versions were made of:", "", *_learnt(one), ""]
        lines += ["What each pass decided:", "", *_decided(one)]
    return "\n".join(lines) + "\n"


def write_page(path: Path, text: str) -> None:
    """Write the page."""
    path.write_text(text, encoding="utf-8")
