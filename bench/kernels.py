"""Statistics beside SciPy: ``python -m bench.kernels``.

Both sides of a row get the same arrays in one process, one thread each; a row is the median of its
repeats. Ratios hold from machine to machine, times do not.
"""

from __future__ import annotations

import statistics
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from poet.stats import kl_divergence, ks_2samp

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

REPEATS = 7


def median_seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Time `work` after one run to warm up: the median wall time in seconds."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def scipy_categories(current: NDArray[np.int64], reference: NDArray[np.int64]) -> None:
    """Compute with SciPy and NumPy what `kl_divergence` returns."""
    stats.entropy(current + 0.5, reference + 0.5)
    stats.chi2_contingency([current, reference], lambda_="log-likelihood", correction=False)
    np.abs(current / current.sum() - reference / reference.sum()).sum()


def rows() -> list[tuple[str, float, float]]:
    """Measure every comparison: its name, our seconds, SciPy's seconds."""
    rng = np.random.default_rng(0)
    measured = []
    for name, n, m in [
        ("KS, 1,000,000 against 100,000 normal", 1_000_000, 100_000),
        ("KS, 10,000 against 10,000 normal, exact p", 10_000, 10_000),
        ("KS, 500 against 500 normal, exact p", 500, 500),
    ]:
        current, reference = rng.normal(0.02, 1, n), rng.normal(0, 1, m)
        ours = median_seconds(partial(ks_2samp, current, reference))
        peer = median_seconds(partial(stats.ks_2samp, current, reference))
        measured.append((name, ours, peer))
    shares = rng.dirichlet(np.ones(1_000))
    counts = rng.multinomial(1_000_000, shares) + 1, rng.multinomial(100_000, shares) + 1
    ours = median_seconds(partial(kl_divergence, *counts), 200)
    peer = median_seconds(partial(scipy_categories, *counts), 200)
    measured.append(("KL + G + total variation, 1,000 categories", ours, peer))
    return measured


def main() -> None:
    """Print the table."""
    print(f"{'comparison':<44}{'POET ms':>10}{'SciPy ms':>10}{'ratio':>8}")
    for name, ours, peer in rows():
        print(f"{name:<44}{ours * 1e3:>10.3f}{peer * 1e3:>10.3f}{peer / ours:>7.1f}x")


if __name__ == "__main__":
    main()
