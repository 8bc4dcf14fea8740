"""How exact a comparison is."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["EXACT", "Tolerance"]


class Tolerance(NamedTuple):
    """How far apart two floating-point numbers may be; there is no absolute tolerance.

    A difference is forgiven if either measure forgives it. Parts of a complex number count each on
    its own. Infinities are close to nothing but themselves. With any tolerance -0.0 is 0.0, without
    one it is not.

    Attributes:
        rtol: Relative to the larger of the two.
        ulp: Units in the last place, in the numbers' own precision.
    """

    rtol: float = 0.0
    ulp: int = 0


EXACT = Tolerance()
