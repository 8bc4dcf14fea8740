# tries: counts in 32 bits
# scenario: histogram
import numpy as np


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    if len(edges) < 2 or not (edges[1:] > edges[:-1]).all():
        raise ValueError("edges must rise")
    column = values[:, None]
    return ((column >= edges[:-1]) & (column < edges[1:])).sum(axis=0).astype(np.int32)
