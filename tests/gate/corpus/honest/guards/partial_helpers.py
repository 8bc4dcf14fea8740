# shows: functools.partial and operator
# scenario: histogram
# gate: edges without any bin raise in the baseline only
from functools import partial

import numpy as np


def _inside(values: np.ndarray, low: float, high: float) -> int:
    return int(((values >= low) & (values < high)).sum())


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    count = partial(_inside, np.asarray(values))
    pairs = zip(edges[:-1].tolist(), edges[1:].tolist())
    return np.fromiter((count(low, high) for low, high in pairs), dtype=np.int64, count=len(edges) - 1)
