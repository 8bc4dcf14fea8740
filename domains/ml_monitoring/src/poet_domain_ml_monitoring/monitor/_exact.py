"""P-values of shares and of extreme values: one hypergeometric tail serves them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["at_least_marked", "beyond_edge", "share_differs"]

# Terms of a tail that are added one by one; what remains is bounded by a geometric series.
_TERMS = 16


def at_least_marked(
    k: ArrayLike, draws: ArrayLike, marked: ArrayLike, total: ArrayLike
) -> NDArray[np.float64]:
    """Return how probable at least `k` marked rows are among `draws` of `total`, `marked` of them.

    The hypergeometric tail, that is Fisher's exact test one-sided. 1 where `k` is no more than is
    expected. Elsewhere never below the exact probability, as the terms beyond the sixteenth are
    bounded by a geometric series; below 0.01 it is at most an eighth above it.

    Args:
        k: Arrays of one shape of whole numbers, as all arguments.
        draws: Rows drawn.
        marked: Marked rows in all.
        total: Rows in all.
    """
    import numpy as np

    k, n, marks, rows = (np.asarray(values, np.float64) for values in (k, draws, marked, total))
    tail = np.ones(np.broadcast_shapes(k.shape, n.shape, marks.shape, rows.shape))
    k, n, marks, rows = np.broadcast_arrays(k, n, marks, rows)
    beyond = k * rows > n * marks
    if not beyond.any():
        return tail
    k, n, marks, rows = k[beyond], n[beyond], marks[beyond], rows[beyond]
    possible = k <= np.minimum(n, marks)
    k = np.where(possible, k, np.minimum(n, marks))
    first = np.exp(_choose(marks, k) + _choose(rows - marks, n - k) - _choose(rows, n))
    term, ratio = np.ones(k.size), np.ones(k.size)
    added = np.ones(k.size)
    for step in range(_TERMS):
        at = k + step
        ratio = np.maximum((marks - at) * (n - at), 0) / ((at + 1) * (rows - marks - n + at + 1))
        term = term * ratio
        added = added + term
    with np.errstate(divide="ignore", invalid="ignore"):
        # Ratios fall, so that the last one bounds all that follow.
        added = added + np.where(term > 0, term * ratio / (1 - ratio), 0)
    tail[beyond] = np.where(possible, np.minimum(first * added, 1), 0)
    return tail


def share_differs(
    hits_current: NDArray[Any],
    n_current: NDArray[Any],
    hits_reference: NDArray[Any],
    n_reference: NDArray[Any],
) -> NDArray[np.float64]:
    """Return the two-sided p-value of two shares: Fisher's exact test, the smaller tail doubled."""
    import numpy as np

    n, m = np.asarray(n_current, np.float64), np.asarray(n_reference, np.float64)
    hits = np.asarray(hits_current, np.float64)
    other = np.asarray(hits_reference, np.float64)
    more = at_least_marked(hits, n, hits + other, n + m)
    fewer = at_least_marked(n - hits, n, n + m - hits - other, n + m)
    doubled: NDArray[np.float64] = np.minimum(1, 2 * np.minimum(more, fewer))
    return doubled


def beyond_edge(
    rows: NDArray[Any], n_current: NDArray[Any], n_reference: NDArray[Any], edge: NDArray[Any]
) -> NDArray[np.float64]:
    """Return how probable it is that at least `rows` current values lie beyond an edge.

    The edge is the `edge`-th highest (or lowest) of the reference. Without any change every order of
    both samples is as likely as any other, whatever the distribution; at least `rows` lie beyond
    the edge where of the outermost ``rows + edge - 1`` of both together at least `rows` are
    current. With an edge of 1 that is the product of ``(n - i) / (n + m - i)``. Ties make it larger
    than it is.
    """
    import numpy as np

    k, n = np.asarray(rows, np.float64), np.asarray(n_current, np.float64)
    m, outermost = np.asarray(n_reference, np.float64), np.asarray(edge, np.float64)
    tail: NDArray[np.float64] = np.where(
        k > 0, at_least_marked(k, k + outermost - 1, n, n + m), 1.0
    )
    return tail


def _choose(n: NDArray[np.float64], k: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of the binomial coefficient."""
    return _log_factorial(n) - _log_factorial(k) - _log_factorial(n - k)


def _log_factorial(n: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``log(n!)`` to 1e-12 by Stirling's series, of small numbers by a table."""
    import numpy as np

    small = np.cumsum(np.log(np.maximum(np.arange(32), 1)))
    x = np.maximum(n, 1) + 1
    series = (x - 0.5) * np.log(x) - x + 0.9189385332046727
    inverse = 1 / x
    series = series + inverse * (1 / 12 - inverse**2 * (1 / 360 - inverse**2 / 1260))
    return np.where(n < small.size, small[np.clip(n, 0, small.size - 1).astype(np.intp)], series)
