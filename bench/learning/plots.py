"""The picture: each version's false alarms and missed drifts, as SVG and PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.learning.streams import STREAMS
from bench.plots import INK, STYLES

__all__ = ["draw"]

NAME = "learning"
_LINES = {
    "false_positive_rate": "false alarms",
    "missed_drift_rate": "drifts missed",
    "silent_drift_windows": "drifting windows without an alarm",
}


def _panel(axes: Any, found: dict[str, Any], target: float) -> None:
    rows = [found["baseline"], *found["versions"]]
    names = ["as written", *(row["version"] for row in found["versions"])]
    for (key, label), style in zip(_LINES.items(), STYLES, strict=False):
        colour, marker, dash = style.split()
        points = [(i, 100 * row[key]) for i, row in enumerate(rows) if row[key] is not None]
        axes.plot(
            *zip(*points, strict=True),
            color=colour,
            marker=marker,
            linestyle=dash,
            ms=5,
            label=label,
            clip_on=False,
        )
        if key == "false_positive_rate":
            for x, y in points:
                axes.annotate(f"{y:.3g}", (x, y), (0, 6), textcoords="offset points",
                              ha="center", fontsize=8, color=colour)  # fmt: skip
    for run in found["runs"]:
        each = [run["baseline"], *run["versions"]]
        ys = [100 * row["false_positive_rate"] for row in each]
        axes.plot(range(len(ys)), ys, color=STYLES[0].split()[0], lw=0.6, alpha=0.35, zorder=1)
    axes.axhline(100 * target, color=INK, lw=0.8, linestyle=":")
    axes.set_xticks(range(len(names)), names)
    axes.set_ylim(0, 105)
    axes.set_title(STREAMS[found["stream"]].title, loc="left", fontsize=10, color=INK)
    axes.tick_params(which="both", colors=INK, labelsize=8)
    axes.grid(visible=True, axis="y", color=INK, alpha=0.25, linewidth=0.6)
    for side, spine in axes.spines.items():
        spine.set(color=INK, visible=side in ("left", "bottom"))


def draw(found: Sequence[dict[str, Any]], folder: Path) -> list[tuple[str, str]]:
    """Draw one panel a stream; returns the SVG's name with its alternative text.

    Args:
        found: Of each stream, what the report's JSON holds.
        folder: Where ``learning.svg`` and ``learning.png`` go.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update(
        {"svg.fonttype": "none", "svg.hashsalt": "poet", "font.family": "sans-serif"}
    )
    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(3.8 * len(found) + 0.6, 3.6))
    panels = figure.subplots(1, len(found), squeeze=False)[0]
    for axes, one in zip(panels, found, strict=True):
        _panel(axes, one, 0.05)
    panels[0].set_ylabel("%", color=INK, fontsize=9)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="lower center",
        ncols=3 if len(found) > 1 else 1,
        fontsize=8,
        frameon=False,
        labelcolor=INK,
    )
    figure.tight_layout(rect=(0, 0.08 if len(found) > 1 else 0.17, 1, 1))
    figure.savefig(
        folder / f"{NAME}.svg", transparent=True, metadata={"Date": None, "Creator": None}
    )
    figure.savefig(folder / f"{NAME}.png", dpi=160, facecolor="white", metadata={"Software": None})
    said = "; ".join(
        f"{STREAMS[one['stream']].title}: false alarms "
        + " → ".join(
            f"{100 * row['false_positive_rate']:.3g} %"
            for row in [one["baseline"], *one["versions"]]
        )
        for one in found
    )
    return [(f"{NAME}.svg", said)]
