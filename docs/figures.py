"""Draws the figures of statistics.md from numbers that poet.stats computes.

Needs matplotlib, which no other part of the project does: ``uv sync --group bench``, then
``python docs/figures.py``. The same numbers give the same bytes. Ink is mid-grey on a clear ground,
legible on light and dark; colours are those of Okabe and Ito, and every line is named where it ends.
"""

from __future__ import annotations

import re
from pathlib import Path
from statistics import NormalDist
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from poet.stats import Profile, ks_2samp, wasserstein_distance

FOLDER = Path(__file__).parent / "figures"
GREY, BLUE, ORANGE, GREEN, PURPLE = "#767676", "#0072B2", "#D55E00", "#009E73", "#AA6FA0"
MEASURES = {"Wasserstein": GREEN, "PSI": ORANGE, "KS": BLUE, "JS": PURPLE}
DASHES = {"Wasserstein": (6, 2), "PSI": (), "KS": (3, 1.5), "JS": (1, 1)}
BINS = 10

mpl.rcParams.update(
    {
        "svg.hashsalt": "poet",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        **dict.fromkeys(
            ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), GREY
        ),
        "axes.titlecolor": GREY,
        "axes.titlesize": 9,
        "axes.titlelocation": "left",
    }
)


def normal(size: int, mean: float = 0.0, deviation: float = 1.0) -> np.ndarray:
    """Return the quantiles of a normal distribution at the middles of `size` equal shares."""
    levels = (np.arange(size) + 0.5) / size
    inverse = NormalDist(mean, deviation).inv_cdf
    return np.array([inverse(level) for level in levels.tolist()])


def gap() -> Figure:
    """Draw two distribution functions, the KS distance at its place, and the area between."""
    reference, current = normal(40), normal(30, 0.7, 1.3)
    found = ks_2samp(current, reference)
    figure = Figure(figsize=(6.4, 3.0), layout="constrained")
    axes = figure.add_subplot()
    grid = np.union1d(reference, current)
    heights = [
        np.searchsorted(sample, grid, side="right") / sample.size for sample in (reference, current)
    ]
    axes.fill_between(
        grid, heights[0], heights[1], step="post", color=GREEN, alpha=0.18, linewidth=0
    )
    for sample, height, colour, name, place in (
        (reference, heights[0], BLUE, "reference", (-1.0, 0.42)),
        (current, heights[1], ORANGE, "current", (1.75, 0.62)),
    ):
        axes.step(grid, height, where="post", color=colour, linewidth=1.6)
        axes.text(*place, f"{name}\n{sample.size} values", color=colour, ha="center", va="center")
    at = int(np.searchsorted(grid, found.location))
    low, high = sorted((heights[0][at], heights[1][at]))
    axes.annotate(
        "",
        (found.location, low),
        (found.location, high),
        arrowprops={"arrowstyle": "<->", "color": GREY, "shrinkA": 0, "shrinkB": 0},
    )
    axes.text(
        1.95,
        0.3,
        f"KS: the widest gap\nstatistic {found.statistic:.3f}\nlocation {found.location:.2f},"
        f" sign {found.sign}",
        va="center",
    )
    axes.plot([found.location, 1.88], [(low + high) / 2, 0.34], color=GREY, linewidth=0.8)
    moved = wasserstein_distance(current, reference).distance
    axes.text(-2.3, 0.85, f"Wasserstein-1:\nthe shaded area, {moved:.3f}", color=GREEN, va="center")
    axes.set(xlabel="value", ylabel="share at or below", ylim=(0, 1.02))
    return figure


