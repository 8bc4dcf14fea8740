"""Pictures of the rates, as small SVG files that read on light and on dark pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.accuracy.draws import CASES, SIZES
from bench.accuracy.plan import OURS, STREAMS
from bench.accuracy.tables import rates, tally
from bench.plots import INK, STYLES

__all__ = ["draw"]

LINES = dict(
    zip(
        (OURS, "Evidently", "NannyML JS", "NannyML KS", "PSI > 0.1", "KS p < 0.05"),
        STYLES,
        strict=True,
    )
)
SHOWN = ("null", "shift-0.02", "outlier-reference", "shift-0.2", "shift-0.2-outlier", "far-2%")
POINTS = dict(zip(STREAMS, STYLES, strict=True))


def _plain(axes: Any) -> None:
    axes.tick_params(which="both", colors=INK, labelsize=7.5)
    axes.minorticks_off()
    axes.grid(visible=True, which="major", color=INK, alpha=0.2, linewidth=0.6)
    for side, spine in axes.spines.items():
        spine.set(color=INK, visible=side in ("left", "bottom"))


def _rules(results: dict[str, Any], path: Path) -> None:
    """Draw the share called drift over the number of rows, one panel a case."""
    from matplotlib.figure import Figure

    known = rates(results)
    titles = {case.key: case for case in CASES}
    figure = Figure(figsize=(7.6, 4.6))
    panels = figure.subplots(2, 3, sharex=True, sharey=True)
    for axes, key in zip(panels.flat, SHOWN, strict=True):
        case = titles[key]
        for rule, style in LINES.items():
            colour, marker, dash = style.split()
            points = [(n, 100 * known[rule, key, n][0]) for n in SIZES if (rule, key, n) in known]
            if points:
                width = 2.4 if rule == OURS else 1.2
                axes.plot(
                    *zip(*points, strict=True), color=colour, marker=marker, linestyle=dash, ms=4,
                    lw=width, label=rule, clip_on=False, zorder=3 if rule == OURS else 2,
                )  # fmt: skip
        target, at = ("right: 0 %", 0) if case.want == "quiet" else ("right: 100 %", 100)
        axes.axhline(at, color=INK, lw=3, alpha=0.35, zorder=1)
        title = case.title.replace(", one", ",\none")
        axes.set_title(f"{title}\n{target}", loc="left", fontsize=8.5, color=INK)
        axes.set(xscale="log", ylim=(0, 100))
        axes.set_xticks(SIZES, ["100", "500", "10,000", "100,000"])
        _plain(axes)
    for axes in panels[1]:
        axes.set_xlabel("rows a side", fontsize=8, color=INK)
    for axes in panels[:, 0]:
        axes.set_ylabel("% called drift", fontsize=8, color=INK)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="lower center", ncols=6, fontsize=8, frameon=False, labelcolor=INK,
    )  # fmt: skip
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None})


def _streams(results: dict[str, Any], path: Path) -> None:
    """Draw misses over false alarms, one point a side."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.8, 3.4))
    axes = figure.add_axes((0.1, 0.16, 0.86, 0.74))
    axes.set_xscale("symlog", linthresh=1, linscale=0.4)
    for label, style in POINTS.items():
        colour, marker, _ = style.split()
        done = tally(results, label, lambda s: s["kind"] == "numbers")
        if done is None:
            continue
        x, y = done.false_rate, 100 * done.missed_share
        axes.plot([x], [y], color=colour, marker=marker, ms=9, clip_on=False, linestyle="")
        delay = "" if done.delay is None else f", {done.delay:,.0f} rows late"
        right = x > 100
        axes.annotate(
            f"{label}{delay}", (x, y), (-9 if right else 9, 5), textcoords="offset points",
            ha="right" if right else "left", fontsize=8.5, color=colour,
        )  # fmt: skip
    axes.set_title(
        "Streams of numbers: the lower left corner is right", loc="left", fontsize=10, color=INK
    )
    axes.set_xlabel("false alarms per 1,000 windows", fontsize=9, color=INK)
    axes.set_ylabel("% of drifts missed", fontsize=9, color=INK)
    axes.set_xlim(0, 1_000)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    _plain(axes)
    figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None})


def draw(results: dict[str, Any], folder: Path) -> None:
    """Draw what there are results for."""
    import matplotlib as mpl

    mpl.rcParams.update(
        {"svg.fonttype": "none", "svg.hashsalt": "poet", "font.family": "sans-serif"}
    )
    folder.mkdir(exist_ok=True)
    if results["parts"].get("rules"):
        _rules(results, folder / "rules.svg")
    if results["parts"].get("streams"):
        _streams(results, folder / "streams.svg")
