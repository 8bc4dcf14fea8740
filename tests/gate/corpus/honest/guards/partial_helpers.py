# shows: functools.partial and operator
# scenario: histogram
from functools import partial

import numpy as np


def _inside(values: np.ndarray, low: float, high: float) -> int:
    return int(((values >= low) & (values < high)).sum())


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    if len(edges) < 2 or not (edges[1:] > edges[:-1]).all():
        raise ValueError("edges must rise")
    count = partial(_inside, np.asarray(values))
    pairs = zip(edges[:-1].tolist(), edges[1:].tolist())
    return np.fromiter((count(low, high) for low, high in pairs), dtype=np.int64, count=len(edges) - 1)
