"""Whether two values are equal, bit by bit unless a tolerance is declared."""

from __future__ import annotations

from poet.gate.compare._values import Tolerance, difference

__all__ = ["Tolerance", "difference"]
