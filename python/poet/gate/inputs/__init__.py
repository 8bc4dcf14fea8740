"""The inputs on which a candidate and its function are compared: recorded, drawn, changed."""

from __future__ import annotations

from poet.gate.inputs._draw import Drawn, Input, draw, rebuilds_classes, seed_for

__all__ = ["Drawn", "Input", "draw", "rebuilds_classes", "seed_for"]