def response() -> Figure:
    """Draw how four measures answer a shift and a spread, and PSI without any drift."""
    figure = Figure(figsize=(8.4, 3.1), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    profile = Profile.fit(normal(10_000))
    shifts = np.linspace(0, 1.2, 25)
    windows = [normal(2_000, shift) for shift in shifts]
    _four(left, profile, shifts, windows, {"Wasserstein": -0.05, "PSI": 0.06})
    left.set(title="the mean moves", xlabel="shift, in standard deviations", ylim=(0, 1.5))
    factors = np.geomspace(0.5, 2.0, 33)
    windows = [normal(2_000, 0.0, factor) for factor in factors]
    _four(middle, profile, factors, windows, {"KS": 0.03})
    middle.set(title="the spread changes", xlabel="factor on the standard deviation", ylim=(0, 1.5))
    middle.set_xscale("log", base=2)
    middle.set_xticks([0.5, 1, 2], ["½", "1", "2"])
    _nothing(right)
    return figure


def _four(
    axes: Any,
    profile: Profile,
    places: np.ndarray,
    windows: list[np.ndarray],
    raised: dict[str, float],
) -> None:
    lines = {
        "Wasserstein": [profile.wasserstein(window).distance for window in windows],
        "PSI": [profile.psi(window, bins=BINS).distance for window in windows],
        "KS": [profile.ks(window).statistic for window in windows],
        "JS": [profile.js(window, bins=BINS).distance for window in windows],
    }
    for name, line in lines.items():
        axes.plot(places, line, color=MEASURES[name], dashes=DASHES[name], linewidth=1.6)
        axes.annotate(
            name,
            (places[-1], line[-1] + raised.get(name, 0.0)),
            (4, 0),
            textcoords="offset points",
            color=MEASURES[name],
            va="center",
            annotation_clip=False,
        )


def _nothing(axes: Any) -> None:
    draws, m = 300, 100_000
    random = np.random.RandomState(2026)
    profile = Profile.fit(random.standard_normal(m))
    sizes = [30, 50, 100, 200, 500, 1_000, 2_000, 5_000]
    found = np.array(
        [
            [profile.psi(random.standard_normal(n), bins=BINS).distance for _ in range(draws)]
            for n in sizes
        ]
    )
    axes.fill_between(
        sizes, *np.quantile(found, [0.05, 0.95], axis=1), color=ORANGE, alpha=0.25, linewidth=0
    )
    axes.plot(sizes, found.mean(axis=1), "o", color=ORANGE, markersize=4)
    expected = [(BINS - 1) * (1 / n + 1 / m) for n in sizes]
    axes.plot(sizes, expected, color=GREY, linewidth=1)
    axes.text(850, 0.03, "(k-1)(1/n+1/m)", ha="left", va="bottom")
    axes.text(28, 0.0022, "mean and 90%\nof 300 windows", color=ORANGE, va="center")
    for mark in (0.1, 0.25):
        axes.axhline(mark, color=GREY, linewidth=0.8, linestyle=(0, (2, 2)))
        axes.text(5_000, mark * 1.06, f"mark {mark:g}", ha="right")
    axes.set(xscale="log", yscale="log", xlabel="values in the window, n")
    axes.set(title="nothing changes: PSI, 10 bins", ylim=(0.0006, 0.7))
    axes.set_yticks([0.001, 0.01, 0.1], ["0.001", "0.01", "0.1"])
    axes.set_xticks([30, 100, 1_000, 5_000], ["30", "100", "1,000", "5,000"])
    axes.minorticks_off()


def _shorter(attribute: re.Match[str]) -> str:
    """Round coordinates to hundredths of a point, and leave the font to the reader."""
    rounded = re.sub(r"\d+\.\d{3,}", lambda found: f"{float(found[0]):.2f}", attribute[0])
    return re.sub(r"'[^\"]*sans-serif", "sans-serif", rounded)


def main() -> None:
    """Write the figures."""
    FOLDER.mkdir(exist_ok=True)
    for draw in (gap, response):
        figure = draw()
        path = FOLDER / f"{draw.__name__}.svg"
        figure.savefig(path, transparent=True, metadata={"Date": None})
        text = re.sub(r'"[^"]*"', _shorter, path.read_text(encoding="utf-8"))
        path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", "utf-8")


if __name__ == "__main__":
    main()
