"""Which items of two arrays differ, by NumPy alone: exact to the bit, or within a tolerance."""

from __future__ import annotations

from typing import Any

import numpy as np

from poet.gate.compare._tolerance import EXACT, Tolerance

__all__ = ["unequal"]

_MIN = np.int64(-(2**63))


def unequal(a: Any, b: Any, tolerance: Tolerance = EXACT) -> Any:
    """Return for each item of two flat arrays of one dtype and length whether they differ.

    NaN equals NaN, whatever its payload.
    """
    kind, size = a.dtype.kind, a.dtype.itemsize
    if kind in "SUV" or size == 0:
        rows = [np.frombuffer(x.tobytes(), np.uint8).reshape(len(x), size) for x in (a, b)]
        return (rows[0] != rows[1]).any(axis=1)
    # What follows looks at bits in the machine's own order.
    native = a.dtype.newbyteorder("=")
    a, b = a.astype(native, copy=False), b.astype(native, copy=False)
    if kind == "c":
        part = np.dtype(f"f{size // 2}")
        both = [np.ascontiguousarray(x).view(part) for x in (a, b)]
        return unequal(both[0], both[1], tolerance).reshape(-1, 2).any(axis=1)
    if kind in "mM":
        return a.view(np.int64) != b.view(np.int64)
    if kind != "f":
        return a != b
    if size in (2, 4, 8):
        bits = np.dtype(f"i{size}")
        found = a.view(bits) != b.view(bits)
    else:
        found = (a != b) | (np.signbit(a) != np.signbit(b))
    if not found.any():
        return found
    spots = np.flatnonzero(found)
    x, y = a[spots], b[spots]
    fine = np.isnan(x) & np.isnan(y)
    if tolerance.rtol > 0 or tolerance.ulp > 0:
        fine |= _close(x, y, tolerance)
    found[spots] = ~fine
    return found


def _close(x: Any, y: Any, tolerance: Tolerance) -> Any:
    close = x == y
    finite = np.isfinite(x) & np.isfinite(y)
    if tolerance.rtol > 0:
        wide = [v.astype(np.float64) if v.dtype.itemsize < 8 else v for v in (x, y)]
        with np.errstate(all="ignore"):
            gap = np.abs(wide[0] - wide[1])
            close |= finite & (gap <= tolerance.rtol * np.maximum(*np.abs(wide)))
    if tolerance.ulp > 0 and x.dtype.itemsize <= 8:
        # In the order of the numbers, as whole numbers: neighbours are one apart.
        places = []
        for v in (x, y):
            bits = v.view(f"i{v.dtype.itemsize}").astype(np.int64)
            least = _MIN if v.dtype.itemsize == 8 else np.int64(-(2 ** (8 * v.dtype.itemsize - 1)))
            places.append(np.where(bits < 0, least - bits, bits))
        high, low = np.maximum(*places).view(np.uint64), np.minimum(*places).view(np.uint64)
        close |= finite & (high - low <= np.uint64(tolerance.ulp))
    return close
