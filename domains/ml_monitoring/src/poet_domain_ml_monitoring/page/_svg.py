"""Charts as inline SVG: made of text, coloured by the page's style, drawn without a script."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, TypeAlias

from poet_domain_ml_monitoring._numbers import share
from poet_domain_ml_monitoring.page._axes import label, ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poet_domain_ml_monitoring.page._distributions import Histogram

__all__ = ["histogram", "sparkline"]

_Y: TypeAlias = "Callable[[float], float]"
_WIDTH, _HEIGHT = 420.0, 196.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 38.0, 10.0, 36.0, 24.0
_SLOT = 13.0  # of the bars for what lies beyond the axis
_GAP = 7.0
_LEAST = 5e-4  # a smaller share is no bar


def histogram(chart: Histogram, name: str, dtype: str | None) -> str:
    """Draw a reference as an area and the window as a line over it, with both medians."""
    slots = [max(chart.below) >= _LEAST, max(chart.above) >= _LEAST]
    left = _LEFT + (_SLOT + _GAP if slots[0] else 0)
    right = _WIDTH - _RIGHT - (_SLOT + _GAP if slots[1] else 0)
    floor = _HEIGHT - _BOTTOM
    top = max(*chart.reference, *chart.current, *chart.below, *chart.above, 1e-9)
    places = [_place(edge, chart, left, right) for edge in chart.edges]

    def y(value: float) -> float:
        return floor - (floor - _TOP) * value / top

    parts = [_grid(top, y)]
    parts.append(_area(places, chart.reference, y, floor, "ref"))
    parts.append(_area(places, chart.current, y, floor, "cur"))
    parts.append(f'<path class="cur-line" d="{_outline(places, chart.current, y, floor)}"/>')
    for shown, at, pair in ((slots[0], _LEFT, chart.below), (slots[1], right + _GAP, chart.above)):
        if shown:
            parts.append(_slot(at, pair, y, floor))
    parts.append(_ticks(chart, dtype, left, right, floor))
    parts.append(_medians(chart, dtype, left, right, floor))
    title = f"{name}: shares of rows, reference against current"
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def sparkline(values: Sequence[float], top: float, title: str) -> str:
    """Draw bars of one height each, the last one in full colour."""
    width, height = 6.0, 34.0
    bars = []
    for at, value in enumerate(values):
        tall = max(1.0, height * min(value / top, 1.0)) if top > 0 else 1.0
        kind = "now" if at == len(values) - 1 else "past"
        bars.append(
            f'<rect class="{kind}" x="{at * width:.0f}" y="{height - tall:.1f}" width="{width - 1.5}" '
            f'height="{tall:.1f}"/>'
        )
    return (
        f'<svg class="spark" viewBox="0 0 {max(len(values), 1) * width:.0f} {height:.0f}" role="img" '
        f'preserveAspectRatio="none" style="max-width:{len(values) * 18}px"><title>{escape(title)}</title>'
        f"{''.join(bars)}</svg>"
    )


def _place(value: float, chart: Histogram, left: float, right: float) -> float:
    low, high = chart.edges[0], chart.edges[-1]
    if chart.scale == "log":
        # A difference of logarithms: the ratio itself may be larger than any number.
        least = math.log(low)
        at = (math.log(value) - least) / (math.log(high) - least) if value > 0 else 0.0
    else:
        at = (value - low) / (high - low)
    return left + (right - left) * min(max(at, 0.0), 1.0)


def _area(places: Sequence[float], shares: Sequence[float], y: _Y, floor: float, kind: str) -> str:
    return f'<path class="{kind}" d="{_outline(places, shares, y, floor)}Z"/>'


def _outline(places: Sequence[float], shares: Sequence[float], y: _Y, floor: float) -> str:
    steps = [f"M{places[0]:.1f} {floor:.1f}"]
    for value, end in zip(shares, places[1:], strict=True):
        steps.append(f"V{y(value):.1f}H{end:.1f}")
    return "".join(steps) + f"V{floor:.1f}"


def _grid(top: float, y: _Y) -> str:
    found = [t for t in ticks(0.0, top, "linear", 3) if t <= top]
    lines = [
        f'<line class="grid" x1="{_LEFT:.0f}" x2="{_WIDTH - _RIGHT:.0f}" y1="{y(t):.1f}" y2="{y(t):.1f}"/>'
        f'<text class="tick" x="{_LEFT - 5:.0f}" y="{y(t) + 3.5:.1f}" text-anchor="end">{share(t)}</text>'
        for t in found
    ]
    return "".join(lines)


def _slot(at: float, pair: tuple[float, float], y: _Y, floor: float) -> str:
    half = _SLOT / 2
    drawn = []
    for kind, value, x in (("ref", pair[0], at), ("cur-slot", pair[1], at + half)):
        if value >= _LEAST:
            tall = max(floor - y(value), 2.0)
            drawn.append(
                f'<rect class="{kind}" x="{x:.1f}" y="{floor - tall:.1f}" width="{half:.1f}" '
                f'height="{tall:.1f}"/>'
            )
    return "".join(drawn)


def _ticks(chart: Histogram, dtype: str | None, left: float, right: float, floor: float) -> str:
    low, high = chart.edges[0], chart.edges[-1]
    wanted = 3 if chart.times else 5
    parts = [f'<line class="axis" x1="{left:.1f}" x2="{right:.1f}" y1="{floor}" y2="{floor}"/>']
    places = (
        [low + (high - low) * f for f in (0.08, 0.5, 0.92)]
        if chart.times and high > low
        else ticks(low, high, chart.scale, wanted)
    )
    last = -math.inf
    for value in places:
        x, text = _place(value, chart, left, right), label(value, dtype, high - low)
        room = 3.0 * len(text) + 3
        if x - room < last:
            continue
        last = x + room
        parts.append(
            f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{floor}" y2="{floor + 3}"/>'
            f'<text class="tick" x="{_inside(x, room):.1f}" y="{floor + 15}" text-anchor="middle">'
            f"{escape(text)}</text>"
        )
    return "".join(parts)


def _medians(chart: Histogram, dtype: str | None, left: float, right: float, floor: float) -> str:
    parts = []
    span = chart.edges[-1] - chart.edges[0]
    for kind, value, row in zip(("ref", "cur"), chart.medians, (12.0, 26.0), strict=True):
        if not math.isfinite(value):
            continue
        x = _place(value, chart, left, right)
        word = "reference" if kind == "ref" else "current"
        # What lies beyond the axis is known to be there, not where.
        low, high = chart.edges[0], chart.edges[-1]
        where = "below " if value < low else "above " if value > high else ""
        text = f"{word} median {where}{label(min(max(value, low), high), dtype, span)}"
        parts.append(
            f'<line class="median-{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{row + 3:.0f}" y2="{floor}"/>'
            f'<text class="median-{kind}" x="{_inside(x, 3.45 * len(text)):.1f}" y="{row:.0f}" '
            f'text-anchor="middle">{escape(text)}</text>'
        )
    return "".join(parts)


def _inside(x: float, room: float) -> float:
    return min(max(x, room), _WIDTH - room)
