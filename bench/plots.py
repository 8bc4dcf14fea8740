"""Scaling curves as small SVG files that read on light and on dark pages."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.measure import Outcome
from bench.rows import BATCH, FEATURES, KS, NUMPY, POLARS_DS, REFERENCES, SCIPY, SUM, Row

__all__ = ["INK", "PLOTS", "STYLES", "Plot", "draw"]

INK = "#7a7a7a"
# Okabe and Ito's colours, those with enough contrast on white and on near-black.
STYLES = [
    "#2a86c8 o -",
    "#d55e00 s --",
    "#009e73 ^ -.",
    "#b8609a D :",
    "#8a8a8a v --",
    "#a67c00 P -",
]


@dataclass(frozen=True, slots=True)
class Plot:
    """One picture: contestants of a row over the number in its cases' names.

    `kind` is the time shown, "wall" or "cpu".
    """

    name: str
    row: Row
    title: str
    across: str
    labels: dict[str, str]
    starts: str = ""
    kind: str = "wall"


_KS_LABELS = {
    "POET": "POET",
    SCIPY: "SciPy",
    POLARS_DS: "polars-ds, no p",
    NUMPY: "NumPy, kept, no p",
    SUM: "np.sum",
}
_BATCH_LABELS = dict(
    zip(
        (c.label for c in BATCH.cases[0].contestants[:6]),
        ("POET, kept", "POET, two frames", "SciPy", "polars-ds, no p", "Scouter PSI", "NannyML"),
        strict=True,
    )
)
PLOTS = [
    Plot("rows.svg", KS, "Exact KS, reference of 100,000", "current rows", _KS_LABELS, "normal, "),
    Plot("reference.svg", REFERENCES, "Exact KS, 1,000,000 rows", "reference rows", _KS_LABELS),
    Plot("features.svg", FEATURES, "Frames of 10,000 rows", "features", _BATCH_LABELS),
]


def _points(plot: Plot, measured: dict[str, Any], label: str) -> list[tuple[float, float]]:
    """Return (x, ns a unit) of one contestant."""
    found = []
    for case in plot.row.cases:
        outcome = measured.get(case.name, {}).get("contestants", {}).get(label)
        if not case.name.startswith(plot.starts) or not outcome or not outcome["wall"]:
            continue
        digits = case.name.removeprefix(plot.starts).split()[0]
        found.append((float(digits.replace(",", "")), Outcome(**outcome).per_unit(plot.kind)))
    return found


def _spread(ends: dict[str, float], gap: float) -> dict[str, float]:
    """Move label positions (logarithms) apart so that none hides another."""
    order = sorted(ends, key=ends.__getitem__)
    placed: dict[str, float] = {}
    for label in order:
        lowest = max(placed.values(), default=float("-inf")) + gap
        placed[label] = max(ends[label], lowest)
    shift = sum(placed[k] - ends[k] for k in order) / max(1, len(order))
    return {label: position - shift for label, position in placed.items()}


def _picture(plot: Plot, curves: dict[str, list[tuple[float, float]]], path: Path) -> None:
    """Draw one plot."""
    import numpy as np
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.8, 3.6))
    axes = figure.add_axes((0.1, 0.14, 0.64, 0.76))
    axes.set(xscale="log", yscale="log")
    styles = dict(zip(plot.labels.values(), STYLES, strict=False))
    for label, points in curves.items():
        colour, marker, dash = styles[label].split()
        xs, ys = zip(*points, strict=True)
        axes.plot(xs, ys, color=colour, marker=marker, linestyle=dash, ms=5)
    everything = [y for points in curves.values() for _, y in points]
    low, high = np.log10(min(everything)) - 0.15, np.log10(max(everything)) + 0.15
    axes.set_ylim(10**low, 10**high)
    ends = {label: float(np.log10(points[-1][1])) for label, points in curves.items()}
    placed = _spread(ends, 0.075 * (high - low))
    for label, points in curves.items():
        axes.text(
            1.03,
            (placed[label] - low) / (high - low),
            f"{label}  {points[-1][1]:.3g}",
            transform=axes.transAxes,
            color=styles[label].split()[0],
            fontsize=9,
            va="center",
        )
    axes.set_title(plot.title, loc="left", fontsize=10, color=INK)
    axes.set_xlabel(plot.across, color=INK, fontsize=9)
    axes.set_ylabel(
        f"ns per {plot.row.unit}, {plot.kind.replace('cpu', 'CPU')}", color=INK, fontsize=9
    )
    axes.tick_params(which="both", colors=INK, labelsize=8)
    axes.minorticks_off()
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,g}" if value < 1 else f"{value:,.0f}")
    axes.grid(visible=True, which="major", color=INK, alpha=0.25, linewidth=0.6)
    for side, spine in axes.spines.items():
        spine.set(color=INK, visible=side in ("left", "bottom"))
    figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None})


def draw(results: dict[str, Any], folder: Path, wanted: list[Plot]) -> list[tuple[str, str]]:
    """Draw what there are results for; returns file names with their alternative texts."""
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        print("no plots: matplotlib is not installed (`make bench` does it)", file=sys.stderr)
        return []
    mpl.rcParams.update(
        {"svg.fonttype": "none", "svg.hashsalt": "poet", "font.family": "sans-serif"}
    )
    folder.mkdir(exist_ok=True)
    drawn = []
    for plot in wanted:
        measured = results["rows"].get(plot.row.key, {})
        curves = {
            short: points
            for label, short in plot.labels.items()
            if len(points := _points(plot, measured, label)) > 1
        }
        if not curves:
            continue
        _picture(plot, curves, folder / plot.name)
        drawn.append((plot.name, f"{plot.title}: ns per {plot.row.unit} over {plot.across}"))
    return drawn
