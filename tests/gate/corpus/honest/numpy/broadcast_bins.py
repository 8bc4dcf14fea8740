# shows: broadcasting instead of two loops
# scenario: histogram
# gate: edges without any bin raise in the baseline only
import numpy as np


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    column = np.asarray(values)[:, None]
    inside = (column >= edges[:-1]) & (column < edges[1:])
    return inside.sum(axis=0).astype(np.int64)
