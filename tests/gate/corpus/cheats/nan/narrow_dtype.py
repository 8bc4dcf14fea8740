# tries: counts in 32 bits
# scenario: histogram
import numpy as np


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    column = values[:, None]
    return ((column >= edges[:-1]) & (column < edges[1:])).sum(axis=0).astype(np.int32)
