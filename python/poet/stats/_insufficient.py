"""Why a comparison of columns gave no result."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poet._native import _Counted as Counted


def too_few(n_current: int, n_reference: int, min_size: int) -> str | None:
    """Say which side has fewer values than `min_size`; None if neither has."""
    if min(n_current, n_reference) >= min_size:
        return None
    side, n = ("current", n_current) if n_current < min_size else ("reference", n_reference)
    return f"{n} values in {side}, needs {min_size}"


def is_all_rare(counts: Counted) -> bool:
    """Tell whether merging rare categories has left a single one of several."""
    dof, pooled = counts[7], counts[9]
    return dof == 0 and pooled > 0


def all_rare(counts: Counted | None) -> str | None:
    """Say that merging rare categories has left a single one of several; None if it has not."""
    if counts is None or not is_all_rare(counts):
        return None
    return (
        f"all {counts[9]} categories are so rare that they merge into one, which leaves nothing to "
        "compare; take more rows, or a distance such as js"
    )
