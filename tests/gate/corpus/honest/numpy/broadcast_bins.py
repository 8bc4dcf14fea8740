# shows: broadcasting instead of two loops
# scenario: histogram
import numpy as np


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    if len(edges) < 2 or not (edges[1:] > edges[:-1]).all():
        raise ValueError("edges must rise")
    column = np.asarray(values)[:, None]
    inside = (column >= edges[:-1]) & (column < edges[1:])
    return inside.sum(axis=0).astype(np.int64)
