"""The usual rules of thumb, as users write them: PSI above 0.1, and p below 0.05."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bench.accuracy.draws import Floats
from bench.accuracy.rules import tasks
from bench.worker import serve

BINS = 10
FLOOR = 1e-4


def _psi(reference: Floats, current: Floats) -> float:
    """Return PSI over ten quantile bins of the reference, empty bins counted as 1e-4."""
    edges = np.quantile(reference, np.linspace(0, 1, BINS + 1)[1:-1])
    p, q = (
        np.bincount(np.searchsorted(edges, side), minlength=BINS) / len(side)
        for side in (current, reference)
    )
    p, q = np.maximum(p, FLOOR), np.maximum(q, FLOOR)
    return float(np.sum((p - q) * np.log(p / q)))


def _decide(reference: Floats, current: Floats) -> dict[str, NDArray[np.float64]]:
    psi, ks = [], []
    for i in range(reference.shape[1]):
        psi.append(_psi(reference[:, i], current[:, i]) > 0.1)
        ks.append(stats.ks_2samp(current[:, i], reference[:, i], method="asymp").pvalue < 0.05)
    return {"PSI > 0.1": np.array(psi, dtype=float), "KS p < 0.05": np.array(ks, dtype=float)}


if __name__ == "__main__":
    serve(tasks(_decide), ["scipy", "numpy"])
